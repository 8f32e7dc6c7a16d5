"""The RetailCRM connector against the stand-in over HTTP: what answers mean, finding, triggers, what an account tells of itself."""

from __future__ import annotations

import pytest

from connectors.contract import SystemSettings, WebhookRefused, WebhookRequest, Write
from connectors.retailcrm.api import brackets
from connectors.retailcrm.connector import Retailcrm as Connector
from connectors.retailcrm.manifest import MANIFEST
from sandbox.retailcrm.keys import SCOPES
from tests.contract.given import Penalties
from tests.contract.retailcrm_account import now, settings


def test_parameters_are_sent_as_php_reads_them():
    assert brackets({"limit": 100, "filter": {"ids": [1, 2], "customFields": {"a": "b"}, "sites": [], "email": ""}}) == [
        ("limit", 100), ("filter[ids][]", 1), ("filter[ids][]", 2), ("filter[customFields][a]", "b"),
    ]  # fmt: skip


def test_an_id_is_never_taken_for_the_external_one_of_somebody_else(retail):
    """A CRM that is asked for 12 without a word more gives who bears 12 as the external id."""
    ident = retail.person(firstName="Анна")
    retail.person(firstName="Не она", externalId=str(ident))
    (found,) = retail.connector.fetch("customers", [str(ident)])
    assert (found.id, found.data["firstName"]) == (str(ident), "Анна")
    (done,) = retail.connector.write("customers", [Write("k", str(ident), {"firstName": "Яна"}, found.data)])
    assert (done.error, retail.app.account.tables["customers"][ident]["firstName"]) == (None, "Яна")


def test_customers_are_found_by_hub_key_phone_email_and_card(retail):
    ident = retail.person(externalId="hub-1", email="anna@example.ru", discountCardNumber="27001", phones=[{"number": "8 (903) 123-45-67"}])
    retail.person(externalId="hub-2")
    for key, value in (("hub", "hub-1"), ("phone", "+79031234567"), ("email", "ANNA@example.ru"), ("card", "27001")):
        assert [int(one.id) for one in retail.connector.find("customers", key, [value])] == [ident], key
    assert retail.connector.find("orders", "phone", ["+79031234567"]) == []


def test_goods_are_found_by_article_and_those_without_by_the_shops_number(retail):
    retail.app.account.offers[31]["article"] = ""
    assert retail.connector.lookup("goods_by_sku", ["SV-007", "SV-00", "41", "42"]) == {"SV-007": 37, "41": 31}
    assert retail.connector.lookup_back("goods_by_sku", [37, 31, 999]) == {"37": "SV-007", "31": "41"}


def test_one_store_of_several_is_a_system_of_its_own(retail):
    retail.control("sites", codes=["shop", "outlet"])
    theirs = retail.people.customer_create({"firstName": "А", "phones": [{"number": "+79031234567"}]}, site="outlet").get_response()["id"]
    outlet = Connector(settings(retail.url, site="outlet"), Penalties(), now)
    (made,) = outlet.write("customers", [Write("k1", None, {"firstName": "Б"})])
    shop = Connector(settings(retail.url, site="shop"), Penalties(), now)
    assert {int(one.id) for page in outlet.changes("customers", {}) for one in page.objects} == {theirs, int(made.remote.id)}
    assert [one for page in shop.changes("customers", {}) for one in page.objects] == shop.fetch("customers", [str(theirs)]) == []
    assert shop.find("customers", "phone", ["+79031234567"]) == []
    (refused,) = retail.connector.write("customers", [Write("k2", None, {"firstName": "В"})])
    assert (refused.error.code, "options.site" in MANIFEST.cures["site"][0]) == ("site", True)


@pytest.mark.parametrize(
    ("body", "query", "hints"),
    [
        (b"entity=order&id=6481&external_id=5012&site=shop", {}, [("orders", "6481", "changed"), ("returns", "6481", "changed")]),
        (b"entity=order&id=6481&event=deleted", {}, [("orders", "6481", "deleted")]),
        (b"entity=customer&id=512&event=deleted", {}, [("customers", "512", "deleted")]),
        (b"", {"entity": "order", "id": "6481"}, [("orders", "6481", "changed"), ("returns", "6481", "changed")]),
        (b"entity=task&id=5", {}, []),
    ],
)
def test_what_a_trigger_says(retail, body, query, hints):
    assert [(h.resource, h.id, h.event) for h in retail.connector.receive(WebhookRequest({}, body, query, "hook-secret"))] == hints


