"""The Mindbox connector against the stand-in over HTTP, and the meaning of the vendor's answers."""

from __future__ import annotations

import gzip
import json
import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import requests
import responses

from connectors.contract import Merges, Segments, SystemSettings, WebhookRefused, WebhookRequest, WebhookUnreadable, Write
from connectors.errors import Exists, Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.limiter import LocalLimiter
from connectors.mindbox import exports
from connectors.mindbox.actions import refusal
from connectors.mindbox.api import Api
from connectors.mindbox.connector import Mindbox as Connector
from connectors.mindbox.operations import chosen, mistakes
from sandbox.frame.server import running
from sandbox.mindbox.app import HUB, KEYS, SITE, Mindbox

URL = "https://api.mindbox.test"
ANNA = {"firstName": "Анна", "phone": {"value": "+79031234567"}, "mail": {"value": "Anna@example.ru"}}
LINES = [
    {"type": "item", "product": "SV-007", "quantity": 2, "price": 890, "sum": 1700},
    {"type": "item", "product": "SV-001", "quantity": 1.5, "price": 100, "sum": 150},
    {"type": "delivery", "quantity": 1, "price": 290, "sum": 290},
]


class Penalties(LocalLimiter):
    """No limits; remembers what the vendor asked for."""

    def __init__(self):
        super().__init__(())
        self.asked = []

    def penalise(self, seconds, method=""):
        self.asked.append((seconds, method))


class Tokens:
    """Kept credentials, as all processes of the hub see them."""

    def __init__(self):
        self.kept = {}

    def load(self):
        return dict(self.kept)

    def save(self, value):
        self.kept = dict(value)


def settings(url, **options):
    base = {
        "endpoint": HUB,
        "brand": "sandbox",
        "point": "CallCentre",
        "ids": {"site": "websiteId", "crm": "bitrixId"},
        "export_pace": 0.01,
    }
    return SystemSettings("cdp", "mindbox", url, "UTC", {"secret_key": KEYS[HUB]}, base | options, "hook-secret")


