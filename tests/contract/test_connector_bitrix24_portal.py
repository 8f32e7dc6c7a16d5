"""The Bitrix24 connector against the stand-in over HTTP: sweeps, look-ups, rows, calls, events, health, both ways in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests

from connectors import registry
from connectors.contract import SystemSettings, Write
from connectors.errors import Rejected, Unauthorized, Unknown
from connectors.limiter import LocalLimiter
from sandbox.bitrix24.auth import APPLICATION_TOKEN, CLIENT_ID, CLIENT_SECRET, FIRST_REFRESH_TOKEN
from tests.contract.given import Kept

APP = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": FIRST_REFRESH_TOKEN, "application_token": APPLICATION_TOKEN}
HOOK = {"webhook": "1/sandboxsecret"}
HANDLER = "http://127.0.0.1:9/webhooks/crm/hook"


def connector(portal, secrets=None, tokens=None):
    settings = SystemSettings("crm", "bitrix24", portal.url, "Asia/Yekaterinburg", secrets or APP, {"oauth_url": portal.url})
    return registry.create("bitrix24", settings, LocalLimiter(()), tokens or Kept(), lambda: datetime.now(UTC))


@pytest.fixture
def tokens():
    return Kept()


@pytest.fixture
def crm(portal, tokens):
    return connector(portal, tokens=tokens)


def swept(crm, resource, cursor=None):
    pages = list(crm.changes(resource, cursor or {}))
    return [remote for page in pages for remote in page.objects], dict(pages[-1].cursor), pages


def test_a_sweep_pages_by_id_and_the_next_one_sees_only_changes(portal, crm):
    made = [portal.contact(name=f"П{i}")["id"] for i in range(60)]
    found, cursor, pages = swept(crm, "contact")
    assert [int(r.id) for r in found] == made
    assert [len(p.objects) for p in pages] == [50, 10]
    assert pages[0].total == 60
    portal.control("clock", offset=600)
    _, cursor, _ = swept(crm, "contact", cursor)
    portal.update(3, made[7], name="Другое")
    later, cursor, _ = swept(crm, "contact", cursor)
    assert [(r.id, r.data["name"]) for r in later] == [(str(made[7]), "Другое")]
    assert [r.id for r in swept(crm, "contact", cursor)[0]] == [str(made[7])]  # the overlap


def test_a_deal_is_shown_with_all_its_rows(portal, crm):
    long, short, bare = (portal.deal(title=t)["id"] for t in "ABC")
    for deal, count in ((long, 120), (short, 2)):
        portal("crm.item.productrow.set", ownerType="D", ownerId=deal, productRows=[{"productName": f"Т{i}", "price": 1} for i in range(count)])  # fmt: skip
    found, _, _ = swept(crm, "deal")
    assert [len(r.data["productRows"]) for r in found] == [120, 2, 0]
    assert [len(r.data["productRows"]) for r in crm.fetch("deal", [str(bare), str(long), "999"])] == [120, 0]


def test_finds_by_hub_key_phone_mail_and_card(portal, crm):
    fm = [{"typeId": "PHONE", "value": "8 903 123-45-67"}, {"typeId": "EMAIL", "value": "anna@example.ru"}]
    made = portal("crm.item.add", entityTypeId=3, useOriginalUfNames="Y", fields={"name": "А", "fm": fm, "UF_CRM_CARD": "77", "originatorId": "sverka", "originId": "k-1"})["item"]  # fmt: skip
    portal.contact(originatorId="mango", originId="k-1")
    for key, value in (("hub", "k-1"), ("phone", "+79031234567"), ("email", "anna@example.ru"), ("card", "77")):
        assert [r.id for r in crm.find("contact", key, ["nobody", value])] == [str(made["id"])], key
    assert crm.find("contact", "phone", ["+79990000000"]) == []


def test_goods_by_sku_both_ways_and_options_of_lists(crm):
    assert crm.lookup("goods_by_sku", ["SV-001", "NO-SUCH"]) == {"SV-001": 101}
    assert crm.lookup_back("goods_by_sku", [101, 555]) == {"101": "SV-001", "555": "#555"}
    assert crm.lookup("goods_by_sku", ["#555"]) == {"#555": 555}
    assert crm.lookup("enum:UF_CRM_SEX", ["Женский"]) == {"Женский": 47}
    assert crm.lookup_back("enum:UF_CRM_SEX", [45]) == {"45": "Мужской"}
    with pytest.raises(Rejected):
        crm.lookup("enum:UF_CRM_NONE", ["x"])


def test_directories_and_fields(crm):
    stages = {v.value for v in crm.directory("order_status")}
    assert {"NEW", "PREPARATION", "WON", "LOSE"} <= stages and not [v for v in stages if ":" in v]
    assert "Ильина Анна" in {v.title for v in crm.directory("employee")}
    assert "WEB" in {v.value for v in crm.directory("source")}
    assert crm.directory("no such") == []
    fields = {f.path: f for f in crm.fields("contact")}
    assert (fields["UF_CRM_SEX"].type, fields["updatedTime"].writable, fields["fm"].type) == ("enumeration", False, "crm_multifield")
    assert {"productRows", "UF_CRM_ORDER_NUMBER"} <= {f.path for f in crm.fields("deal")}
    assert "CALL_FAILED_CODE" in {f.path for f in crm.fields("call")}


def test_a_written_deal_answers_as_it_is_stored(crm):
    rows = [{"productId": 101, "price": 3000, "quantity": 2, "discountTypeId": 1, "discountSum": 490}]
    (outcome,) = crm.write("deal", [Write("k", None, {"UF_CRM_ORDER_NUMBER": "5", "productRows": rows})])
    stored = outcome.remote
    assert (stored.data["opportunity"], stored.data["title"], stored.representation) == (6000, "Заказ № 5", "answer")
    (again,) = crm.write("deal", [Write("k", stored.id, {"comments": "Да"}, held=stored.data)])
    assert (again.remote.representation, "productRows" in again.remote.data) == ("answer_bare", False)


def test_a_deal_of_many_rows_goes_in_several_batches(portal, crm):
    rows = [{"productName": f"Т{i}", "price": 1, "quantity": 1} for i in range(70)]
    (made,) = crm.write("deal", [Write("k", None, {"productRows": rows})])
    held = made.remote.data
    wanted = [{**row, "price": 2} for row in held["productRows"]]
    (changed,) = crm.write("deal", [Write("k", made.remote.id, {"productRows": wanted}, held=held)])
    assert changed.remote.data["opportunity"] == 140
    assert [r["id"] for r in changed.remote.data["productRows"][:50]] == [r["id"] for r in held["productRows"]][:50]


def test_a_refused_stage_names_its_field_and_the_next_object_is_written(portal, crm):
    one, two = (str(portal.deal(title=t)["id"]) for t in "AB")
    refused, written = crm.write("deal", [Write("a", one, {"stageId": "NO_SUCH"}), Write("b", two, {"stageId": "WON"})])
    assert (type(refused.error), refused.error.field) == (Rejected, "stageId")
    assert written.remote.data["stageId"] == "WON"


def call(**more):
    return {
        "CALL_TYPE": "1", "PHONE_NUMBER": "+79031234567", "CALL_START_DATE": "2026-03-12T16:05:00+05:00", "CALL_DURATION": 42,
        "CALL_FAILED_CODE": "200", "PORTAL_USER_ID": 2, **more,
    }  # fmt: skip


def test_a_call_is_written_once_silently_and_read_back_whole(portal, crm):
    contact = portal.contact(fm=[{"typeId": "PHONE", "value": "+79031234567"}])["id"]
    before = portal.effects()
    for _ in range(2):  # the second time its answer had been lost
        (outcome,) = crm.write("call", [Write("key-1", None, call(CONTACT_ID=contact))])
        assert outcome.error is None
        row = outcome.remote.data
        assert (row["CONTACT_ID"], row["CALL_DURATION"], row["PORTAL_USER_ID"], row["EXTERNAL_CALL_ID"]) == (contact, 42, 2, "key-1")
    found, cursor, _ = swept(crm, "call")
    assert [(r.id, r.data["CALL_FAILED_CODE"]) for r in found] == [(outcome.remote.id, "200")]
    assert [r.id for r in crm.find("call", "hub", ["key-1", "key-2"])] == [outcome.remote.id]
    assert [r.id for r in crm.fetch("call", [outcome.remote.id, "gone"])] == [outcome.remote.id]
    noise = {k: v - before.get(k, 0) for k, v in portal.effects().items()}
    assert not noise.get("call_cards") and not noise.get("messages")


def test_a_call_that_never_arrived_is_not_found_by_its_key_and_made_once(portal, crm):
    crm.lists.own_user()
    rule = {"kind": "reset_before", "match": "POST .*batch", "count": 1}
    requests.post(f"{portal.url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()
    (outcome,) = crm.write("call", [Write("key-1", None, call())])
    assert type(outcome.error) is Unknown
    assert crm.find("call", "hub", ["key-1"]) == []
    (outcome,) = crm.write("call", [Write("key-1", None, call())])
    assert outcome.error is None
    assert len(swept(crm, "call")[0]) == 1


def test_a_call_written_down_by_hand_is_a_call_when_it_is_done(portal, crm):
    contact = portal.contact()["id"]
    fields = {
        "OWNER_TYPE_ID": 3, "OWNER_ID": contact, "TYPE_ID": 2, "SUBJECT": "Звонок", "DESCRIPTION": "Перезвонить в среду", "DIRECTION": 2,
        "START_TIME": "2026-03-12T16:05:00+05:00", "END_TIME": "2026-03-12T16:06:00+05:00", "RESPONSIBLE_ID": 2,
        "COMMUNICATIONS": [{"TYPE": "PHONE", "VALUE": "+79031234567", "ENTITY_ID": contact, "ENTITY_TYPE_ID": 3}],
    }  # fmt: skip
    number = portal("crm.activity.add", fields={**fields, "COMPLETED": "N"})
    assert swept(crm, "call")[0] == []
    assert crm.fetch("call", [f"act:{number}"]) == []
    portal("crm.activity.update", id=number, fields={"COMPLETED": "Y"})
    (seen,), cursor, _ = swept(crm, "call")
    (fetched,) = crm.fetch("call", [f"act:{number}"])
    assert seen.data == fetched.data
    assert (seen.id, seen.data["CALL_TYPE"], seen.data["PHONE_NUMBER"], seen.data["CONTACT_ID"]) == (f"act:{number}", "1", "+79031234567", contact)  # fmt: skip
    assert seen.data["COMMENT"] == "Перезвонить в среду"


def test_events_are_bound_once_and_lost_ones_again(portal, crm):
    first = crm.subscribe(HANDLER)
    assert first.repaired == first.active
    assert crm.subscribe(HANDLER).repaired == ()
    crm.api.call("event.unbind", {"event": "ONCRMDEALUPDATE", "handler": HANDLER})
    assert crm.subscribe(HANDLER).repaired == ("ONCRMDEALUPDATE",)
    bound = [b for b in crm.api.call("event.get").result if b["handler"] == HANDLER]
    assert len(bound) == len(first.active)


def test_an_expired_token_is_renewed_and_an_expired_refresh_token_pauses(portal, crm):
    crm.api.call("profile")
    portal.control("tokens", expire="access")
    assert crm.api.call("profile").result["ID"] == "4"
    portal.control("tokens", expire="all")
    with pytest.raises(Unauthorized):
        crm.api.call("profile")


def findings(crm):
    return {f.name: f for f in crm.check().findings}


def test_a_healthy_application_has_nothing_to_mend(crm):
    health = crm.check()
    assert health.ok, [f for f in health.findings if not f.ok]
    assert abs(health.clock_skew) < 5
    assert {"credentials", "scope crm", "scope telephony", "scope catalog", "calls", "clock", "mode"} <= {f.name for f in health.findings}


def test_by_webhook_everything_is_read_and_written_but_calls_and_events(portal):
    crm = connector(portal, HOOK)
    (made,) = crm.write("contact", [Write("k", None, {"name": "Анна"})])
    assert [r.id for r in swept(crm, "contact")[0]] == [made.remote.id]
    (refused,) = crm.write("call", [Write("k", None, call())])
    assert (type(refused.error), refused.error.code) == (Rejected, "WRONG_AUTH_TYPE")
    assert crm.subscribe(HANDLER).active == ()
    mode = findings(crm)["mode"]
    assert not mode.ok and "Локальное приложение" in mode.fix_ru and "Local application" in mode.fix_en
    assert findings(crm)["credentials"].ok


@pytest.mark.parametrize("secrets", [{"webhook": "1/wrong"}, {**APP, "refresh_token": "wrong"}], ids=["webhook", "application"])
def test_wrong_credentials_are_told_with_the_menu_path_and_without_the_secret(portal, secrets):
    health = connector(portal, secrets).check()
    (bad,) = [f for f in health.findings if f.name == "credentials"]
    assert not health.ok and not bad.ok
    assert "Битрикс24 → Разработчикам" in bad.fix_ru and "Bitrix24 → Developer" in bad.fix_en
    assert "wrong" not in bad.ru + bad.en


def test_a_wrong_clock_is_told(portal, crm):
    portal.control("clock", offset=3000)
    clock = findings(crm)["clock"]
    assert not clock.ok and "спешат на 50 мин" in clock.ru
