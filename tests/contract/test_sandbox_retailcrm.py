"""The RetailCRM sandbox over real HTTP with the vendor's own Python client, ``retailcrm``, unchanged, and with bare requests where it lies."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

import pytest
import requests
import retailcrm

from sandbox.frame.server import running
from sandbox.judge.fill import fill
from sandbox.judge.people import Shares
from sandbox.judge.retailcrm import Retail
from sandbox.retailcrm.app import Retailcrm
from sandbox.retailcrm.keys import KEY, OTHER, PEOPLE


class Served:
    """The stand-in, and its account as three callers see it: the hub's key, a person, somebody else's program."""

    def __init__(self, app, url):
        self.app, self.url = app, url
        self.hub, self.people, self.other = (retailcrm.v5(url, key) for key in (KEY, PEOPLE, OTHER))

    def get(self, path, key=KEY, **params):
        return requests.get(f"{self.url}/api/v5/{path}", params=params, headers={"X-API-KEY": key}, timeout=5)

    def since(self, ident, key=KEY, kind="orders"):
        return self.get(f"{kind}/history", key, **{"filter[sinceId]": ident}).json()["history"]

    def newest(self, kind="orders"):
        rows = self.app.account.history[kind].rows
        return rows[-1]["id"] if rows else 0

    def control(self, what, **body):
        requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def effects(self):
        return requests.get(f"{self.url}/_sandbox/effects", timeout=5).json()


@pytest.fixture
def crm():
    app = Retailcrm(allow_loopback_webhooks=True)
    app.limits.enforce = False
    with running(app) as url:
        yield Served(app, url)


def made(answer):
    assert (answer.get_status_code(), answer.is_successful()) == (201, True), answer.get_response()
    return answer.get_response()["id"]


ANNA = {
    "externalId": "77",
    "firstName": "Анна",
    "lastName": "Орлова",
    "email": "anna@example.ru",
    "phones": [{"number": "+7 903 123-45-67"}],
}
ORDER = {
    "externalId": "5012",
    "number": "5012",
    "firstName": "Анна",
    "phone": "+79031234567",
    "status": "new",
    "items": [
        {"offer": {"externalId": "47"}, "quantity": 2, "initialPrice": 890, "discountManualAmount": 40},
        {"productName": "Упаковка", "initialPrice": 50},
    ],
    "delivery": {"code": "courier", "cost": 300, "address": {"text": "Уфа, Ленина 1"}},
    "payments": [{"type": "bank-card", "status": "paid", "amount": 2050, "externalId": "pay-1", "paidAt": "2026-03-04 14:16:39"}],
}


def test_official_client_creates_reads_edits_and_finds_a_customer(crm):
    ident = made(crm.hub.customer_create(ANNA))
    assert crm.hub.customer_edit(
        {"id": ident, "patronymic": "Ивановна", "customFields": {"store": "mega", "unknown": 1}}, "id"
    ).is_successful()
    row = crm.hub.customer("77").get_response()["customer"]
    assert (row["id"], row["firstName"], row["patronymic"], row["customFields"]) == (ident, "Анна", "Ивановна", {"store": "mega"})
    (found,) = crm.hub.customers({"name": "903123"}).get_response()["customers"]
    assert (found["externalId"], found["tags"], found["site"]) == ("77", [], "shop")
    assert crm.hub.customer(ident).get_status_code() == 404, "the id needs by=id"
    assert crm.hub.customer(ident, "id").get_response()["customer"]["id"] == ident


def test_official_client_makes_an_order_with_lines_payments_and_sums(crm):
    ident = made(crm.hub.order_create(ORDER))
    order = crm.hub.order("5012").get_response()["order"]
    assert (order["id"], order["summ"], order["totalSumm"], order["prepaySum"]) == (ident, 1750, 2050, 2050)
    assert [(line["offer"]["article"], line["discountTotal"], line["prices"]) for line in order["items"][:1]] == [
        ("SV-007", 40, [{"price": 850, "quantity": 2}])
    ]
    assert order["fullPaidAt"] == "2026-03-04 14:16:39"
    ((key, payment),) = order["payments"].items()
    assert (key, payment["externalId"], order["customer"]["firstName"]) == (str(payment["id"]), "pay-1", "Анна")
    assert crm.hub.order_payment_edit({"id": payment["id"], "status": "not-paid"}, "id").is_successful()
    assert "fullPaidAt" not in crm.hub.order(ident, "id").get_response()["order"]
    assert crm.hub.order_payment_delete(payment["id"]).is_successful()
    assert crm.hub.order(ident, "id").get_response()["order"]["payments"] == [], "an empty map is an empty list"
    made(crm.hub.order_payment_create({"order": {"externalId": "5012"}, "type": "cash", "amount": 10}))


def test_official_client_reads_references_people_and_fields(crm):
    statuses = crm.hub.statuses().get_response()["statuses"]
    assert statuses["complete"]["group"] == "complete"
    assert crm.hub.payment_statuses().get_response()["paymentStatuses"]["paid"]["paymentComplete"]
    assert [one["id"] for one in crm.hub.users({}).get_response()["users"]] == [1, 2, 3]
    fields = crm.hub.custom_fields({"entity": "customer"}, limit=100).get_response()
    assert {"code": "consents", "type": "text", "entity": "customer"}.items() <= fields["customFields"][0].items()
    assert crm.hub.sites().get_response()["sites"]["shop"]["code"] == "shop"
    assert "order_read" in crm.hub.api_credentials().get_response()["scopes"]
    assert crm.hub.api_versions().get_response()["versions"][-1] == "5.0"


def test_official_client_opens_a_store_and_orders_name_it(crm):
    order = {"number": "7", "shipmentStore": "gafuri"}
    assert "does not exist" in crm.people.order_create(order).get_errors()["shipmentStore"]
    assert crm.people.stores_edit({"code": "gafuri", "name": "Уфа, Гафури 54"}).is_successful()
    assert crm.hub.stores().get_response()["stores"]["gafuri"]["name"] == "Уфа, Гафури 54"
    assert crm.people.order_create(order).is_successful()
    assert crm.people.stores_edit({"code": "mega", "active": False}).is_successful()
    assert crm.hub.stores().get_response()["stores"]["mega"] == {"code": "mega", "name": "Уфа, Мега", "active": False, "ordering": 20}
    assert not crm.people.stores_edit({"code": "nowhere"}).is_successful(), "a new one needs a name"
    assert crm.hub.stores_edit({"code": "mega", "name": "Мега"}).get_status_code() == 403, "the hub's key may not"


def test_the_judges_people_fill_an_account_in_which_every_order_names_a_store_that_nobody_mapped(crm):
    """The account takes no word that stands in none of its lists: the store is opened first."""
    journal = fill({"retail": Retail("retail", crm.url)}, seed=1, customers=3, orders=8, shares=Shares(times=100))
    unknown = [one for one in journal.purchases if one.store == "unknown"]
    assert unknown and {crm.hub.order(one.id, "id").get_response()["order"]["shipmentStore"] for one in unknown} == {"gafuri"}


def test_official_client_uploads_calls_and_a_repeat_is_a_duplicate(crm):
    call = {"date": "2026-03-04 14:16:39", "type": "in", "phone": "+79031234567", "result": "answered", "userId": 1, "externalId": "m-1"}
    first, again = (crm.hub.telephony_calls_upload([call]).get_response() for _ in range(2))
    assert (first["processedCallsCount"], again["processedCallsCount"], again["duplicateCalls"]) == (1, 0, ["m-1"])
    wrong = crm.hub.telephony_calls_upload([call | {"result": "no answered"}])
    assert wrong.get_status_code() == 400, "that word is of events alone"


def test_official_clients_default_page_breaks_the_rule_of_the_history(crm):
    refused = crm.hub.orders_history({"sinceId": 1})
    assert refused.get_status_code() == 400
    assert "sinceId" in refused.get_errors()["page"]
    assert crm.hub.orders(None).get_status_code() == 400, "filter=None is sent as it is"


def test_an_upload_tells_what_failed_by_external_id_alone(crm):
    made(crm.hub.customer_create(ANNA))
    answer = crm.hub.customers_upload([{"externalId": "78", "firstName": "Пётр"}, ANNA, {"externalId": "79", "email": "нет"}])
    body = answer.get_response()
    assert (answer.get_status_code(), answer.get_error_msg()) == (460, "Customers are loaded with errors")
    assert [row["externalId"] for row in body["uploadedCustomers"]] == ["78"]
    assert body["failedCustomers"] == [{"externalId": "77"}, {"externalId": "79"}]
    assert "Customer with externalId=77 already exists." in body["errors"].values()


def test_a_whole_upload_shows_its_orders_and_51_are_too_many(crm):
    answer = crm.hub.orders_upload([{"externalId": str(n)} for n in range(50)])
    assert (answer.get_status_code(), len(answer.get_response()["orders"])) == (201, 50)
    assert crm.hub.orders_upload([{}] * 51).get_status_code() == 400


def test_an_external_id_is_set_later_and_is_unique_within_a_shop(crm):
    first, second = made(crm.hub.customer_create({"firstName": "А"})), made(crm.hub.customer_create({"firstName": "Б"}))
    assert crm.hub.customers_fix_external_ids([{"id": first, "externalId": "9"}]).is_successful()
    assert crm.hub.customer_edit({"id": second, "externalId": "9"}, "id").get_status_code() == 400
    crm.control("sites", codes=["shop", "outlet"])
    assert crm.hub.customer_create({"externalId": "9"}).get_errors() == {"site": "This value should not be blank."}
    made(crm.hub.customer_create({"externalId": "9"}, site="outlet"))


def test_the_history_says_who_changed_what_and_marks_the_changes_of_the_key_that_asks(crm):
    ident = made(crm.hub.order_create(ORDER))
    start = crm.newest()
    crm.people.order_edit({"id": ident, "status": "assembling"}, "id")
    crm.other.order_edit({"id": ident, "customerComment": "Позвонить"}, "id")
    crm.hub.order_edit({"id": ident, "customerComment": "Не звонить"}, "id")
    rows = crm.since(start)
    assert [(row["field"], row["source"]) for row in rows] == [("status", "user"), ("customer_comment", "api"), ("customer_comment", "api")]
    assert rows[0] | {"user": {"id": 1}, "oldValue": {"code": "new"}, "newValue": {"code": "assembling"}} == rows[0]
    assert [row["apiKey"] for row in rows[1:]] == [{"current": False}, {"current": True}]
    assert [row["apiKey"] for row in crm.since(start, OTHER)[1:]] == [{"current": True}, {"current": False}]
    assert rows[0]["order"] == {"id": ident, "externalId": "5012", "site": "shop", "status": "assembling"}


def test_a_creation_carries_the_whole_and_the_systems_own_doing_is_in_the_feed(crm):
    made(crm.hub.order_create(ORDER))
    (row,) = crm.since(0)
    assert (row["created"], row["field"], row["order"]["payments"]["301"]["type"]) == (True, "status", "bank-card")
    created, segment = crm.since(0, kind="customers")
    assert (created["created"], created["customer"]["phones"]) == (True, [{"number": "+79031234567"}])
    assert (segment["source"], segment["field"], "apiKey" in segment) == ("code", "segments", False)


def test_the_feed_is_read_by_shifting_since_id(crm):
    for n in range(45):
        made(crm.hub.customer_create({"firstName": str(n)}))
    seen, since, left = [], 0, 9
    while left > 1:
        body = crm.get("customers/history", **{"filter[sinceId]": since, "limit": 20}).json()
        seen += [row["customer"]["id"] for row in body["history"]]
        since, left = body["history"][-1]["id"], body["pagination"]["totalPageCount"]
    assert len(seen) == len(set(seen)) == 45
    assert crm.get("customers/history", **{"filter[sinceId]": since}).json()["history"] == []
    assert (
        crm.get("customers/history", **{"filter[startDate]": "2000-01-01 00:00:00", "page": 3, "limit": 20}).json()["pagination"][
            "currentPage"
        ]
        == 3
    )


def test_deleted_and_combined_customers_are_told_by_the_feed_alone(crm):
    ids = [made(crm.hub.customer_create({"firstName": name})) for name in "АБВ"]
    start = crm.newest("customers")
    crm.control("delete", kind="customers", ids=[ids[0]])
    crm.people.customers_combine([{"id": ids[1]}], {"id": ids[2]})
    gone, merged = crm.since(start, kind="customers")
    assert (gone["deleted"], gone["customer"]["id"]) == (True, ids[0])
    assert (merged["combinedTo"], merged["customer"]["id"]) == ({"id": ids[2]}, ids[1])
    assert crm.hub.customer(ids[1], "id").get_response()["combinedTo"] == {"id": ids[2]}


def test_lines_of_an_edit_are_the_whole_and_keep_their_ids(crm):
    ident = made(crm.hub.order_create(ORDER))
    first, second = crm.hub.order(ident, "id").get_response()["order"]["items"]
    start = crm.newest()
    crm.hub.order_edit({"id": ident, "items": [{"id": first["id"], "quantity": 3}, {"offer": {"id": 31}, "quantity": 1}]}, "id")
    lines = crm.hub.order(ident, "id").get_response()["order"]["items"]
    assert [(line["quantity"], line["initialPrice"]) for line in lines] == [(3, 890), (1, 3490)]
    assert (lines[0]["id"], second["id"] in {line["id"] for line in lines}) == (first["id"], False)
    told = sorted(row["field"] for row in crm.since(start))
    assert told == ["full_paid_at", "order_product", "order_product", "order_product.quantity"], "what was paid is no longer all of it"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        pytest.param({"status": "nowhere"}, "status", id="a status that is not there"),
        pytest.param({"items": [{"offer": {"id": 778}}]}, "items[0].offer.id", id="goods that are not there"),
        pytest.param({"items": [{"offer": {"id": 31}, "quantity": 0}]}, "items[0].quantity", id="no quantity"),
        pytest.param({"firstName": "я" * 256}, "firstName", id="too long"),
        pytest.param({"customFields": {"bonus_spent": "много"}}, "customFields.bonus_spent", id="an additional field of another type"),
        pytest.param({"delivery": {"code": "drone"}}, "delivery.code", id="a delivery that is not there"),
        pytest.param({"payments": [{"type": "shells"}]}, "payment.type", id="a payment of no kind"),
        pytest.param({"customer": {"id": 1}}, "customer", id="a customer that is not there"),
    ],
)
def test_a_wrong_order_is_refused_by_field_and_nothing_is_kept(crm, given, field):
    answer = crm.hub.order_create(given)
    assert (answer.get_status_code(), answer.get_error_msg()) == (400, "Errors in the entity format")
    assert list(answer.get_errors()) == [field]
    assert (crm.app.account.tables["orders"], crm.since(0)) == ({}, [])


@pytest.mark.parametrize(
    ("headers", "params", "status", "text"),
    [
        ({}, {}, 403, '"apiKey" is missing.'),
        ({"X-API-KEY": "other"}, {}, 403, 'Wrong "apiKey" value.'),
        ({}, {"apiKey": KEY, "limit": 10}, 400, "Errors in the pagination parameters"),
        ({}, {"apiKey": KEY, "filter[updatedSince]": "x"}, 400, "Errors in the input parameters"),
        ({}, {"apiKey": KEY}, 200, None),
    ],
)
def test_who_may_ask_and_how(crm, headers, params, status, text):
    answer = requests.get(f"{crm.url}/api/v5/orders", params=params, headers=headers, timeout=5)
    assert (answer.status_code, answer.json().get("errorMsg")) == (status, text)


def test_a_json_body_and_other_methods_are_refused(crm):
    url, headers = f"{crm.url}/api/v5/customers/create", {"X-API-KEY": KEY}
    answer = requests.post(url, json={"customer": ANNA}, headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["errorMsg"]) == (400, "Parameter 'customer' is missing")
    assert requests.put(url, data={"customer": json.dumps(ANNA)}, headers=headers, timeout=5).status_code == 405
    assert requests.get(f"{crm.url}/api/v5/nothing", headers=headers, timeout=5).json()["errorMsg"] == "API method not found"
    crm.control("key", scopes=["customer_read"])
    assert crm.hub.customer_create(ANNA).get_error_msg() == "Access denied."


def test_more_than_ten_requests_in_a_second_are_refused_with_503_and_json(crm):
    crm.control("limits", enforce=True)
    answers = [crm.get("customers") for _ in range(12)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [503] * 2
    assert answers[-1].json() == {"success": False, "errorMsg": "Rate limit exceeded"}
    assert requests.post(
        f"{crm.url}/_sandbox/faults", json=[{"kind": "html", "match": "GET .*customers", "count": 1}], timeout=5
    ).json() == {"ok": True}
    assert crm.get("customers").text.startswith("<!doctype html>")


def test_triggers_of_the_account_write_to_people_whoever_changed_the_object(crm):
    ident = made(crm.hub.order_create(ORDER | {"email": "anna@example.ru"}))
    crm.hub.order_edit({"id": ident, "status": "complete"}, "id")
    assert crm.effects() == {"mail: order created": 1, "sms: order status": 1, "mail: welcome": 1}
    crm.control("hand", quiet=True)
    crm.hub.order_edit({"id": ident, "status": "new"}, "id")
    assert crm.effects()["sms: order status"] == 1


def test_a_trigger_typed_by_hand_calls_an_address_with_form_fields(crm):
    bodies = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    crm.control("triggers", url=f"http://127.0.0.1:{server.server_port}/webhooks/retail/secret", entities=["order"])
    ident = made(crm.people.order_create(ORDER))
    crm.app.triggers.drain()
    server.shutdown()
    server.server_close()
    assert bodies == [{"entity": ["order"], "id": [str(ident)], "external_id": ["5012"], "site": ["shop"]}]
