"""The site, the CRM and Mindbox: customers of either side are one, orders and the outcomes of calls come to Mindbox once, its edits come back, and
what its queue refuses later is a problem."""

from __future__ import annotations

import pytest
import requests
from click.testing import CliRunner
from sqlalchemy import select

from hub import backfill
from hub.cli import main
from hub.storage import inbox
from hub.storage.tables import link, record
from hub.sync.poll import poll
from sandbox.bitrix24.app import Bitrix24
from sandbox.mindbox.app import HUB, Mindbox
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios import shop as scene
from tests.scenarios.cdp_shop import BODY, Shop, accepting, ringing
from tests.scenarios.opening import hub_between

MINDBOX = scene.EXAMPLE.parent / "examples" / "mindbox.yaml"


@pytest.fixture
def shop(tmp_path):
    vendors = {
        "crm": Bitrix24(allow_loopback_webhooks=True, allow_http=True),
        "site": Woocommerce(allow_loopback_webhooks=True),
        "cdp": Mindbox(allow_loopback_webhooks=True),
    }

    def configured(urls):
        raw = scene.example(urls, MINDBOX)
        raw["systems"]["cdp"]["options"] |= {"endpoint": HUB, "brand": "sandbox", "export_pace": 0.001}
        return raw | {"reference_wait": 5.0}

    with hub_between(vendors, configured, tmp_path) as (hub, urls):
        made = Shop(hub, urls, vendors)
        made.cdp_url, made.cdp_app = urls["cdp"], vendors["cdp"]
        yield made


def buyer(shop):
    billing = {"phone": "+79031234567"}
    return shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна", "last_name": "Орлова", "billing": billing})


def place(shop, customer):
    lines = [{"sku": "SV-007", "quantity": 2, "total": "1700.00"}, {"sku": "SV-001", "quantity": 1}]
    delivery = [{"method_id": "flat_rate", "method_title": "Курьер", "total": "300.00"}]
    body = {"customer_id": customer["id"], "status": "processing", "line_items": lines, "shipping_lines": delivery, "set_paid": True}
    return shop.site("POST", "orders", body | {"payment_method": "cod", "billing": {"phone": "+79031234567", "email": "anna@example.ru"}})


def order(shop, ident):
    (row,) = [one for one in shop.cdp_app.project.orders.values() if one.said["customFields"]["number"] == str(ident)]
    return row


def test_a_customer_and_an_order_of_the_site_come_to_mindbox_once_and_its_edits_come_back(shop):
    user = buyer(shop)
    placed = place(shop, user)
    shop.sync()
    shop.later()
    shop.sync()
    person = shop.person(mobilePhone="79031234567")
    assert (person["firstName"], person["lastName"], person["email"]) == ("Анна", "Орлова", "anna@example.ru")
    assert person["ids"]["websiteId"] == str(user["id"]) and person["ids"]["sverka"], "by every id that is known, and the hub's own"
    there = order(shop, placed["number"])
    assert (there.customer, there.said["totalPrice"], there.said["deliveryCost"]) == (
        person["ids"]["mindboxId"],
        float(placed["total"]),
        300,
    )
    assert [(x["product"]["ids"]["website"], x["quantity"], x["discountedPricePerLine"], x["status"]) for x in there.lines] == [
        ("SV-007", 2, 1700, "PAID"),
        ("SV-001", 1, float(placed["line_items"][1]["total"]), "PAID"),
    ]
    (contact,) = shop.crm("crm.contact.list", filter={"PHONE": "+79031234567"})
    writes, effects = shop.counters()["writes"], shop.read("effects")
    shop.later()
    shop.sync()
    assert shop.counters()["writes"] == writes, "what comes back is our own"

    news = {
        "ids": person["ids"],
        "lastName": "Соколова",
        "subscriptions": [{"brand": "sandbox", "pointOfContact": "Sms", "isSubscribed": False}],
    }
    shop.cdp("Website.EditCustomer", {"customer": news})
    shop.site("PUT", f"orders/{placed['id']}", {"status": "completed"})
    shop.later()
    shop.sync()
    assert shop.site("GET", f"customers/{user['id']}")["last_name"] == "Соколова"
    assert shop.crm("crm.contact.get", id=contact["ID"])["LAST_NAME"] == "Соколова"
    with shop.hub.store.read() as at:
        (data,) = at.execute(select(record.c.data).where(record.c.entity == "customer")).scalars()
    assert [(one["channel"], one["value"]) for one in data["consents"] if one["value"] is not None] == [("sms", False)]
    there = order(shop, placed["number"])
    assert [x["status"] for x in there.lines] == ["DELIVERED", "DELIVERED"]
    assert shop.read("effects")["mail: flow"] == effects["mail: flow"] + 1, "one change of the status"


