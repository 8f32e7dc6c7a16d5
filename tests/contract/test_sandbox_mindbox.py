"""The Mindbox sandbox over real HTTP, by plain requests as the vendor's pages show them."""

from __future__ import annotations

import gzip
import json
import uuid
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests

from sandbox.frame.server import running
from sandbox.mindbox.app import HUB, KEYS, SITE, Mindbox

ANNA = {"mobilePhone": "79031234567", "email": "Anna@example.ru", "firstName": "Анна", "ids": {"websiteId": "77"}}
LINE = {
    "lineNumber": 1,
    "lineId": "71",
    "quantity": 2,
    "basePricePerItem": 1500,
    "product": {"ids": {"website": "SV-007"}},
    "status": "NEW",
}
ORDER = {"ids": {"websiteOrderId": "100204"}, "totalPrice": 3290, "deliveryCost": 290, "lines": [LINE]}


class Served:
    """The stand-in, and what may be asked of it."""

    def __init__(self, app, url):
        self.app, self.url = app, url

    def call(self, operation, body=None, mode="sync", endpoint=HUB, header=None, **params):
        headers = {"Authorization": header or f"SecretKey {KEYS[endpoint]}"}
        params = {"endpointId": endpoint, "operation": operation} | params
        return requests.post(f"{self.url}/v3/operations/{mode}", json=body or {}, params=params, headers=headers, timeout=5)

    def done(self, operation, body=None, **more):
        answer = self.call(operation, body, **more)
        assert answer.status_code == 200 and answer.json()["status"] == "Success", answer.text
        return answer.json()

    def refused(self, status, operation, body=None, **more):
        answer = self.call(operation, body, **more)
        assert answer.status_code == status, answer.text
        return answer.json()

    def control(self, what, **body):
        requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def read(self, what):
        return requests.get(f"{self.url}/_sandbox/{what}", timeout=5).json()

    def later(self, **span):
        self.control("clock", offset=self.app.offset + timedelta(**span).total_seconds())

    def anna(self, **more):
        return self.done("Website.RegisterCustomer", {"customer": ANNA | more})["customer"]["ids"]["mindboxId"]

    def shown(self, ident):
        return self.done("Sverka.GetCustomer", {"customer": {"ids": {"mindboxId": ident}}})["customer"]

    def exported(self, operation, **period):
        """A task from its start to its rows."""
        task = self.done(operation, period)["exportId"]
        assert self.done(operation, {"exportId": task})["exportResult"] == {"processingStatus": "NotReady"}
        found = self.done(operation, {"exportId": task})["exportResult"]
        assert found["processingStatus"] == "Ready"
        files = [requests.get(url, timeout=5) for url in found["urls"]]
        return [row for file in files for rows in json.loads(gzip.decompress(file.content)).values() for row in rows]


@pytest.fixture
def mindbox():
    app = Mindbox(allow_loopback_webhooks=True)
    with running(app) as url:
        yield Served(app, url)


def test_who_is_let_in(mindbox):
    body = {"customer": {"mobilePhone": "79031234567"}}
    assert mindbox.done("Sverka.GetCustomer", body) == {"status": "Success", "customer": {"processingStatus": "NotFound"}}
    assert mindbox.call("Sverka.GetCustomer", body, header=f'Mindbox secretKey="{KEYS[HUB]}"').status_code == 200, "the older spelling"
    assert mindbox.refused(401, "Sverka.GetCustomer", body, header="SecretKey other")["status"] == "ProtocolError"
    assert mindbox.call("Website.CheckCustomer", body, header="none").status_code == 200, "an operation of a browser"
    assert mindbox.refused(400, "Sverka.NoSuch", body)["errorMessage"].startswith("operation:")
    mindbox.control("operation", name="Sverka.GetCustomer", denied=True)
    assert mindbox.refused(403, "Sverka.GetCustomer", body)["httpStatusCode"] == 403


