"""An erased person's call tasks, requests to call her and figures of contacts keep nothing of her, and nobody is asked to call her again."""

from __future__ import annotations

import pytest
import requests
from sqlalchemy import select

from hub.calling.requests import Wanted, ask
from hub.entities.customer import CONTACT_FIGURES
from hub.keeping import erasure
from hub.storage.tables import record
from hub.sync.erased import personal_fields
from hub.verify import reconcile
from tests.scenarios.calling_shop import opened
from tests.scenarios.test_call_deals import STAGES, Desk
from tests.scenarios.test_call_loop import met
from tests.scenarios.test_erasure import stored

VALUES = ("9030000001", "Орлова-1", "просила передать мужу", "любит платья")


def customer(shop, phone):
    with shop.hub.store.read() as at:
        rows = at.execute(select(record.c.id, record.c.data).where(record.c.entity == "customer")).all()
    return next((ident for ident, data in rows if any(one["number"] == phone for one in data.get("phones") or ())), None)


def spoken_of(shop, entity):
    with shop.hub.store.read() as at:
        return [dict(row) for row in at.execute(select(record.c.data).where(record.c.entity == entity)).scalars()]


def standing(shop):
    kept = stored(shop)
    return [value for value in VALUES if value.encode() in kept]


def worked_at(shop, finish):
    """Two customers; the first was called in vain, talked to and is to be called again, with words about her at every step."""
    anna, vera = met(shop, 2)
    asked = Wanted("list|spring|1", "winback", "manual", customer=customer(shop, "+79030000001"), comment="любит платья")
    ask(shop.hub, [asked], actor="test")
    shop.wants(vera)
    shop.turn(2)
    finish("перезвонить 18:30, просила передать мужу")
    shop.turn(2)
    return anna, vera


@pytest.mark.parametrize("cards", [False, True], ids=["planned calls", "cards"])
def test_nothing_of_her_stands_in_what_was_to_be_said_to_her(tmp_path, database_url, cards):
    with opened(tmp_path, database_url, **({"funnel": STAGES} if cards else {})) as shop:
        shop.folder, shop.url = tmp_path, database_url

        def finish(word):
            if cards:
                desk = Desk(shop)
                (card,) = [one for one in desk.cards("NEW") if one["UF_CRM_CALL_PHONE"].endswith("1")]
                desk.moves(card, "EXECUTING", UF_CRM_CALL_REMARK=word)
                task = {
                    "RESPONSIBLE_ID": card["assignedById"],
                    "OWNER_ID": card["contactId"],
                    "COMMUNICATIONS": [{"VALUE": card["UF_CRM_CALL_PHONE"]}],
                }
            else:
                (task,) = [one for one in shop.tasks() if one["COMMUNICATIONS"][0]["VALUE"].endswith("1")]
                shop.marks(task, word)
            shop.rings(task, "304", 0)

        anna, _ = worked_at(shop, finish)
        ident = customer(shop, "+79030000001")
        assert {"9030000001", "Орлова-1", "просила передать мужу", "любит платья"} <= set(standing(shop))
        told = erasure.erase(shop.hub, ident, actor="test")
        assert standing(shop) == [] and told["still_found"] == {}
        for entity in ("call_task", "call_request", "call"):
            hers = [one for one in spoken_of(shop, entity) if not one.get("customer")]
            assert hers and all(not one.get(name) for one in hers for name in personal_fields(entity)), entity
        assert not [one for one in spoken_of(shop, "customer") if one.get("last_name") == "Орлова-1"]
        (left,) = spoken_of(shop, "customer")
        assert not {name for name in CONTACT_FIGURES if left.get(name)}, "the figures of another are of another"
        shop.clock.skip(86_400.0)
        shop.at(12)
        shop.wants(anna)
        shop.turn(3)
        assert standing(shop) == [] and customer(shop, "+79030000001") is None
        states = [(one["state"], one.get("closed_reason")) for one in spoken_of(shop, "call_task") if not one.get("customer")]
        assert states and all(state == "cancelled" and why in ("nobody", "open_already") for state, why in states), states
        assert reconcile.verify(shop.hub, ["crm"]).agrees
        assert requests.get(f"{shop.cdp_url}/_sandbox/actions", timeout=5).ok