def test_a_phone_that_mindbox_refuses_is_set_aside_and_the_rest_goes_on(shop, tmp_path):
    """An Estonian number has ten digits, and Mindbox takes eleven: she is made there by her e-mail, and somebody is told of the phone."""
    fields = {"email": "anna@example.ru", "first_name": "Анна", "last_name": "Орлова", "billing": {"phone": "+372 5123 456"}}
    anna = shop.site("POST", "customers", fields)

    def told():
        shop.sync()
        (row,) = [one for one in shop.rows() if one["system"] == "cdp" and one["entity"] == "customer"]
        (there,) = shop.cdp_app.project.customers.values()
        return row["state"], row["error_field"], there.said.get("firstName"), there.phone

    assert told() == ("dead", "phone", "Анна", "")
    shop.site("PUT", f"customers/{anna['id']}", {"first_name": "Анна-Мария"})
    asked = shop.cdp_app.limits.by_operation["Sverka.EditCustomer"]
    assert told() == ("dead", "phone", "Анна-Мария", "")
    assert shop.cdp_app.limits.by_operation["Sverka.EditCustomer"] == asked + 1, "what was refused is not said again by itself"
    replay = ["queue", "replay", "--system", "cdp", "--confirm-effects", "--config", str(tmp_path / "config.yaml")]
    assert CliRunner().invoke(main, replay, catch_exceptions=False).exit_code == 0
    assert told() == ("dead", "phone", "Анна-Мария", "")
    assert shop.cdp_app.limits.by_operation["Sverka.EditCustomer"] == asked + 2, "a person asks once more"
    shop.site("PUT", f"customers/{anna['id']}", {"billing": {"phone": "+79031234567"}})
    assert told() == ("done", "", "Анна-Мария", "79031234567")


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "late_effect", "truncated"])
def test_a_lost_answer_makes_nobody_and_nothing_twice(shop, kind):
    place(shop, buyer(shop))
    shop.poll()
    rules = [{"kind": kind, "match": "POST .*sync", "rate": 0.5, "count": 3, "seconds": 0.2}]
    requests.post(f"{shop.cdp_url}/_sandbox/faults", json=rules, timeout=5).raise_for_status()
    shop.work(600.0)
    shop.later()
    shop.sync()
    project = shop.cdp_app.project
    assert (len(project.customers), len(project.orders), shop.read("effects")) == (1, 1, {"mail: flow": 2})


def test_a_message_that_mindbox_sent_is_known_once(shop):
    buyer(shop)
    shop.sync()
    person = shop.person(mobilePhone="79031234567")["ids"]["mindboxId"]
    body = BODY | {"channel": "${Channel}", "campaign": "${Campaign}"}
    with accepting(shop) as url:
        shop.control("webhooks", duplicate=1.0)
        shop.control("flow", events=["message.sent"], url=url, headers={"Authorization": "Bearer hook-e"}, body=body)
        for campaign in ("winback", "spring"):
            shop.control("message", customer=person, channel="Sms", campaign=campaign)
        shop.cdp_app.hooks.drain()
    assert shop.read("counters")["webhooks_sent"] == 4
    shop.work()
    shop.sync()
    with shop.hub.store.read() as at:
        found = list(at.execute(select(record.c.data).where(record.c.entity == "message")).scalars())
        (anna,) = at.execute(select(record.c.id).where(record.c.entity == "customer")).scalars()
    assert sorted((one["campaign"], one["channel"], one["state"], one["customer"]) for one in found) == [
        ("spring", "sms", "sent", anna),
        ("winback", "sms", "sent", anna),
    ]
    assert shop.read("actions") == [], "what came from there is not told there"