def test_what_is_not_there_is_404_without_a_body_and_a_second_time_blocks_the_address(mindbox):
    answer = requests.post(f"{mindbox.url}/v3/operation/sync", timeout=5)
    assert (answer.status_code, answer.content) == (404, b"")
    assert mindbox.call("Sverka.GetCustomer", {"customer": ANNA}).status_code == 200
    assert requests.get(f"{mindbox.url}/v3/operations/sync", timeout=5).status_code == 404, "POST only"
    assert mindbox.call("Sverka.GetCustomer", {"customer": ANNA}).status_code == 429
    assert mindbox.read("counters")["blocked"] == 1


def test_calls_of_an_operation_in_a_minute_and_in_a_day(mindbox):
    mindbox.control("limits", rate=2, daily={"Website.CheckCustomer": 1})
    for _ in range(2):
        mindbox.done("Sverka.GetCustomer", {"customer": ANNA})
    assert "Try again later" in mindbox.refused(429, "Sverka.GetCustomer", {"customer": ANNA})["errorMessage"]
    mindbox.done("Website.CheckCustomer", {"customer": ANNA})
    assert "daily limit" in mindbox.refused(429, "Website.CheckCustomer", {"customer": ANNA})["errorMessage"]


def test_a_customer_is_made_found_by_any_key_and_edited_in_part(mindbox):
    ident = mindbox.anna(customFields={"ShoeSize": 38}, subscriptions=[{"brand": "sandbox", "pointOfContact": "Sms", "isSubscribed": True}])
    for key in (
        {"email": "anna@example.ru"},
        {"mobilePhone": "8 903 123-45-67"},
        {"ids": {"WebsiteId": "77"}},
        {"ids": {"mindboxId": ident}},
    ):
        found = mindbox.done("Sverka.GetCustomer", {"customer": key})["customer"]
        assert (found["processingStatus"], found["mobilePhone"], found["customFields"]) == ("Found", 79031234567, {"shoeSize": 38})
    assert mindbox.done("Website.RegisterCustomer", {"customer": ANNA})["customer"] == {"processingStatus": "AlreadyExists"}
    edit = {"ids": {"mindboxId": ident}, "lastName": "Орлова", "email": "%CLEAR%", "birthDate": "1990-06-05 00:00:00"}
    assert mindbox.done("Website.EditCustomer", {"customer": edit})["customer"]["processingStatus"] == "Changed"
    found = mindbox.shown(ident)
    assert (found["firstName"], found["lastName"], found["birthDate"], "email" in found) == ("Анна", "Орлова", "1990-06-05", False)
    assert mindbox.done("Website.EditCustomer", {"customer": {"ids": {"mindboxId": 5}}})["customer"]["processingStatus"] == "NotFound"
    both = {"mobilePhone": "79031234567", "email": "b@example.ru"}
    mindbox.anna(ids={"websiteId": "78"}, mobilePhone="79261112233", email="b@example.ru")
    assert mindbox.done("Sverka.GetCustomer", {"customer": both})["customer"] == {"processingStatus": "Ambiguous"}


def test_a_refusal_of_business_is_200(mindbox):
    answer = mindbox.call("Website.RegisterCustomer", {"customer": {"mobilePhone": "12"}})
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ValidationError",
        "validationMessages": [{"message": "Телефон указан неверно", "location": "/customer/mobilePhone"}],
    }
    assert mindbox.read("effects") == {}


