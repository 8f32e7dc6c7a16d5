"""The RetailCRM connector against the stand-in over HTTP, and the meaning of the vendor's answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import requests
import responses
import retailcrm

from connectors.contract import SystemSettings, WebhookRefused, WebhookRequest, Write
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.limiter import LocalLimiter
from connectors.retailcrm import payments
from connectors.retailcrm.api import Api, brackets
from connectors.retailcrm.connector import Retailcrm as Connector
from connectors.retailcrm.feed import touched
from connectors.retailcrm.manifest import MANIFEST
from sandbox.frame.server import running
from sandbox.retailcrm.app import Retailcrm
from sandbox.retailcrm.keys import KEY, OTHER, PEOPLE, SCOPES
from tests.contract.given import Penalties


def settings(url, zone="Asia/Yekaterinburg", **options):
    return SystemSettings("retail", "retailcrm", url, zone, {"api_key": KEY}, options, "hook-secret")


def now():
    return datetime.now(UTC)


class Account:
    """The stand-in, the hub's connector, a person at a screen and somebody else's program, both with the vendor's own client."""

    def __init__(self, app, url):
        self.app, self.url = app, url
        self.connector = Connector(settings(url), Penalties(), now)
        self.people, self.other = retailcrm.v5(url, PEOPLE), retailcrm.v5(url, OTHER)

    def control(self, what, **body):
        requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def faults(self, *rules):
        requests.post(f"{self.url}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    def person(self, **fields):
        return self.people.customer_create({"firstName": "Анна"} | fields).get_response()["id"]

    def order(self, **fields):
        lines = [{"offer": {"id": 37}, "quantity": 2, "discountManualAmount": 40}, {"productName": "Услуга: упаковка", "initialPrice": 50}]
        answer = self.people.order_create({"firstName": "Анна", "items": lines, "delivery": {"code": "courier", "cost": 300}} | fields)
        assert answer.is_successful(), answer.get_response()
        return answer.get_response()["id"]

    def shown(self, resource, ident):
        (one,) = self.connector.fetch(resource, [str(ident)])
        return one.data

    def caught_up(self, resource):
        """The cursor after everything so far, a minute later."""
        *_, last = self.connector.changes(resource, {})
        self.control("clock", offset=self.app.offset + 120)
        *_, last = self.connector.changes(resource, last.cursor)
        return last.cursor

    def changes(self, resource, cursor):
        pages = list(self.connector.changes(resource, cursor))
        return [int(one.id) for page in pages for one in page.objects], [int(i) for page in pages for i in page.gone], pages[-1].cursor


@pytest.fixture
def account():
    app = Retailcrm(allow_loopback_webhooks=True)
    app.limits.enforce = False
    with running(app) as url:
        yield Account(app, url)


# answers ----------------------------------------------------------------------------------------------------


def failed(text, errors=None):
    return {"success": False, "errorMsg": text} | ({"errors": errors} if errors else {})


@pytest.mark.parametrize(
    ("status", "said", "read", "write"),
    [
        pytest.param(400, failed("Errors in the entity format", {"firstName": "too long"}), Rejected, Rejected, id="format"),
        pytest.param(400, failed("Errors in the pagination parameters"), Rejected, Rejected, id="a page size"),
        pytest.param(403, failed('Wrong "apiKey" value.'), Unauthorized, Unauthorized, id="a wrong key"),
        pytest.param(400, failed('"apiKey" is missing.'), Unauthorized, Unauthorized, id="no key"),
        pytest.param(403, failed("Access denied."), Rejected, Rejected, id="one right is missing: not a bad key"),
        pytest.param(404, failed("Not found"), Missing, Missing, id="no such object"),
        pytest.param(404, failed("API method not found"), Rejected, Rejected, id="no such path"),
        pytest.param(404, failed("Account does not exist."), Unauthorized, Unauthorized, id="no such account: nothing would fare better"),
        pytest.param(413, failed("too large"), Rejected, Rejected, id="too large"),
        pytest.param(200, failed("Validation error"), Rejected, Rejected, id="a good status that says no"),
        pytest.param(429, failed("Rate limit exceeded"), Unavailable, Unavailable, id="too many: turned away"),
        pytest.param(503, failed("Rate limit exceeded"), Unavailable, Unavailable, id="too many, as the vendor says it"),
        pytest.param(503, "<html>", Unavailable, Unknown, id="a front server: verify before repeating"),
        pytest.param(502, "<html>", Unavailable, Unknown, id="a gateway's page"),
        pytest.param(500, failed("Internal error"), Unavailable, Unknown, id="their own error"),
        pytest.param(200, "<!doctype html>", Unavailable, Unknown, id="a page with a good status"),
        pytest.param(200, "", Unavailable, Unknown, id="nothing"),
        pytest.param(200, "[]", Unavailable, Unknown, id="no answer of the API"),
    ],
)
@responses.activate
def test_what_an_answer_means(status, said, read, write):
    text = said if isinstance(said, str) else json.dumps(said)
    address = "https://lavka.retailcrm.ru/api/v5/orders"
    responses.get(address, body=text, status=status)
    responses.post(address, body=text, status=status)
    api = Api(settings("https://lavka.retailcrm.ru"), Penalties(), now)
    api.http.sleep = lambda _: None
    for expected, call in ((read, lambda: api.get("orders")), (write, lambda: api.post("orders", {"order": {}}))):
        with pytest.raises(expected) as caught:
            call()
        assert type(caught.value) is expected and KEY not in str(caught.value)
    assert (api.limiter.asked == []) == (not (status in (429, 503) and text.startswith("{")))


def test_parameters_are_sent_as_php_reads_them():
    assert brackets({"limit": 100, "filter": {"ids": [1, 2], "customFields": {"a": "b"}, "sites": [], "email": ""}}) == [
        ("limit", 100), ("filter[ids][]", 1), ("filter[ids][]", 2), ("filter[customFields][a]", "b"),
    ]  # fmt: skip


def test_the_published_limit_is_kept_and_never_refused(account):
    account.control("limits", enforce=True)
    connector = Connector(settings(account.url), LocalLimiter(MANIFEST.limits), now)
    for _ in range(14):
        connector.fetch("customers", ["1"])
    assert (account.app.limits.refused, account.app.limits.requests >= 28) == (0, True)


# the sweep --------------------------------------------------------------------------------------------------


def test_a_sweep_sees_everybody_though_somebody_goes_and_resumes_from_any_page(account):
    ids = [account.person(firstName=str(n)) for n in range(120)]
    account.control("clock", offset=60)
    ids += [account.person(firstName=str(n)) for n in range(120, 230)]
    pages = account.connector.changes("customers", {})
    first = next(pages)
    account.control("delete", kind="customers", ids=ids[-20:])  # of the page that was read: the others move up by twenty
    rest = [first, *pages]
    assert {int(one.id) for page in rest for one in page.objects} == set(ids)
    assert (first.total, rest[-1].last) == (230, True)
    again = [int(one.id) for page in account.connector.changes("customers", first.cursor) for one in page.objects]
    assert set(ids[:-100]) <= set(again)


def test_what_changes_during_a_sweep_is_in_the_history_behind_it(account):
    ids = [account.person(firstName=str(n)) for n in range(110)]
    pages = account.connector.changes("customers", {})
    next(pages)
    account.people.customer_edit({"id": ids[-1], "lastName": "Орлова"}, "id")
    *_, last = pages
    assert ids[-1] in account.changes("customers", last.cursor)[0]


def test_an_account_where_nothing_happened_lately_is_read_on_from_a_day_and_not_from_the_beginning(account):
    account.control("clock", offset=-5 * 86400)
    old = account.person()
    account.control("clock", offset=0)
    *_, last = account.connector.changes("customers", {})
    assert list(last.cursor) == ["from"]
    ids, _, cursor = account.changes("customers", last.cursor)
    assert (ids, cursor) == ([], last.cursor)
    new = account.person()
    assert account.changes("customers", cursor)[0] == [new], old


# the history ------------------------------------------------------------------------------------------------


def test_changes_of_people_and_of_other_programs_come_and_our_own_do_not(account):
    first, second, third = (account.person(firstName=name) for name in "АБВ")
    cursor = account.caught_up("customers")
    account.people.customer_edit({"id": first, "lastName": "Орлова"}, "id")
    account.other.customer_edit({"id": second, "lastName": "Петров"}, "id")
    account.connector.write("customers", [Write("k", str(third), {"lastName": "Сидоров"})])
    assert sorted(account.changes("customers", cursor)[0]) == [first, second]
    shared = Connector(settings(account.url, shared_key=True), Penalties(), now)
    assert sorted(int(one.id) for page in shared.changes("customers", cursor) for one in page.objects) == [first, second, third]


@pytest.mark.parametrize("order", [("people", "hub"), ("hub", "people")], ids=["before our own", "behind our own"])
def test_a_foreign_change_of_the_field_that_we_wrote_is_not_masked_by_our_mark(account, order):
    ident = account.person()
    cursor = account.caught_up("customers")
    says = {
        "people": lambda: account.people.customer_edit({"id": ident, "lastName": "Людей"}, "id"),
        "hub": lambda: account.connector.write("customers", [Write("k", str(ident), {"lastName": "Хаба"})]),
    }
    for who in order:
        says[who]()
    (page,) = account.connector.changes("customers", cursor)
    assert [one.data["lastName"] for one in page.objects] == ["Хаба" if order[-1] == "hub" else "Людей"]


def record(ident, **more):
    return {"id": ident, "field": "last_name", "source": "api", "apiKey": {"current": True}, "customer": {"id": 5, "site": "shop"}} | more


@pytest.mark.parametrize(
    ("rows", "changed", "gone"),
    [
        pytest.param([record(1), record(2)], [], [], id="our own alone"),
        pytest.param([record(1), record(2, source="user")], ["5"], [], id="somebody behind us"),
        pytest.param([record(1, apiKey={"current": False}), record(2)], ["5"], [], id="another key before us"),
        pytest.param([record(1), record(2, source="code", field="segments")], ["5"], [], id="what the system made of it"),
        pytest.param([record(1), record(2, source="rule")], ["5"], [], id="what a trigger made of it"),
        pytest.param([record(1, field="external_id")], ["5"], [], id="an external id is always looked at"),
        pytest.param([record(1, created=True)], ["5"], [], id="a creation, whose answer may have been lost"),
        pytest.param([record(1, deleted=True)], [], ["5"], id="deleted"),
        pytest.param([record(1, source="user"), record(2, combinedTo={"id": 6})], [], ["5"], id="combined"),
        pytest.param([record(1, source="user", customer={"id": 7, "site": "outlet"})], [], [], id="of another store"),
    ],
)
def test_whose_state_is_read_again(rows, changed, gone):
    assert touched("customer", rows, site="shop", shared=False) == (changed, set(gone))


def test_the_deleted_and_the_combined_are_told_and_the_winner_is_shown(account):
    first, second, winner, vanished = (account.person(firstName=name) for name in "АБВГ")
    cursor = account.caught_up("customers")
    account.people.customer_edit({"id": vanished, "lastName": "x"}, "id")
    account.control("delete", kind="customers", ids=[first, vanished])
    account.people.customers_combine([{"id": second}], {"id": winner})
    account.people.customer_edit({"id": winner, "phones": [{"number": "+79031234567"}]}, "id")
    ids, gone, _ = account.changes("customers", cursor)
    assert (ids, sorted(gone)) == ([winner], [first, second, vanished])
    assert account.connector.fetch("customers", [str(first), str(second), "нет"]) == []


def test_a_cursor_trails_the_newest_record_by_a_minute(account):
    ident = account.person()
    cursor = account.caught_up("customers")
    account.people.customer_edit({"id": ident, "lastName": "Орлова"}, "id")
    for _ in range(2):  # a record that a later commit shows below the newest one is not missed
        ids, _, cursor = account.changes("customers", cursor)
        assert ids == [ident]
    account.control("clock", offset=account.app.offset + 61)
    _, _, cursor = account.changes("customers", cursor)
    assert account.changes("customers", cursor)[0] == []


def test_hundreds_of_changes_are_read_page_by_page_and_resumed_from_any(account):
    ids = [account.person(firstName=str(n)) for n in range(150)]
    cursor = account.caught_up("customers")
    for ident in ids:
        account.people.customer_edit({"id": ident, "lastName": "а", "patronymic": "б"}, "id")
    pages = list(account.connector.changes("customers", cursor))
    assert [len(page.objects) for page in pages] == [50, 50, 50]
    rest = account.changes("customers", pages[0].cursor)[0]
    assert set(rest) == set(ids[50:])


# finding ----------------------------------------------------------------------------------------------------


def test_an_id_is_never_taken_for_the_external_one_of_somebody_else(account):
    """A CRM that is asked for 12 without a word more gives who bears 12 as the external id."""
    ident = account.person(firstName="Анна")
    account.person(firstName="Не она", externalId=str(ident))
    (found,) = account.connector.fetch("customers", [str(ident)])
    assert (found.id, found.data["firstName"]) == (str(ident), "Анна")
    (done,) = account.connector.write("customers", [Write("k", str(ident), {"firstName": "Яна"}, found.data)])
    assert (done.error, account.app.account.tables["customers"][ident]["firstName"]) == (None, "Яна")


def test_customers_are_found_by_hub_key_phone_email_and_card(account):
    ident = account.person(
        externalId="hub-1", email="anna@example.ru", discountCardNumber="27001", phones=[{"number": "8 (903) 123-45-67"}]
    )
    account.person(externalId="hub-2")
    for key, value in (("hub", "hub-1"), ("phone", "+79031234567"), ("email", "ANNA@example.ru"), ("card", "27001")):
        assert [int(one.id) for one in account.connector.find("customers", key, [value])] == [ident], key
    assert account.connector.find("orders", "phone", ["+79031234567"]) == []


def test_goods_are_found_by_article_and_those_without_by_the_shops_number(account):
    account.app.account.offers[31]["article"] = ""
    assert account.connector.lookup("goods_by_sku", ["SV-007", "SV-00", "41", "42"]) == {"SV-007": 37, "41": 31}
    assert account.connector.lookup_back("goods_by_sku", [37, 31, 999]) == {"37": "SV-007", "31": "41"}


def test_one_store_of_several_is_a_system_of_its_own(account):
    account.control("sites", codes=["shop", "outlet"])
    theirs = account.people.customer_create({"firstName": "А", "phones": [{"number": "+79031234567"}]}, site="outlet").get_response()["id"]
    outlet = Connector(settings(account.url, site="outlet"), Penalties(), now)
    (made,) = outlet.write("customers", [Write("k1", None, {"firstName": "Б"})])
    shop = Connector(settings(account.url, site="shop"), Penalties(), now)
    assert {int(one.id) for page in outlet.changes("customers", {}) for one in page.objects} == {theirs, int(made.remote.id)}
    assert [one for page in shop.changes("customers", {}) for one in page.objects] == shop.fetch("customers", [str(theirs)]) == []
    assert shop.find("customers", "phone", ["+79031234567"]) == []
    (refused,) = account.connector.write("customers", [Write("k2", None, {"firstName": "В"})])
    assert (refused.error.code, "options.site" in MANIFEST.cures["site"][0]) == ("site", True)


# writing ----------------------------------------------------------------------------------------------------


def test_a_batch_answers_item_by_item_each_with_its_own_reason(account):
    held = account.person(email="taken@example.ru")
    writes = [
        Write("k1", None, {"firstName": "А", "email": "не почта"}),
        Write("k2", None, {"firstName": "Б"}),
        Write("k3", None, {"firstName": "В", "customFields": {"points_active": "много"}}),
        Write("k4", str(held), {"lastName": "Г"}),
        Write("k5", "99999", {"lastName": "Д"}),
    ]
    first, second, third, fourth, fifth = account.connector.write("customers", writes)
    assert (type(first.error), first.error.field) == (Rejected, "email")
    assert (second.error, account.shown("customers", second.remote.id)["externalId"]) == (None, "k2")
    assert (type(third.error), third.error.field) == (Rejected, "customFields.points_active")
    assert (fourth.remote.id, type(fifth.error)) == (str(held), Missing)
    assert len(account.app.account.tables["customers"]) == 2


def test_many_creates_are_one_request_of_fifty(account):
    account.connector.write("customers", [Write("warm", None, {"firstName": "x"})])
    before = account.app.limits.requests
    outcomes = account.connector.write("customers", [Write(f"k{n}", None, {"firstName": str(n)}) for n in range(120)])
    assert [one.error for one in outcomes] == [None] * 120
    assert account.app.limits.requests - before == 3


def test_a_repeated_create_finds_what_the_first_try_made(account):
    writes = [Write(f"k{n}", None, {"firstName": str(n)}) for n in range(3)]
    account.faults({"kind": "reset_after", "match": "POST .*upload", "count": 1})
    assert [type(one.error) for one in account.connector.write("customers", writes)] == [Unknown] * 3
    again = account.connector.write("customers", writes)
    assert [one.remote.data["externalId"] for one in again] == ["k0", "k1", "k2"]
    assert len(account.app.account.tables["customers"]) == 3


def test_an_upload_that_is_too_large_is_sent_in_halves(account, monkeypatch):
    sent, post = [], account.connector.api.post

    def small(path, fields):
        if path.endswith("upload"):
            sent.append(len(fields["customers"]))
            if len(fields["customers"]) > 2:
                raise Rejected("too large", code="413")
        return post(path, fields)

    monkeypatch.setattr(account.connector.api, "post", small)
    outcomes = account.connector.write("customers", [Write(f"k{n}", None, {"firstName": str(n)}) for n in range(5)])
    assert ([one.error for one in outcomes], sent) == ([None] * 5, [5, 2, 3, 2])


def test_an_edit_is_partial_words_are_added_and_taken_and_fields_that_the_account_lacks_are_left_out(account):
    ident = account.person(addTags=["VIP", "опт"], address={"city": "Уфа", "house": "5"}, managerId=2)
    held = account.shown("customers", ident)
    data = {"tags": ["vip", "лето"], "address": {"city": "Казань"}, "managerId": "", "customFields": {"store": "mega", "nothing": 1}}
    (outcome,) = account.connector.write("customers", [Write("k", str(ident), data, {"tags": held["tags"]})])
    assert outcome.error is None
    row = account.shown("customers", ident)
    assert (row["tags"], row["address"], row["customFields"]) == (["VIP", "лето"], {"city": "Казань", "house": "5"}, {"store": "mega"})
    assert (row["firstName"], "managerId" in row) == ("Анна", False)


# orders -----------------------------------------------------------------------------------------------------


def test_an_order_shows_goods_and_delivery_in_one_list_and_money_that_came(account):
    paid = [{"type": "cash", "status": "paid", "amount": 100}, {"type": "bank-card", "status": "not-paid", "amount": 5}]
    order = account.shown("orders", account.order(payments=paid, lastName="Орлова"))
    assert [(row["type"], row["quantity"], row["initialPrice"], row["discount"]) for row in order["lines"]] == [
        ("item", 2, 890, 80), ("item", 1, 50, 0), ("delivery", 1, 300, 0),
    ]  # fmt: skip
    assert (order["lines"][0]["offer"], order["contact_name"]) == ({"id": 37, "article": "SV-007"}, "Анна Орлова")
    assert [one["type"] for one in order["payments"]] == ["cash"]


def test_lines_change_under_their_ids_and_only_what_differs_is_sent(account, monkeypatch):
    ident = account.order()
    held = account.shown("orders", ident)
    account.people.order_edit({"id": ident, "items": [{"id": row["id"], "comment": "хрупкое"} for row in held["items"]]}, "id")
    first, service, delivery = held["lines"]
    new = {"type": "item", "quantity": 3, "initialPrice": 1290, "discount": 100, "offer": {"id": 34, "article": "SV-004"}}
    lines = [first | {"quantity": 3, "discount": 120}, service, new, delivery | {"initialPrice": 250}]
    sent, post = [], account.connector.api.post
    monkeypatch.setattr(account.connector.api, "post", lambda path, fields: sent.append(fields) or post(path, fields))
    account.connector.write("orders", [Write("k", str(ident), {"lines": lines})])
    assert sent[0]["order"]["items"][1] == {"id": service["id"]}
    order = account.shown("orders", ident)
    assert [(row["quantity"], row["discount"]) for row in order["lines"]] == [(3, 120), (1, 0), (3, 99.99), (1, 0)]
    assert [row["id"] for row in order["lines"][:2]] == [first["id"], service["id"]]
    assert [row.get("comment") for row in order["items"]] == ["хрупкое", "хрупкое", None]
    assert (order["delivery"]["cost"], order["delivery"]["code"]) == (250, "courier")
    account.connector.write("orders", [Write("k", str(ident), {"lines": order["lines"][:1]})])
    order = account.shown("orders", ident)
    assert (len(order["items"]), order["delivery"]["cost"]) == (1, 0)


def test_a_manual_discount_leaves_those_of_others_alone(account):
    ident = account.order(discountManualPercent=10)
    held = account.shown("orders", ident)
    first = held["lines"][0]
    assert first["discount"] == 2 * (40 + 89)
    account.connector.write("orders", [Write("k", str(ident), {"lines": [first | {"discount": 300}, *held["lines"][1:]]})])
    order = account.shown("orders", ident)
    assert (order["items"][0]["discountManualAmount"], order["lines"][0]["discount"]) == (61, 300)


def test_a_new_order_bears_its_customer_payments_and_the_hubs_key(account):
    buyer = account.person(phones=[{"number": "+79031234567"}])
    data = {
        "number": "5012", "customer": {"id": buyer}, "contact_name": "Анна Ивановна Орлова", "status": "assembling", "bonus_spent": 150,
        "lines": [{"type": "item", "quantity": 1, "initialPrice": 100, "discount": 0, "name": "NEW-1 | Новинка"}, {"type": "delivery", "initialPrice": 300}],
        "payments": [{"type": "bank-card", "amount": 400, "paidAt": "2026-03-04 14:16:39", "externalId": "p-1"}],
    }  # fmt: skip
    (outcome,) = account.connector.write("orders", [Write("hub-key", None, data)])
    order = account.shown("orders", outcome.remote.id)
    assert (order["externalId"], order["customer"]["id"], order["firstName"], order["lastName"]) == (
        "hub-key",
        buyer,
        "Анна",
        "Ивановна Орлова",
    )
    assert (order["totalSumm"], order["fullPaidAt"], order["bonus_spent"]) == (400, "2026-03-04 14:16:39", 150)
    assert [one["externalId"] for one in order["payments"]] == ["p-1"]
    wrong = data | {"number": "5013", "lines": [{"type": "item", "quantity": 1, "initialPrice": 1, "discount": 0, "offer": {"id": 778}}]}
    (refused,) = account.connector.write("orders", [Write("other", None, wrong)])
    assert (type(refused.error), refused.error.field) == (Rejected, "lines")


def test_the_accounts_own_loyalty_counts_before_the_additional_field(account):
    ident = account.order(customFields={"bonus_spent": 7})
    assert account.shown("orders", ident)["bonus_spent"] == 7
    account.app.account.tables["orders"][ident]["bonusesChargeTotal"] = 120
    assert account.shown("orders", ident)["bonus_spent"] == 120


def test_payments_are_made_once_whatever_is_repeated_and_one_that_waits_becomes_the_paid_one(account):
    ident = account.order(payments=[{"type": "bank-card", "status": "not-paid", "amount": 2050}])
    wanted = [{"type": "bank-card", "amount": 2050, "paidAt": "2026-03-04 14:16:39", "externalId": "p-1"}, {"type": "cash", "amount": 10}]
    for _ in range(2):
        (outcome,) = account.connector.write("orders", [Write("k", str(ident), {"payments": wanted})])
        assert outcome.error is None
    held = account.app.account.tables["orders"][ident]["payments"]
    assert [(one["type"], one["status"], one.get("externalId")) for one in held.values()] == [
        ("bank-card", "paid", "p-1"), ("cash", "paid", None),
    ]  # fmt: skip


def test_payments_are_told_apart_by_id_number_and_sum():
    there = [{"id": 1, "type": "cash", "amount": 10, "status": "paid"}, {"id": 2, "type": "cash", "amount": 10, "status": "paid"}]
    one = {"type": "cash", "amount": 10}
    assert payments.steps(9, [one, one], there, "paid") == []
    assert payments.steps(9, [one, one, one], there, "paid") == [(None, {"order": {"id": 9}, **one, "status": "paid"})]
    assert payments.steps(9, [one | {"id": 2, "amount": 12}], there, "paid") == [(2, {"amount": 12})]


# calls and triggers -----------------------------------------------------------------------------------------


def test_a_call_is_uploaded_once_and_a_bad_one_delays_itself_alone(account):
    good = {"type": "in", "date": "2026-03-04 14:16:39", "phone": "+79031234567", "result": "answered", "userId": 1}
    writes = [Write("c1", None, good), Write("c2", None, good | {"result": "perhaps"}), Write("c3", None, good)]
    for _ in range(2):
        first, second, third = account.connector.write("call", writes)
        assert (first.remote.id, type(second.error), third.error) == ("c1", Rejected, None)
    assert sorted(account.app.account.calls) == ["c1", "c3"]
    assert [page.objects for page in account.connector.changes("call", {})] == [[]]


@pytest.mark.parametrize(
    ("body", "query", "hints"),
    [
        (b"entity=order&id=6481&external_id=5012&site=shop", {}, [("orders", "6481", "changed")]),
        (b"entity=customer&id=512&event=deleted", {}, [("customers", "512", "deleted")]),
        (b"", {"entity": "order", "id": "6481"}, [("orders", "6481", "changed")]),
        (b"entity=task&id=5", {}, []),
    ],
)
def test_what_a_trigger_says(account, body, query, hints):
    assert [(h.resource, h.id, h.event) for h in account.connector.receive(WebhookRequest({}, body, query, "hook-secret"))] == hints


@pytest.mark.parametrize("body", [b"entity=order", b"id=5", b"entity=order&id=%7B%7B order.id %7D%7D", b'{"entity": "order", "id": 5}'])
def test_a_trigger_that_was_typed_wrong_is_refused(account, body):
    with pytest.raises(WebhookRefused):
        account.connector.receive(WebhookRequest({}, body, {}, "hook-secret"))


# what a system tells of itself ------------------------------------------------------------------------------


def test_a_check_tells_of_rights_store_fields_zone_clock_and_who_else_writes(account):
    account.control("sites", codes=["shop", "outlet"])
    account.control("key", scopes=[scope for scope in SCOPES if scope not in ("order_write", "store_write")])
    account.control("clock", offset=7200)
    account.app.account.fields = [one for one in account.app.account.fields if one["code"] != "bonus_spent"]
    account.other.customer_create({"firstName": "А"}, site="shop")
    health = Connector(settings(account.url, zone="UTC"), Penalties(), now).check()
    found = {one.name: one for one in health.findings}
    assert found["key"].ok and found["scope customer_write"].ok and not found["scope order_write"].ok
    assert "Ключи доступа к API" in found["scope order_write"].fix_ru
    pricing = Connector(settings(account.url, price_types=["base"]), Penalties(), now).check()
    prices = {one.name: one for one in pricing.findings}["scope store_write"]
    assert found["scope store_write"].warn and not prices.ok and not prices.warn, "a shop whose prices the hub writes needs it"
    assert "shop, outlet" in found["site"].en and "options.site" in found["site"].fix_en
    assert "bonus_spent" in found["fields orders"].en and found["fields orders"].warn
    assert not found["clock"].ok and abs(health.clock_skew - 7200) < 3
    assert "UTC+5" in found["zone"].fix_en, "the zone is told apart from the clock"
    assert "customers by other API keys" in found["other customers"].en and health.version == "8.9.215"


def test_a_check_with_a_wrong_key_says_what_to_do(account):
    wrong = SystemSettings("retail", "retailcrm", account.url, secrets={"api_key": "other"})
    health = Connector(wrong, Penalties(), now).check()
    assert [(one.name, one.ok) for one in health.findings] == [("key", False)] and "API access keys" in health.findings[0].fix_en


def test_the_catalogue_has_the_accounts_own_fields_and_the_directories_its_lists(account):
    paths = {one.path: one for one in account.connector.fields("orders")}
    assert paths["customFields.closed"].type == "datetime" and not paths["totalSumm"].writable
    account.control("status", code="no-call", active=False)
    statuses = {one.value: one for one in account.connector.directory("order_status")}
    assert statuses["complete"].title == "Выполнен" and not statuses["no-call"].active
    people = {one.value: one for one in account.connector.directory("employee")}
    assert (people[1].title, people[1].emails) == ("Ильина Анна", ("anna@lavka.example.ru",))
    for name, value in (
        ("store", "mega"),
        ("payment_kind", "sbp"),
        ("delivery_kind", "courier"),
        ("channel", "offline"),
        ("organisation", "lavka"),
    ):
        assert value in {one.value for one in account.connector.directory(name)}, name
    assert account.connector.directory("none") == [] and account.connector.base() == "https://lavka.retailcrm.ru"


def test_a_segment_is_its_customers_page_by_page_and_who_left_is_told_by_id(account):
    connector = Connector(settings(account.url, segments=["vip"]), Penalties(), now)
    ids = [account.person() for _ in range(103)]
    account.control("segment", code="vip", customers=ids[:102])
    pages = list(connector.changes("segments", {}))
    assert [len(page.objects) for page in pages] == [100, 2] and pages[-1].last
    assert {one.id for page in pages for one in page.objects} == {f"vip:{ident}" for ident in ids[:102]}
    (rest,) = connector.changes("segments", pages[0].cursor)
    assert len(rest.objects) == 2, "a poll that was broken off goes on"
    account.control("segment", code="vip", customers=[ids[0]], inside=False)
    account.control("delete", kind="customers", ids=[ids[1]])
    asked = [f"vip:{ids[n]}" for n in (0, 1, 2, 102)]
    assert [(one.id, one.data["member"]) for one in connector.fetch("segments", asked)] == list(
        zip(asked, (False, False, True, False), strict=True)
    )
    assert sum(len(page.objects) for page in connector.changes("segments", pages[-1].cursor)) == 100