def test_a_flow_tells_of_an_edit_at_once_however_often_it_calls(shop):
    """Without its export, which would show it five minutes later; a repeat bears the same id, and changes nothing."""
    user = buyer(shop)
    shop.sync()
    with accepting(shop) as url:
        shop.control("webhooks", duplicate=1.0)
        shop.control("flow", events=["customer.changed"], url=url, headers={"Authorization": "Bearer hook-e"}, body=BODY, **{"except": HUB})
        person = shop.person(mobilePhone="79031234567")
        shop.cdp("Website.EditCustomer", {"customer": {"ids": person["ids"], "firstName": "Анна-Мария"}})
        shop.cdp_app.hooks.drain()
    assert shop.read("counters")["webhooks_sent"] == 2
    shop.work()
    assert shop.site("GET", f"customers/{user['id']}")["first_name"] == "Анна-Мария"


def test_a_flow_that_fires_for_our_own_writes_too_brings_nothing(shop):
    """Where a marketer leaves nobody out, every write of the hub's comes back as a call of the flow."""
    user = buyer(shop)
    shop.sync()
    with accepting(shop) as url:
        shop.control("flow", events=["customer.changed"], url=url, headers={"Authorization": "Bearer hook-e"}, body=BODY)
        shop.site("PUT", f"customers/{user['id']}", {"first_name": "Яна"})
        shop.sync()
        shop.cdp_app.hooks.drain()
    assert shop.read("counters")["webhooks_sent"] > 0 and shop.person(mobilePhone="79031234567")["firstName"] == "Яна"
    before = shop.counters()["writes"]
    shop.work()
    shop.sync()
    assert shop.counters()["writes"] == before and shop.site("GET", f"customers/{user['id']}")["first_name"] == "Яна"


def test_the_outcome_of_a_call_is_one_custom_action(shop):
    buyer(shop)
    shop.sync()
    (contact,) = shop.crm("crm.contact.list", filter={"PHONE": "+79031234567"})
    ringing(shop, contact)
    requests.post(
        f"{shop.cdp_url}/_sandbox/faults", json=[{"kind": "reset_after", "match": "async", "count": 1}], timeout=5
    ).raise_for_status()
    for _ in range(2):
        shop.sync()
    (action,) = shop.read("actions")
    assert action["customer"]["ids"]["mindboxId"] == shop.person(mobilePhone="79031234567")["ids"]["mindboxId"]
    said = action["customFields"]
    assert (said["callResult"], said["callDirection"], said["callDurationSec"], said["callAgent"]) == ("busy", "out", 0, "ruslan")
    assert action["dateTimeUtc"].startswith("2026-03-12 11:05:00")


def test_what_the_queue_refuses_later_is_a_problem_and_a_replay_tells_it_anew(shop):
    buyer(shop)
    shop.sync()
    poll(shop.hub, "cdp", "call")
    (contact,) = shop.crm("crm.contact.list", filter={"PHONE": "+79031234567"})
    shop.control("operation", name="Sverka.Call", kind="order_status")  # a marketer put another step into it
    ringing(shop, contact)
    shop.sync()
    assert [row["state"] for row in shop.rows() if row["entity"] == "call"] == ["done"], "accepted"
    shop.later(1000)
    shop.poll()
    (row,) = [row for row in shop.rows() if row["entity"] == "call"]
    assert (row["state"], row["error_class"]) == ("dead", "Rejected") and "/order" in row["error_text"]
    assert shop.read("actions") == []
    shop.control("operation", name="Sverka.Call", kind="action")
    with shop.hub.store.state() as at:
        shop.hub.outbox.replay(at, [row["id"]], now=shop.hub.clock())
    shop.work()
    shop.sync()
    assert len(shop.read("actions")) == 1
    assert [row["state"] for row in shop.rows() if row["entity"] == "call"] == ["done"]


