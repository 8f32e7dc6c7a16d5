"""The call loop with tasks as deals of a funnel: the seller moves a card, and its stage is the outcome; the hub moves it where it closes or opens a task."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime

import pytest
import requests

from hub.storage.tables import record
from sandbox.bitrix24.fields import DEAL
from tests.scenarios import calling_shop
from tests.scenarios.calling_shop import UFA
from tests.scenarios.test_call_loop import consent, met, sell

STAGES = {"open": "NEW", "no_answer": "PREPARATION", "call_later": "EXECUTING", "talked": "WON", "refused": "LOSE", "closed": "APOLOGY"}


class Desk:
    """The funnel as sellers see it."""

    def __init__(self, shop):
        self.shop = shop
        self.category = shop.crm_app.portal.categories[-1]["id"]

    def cards(self, *stages, seller=0):
        """Cards in these columns, the next to be called first; in every column where none is named."""
        chosen = {"categoryId": self.category, **({"assignedById": seller} if seller else {})}
        if stages:
            chosen["@stageId"] = [f"C{self.category}:{one}" for one in stages]
        body = {"entityTypeId": DEAL, "filter": chosen, "order": {"id": "ASC"}, "select": ["*"], "useOriginalUfNames": "Y", "start": -1}
        return sorted(self.shop.crm("crm.item.list", **body)["items"], key=lambda one: one["UF_CRM_CALL_AT"])

    def moves(self, card, stage, **more):
        fields = {"stageId": f"C{self.category}:{stage}", **more}
        self.shop.crm("crm.item.update", entityTypeId=DEAL, id=card["id"], fields=fields, useOriginalUfNames="Y")


@contextmanager
def opened(folder, url="", **changes):
    with calling_shop.opened(folder, url, funnel=STAGES, **changes) as shop:
        yield shop, Desk(shop)


@pytest.fixture
def both(tmp_path):
    with opened(tmp_path) as made:
        yield made


def test_who_is_wanted_is_a_card_and_the_stage_with_a_word_is_the_outcome(tmp_path, database_url):
    with opened(tmp_path, database_url) as (shop, desk):
        anna, vera = met(shop, 2)
        for who in (anna, vera, anna):
            shop.wants(who)
        shop.turn(2)
        cards = desk.cards("NEW")
        assert sorted(one["assignedById"] for one in cards) == [1, 2] and shop.tasks() == [], "a card of each, and no planned call"
        assert {one["title"].partition("(")[2] for one in cards} == {"обзвонено 0, осталось 1)"}
        assert "Покупок не видно" in cards[0]["comments"] and cards[0]["UF_CRM_CALL_PHONE"].startswith("+7903000")
        mine = next(one for one in cards if one["UF_CRM_CALL_PHONE"].endswith("1"))
        desk.moves(mine, "WON", UF_CRM_CALL_REMARK="обещала зайти в субботу")
        shop.turn(2)
        (told,) = shop.actions()
        assert (told["customFields"]["callResult"], told["customFields"]["callTries"]) == ("promised", 1)
        assert (len(desk.cards("WON")), len(desk.cards("NEW")), len(desk.cards())) == (1, 1, 2)
        (done,) = shop.records(state="done")
        assert done["comment"].endswith("обещала зайти в субботу")
        with shop.hub.store.read() as at:
            assert not at.execute(record.select().where(record.c.entity == "order", record.c.data.contains("C2:"))).all()


def test_the_first_card_of_a_seller_says_how_many_are_called_and_how_many_are_left(both):
    shop, desk = both
    for who in met(shop, 6):
        shop.wants(who)
    shop.turn(2)

    def sums(seller):
        return [one["title"].partition("(")[2].rstrip(")") for one in desk.cards("NEW", seller=seller)]

    assert sorted(sums(1)) == ["", "", "обзвонено 0, осталось 3"]
    desk.moves(desk.cards("NEW", seller=1)[0], "WON")
    desk.moves(desk.cards("NEW", seller=1)[0], "PREPARATION")
    shop.turn(3)
    assert len(sums(1)) == 1 and len(desk.cards("PREPARATION", seller=1)) == 1
    assert [one["title"] for one in desk.cards("NEW", "PREPARATION", seller=1) if "обзвонено 1, осталось 2" in one["title"]]
    assert sorted(sums(2)) == ["", "", "обзвонено 0, осталось 3"]


def test_who_does_not_answer_waits_in_a_column_and_comes_back_until_the_limit(tmp_path):
    with opened(tmp_path, campaign={"max_calls": 2}) as (shop, desk):
        (anna,) = met(shop)
        shop.wants(anna)
        for number in (1, 2):
            shop.turn(2)
            (card,) = desk.cards("NEW")
            desk.moves(card, "PREPARATION")
            shop.turn(2)
            assert [one["tries"] for one in shop.records()] == [number]
            assert len(desk.cards("PREPARATION" if number < 2 else "APOLOGY")) == 1, "she waits where the seller has put her"
            shop.clock.skip(7300.0)
        (one,) = shop.records()
        assert (one["state"], one["outcome"], one["closed_reason"]) == ("done", "no_answer", "limit")
        assert [row["customFields"]["callResult"] for row in shop.actions()] == ["noAnswer"]


def test_a_refusal_a_purchase_a_hand_and_a_call_end_it(both):
    shop, desk = both
    refuses, buys, dropped, called = people = met(shop, 4)
    for who in people:
        shop.wants(who)
    shop.turn(2)
    by_phone = {one["UF_CRM_CALL_PHONE"][-1]: one for one in desk.cards("NEW")}
    desk.moves(by_phone["1"], "LOSE", UF_CRM_CALL_REMARK="поговорили, больше не звонить")
    sell(shop, "79030000002")
    desk.moves(by_phone["3"], "APOLOGY")
    card = by_phone["4"]
    shop.rings(
        {"RESPONSIBLE_ID": card["assignedById"], "OWNER_ID": card["contactId"], "COMMUNICATIONS": [{"VALUE": card["UF_CRM_CALL_PHONE"]}]}
    )
    shop.turn(2)
    shop.clock.skip(700.0)
    shop.turn(2)
    assert {(one.get("outcome"), one.get("closed_reason")) for one in shop.records()} == {
        ("refused", "refused"), (None, "bought"), (None, "by_hand"), ("talked", None),
    }  # fmt: skip
    assert consent(shop, refuses) is False, "a word on the card takes no no back"
    assert {stage: len(desk.cards(stage)) for stage in STAGES.values()} == {
        "NEW": 0,
        "PREPARATION": 0,
        "EXECUTING": 0,
        "WON": 1,
        "LOSE": 1,
        "APOLOGY": 2,
    }
    for who in (refuses, buys):
        shop.wants(who)
    shop.turn(2)
    assert desk.cards("NEW") == [] and called and dropped


def test_call_later_is_the_moment_that_the_seller_sets_or_writes(both):
    shop, desk = both
    for who in met(shop, 2):
        shop.wants(who)
    shop.turn(2)
    sets, writes = desk.cards("NEW")
    later = datetime.fromtimestamp(shop.clock() + 5400, UFA).isoformat(timespec="seconds")
    desk.moves(sets, "EXECUTING", UF_CRM_CALL_AT=later)
    desk.moves(writes, "EXECUTING", UF_CRM_CALL_REMARK="просила в 18:30")
    shop.turn(2)
    waiting = {one["id"]: one for one in desk.cards("EXECUTING")}
    assert waiting[sets["id"]]["UF_CRM_CALL_AT"][:16] == later[:16] and waiting[writes["id"]]["UF_CRM_CALL_AT"][11:16] == "18:30"
    assert not waiting[writes["id"]]["UF_CRM_CALL_REMARK"] and "просила в 18:30" in waiting[writes["id"]]["comments"]
    shop.clock.skip(5500.0)
    shop.turn(2)
    assert [one["id"] for one in desk.cards("NEW")] == [sets["id"]]


def test_a_lost_answer_makes_no_second_card(both):
    shop, desk = both
    (anna,) = met(shop)
    rule = {"kind": "late_effect", "match": "POST .*batch", "count": 1, "seconds": 0.5}
    requests.post(f"{shop.crm_url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()
    shop.wants(anna)
    shop.turn(3)
    (card,) = desk.cards()
    desk.moves(card, "WON")
    shop.turn(3)
    assert len(desk.cards()) == 1 and [row["customFields"]["callResult"] for row in shop.actions()] == ["talked"]


def test_a_card_that_is_given_away_deleted_or_moved_to_another_funnel_is_followed(both):
    shop, desk = both
    for who in met(shop, 3):
        shop.wants(who)
    shop.turn(2)
    given, deleted, moved = desk.cards("NEW")
    other = 3 - given["assignedById"]
    shop.crm("crm.item.update", entityTypeId=DEAL, id=given["id"], fields={"assignedById": other})
    shop.crm("crm.item.delete", entityTypeId=DEAL, id=deleted["id"])
    shop.crm("crm.item.update", entityTypeId=DEAL, id=moved["id"], fields={"categoryId": 0})
    shop.hint(*(str(one["id"]) for one in (deleted, moved)))
    shop.turn(2)
    assert [one["assignedById"] for one in desk.cards("NEW")] == [other], "whom a manager gave it to, keeps it"
    assert sorted(one.get("closed_reason", "") for one in shop.records()) == ["", "by_hand", "by_hand"]