def test_customers_of_one_phone_are_merged_unless_they_have_different_ids_of_one_system(mindbox):
    first, second = mindbox.anna(), mindbox.anna(ids={"crmId": "5"}, mobilePhone="79261112233", email="b@example.ru")
    mindbox.done("Website.EditCustomer", {"customer": {"ids": {"mindboxId": first}, "mobilePhone": "79261112233"}})
    one = mindbox.shown(second)
    assert (one["ids"], one["email"]) == ({"mindboxId": first, "crmId": "5", "websiteId": "77"}, "anna@example.ru")
    third = mindbox.anna(ids={"websiteId": "79"}, mobilePhone="79057778899", email="c@example.ru")
    mindbox.done("Website.EditCustomer", {"customer": {"ids": {"mindboxId": third}, "email": "anna@example.ru"}})
    assert mindbox.shown(third)["email"] == "c@example.ru", "the other one keeps it"
    mindbox.later(minutes=6)
    now = mindbox.app.project.now()
    page = {"pageNumber": 1, "itemsPerPage": 100, "sinceDateTimeUtc": "2020-01-01 00:00"}
    fed = mindbox.done(
        "Sverka.CustomerMerges",
        {"customerMergesPage": page | {"tillDateTimeUtc": f"{now - timedelta(minutes=5, seconds=1):%Y-%m-%d %H:%M:%S}"}},
    )
    assert [one["ids"]["mindboxId"] for row in fed["customerMerges"] for one in row["mergedCustomers"]] == [second]
    early = mindbox.call("Sverka.CustomerMerges", {"customerMergesPage": page | {"tillDateTimeUtc": f"{now:%Y-%m-%d %H:%M:%S}"}}).json()
    assert early["status"] == "ValidationError"
    merged = {"customersToMerge": [{"ids": {"mindboxId": third}}], "resultingCustomer": {"ids": {"mindboxId": first}}}
    assert mindbox.done("Sverka.MergeCustomers", merged)["customer"]["processingStatus"] == "Merged"
    assert mindbox.shown(third)["ids"]["mindboxId"] == first


def test_a_new_phone_may_wait_to_be_confirmed(mindbox):
    ident = mindbox.anna()
    mindbox.control("habits", confirm=True)
    mindbox.done("Website.EditCustomer", {"customer": {"ids": {"mindboxId": ident}, "mobilePhone": "79261112233"}})
    found = mindbox.shown(ident)
    assert (found["mobilePhone"], found["pendingMobilePhone"]) == (79031234567, 79261112233)


def test_async_means_queued_and_what_fails_is_told_by_the_log_alone(mindbox):
    mindbox.done("Website.RegisterCustomer", {"customer": {"mobilePhone": "12"}}, mode="async", transactionId=str(uuid.uuid4()))
    assert [row["status"] for row in mindbox.read("log")] == ["ValidationError"]
    key, call = (
        str(uuid.uuid4()),
        {"customer": {"mobilePhone": ANNA["mobilePhone"]}, "customerAction": {"customFields": {"CallResult": "noAnswer"}}},
    )
    mindbox.anna()
    for key_again in (key, key.replace("-", "")):
        mindbox.done("Sverka.Call", call, mode="async", transactionId=key_again)
    assert [row["customFields"] for row in mindbox.read("actions")] == [{"callResult": "noAnswer"}]
    assert [row["status"] for row in mindbox.read("log")] == ["ValidationError", "TransactionAlreadyProcessed"]
    mindbox.later(minutes=6)
    assert len(mindbox.exported("Sverka.ExportErrors")) == 2


def test_an_order_heeds_its_transaction_and_is_one_by_its_ids(mindbox):
    mindbox.anna()
    body, key = {"customer": {"ids": {"websiteId": "77"}}, "order": ORDER}, str(uuid.uuid4())
    made = mindbox.done("Sverka.SaveOrder", body, transactionId=key)["order"]
    assert (made["processingStatus"], made["lines"][0]["priceOfLine"], made["lines"][0]["status"]["category"]) == ("Created", 3000, "new")
    assert mindbox.call("Sverka.SaveOrder", body, transactionId=key).json() == {"status": "TransactionAlreadyProcessed"}
    again = mindbox.done("Sverka.SaveOrder", body | {"order": ORDER | {"totalPrice": 5}})["order"]
    assert (again["processingStatus"], again["ids"], again["totalPrice"]) == ("Updated", made["ids"], 5)
    assert mindbox.refused(400, "Website.CreateOrder", body)["errorMessage"] == "/order/ids: order already exists"
    lost = mindbox.refused(400, "Sverka.SaveOrder", {"customer": {"ids": {"crmId": "none"}}, "order": ORDER})
    assert lost["errorMessage"] == "/customer/ids/crmId: customer was not found"
    assert mindbox.read("effects") == {"mail: flow": 2}