def test_customers_that_mindbox_merges_are_one_record(shop):
    for phone, email in (("79031234567", "anna@example.ru"), ("79261112233", "anna@work.ru")):
        shop.cdp("Website.RegisterCustomer", {"customer": {"mobilePhone": phone, "email": email, "firstName": "Анна"}})
    shop.later()
    shop.sync()
    first, second = (shop.person(mobilePhone=phone)["ids"] for phone in ("79031234567", "79261112233"))
    shop.cdp("Website.EditCustomer", {"customer": {"ids": {"mindboxId": first["mindboxId"]}, "lastName": "Орлова"}})
    shop.cdp_app.project.habits.merging = True
    shop.cdp(
        "Website.EditCustomer", {"customer": {"ids": {"mindboxId": first["mindboxId"]}, "mobilePhone": "79261112233"}}
    ) if False else None
    merged = {
        "customersToMerge": [{"ids": {"mindboxId": second["mindboxId"]}}],
        "resultingCustomer": {"ids": {"mindboxId": first["mindboxId"]}},
    }
    shop.cdp("Sverka.MergeCustomers", merged)
    shop.later()
    shop.sync()
    with shop.hub.store.read() as at:
        rows = {
            row.external_id: row.state
            for row in at.execute(select(link.c.external_id, link.c.state).where(link.c.system == "cdp", link.c.entity == "customer"))
        }
    assert rows == {str(first["mindboxId"]): "live", str(second["mindboxId"]): "gone"}


def test_a_load_waits_for_an_export(shop):
    for number in range(3):
        shop.cdp("Website.RegisterCustomer", {"customer": {"mobilePhone": f"7903000000{number}", "firstName": "Анна"}})
    shop.later()
    chosen = backfill.places(shop.hub)
    loader = backfill.Loader(shop.hub, chosen)
    loader.start()
    assert backfill.watch(shop.hub, chosen, lambda: loader.alive, lambda *_: None, lambda _: None)
    loader.stop()
    with shop.hub.store.read() as at:
        assert len(at.execute(select(link.c.id).where(link.c.system == "cdp", link.c.state == "live")).all()) == 3


def test_a_file_made_before_a_write_of_ours_takes_nothing_back(shop):
    """An export is read after the hub wrote, and shows what was there before: no edit."""
    user = buyer(shop)
    shop.sync()
    shop.later()
    shop.sync()
    person = shop.person(mobilePhone="79031234567")
    shop.cdp("Website.EditCustomer", {"customer": {"ids": person["ids"], "birthDate": "1990-06-05"}})
    shop.later()
    exports = shop.cdp_app.exports
    tasks = set(exports.tasks)
    while not (new := [ident for ident in exports.tasks if ident not in tasks]):
        poll(shop.hub, "cdp", "customer")
    while not exports.tasks[new[0]].done:  # made, and not read yet
        shop.cdp("Sverka.ExportCustomers", {"exportId": new[0]})
    shop.site("PUT", f"customers/{user['id']}", {"first_name": "Анна-Мария"})
    poll(shop.hub, "site", "customers")
    shop.work()
    written = shop.hub.clock()
    poll(shop.hub, "cdp", "customer")
    with shop.hub.store.read_intake() as at:
        (seen,) = at.execute(select(inbox.inbox.c.looked_at).where(inbox.inbox.c.kind == "look")).scalars()
    assert seen < written, "it counts as a look of the moment when it was made"
    shop.work()
    assert shop.person(mobilePhone="79031234567")["firstName"] == "Анна-Мария"
    assert shop.site("GET", f"customers/{user['id']}")["first_name"] == "Анна-Мария"


def test_who_is_in_a_segment_is_told_as_the_hub_knows_them(shop, tmp_path):
    buyer(shop)
    shop.sync()
    known = shop.person(mobilePhone="79031234567")["ids"]["mindboxId"]
    stranger = shop.cdp("Website.RegisterCustomer", {"customer": {"mobilePhone": "79261112233"}})["customer"]["ids"]["mindboxId"]
    left = shop.cdp("Website.RegisterCustomer", {"customer": {"mobilePhone": "79261112244"}})["customer"]["ids"]["mindboxId"]
    for ident, inside in ((known, True), (stranger, True), (left, True), (left, False)):
        shop.control("segment", name="winback", customer=ident, inside=inside)
    shop.later()
    said = CliRunner().invoke(main, ["segment", "cdp", "winback", "--config", str(tmp_path / "config.yaml")], catch_exceptions=False)
    assert said.exit_code == 0, said.output
    rows = [line.split(",") for line in said.stdout.splitlines()]
    assert rows[0] == ["id", "record", "last_name", "first_name", "phone"]
    assert [(row[0], row[2:]) for row in rows[1:]] == [(str(known), ["Орлова", "Анна", "+79031234567"]), (str(stranger), ["", "", ""])]
    none = CliRunner().invoke(main, ["segment", "site", "winback", "--config", str(tmp_path / "config.yaml")])
    assert none.exit_code == 1 and "site" in none.output
