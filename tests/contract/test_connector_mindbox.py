"""The Mindbox connector against the stand-in over HTTP, and the meaning of the vendor's answers."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

import pytest
import responses

from connectors.contract import Merges, SystemSettings, WebhookRefused, WebhookRequest, WebhookUnreadable, Write
from connectors.errors import Exists, Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.mindbox.api import Api
from connectors.mindbox.connector import Mindbox as Connector
from connectors.mindbox.operations import chosen, mistakes
from sandbox.mindbox.app import HUB, KEYS
from tests.contract.given import Kept, Penalties
from tests.contract.mindbox_project import LINES, call, settings

URL = "https://api.mindbox.test"

ANNA = {"firstName": "Анна", "phone": {"value": "+79031234567"}, "mail": {"value": "Anna@example.ru"}}


def protocol(text, status=400):
    return {"status": "ProtocolError", "errorMessage": text, "errorId": "0f8f", "httpStatusCode": status}


INVALID = {
    "status": "ValidationError",
    "validationMessages": [{"message": "Телефон 79031234567 неверен", "location": "/customer/mobilePhone"}],
}


@pytest.mark.parametrize(
    ("status", "said", "code"), [(200, INVALID, "ValidationError"), (400, protocol("operation: operation X was not found"), "operation")]
)
@responses.activate
def test_a_refusal_has_the_code_by_which_it_is_mended_and_shows_no_secret(status, said, code):
    api = Api(settings(URL), Penalties(), Kept(), lambda: datetime.now(UTC))
    responses.add("POST", f"{URL}/v3/operations/sync", json=said, status=status)
    with pytest.raises(Rejected) as caught:
        api.write("get_customer", {})
    assert caught.value.code == code
    assert KEYS[HUB] not in str(caught.value) and "79031234567" not in str(caught.value)


@responses.activate
def test_a_refusal_names_the_path_and_the_number_for_support():
    api = Api(settings(URL), Penalties(), Kept(), lambda: datetime.now(UTC))
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
    api = Api(settings(URL), limiter, Kept(), lambda: datetime.now(UTC))
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
        Kept(),
        project.now,
    )
    (finding,) = wrong.check().findings
    assert "секретный ключ" in finding.fix_ru