def test_a_total_that_does_not_come_out_is_200_and_success_and_nothing_is_saved(mindbox):
    body = {"customer": ANNA, "order": ORDER | {"totalPrice": 100}}
    said = mindbox.done("Website.CreateAuthorizedOrder", body)
    assert said["order"]["processingStatus"] == "PriceHasBeenChanged" and "3290" in said["order"]["statusDescription"]
    assert mindbox.done("Sverka.GetOrder", {"order": {"ids": ORDER["ids"]}}) == {
        "status": "Success",
        "order": {"processingStatus": "NotFound"},
    }
    assert mindbox.done("Website.CreateAuthorizedOrder", {"customer": ANNA, "order": ORDER})["order"]["processingStatus"] == "Created"


def test_line_statuses_split_a_line(mindbox):
    mindbox.done("Sverka.SaveOrder", {"customer": ANNA, "order": ORDER})
    part = {"ids": ORDER["ids"], "lines": [{"lineId": "71", "quantity": 1, "status": {"ids": {"externalId": "RETURNED"}}}]}
    mindbox.done("Sverka.ChangeOrderStatus", {"order": part})
    lines = mindbox.done("Sverka.GetOrder", {"order": {"ids": ORDER["ids"]}})["order"]["lines"]
    assert [(x["lineNumber"], x["lineId"], x["quantity"], x["status"]["category"]) for x in lines] == [
        (1, "71", 1, "returned"),
        (2, "71", 1, "new"),
    ]
    assert (
        "NOPE"
        in mindbox.refused(400, "Sverka.ChangeOrderStatus", {"order": {"ids": ORDER["ids"]}, "orderLinesStatus": "NOPE"})["errorMessage"]
    )
    assert mindbox.refused(400, "Sverka.ChangeOrderStatus", {"order": {"ids": {"websiteOrderId": "5"}}})["status"] == "ProtocolError"


def test_lists_and_exports_show_nothing_younger_than_five_minutes(mindbox):
    ident = mindbox.anna()
    mindbox.done("Sverka.SaveOrder", {"customer": {"ids": {"mindboxId": ident}}, "order": ORDER})
    asked = {"customer": {"ids": {"mindboxId": ident}}, "page": {"pageNumber": 1, "itemsPerPage": 10}}
    assert mindbox.done("Website.GetCustomerOrders", asked)["orders"] == [] == mindbox.exported("Sverka.ExportCustomers")
    mindbox.later(minutes=6)
    assert len(mindbox.done("Website.GetCustomerOrders", asked)["orders"]) == 1
    (row,) = mindbox.exported("Sverka.ExportCustomers", tillDateTimeUtc=f"{mindbox.app.project.now():%Y-%m-%d %H:%M:%S}")
    assert (row["ids"]["mindboxId"], row["mobilePhone"], row["balances"][0]["available"]) == (ident, 79031234567, 0)
    (order,) = mindbox.exported("Sverka.ExportOrders")
    assert (order["lines"][0]["number"], order["lines"][0]["id"], order["customer"]["ids"]["mindboxId"]) == (1, "71", ident)
    assert mindbox.refused(400, "Website.GetCustomerOrders", asked | {"page": {"itemsPerPage": 1001}})["status"] == "ProtocolError"


