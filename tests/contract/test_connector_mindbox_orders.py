"""Orders and calls by the Mindbox connector, against the stand-in over HTTP."""

from __future__ import annotations

import uuid

import pytest

from connectors.contract import Write
from connectors.errors import Missing, Rejected
from connectors.mindbox.actions import refusal
from tests.contract.mindbox_project import LINES, call


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