class Project:
    """The stand-in, the hub's connector, and the site's own module."""

    def __init__(self, app, url):
        self.app, self.url, self.tokens = app, url, Tokens()
        self.connector = self.connected()

    def connected(self, url="", **options):
        return Connector(
            settings(url or self.url, **options), Penalties(), self.tokens, self.now, sleep=lambda seconds: time.sleep(min(seconds, 0.02))
        )

    def now(self):
        return datetime.now(UTC) + timedelta(seconds=self.app.offset)

    def control(self, what, **body):
        requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def faults(self, *rules):
        requests.post(f"{self.url}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    def read(self, what):
        return requests.get(f"{self.url}/_sandbox/{what}", timeout=5).json()

    def later(self, **span):
        self.control("clock", offset=self.app.offset + timedelta(**span).total_seconds())

    def site(self, operation, body):
        """An operation as the site calls it."""
        params = {"endpointId": SITE, "operation": f"Website.{operation}"}
        answer = requests.post(
            f"{self.url}/v3/operations/sync", json=body, params=params, headers={"Authorization": f"SecretKey {KEYS[SITE]}"}, timeout=5
        )
        assert answer.json()["status"] == "Success", answer.text
        return answer.json()

    def person(self, **fields):
        return self.site("RegisterCustomer", {"customer": {"firstName": "Анна"} | fields})["customer"]["ids"]["mindboxId"]

    def wrote(self, resource, data, ident=None, **more):
        (outcome,) = self.connector.write(resource, [Write(str(uuid.uuid4()), ident, data, **more)])
        if outcome.error is not None:
            raise outcome.error
        return outcome.remote

    def shown(self, resource, ident):
        (one,) = self.connector.fetch(resource, [str(ident)])
        return one.data

    def pages(self, resource, cursor=None):
        return list(self.connector.changes(resource, cursor or {}))

    def changes(self, resource, cursor=None):
        pages = self.pages(resource, cursor)
        return [int(one.id) for page in pages for one in page.objects], [int(one) for page in pages for one in page.gone], pages[-1].cursor


@pytest.fixture
def project():
    app = Mindbox(allow_loopback_webhooks=True)
    with running(app) as url:
        yield Project(app, url)


# answers ----------------------------------------------------------------------------------------------------


def protocol(text, status=400):
    return {"status": "ProtocolError", "errorMessage": text, "errorId": "0f8f", "httpStatusCode": status}


INVALID = {
    "status": "ValidationError",
    "validationMessages": [{"message": "Телефон 79031234567 неверен", "location": "/customer/mobilePhone"}],
}


@pytest.mark.parametrize(
    ("status", "said", "read", "write", "code"),
    [
        pytest.param(200, INVALID, Rejected, Rejected, "ValidationError", id="200, and refused"),
        pytest.param(
            200, {"status": "Success", "errorMessage": "x", "errorId": "1"}, Rejected, Rejected, "Success", id="200 with an error inside"
        ),
        pytest.param(200, protocol("x"), Rejected, Rejected, "ProtocolError", id="200 that says ProtocolError"),
        pytest.param(200, {"status": "InternalServerError"}, Unavailable, Unknown, "InternalServerError", id="200, and broken"),
        pytest.param(400, protocol("operation: operation X was not found"), Rejected, Rejected, "operation", id="no such operation"),
        pytest.param(400, protocol("/order/ids: order was not found"), Missing, Missing, "400", id="no such order"),
        pytest.param(
            400,
            protocol("/customer/ids/crmId: customer was not found"),
            Rejected,
            Rejected,
            "ProtocolError",
            id="what is named is not there",
        ),
        pytest.param(401, protocol("secret key", 401), Unauthorized, Unauthorized, "401", id="a wrong key"),
        pytest.param(403, protocol("not allowed", 403), Rejected, Rejected, "403", id="a key that may not: not a bad key"),
        pytest.param(500, {"status": "InternalServerError"}, Unavailable, Unknown, "500", id="its own fault"),
        pytest.param(503, "", Unavailable, Unknown, "503", id="its own fault, without a body"),
        pytest.param(504, "<html/>", Unavailable, Unknown, "504", id="a gateway"),
        pytest.param(200, "", Unavailable, Unknown, "200", id="200 with nothing in it"),
        pytest.param(200, "[]", Unavailable, Unknown, "200", id="200 with something else"),
    ],
)
@responses.activate
def test_what_an_answer_means(status, said, read, write, code):
    for expected, call in ((read, "read"), (write, "write")):
        api = Api(settings(URL), Penalties(), Tokens(), lambda: datetime.now(UTC))
        api.http.tries = 1
        body = json.dumps(said) if isinstance(said, dict) else said
        responses.add("POST", f"{URL}/v3/operations/sync", body=body, status=status)
        with pytest.raises(expected) as caught:
            getattr(api, call)("get_customer", {})
        assert caught.value.code == code
        assert KEYS[HUB] not in str(caught.value) and "79031234567" not in str(caught.value)


@responses.activate
def test_a_refusal_names_the_path_and_the_number_for_support():
    api = Api(settings(URL), Penalties(), Tokens(), lambda: datetime.now(UTC))
    responses.add("POST", f"{URL}/v3/operations/sync", json=INVALID)
    with pytest.raises(Rejected) as caught:
        api.read("get_customer", {})
    assert caught.value.field == "mobilePhone"
    responses.replace("POST", f"{URL}/v3/operations/sync", json=protocol("/order/lines/0/status: unknown"), status=400)
    with pytest.raises(Rejected, match="errorId 0f8f") as caught:
        api.read("get_customer", {})
    assert caught.value.field == "lines.status"


@pytest.mark.parametrize(
    ("said", "wait", "method", "code"),
    [
        pytest.param(protocol("Too many requests", 429), 10.0, "Sverka.GetCustomer", "429", id="of one operation in a minute"),
        pytest.param(protocol("The daily limit is exceeded", 429), 3600.0, "Sverka.GetCustomer", "daily", id="of a day: not today"),
        pytest.param(
            protocol("Only 10% of calculations for orders with over 50 lines", 429),
            120.0,
            "Sverka.GetCustomer",
            "baskets",
            id="of large baskets",
        ),
        pytest.param("Too many requests", 70.0, "", "blocked", id="no JSON: the address is shut out, for every operation"),
    ],
)
@responses.activate
def test_the_four_meanings_of_429(said, wait, method, code):
    limiter = Penalties()
    api = Api(settings(URL), limiter, Tokens(), lambda: datetime.now(UTC))
    responses.add("POST", f"{URL}/v3/operations/sync", body=json.dumps(said) if isinstance(said, dict) else said, status=429)
    with pytest.raises(Unavailable) as caught:
        api.write("get_customer", {})
    assert (caught.value.code, caught.value.retry_after, limiter.asked) == (code, wait, [(wait, method)])


def test_what_was_answered_404_is_never_asked_again(project):
    """Not by this process, nor by another; a person who checks may ask once more, when a block would be over."""
    for attempt in range(3):
        wrong = project.connected(f"{project.url}/wrong")
        for _ in range(2):
            with pytest.raises(Unauthorized) as caught:
                wrong.fetch("customer", ["90417"])
            assert caught.value.code == "404"
        assert wrong.write("customer", [Write("k", None, ANNA)])[0].error.code == "404"
        assert wrong.write("call", [Write("k", None, call(5))])[0].error.code == "404", "nor by the queue's path"
        assert not wrong.check().ok
        assert project.read("counters")["not_found"] == 1, attempt
    project.later(minutes=2)
    assert not project.connected(f"{project.url}/wrong").check().ok
    assert project.read("counters") | {"requests": 0} == project.read("counters") | {"requests": 0, "not_found": 2}
    assert project.connector.fetch("customer", ["90417"]) == [], "another address is another matter"


@pytest.mark.parametrize("auth", ["secretkey", "old"])
def test_both_spellings_of_the_key(project, auth):
    assert project.connected(auth=auth).fetch("customer", ["5"]) == []


def test_names_and_modes_of_operations_come_from_the_configuration(project):
    options = {
        "operations": {
            "get_customer": "Website.GetCustomerInfo",
            "edit_customer": {"name": "Website.EditCustomer", "mode": "async"},
            "get_balance": "",
        }
    }
    assert chosen(options)["edit_customer"].queued and chosen(options)["call"].queued and not chosen(options)["save_order"].queued
    assert mistakes(options) == []
    wrong = {"operations": {"call": {"mode": "sync"}, "get_order": {"mode": "async"}, "gte_customer": "x"}}
    assert mistakes(wrong) == ["gte_customer?", "get_order: mode async", "call: mode sync"]
    project.connected(**options).fetch("customer", ["5"])
    assert project.read("counters")["by_operation"] == {"Website.GetCustomerInfo": 1}
    (outcome,) = project.connected(**wrong).write("call", [Write("k", None, {})])
    assert outcome.error.code == "mode"


# customers ----------------------------------------------------------------------------------------------------


def test_a_customer_as_mappings_see_it(project):
    ident = project.person(
        mobilePhone="79031234567", email="anna@example.ru", ids={"bitrixId": "5512"}, discountCard={"ids": {"number": "0007"}},
        customFields={"Store": "mega", "CallsAllowed": False}, subscriptions=[{"brand": "sandbox", "pointOfContact": "Sms", "isSubscribed": True}],
    )  # fmt: skip
    project.control("invalid", customer=ident, contact="mobilePhone")
    project.site("ChangePoints", {"customer": {"ids": {"mindboxId": ident}}, "balanceChanges": [{"changeAmount": 150.5}]})
    project.connector = project.connected(operations={"get_balance": "Sverka.GetBalance"})
    row = project.shown("customer", ident)
    assert (row["phone"], row["mail"], row["card"]) == (
        {"value": "79031234567", "invalid": True},
        {"value": "anna@example.ru", "invalid": False},
        "0007",
    )
    assert row["subscriptions"] == [{"pointOfContact": "Sms", "isSubscribed": True}, {"pointOfContact": "Call", "isSubscribed": False}]
    assert (row["ids"]["bitrixId"], row["customFields"]["store"], row["balance"]["available"]) == ("5512", "mega", 150.5)


def test_a_customer_is_made_with_every_id_that_is_known_and_edited_in_part(project):
    made = project.wrote(
        "customer",
        ANNA | {"lastName": "", "customFields": {"store": "mega", "x": None}},
        others={"site": "77", "sklad": "no system of ids"},
    )
    assert (made.data["hub_key"] != "", made.data["ids"]["websiteId"], made.data["customFields"]) == (True, "77", {"store": "mega"})
    assert made.representation == "fetch"
    edit = {
        "lastName": "Орлова",
        "mail": None,
        "card": "0007",
        "subscriptions": [{"pointOfContact": "Email", "isSubscribed": False}, {"pointOfContact": "Call", "isSubscribed": False}],
    }
    row = project.wrote("customer", edit, made.id, held={"lastName": "Соколова"}).data
    assert (row["firstName"], row["lastName"], "mail" in row, row["card"]) == ("Анна", "Орлова", False, "0007")
    assert row["subscriptions"] == edit["subscriptions"]
    assert [one.id for one in project.connector.find("customer", "phone", ["+7 903 123-45-67"])] == [made.id]
    assert [one.id for one in project.connector.find("customer", "card", ["0007", "none"])] == [made.id]
    assert project.connector.find("customer", "email", ["anna@example.ru"]) == []
    assert project.connector.find("customer", "hub", [made.data["hub_key"]])[0].id == made.id


def test_only_what_differs_of_the_consents_is_said(project):
    held = {"subscriptions": [{"pointOfContact": "Sms", "isSubscribed": True}]}
    ident = str(project.person(mobilePhone="79031234567"))
    data = {"subscriptions": [*held["subscriptions"], {"pointOfContact": "Viber", "isSubscribed": False}]}
    assert project.wrote("customer", data, ident, held=held).data["subscriptions"] == [{"pointOfContact": "Viber", "isSubscribed": False}]


def test_who_is_there_already_is_found_and_not_made_twice(project):
    ident = project.person(mobilePhone="79031234567")
    with pytest.raises(Exists):
        project.wrote("customer", ANNA)
    assert [one.id for one in project.connector.find("customer", "phone", ["+79031234567"])] == [str(ident)]


def test_several_of_one_key_are_nobody_and_an_edit_of_nobody_is_told(project):
    project.person(mobilePhone="79031234567", ids={"websiteId": "1"})
    project.person(email="anna@example.ru", ids={"websiteId": "2"})
    api = project.connector.api
    assert (
        api.read("get_customer", {"customer": {"mobilePhone": "79031234567", "email": "anna@example.ru"}})["customer"]["processingStatus"]
        == "Ambiguous"
    )
    with pytest.raises(Rejected, match="Ambiguous"):
        project.wrote("customer", ANNA)
    with pytest.raises(Missing):
        project.wrote("customer", {"lastName": "Орлова"}, "5")
    with pytest.raises(Rejected) as caught:
        project.wrote("customer", {"phone": {"value": "12"}})
    assert (caught.value.field, caught.value.code) == ("phone", "ValidationError")


def test_an_id_that_is_anothers_is_left_out_and_the_rest_is_written(project):
    project.person(mobilePhone="79261112233", ids={"websiteId": "77"})
    ident = str(project.person(mobilePhone="79031234567"))
    row = project.wrote("customer", {"lastName": "Орлова"}, ident, others={"site": "77"}).data
    assert (row["lastName"], "websiteId" in row["ids"]) == ("Орлова", False)


def test_a_phone_that_waits_to_be_confirmed_is_shown_as_it_is(project):
    ident = str(project.person(mobilePhone="79031234567"))
    project.control("habits", confirm=True)
    assert project.wrote("customer", {"phone": {"value": "+79261112233"}}, ident).data["phone"]["value"] == "79031234567"


@pytest.mark.parametrize("kind", ["reset_after", "truncated"])
def test_a_create_whose_answer_was_lost_is_found_by_the_hubs_own_id(project, kind):
    project.faults({"kind": kind, "count": 1})
    write = Write(str(uuid.uuid4()), None, ANNA)
    (outcome,) = project.connector.write("customer", [write])
    assert isinstance(outcome.error, Unknown)
    (found,) = project.connector.find_created("customer", [write])
    assert found.data["hub_key"] == write.key


def test_a_project_whose_operations_return_no_blocks(project):
    project.control("habits", echo=False)
    made = project.wrote("customer", ANNA)
    assert project.wrote("customer", {"lastName": "Орлова"}, made.id).data["lastName"] == "Орлова"
    order = project.wrote("order", {"lines": LINES, "status": "NEW"})
    assert project.wrote("order", {"status": "PAID"}, order.id).data["status"] == "PAID"


def test_what_is_written_through_the_queue_counts_once_it_is_seen(project):
    queue = {
        name: {"name": f"Sverka.{known}", "mode": "async"}
        for name, known in (("create_customer", "CreateCustomer"), ("edit_customer", "EditCustomer"))
    }
    project.connector = project.connected(operations=queue)
    made = project.wrote("customer", ANNA)
    assert project.wrote("customer", {"lastName": "Орлова"}, made.id).data["lastName"] == "Орлова"
    with pytest.raises(Unknown, match="queued"):
        project.wrote("customer", {"birthDate": "не дата"}, made.id)
    assert [row["status"] for row in project.read("log")] == ["ValidationError"]


def test_merging(project):
    assert isinstance(project.connector, Merges)
    ids = [project.person(mobilePhone=f"7903000000{n}", ids={"websiteId": str(n)}) for n in range(2)]
    stays = project.connector.merge("customer", str(ids[0]), [str(ids[1])])
    assert stays.id == str(ids[0])
    assert project.connector.fetch("customer", [str(ids[1])]) == [], "the id leads to who stayed, and is gone"


# orders -------------------------------------------------------------------------------------------------------


def test_an_order_is_saved_as_a_whole_with_its_lines_their_status_and_its_delivery(project):
    person = project.person(mobilePhone="79031234567")
    data = {"customer": {"ids": {"mindboxId": person}}, "lines": LINES, "status": "NEW", "totalPrice": 2140, "mobilePhone": "+79031234567",
            "customFields": {"number": "100204", "track": None}, "createdDateTimeUtc": "2026-02-03 09:41:12"}  # fmt: skip
    made = project.wrote("order", data)
    row = made.data
    assert (row["status"], row["totalPrice"], row["customer"]["ids"]["mindboxId"], row["customFields"]) == (
        "NEW",
        2140,
        person,
        {"number": "100204"},
    )
    assert (row["createdDateTimeUtc"], row["firstPointOfContact"]) == ("2026-02-03 09:41:12.000", "CallCentre")
    assert [(x["type"], x["quantity"], x["price"], x["sum"]) for x in row["lines"]] == [
        ("item", 2, 890, 1700),
        ("item", 1.5, 100, 150),
        ("delivery", 1, 290, 290),
    ]
    lines = [row["lines"][0] | {"quantity": 3, "sum": 2670}, {"type": "item", "product": "SV-002", "quantity": 1, "price": 50, "sum": 50}]
    after = project.wrote("order", {"lines": lines, "totalPrice": 2720}, made.id).data
    assert [(x["id"], x["product"], x["quantity"]) for x in after["lines"]] == [("1/1", "SV-007", 3), ("3/3", "SV-002", 1)]
    assert (after["mobilePhone"], after["customFields"], after["customer"]) == ("+79031234567", {"number": "100204"}, row["customer"]), (
        "what was not said stays"
    )
    assert project.connector.find("order", "hub", [after["hub_key"]])[0].id == made.id


def test_the_status_alone_is_said_of_the_lines_that_are_still_bought(project):
    made = project.wrote("order", {"lines": LINES, "status": "NEW"})
    part = {"ids": {"mindboxId": int(made.id)}, "lines": [{"lineNumber": 1, "quantity": 1, "status": {"ids": {"externalId": "RETURNED"}}}]}
    project.site("ChangeStatus", {"order": part})
    assert [(x.get("product"), x["quantity"]) for x in project.shown("order", made.id)["lines"]] == [
        ("SV-001", 1.5),
        ("SV-007", 1),
        (None, 1),
    ]
    row = project.wrote("order", {"status": "PAID"}, made.id).data
    assert (row["status"], len(row["lines"])) == ("PAID", 3)
    raw = project.connector.api.read("get_order", {"order": {"ids": {"mindboxId": int(made.id)}}})["order"]["lines"]
    assert sorted(x["status"]["ids"]["externalId"] for x in raw) == ["PAID", "PAID", "RETURNED"]
    project.wrote("order", {"customFields": {"track": "1"}}, made.id)
    raw = project.connector.api.read("get_order", {"order": {"ids": {"mindboxId": int(made.id)}}})["order"]["lines"]
    assert sorted(x["status"]["ids"]["externalId"] for x in raw) == ["PAID", "PAID", "RETURNED"], "what was returned stays returned"


def test_a_line_that_went_stays_as_cancelled_where_the_project_has_a_word_for_it(project):
    project.connector = project.connected(cancelled="CANCELLED")
    made = project.wrote("order", {"lines": LINES[:2], "status": "NEW"})
    row = project.wrote("order", {"lines": [made.data["lines"][1]]}, made.id).data
    assert [x["product"] for x in row["lines"]] == ["SV-001"]
    raw = project.connector.api.read("get_order", {"order": {"ids": {"mindboxId": int(made.id)}}})["order"]["lines"]
    assert [x["status"]["ids"]["externalId"] for x in raw] == ["CANCELLED", "NEW"]


def test_a_repeated_create_is_one_order_and_one_message(project):
    write = Write(str(uuid.uuid4()), None, {"lines": LINES, "status": "NEW"})
    project.faults({"kind": "reset_after", "match": "sync", "count": 1})
    (outcome,) = project.connector.write("order", [write])
    (again,) = project.connector.write("order", [write])
    assert outcome.error is None and outcome.remote.id == again.remote.id
    assert project.read("effects") == {"mail: flow": 1}


def test_a_price_that_is_counted_otherwise_is_a_refusal_though_the_answer_says_success(project):
    project.connector = project.connected(operations={"save_order": "Website.CreateAuthorizedOrder"})
    with pytest.raises(Rejected) as caught:
        project.wrote("order", {"lines": LINES, "status": "NEW", "totalPrice": 5})
    assert (caught.value.code, caught.value.field) == ("PriceHasBeenChanged", "totalPrice")
    assert project.wrote("order", {"lines": LINES, "status": "NEW", "totalPrice": 2140}).data["totalPrice"] == 2140


def test_what_is_refused_of_an_order_is_named(project):
    with pytest.raises(Rejected) as caught:
        project.wrote("order", {"lines": LINES, "status": "NOPE"})
    assert caught.value.field == "status"
    with pytest.raises(Missing):
        project.wrote("order", {"status": "PAID"}, "5")


# calls --------------------------------------------------------------------------------------------------------


def call(person, **more):
    return {
        "customer": {"ids": {"mindboxId": person}},
        "at": "2026-02-03 09:41:12",
        "customFields": {"callResult": "noAnswer", "callComment": ""} | more,
    }


def test_a_call_is_a_custom_action_kept_once_however_often_it_is_told(project):
    person = project.person(mobilePhone="79031234567")
    write = Write(str(uuid.uuid4()), None, call(person))
    project.faults({"kind": "reset_after", "match": "async", "count": 1})
    first, second = (project.connector.write("call", [write])[0] for _ in range(2))
    assert first.remote.id == second.remote.id == write.key
    (action,) = project.read("actions")
    assert (action["dateTimeUtc"], action["channel"]["ids"]["externalId"]) == ("2026-02-03 09:41:12.000", "CallCentre")
    assert (action["customFields"], action["actionTemplate"]["name"]) == ({"callResult": "noAnswer"}, "Sverka.Call")


def test_that_a_repeat_was_one_is_no_refusal(project):
    """The log is the only place that tells of it; what was repeated had been done."""
    project.connector = project.connected(operations={"export_errors": "Sverka.ExportErrors"})
    *_, last = project.pages("call")
    write = Write(str(uuid.uuid4()), None, call(project.person(mobilePhone="79031234567")))
    for _ in range(2):
        project.connector.write("call", [write])
    assert [row["status"] for row in project.read("log")] == ["TransactionAlreadyProcessed"]
    project.later(minutes=12)
    found = project.pages("call", last.cursor)
    assert [one for page in found for one in page.refused] == [] and found[-1].last


@pytest.mark.parametrize(
    "text",
    [
        "Transaction has already been processed",
        "Already processed",
        "TransactionAlreadyProcessed",
        "Транзакция уже обработана",
        "Транзакция уже была обработана",
    ],
)
def test_a_repeat_is_known_by_its_words(text):
    assert refusal({"transactionId": "5", "errorMessage": text}) is None
    assert refusal({"transactionId": "5", "errorMessage": "customer was not found"}) is not None


def test_what_the_queue_refuses_is_told_later(project):
    project.connector = project.connected(operations={"export_errors": "Sverka.ExportErrors"})
    *_, last = project.pages("call")
    key = str(uuid.uuid4())
    assert project.connector.write("call", [Write(key, None, call(5))])[0].error is None, "accepted"
    project.later(minutes=12)
    found = project.pages("call", last.cursor)
    (refusal,) = [one for page in found for one in page.refused]
    assert (refusal.id, refusal.error.message) == (key, "/customer: customer was not found")


# lists --------------------------------------------------------------------------------------------------------


def test_customers_are_swept_by_an_export_and_then_by_what_changed(project):
    ids = [project.person(mobilePhone=f"7903000000{n}", ids={"websiteId": str(n)}) for n in range(3)]
    assert project.changes("customer")[0] == [], "what is younger than five minutes is in no list"
    project.later(minutes=6)
    project.control("exports", rows=2)
    found, _, cursor = project.changes("customer")
    assert (found, sorted(cursor)) == (ids, ["mark", "was"])
    project.later(minutes=20)
    _, _, cursor = project.changes("customer", cursor)
    project.site("EditCustomer", {"customer": {"ids": {"mindboxId": ids[1]}, "lastName": "Орлова"}})
    project.later(minutes=6)
    changed, gone, cursor = project.changes("customer", cursor)
    assert (changed, gone) == ([ids[1]], [])
    project.site("EditCustomer", {"customer": {"ids": {"mindboxId": ids[1]}, "firstName": "Аня"}})
    project.connector.merge("customer", str(ids[0]), [str(ids[2])])
    project.later(minutes=6)
    changed, gone, _ = project.changes("customer", cursor)
    assert (sorted(changed), gone) == ([ids[0], ids[1]], [ids[2]])


def test_every_cursor_may_be_resumed_from_and_a_task_is_begun_once(project):
    ids = [project.person(mobilePhone=f"7903000000{n}", ids={"websiteId": str(n)}) for n in range(5)]
    project.later(minutes=6)
    project.control("exports", rows=2)
    pages = project.pages("customer")
    assert [page.waits for page in pages].count(True) == 1
    for number, page in enumerate(pages[:-1]):
        rest = [int(one.id) for later in pages[number + 1 :] for one in later.objects]
        assert project.changes("customer", page.cursor)[0] == rest
    assert [int(one.id) for page in pages for one in page.objects] == ids
    assert project.read("counters")["exports"] == 1


def test_a_period_that_is_asked_for_again_shows_what_was_there_at_first_and_is_told_as_that(project, monkeypatch):
    """Two sweeps of one second are one task (mindbox docs: isDuplicate): what the hub wrote in between is not in its file."""
    project.person(mobilePhone="79030000001", ids={"websiteId": "1"})
    project.later(minutes=6)
    monkeypatch.setattr("connectors.mindbox.exports.start", lambda *_: "one-task")
    monkeypatch.setattr("connectors.mindbox.exports.files", lambda *_: ["file"])
    monkeypatch.setattr("connectors.mindbox.exports.rows", lambda _: iter([{"ids": {"mindboxId": "1"}}]))
    monkeypatch.setattr(project.connector.api, "file", lambda _: b"")
    first = project.pages("customer", {})
    again = project.pages("customer", first[-1].cursor)
    seen = [page.as_of for pages in (first, again) for page in pages if page.objects]
    assert len(seen) == 2 and seen[0] == seen[1]


def test_a_task_that_is_asked_for_too_soon_is_not_asked_for(project):
    project.connector = project.connected(export_pace=60)
    pages = project.connector.changes("customer", {})
    next(pages)
    waiting = next(pages)
    before = project.read("counters")["requests"]
    assert waiting.waits and next(project.connector.changes("customer", waiting.cursor)).waits
    assert project.read("counters")["requests"] == before


def test_a_task_that_is_given_up_is_asked_for_in_halves(project):
    project.control("exports", longest=1000)
    ids = [project.person(mobilePhone="79030000001")]
    project.later(minutes=6)
    assert project.changes("customer")[0] == ids
    project.later(minutes=1)
    project.control("exports", longest=0.0)
    with pytest.raises(Rejected, match="ресурсам"):
        project.changes("customer")


def test_a_file_that_is_gone_is_asked_for_once_and_made_again(project):
    ids = [project.person(mobilePhone="79030000001")]
    project.later(minutes=6)
    real, asked = project.app.exports.file, []
    project.app.exports.file = lambda name: asked.append(name) or (real(name) if len(asked) > 1 else None)
    assert project.changes("customer")[0] == ids
    assert (project.read("counters")["not_found"], len(asked)) == (1, 2)


def test_orders_are_told_by_an_export_and_read_by_id(project):
    made = project.wrote("order", {"lines": LINES, "status": "NEW"})
    project.later(minutes=6)
    found, _, _ = project.changes("order")
    assert found == [int(made.id)]


def test_contacts_that_an_export_leaves_out_are_no_observation(project):
    ident = project.person(mobilePhone="79030000001")
    project.later(minutes=6)
    project.control("exports", hashed=True)
    (one,) = [one for page in project.pages("customer") for one in page.objects]
    assert (one.id, "phone" in one.data, project.connector.manifest.resources["customer"].representations["list"].absent_is_empty) == (
        str(ident),
        False,
        False,
    )


def test_a_segment(project):
    assert isinstance(project.connector, Segments)
    ids = [project.person(mobilePhone=f"7903000000{n}", ids={"websiteId": str(n)}) for n in range(2)]
    for ident in ids:
        project.control("segment", name="winback", customer=ident)
    project.later(minutes=6)
    pages = list(project.connector.segment("winback", {}))
    assert [int(one.id) for page in pages for one in page.objects] == ids
    project.control("segment", name="winback", customer=ids[0], inside=False)
    project.later(minutes=11)
    pages = list(project.connector.segment("winback", pages[-1].cursor))
    assert [int(one) for page in pages for one in page.gone] == [ids[0]]


def packed(rows, **more):
    return gzip.compress(json.dumps({"customers": rows}, **more).encode())


def test_a_file_is_read_row_by_row_however_its_pieces_fall(monkeypatch):
    rows = [{"ids": {"mindboxId": n}, "text": 'скобки ]}" и \\ запятая, ' * 5, "list": [[], {}]} for n in range(40)]
    for size in (1, 7, 64, 1 << 20):
        monkeypatch.setattr(exports, "CHUNK", size)
        for more in ({}, {"indent": 1}, {"ensure_ascii": False}):
            assert list(exports.rows(packed(rows, **more))) == rows
    assert list(exports.rows(packed([]))) == []
    assert list(exports.rows(b'{"customers": [{"a": 1}]}')) == [{"a": 1}], "not packed"


CUT = {"in its packing": packed([{"a": 1}] * 99)[:40], "in its text": gzip.compress(b'{"customers": [{"a": 1}, {"b'), "nothing packed": b"\x1f\x8bno", "a page": b"<html>"}  # fmt: skip


@pytest.mark.parametrize("cut", CUT.values(), ids=CUT)
def test_a_file_that_is_cut_short_is_no_end_of_the_list(cut):
    with pytest.raises(Unavailable):
        list(exports.rows(cut))


# webhooks -----------------------------------------------------------------------------------------------------

TOKEN = {"Authorization": "Bearer hook-secret"}


def received(project, body, headers=TOKEN):
    return project.connector.receive(WebhookRequest(headers, json.dumps(body).encode(), {}, "hook-secret"))


def test_a_flow_names_who_may_have_changed(project):
    body = {"transactionalId": "2f0d", "event": "segment.entered", "mindboxId": "90417", "segment": "winback"}
    (hint,) = received(project, body)
    assert (hint.resource, hint.id) == ("customer", "90417")
    (hint,) = received(project, {"event": "order.changed", "orderId": 700311, "mindboxId": 90417})
    assert (hint.resource, hint.id) == ("order", "700311")
    assert received(project, body | {"event": "coupon.issued"}) == []
    with pytest.raises(WebhookRefused):
        received(project, body, {"Authorization": "Bearer other"})
    for wrong in ({"event": "customer.changed"}, {"mindboxId": 5}, [], {"event": "order.changed", "orderId": "x"}):
        with pytest.raises(WebhookUnreadable):
            received(project, wrong)


def test_a_message_that_a_flow_sent_is_a_fact_with_the_id_of_its_delivery(project):
    body = {
        "transactionalId": "2f0d",
        "event": "message.sent",
        "mindboxId": "90417",
        "channel": "Sms",
        "campaign": "",
        "at": "2026-02-03 09:41:12",
    }
    (hint,) = received(project, body)
    assert (hint.resource, hint.id) == ("message", "2f0d")
    assert hint.fact == {
        "id": "2f0d",
        "customer": {"ids": {"mindboxId": 90417}},
        "at": body["at"],
        "customFields": {"messageState": "sent", "messageChannel": "Sms"},
    }
    with pytest.raises(WebhookUnreadable):
        received(project, {**body, "transactionalId": ""})


def test_what_became_of_a_message_is_no_second_message(project):
    sent = {"event": "message.sent", "mindboxId": "90417", "channel": "Email", "at": "2026-02-03 09:41:12"}
    opened = sent | {"transactionalId": "b", "event": "message.opened"}
    assert received(project, opened) == [], "nobody knows which message was opened"
    named = [received(project, one | {"messageId": "m-7"})[0].id for one in (sent | {"transactionalId": "a"}, opened)]
    assert named == ["m-7", "m-7"]


def test_messages_come_by_the_export_of_actions_where_a_project_has_one(project):
    names = {"export_actions": "Sverka.ExportActions", "export_errors": "Sverka.ExportErrors"}
    connector = project.connected(operations=names, message_actions={"EmailSent": "Email", "SmsSent": "Sms"}, export_pace=0.001)

    def read(cursor):
        return list(connector.changes("message", json.loads(json.dumps(cursor))))

    person, cursor = project.person(mobilePhone="79035550101"), read({})[-1].cursor
    for channel, campaign in (("Sms", "winback"), ("Email", "spring"), ("Webpush", "spring")):
        project.control("message", customer=person, channel=channel, campaign=campaign)
    project.later(seconds=400)
    pages = read(cursor)
    found = {one.id: one.data for page in pages for one in page.objects}
    assert [(one["customer"]["ids"]["mindboxId"], one["customFields"]) for one in found.values()] == [
        (person, {"messageState": "sent", "messageChannel": "Sms", "campaign": "winback"}),
        (person, {"messageState": "sent", "messageChannel": "Email", "campaign": "spring"}),
    ]
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    for at, page in enumerate(pages[:-1]):
        shown = {one.id for done in pages[: at + 1] for one in done.objects}
        assert found.keys() <= shown | {one.id for rest in read(page.cursor) for one in rest.objects}, "any cursor may be resumed from"
    told = {"transactionalId": "a", "event": "message.sent", "mindboxId": str(person), "channel": "Sms", "at": "2026-02-03 09:41:12"}
    assert connector.receive(WebhookRequest(TOKEN, json.dumps(told).encode(), {}, "hook-secret")) == [], "else it would count twice"


# health -------------------------------------------------------------------------------------------------------


def test_a_check_asks_every_operation_that_reads_and_writes_nothing(project):
    health = project.connector.check()
    assert health.ok and {f.name for f in health.findings} >= {"operation get_customer", "operation get_order", "operation customer_merges"}
    asked = project.read("counters")["by_operation"]
    assert set(asked) == {"Sverka.GetCustomer", "Sverka.GetOrder", "Sverka.CustomerMerges"}


def test_a_check_names_what_a_marketer_changed(project):
    project.control("operation", name="Sverka.GetOrder", kind=None)
    project.control("operation", name="Sverka.CustomerMerges", denied=True)
    found = {f.name: f for f in project.connector.check().findings}
    assert "Операции" in found["operation get_order"].fix_ru and "точке интеграции" in found["operation customer_merges"].fix_ru
    found = {f.name: f for f in project.connected(operations={"cal": "x", "edit_customer": {"mode": "async"}}).check().findings}
    assert not found["operations"].ok and "cal?" in found["operations"].en and found["queued"].warn and found["errors"].warn
    wrong = Connector(
        SystemSettings("cdp", "mindbox", project.url, "UTC", {"secret_key": "other"}, {"endpoint": HUB}, ""),
        Penalties(),
        Tokens(),
        project.now,
    )
    (finding,) = wrong.check().findings
    assert "секретный ключ" in finding.fix_ru


def test_memberships_of_chosen_segments_are_told_by_their_changes_one_segment_after_another(project):
    connector = project.connected(segments=["winback", "loyal"])
    ids = [str(project.person(mobilePhone=f"7903000000{n}", ids={"websiteId": str(n)})) for n in range(3)]
    for name, ident in (("winback", ids[0]), ("loyal", ids[0]), ("loyal", ids[1]), ("other", ids[2])):
        project.control("segment", name=name, customer=ident)
    project.later(minutes=6)
    told, cursor = heard(connector, {})
    assert told == {f"winback:{ids[0]}": True, f"loyal:{ids[0]}": True, f"loyal:{ids[1]}": True}
    project.control("segment", name="loyal", customer=ids[0], inside=False)
    project.later(minutes=11)
    told, _ = heard(connector, cursor)
    assert told[f"loyal:{ids[0]}"] is False and told[f"winback:{ids[0]}"] is True, "what changed, and the overlap"
    pages = connector.changes("segment", {})
    resumed = next(page.cursor for page in pages if page.objects)  # the hub was killed here
    assert heard(connector, resumed)[0].keys() >= {f"loyal:{ids[1]}"}
    (one, gone) = connector.fetch("segment", [f"loyal:{ids[1]}", "loyal:987654"])
    assert (one.data["member"], gone.data["member"]) == (True, False)


def heard(connector, cursor):
    pages = list(connector.changes("segment", cursor))
    assert [page.last for page in pages].count(True) == 1 and pages[-1].last
    return {one.id: one.data["member"] for page in pages for one in page.objects}, pages[-1].cursor


def test_an_operation_that_returns_no_segmentations_does_not_make_anybody_leave(project):
    ident = project.person(mobilePhone="79030000001")
    project.control("habits", segments=False)
    with pytest.raises(Rejected, match="segmentations"):
        project.connector.fetch("segment", [f"winback:{ident}"])


def test_a_flow_on_a_segment_has_the_membership_read_where_the_hub_keeps_up_with_it(project):
    body = {"transactionalId": "2f0d", "event": "segment.left", "mindboxId": "90417", "segment": "winback"}
    request = WebhookRequest({"Authorization": "Bearer hook-secret"}, json.dumps(body).encode())
    assert [(one.resource, one.id) for one in project.connected(segments=["winback"]).receive(request)] == [
        ("customer", "90417"),
        ("segment", "winback:90417"),
    ]
    assert [one.resource for one in project.connected(segments=["loyal"]).receive(request)] == ["customer"]