def test_an_export_task_is_one_a_period_is_split_and_may_be_cancelled(mindbox):
    for number in range(3):
        mindbox.anna(ids={"websiteId": str(number)}, mobilePhone=f"7903000000{number}", email=f"u{number}@example.ru")
    mindbox.later(minutes=6)
    period = {"sinceDateTimeUtc": "2020-01-01 00:00", "tillDateTimeUtc": "2099-01-01 00:00"}
    mindbox.control("exports", rows=2)
    assert len(mindbox.exported("Sverka.ExportCustomers", **period)) == 3
    assert mindbox.done("Sverka.ExportCustomers", period)["isDuplicate"] is True
    mindbox.control("exports", longest=30)
    task = mindbox.done("Sverka.ExportCustomers", {"sinceDateTimeUtc": "2020-01-01 00:00"})["exportId"]
    assert mindbox.done("Sverka.ExportCustomers", {"exportId": task})["exportResult"]["processingStatus"] == "Cancelled"


def test_a_segment_is_exported_by_its_changes_and_by_its_members(mindbox):
    ident = mindbox.anna()
    mindbox.control("segment", name="winback", customer=ident)
    mindbox.later(minutes=6)
    (change,) = mindbox.exported("Sverka.ExportSegment", segment={"ids": {"externalId": "winback"}})
    assert (change["customer"]["ids"]["mindboxId"], change["inSegmentation"]) == (ident, True)
    found = mindbox.done("Sverka.GetCustomer", {"customer": {"ids": {"mindboxId": ident}}})["customerSegmentations"]
    assert found[0]["segment"]["ids"]["externalId"] == "winback"


def test_balances(mindbox):
    ident = mindbox.anna()
    change = {"customer": {"ids": {"mindboxId": ident}}, "balanceChanges": [{"changeAmount": 150.5}]}
    mindbox.done("Website.ChangePoints", change, endpoint=SITE)
    found = mindbox.done("Sverka.GetBalance", {"customer": {"ids": {"mindboxId": ident}}})
    assert found["balances"] == [{"systemName": "main", "total": 150.5, "available": 150.5, "blocked": 0}]


class Heard:
    """A receiver that answers with the statuses it is given, then with 200."""

    def __init__(self, *statuses):
        self.bodies, self.headers, heard, answers = [], [], self, list(statuses)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                heard.headers.append(self.headers.get("Authorization"))
                heard.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(answers.pop(0) if answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def heard():
    made = Heard(503, 503)
    yield made
    made.server.shutdown()
    made.server.server_close()


BODY = {"event": "${Event}", "mindboxId": "${MindboxId}"}
SIGNED = BODY | {"transactionalId": "${WebhookRequest.TransactionalId}"}


def test_a_delivery_is_repeated_under_one_id_where_its_body_bears_one(mindbox, heard):
    mindbox.control("webhooks", wait=0.01)
    mindbox.control("flow", events=["customer.created"], url=heard.url, headers={"Authorization": "Bearer x"}, body=SIGNED)
    ident = mindbox.anna()
    mindbox.app.hooks.drain()
    assert len(heard.bodies) == 3 and len({body["transactionalId"] for body in heard.bodies}) == 1
    assert heard.bodies[0] | {"transactionalId": ""} == {"event": "customer.created", "mindboxId": str(ident), "transactionalId": ""}
    assert heard.headers == ["Bearer x"] * 3


def test_a_delivery_without_one_is_made_once_and_a_flow_may_leave_an_endpoint_out(mindbox, heard):
    mindbox.control("flow", events=["customer.created"], url=heard.url, body=BODY)
    mindbox.control("flow", events=["customer.changed"], url=heard.url, body=BODY, **{"except": HUB})
    ident = mindbox.anna()
    edit = {"customer": {"ids": {"mindboxId": ident}, "lastName": "Орлова"}}
    mindbox.done("Website.EditCustomer", edit)
    mindbox.app.hooks.drain()
    assert (len(heard.bodies), mindbox.read("counters")["webhooks_failed"]) == (1, 1)
    mindbox.done("Website.EditCustomer", edit | {"customer": edit["customer"] | {"lastName": "Седова"}}, endpoint=SITE)
    mindbox.app.hooks.drain()
    assert [body["event"] for body in heard.bodies] == ["customer.created", "customer.changed"]