@pytest.mark.parametrize("body", [b"entity=order", b"id=5", b"entity=order&id=%7B%7B order.id %7D%7D", b'{"entity": "order", "id": 5}'])
def test_a_trigger_that_was_typed_wrong_is_refused(retail, body):
    with pytest.raises(WebhookRefused):
        retail.connector.receive(WebhookRequest({}, body, {}, "hook-secret"))


def test_a_check_tells_of_rights_store_fields_zone_clock_and_who_else_writes(retail):
    retail.control("sites", codes=["shop", "outlet"])
    retail.control("key", scopes=[scope for scope in SCOPES if scope not in ("order_write", "store_write")])
    retail.control("clock", offset=7200)
    retail.app.account.fields = [one for one in retail.app.account.fields if one["code"] != "bonus_spent"]
    retail.other.customer_create({"firstName": "А"}, site="shop")
    health = Connector(settings(retail.url, zone="UTC"), Penalties(), now).check()
    found = {one.name: one for one in health.findings}
    assert found["key"].ok and found["scope customer_write"].ok and not found["scope order_write"].ok
    assert "Ключи доступа к API" in found["scope order_write"].fix_ru
    pricing = Connector(settings(retail.url, price_types=["base"]), Penalties(), now).check()
    prices = {one.name: one for one in pricing.findings}["scope store_write"]
    assert found["scope store_write"].warn and not prices.ok and not prices.warn, "a shop whose prices the hub writes needs it"
    assert "shop, outlet" in found["site"].en and "options.site" in found["site"].fix_en
    assert "bonus_spent" in found["fields orders"].en and found["fields orders"].warn
    assert not found["clock"].ok and abs(health.clock_skew - 7200) < 3
    assert "UTC+5" in found["zone"].en and "set the zone Asia/Yekaterinburg" in found["zone"].fix_en, (
        "the zone is told apart from the clock"
    )
    assert "customers by other API keys" in found["other customers"].en and health.version == "8.9.215"


def test_a_check_with_a_wrong_key_says_what_to_do(retail):
    wrong = SystemSettings("retail", "retailcrm", retail.url, secrets={"api_key": "other"})
    health = Connector(wrong, Penalties(), now).check()
    assert [(one.name, one.ok) for one in health.findings] == [("key", False)] and "API access keys" in health.findings[0].fix_en


def test_the_catalogue_has_the_accounts_own_fields_and_the_directories_its_lists(retail):
    paths = {one.path: one for one in retail.connector.fields("orders")}
    assert paths["customFields.closed"].type == "datetime" and not paths["totalSumm"].writable
    assert "bonus_spent" in paths and "customFields.bonus_spent" not in paths, (
        "one place for what the connector shows: a second line would write it twice"
    )
    retail.control("status", code="no-call", active=False)
    statuses = {one.value: one for one in retail.connector.directory("order_status")}
    assert statuses["complete"].title == "Выполнен" and not statuses["no-call"].active
    people = {one.value: one for one in retail.connector.directory("employee")}
    assert (people[1].title, people[1].emails) == ("Ильина Анна", ("anna@lavka.example.ru",))
    for name, value in (
        ("store", "mega"),
        ("payment_kind", "sbp"),
        ("delivery_kind", "courier"),
        ("channel", "offline"),
        ("organisation", "lavka"),
    ):
        assert value in {one.value for one in retail.connector.directory(name)}, name
    assert retail.connector.directory("none") == [] and retail.connector.base() == "https://lavka.retailcrm.ru"


def test_a_segment_is_its_customers_page_by_page_and_who_left_is_told_by_id(retail):
    connector = Connector(settings(retail.url, segments=["vip"]), Penalties(), now)
    ids = [retail.person() for _ in range(103)]
    retail.control("segment", code="vip", customers=ids[:102])
    pages = list(connector.changes("segments", {}))
    assert [len(page.objects) for page in pages] == [100, 2] and pages[-1].last
    assert {one.id for page in pages for one in page.objects} == {f"vip:{ident}" for ident in ids[:102]}
    (rest,) = connector.changes("segments", pages[0].cursor)
    assert len(rest.objects) == 2, "a poll that was broken off goes on"
    retail.control("segment", code="vip", customers=[ids[0]], inside=False)
    retail.control("delete", kind="customers", ids=[ids[1]])
    asked = [f"vip:{ids[n]}" for n in (0, 1, 2, 102)]
    assert [(one.id, one.data["member"]) for one in connector.fetch("segments", asked)] == list(
        zip(asked, (False, False, True, False), strict=True)
    )
    assert sum(len(page.objects) for page in connector.changes("segments", pages[-1].cursor)) == 100
