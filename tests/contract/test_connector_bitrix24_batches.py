"""What the Bitrix24 connector sends, against scripted answers: batches with a bad item, multifields by id, rows that differ."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, unquote

import pytest
import responses

from connectors.bitrix24.api import Command, Result, encoded
from connectors.bitrix24.shape import multifields, row_steps
from connectors.contract import (
    Write,
)
from connectors.errors import Rejected, Unknown
from tests.contract.bitrix24_scripted import commands, connector, ok, portal


def batched(refuse=(), unshown=()):
    """A portal that stores items; ``refuse``: names that it does not take; ``unshown``: names of items that its lists leave out."""
    seen, stored = [], {}

    def one(name, ident):
        if name in refuse:
            return {"error": "CRM_FIELD_ERROR_VALUE_NOT_VALID", "error_description": "Неверное значение поля «Имя»"}
        stored[ident] = {"id": ident, "name": name, "assignedById": 4}
        return {"item": stored[ident]}

    def many(params):
        names = [value for name, value in params.items() if name.startswith("data[") and name.endswith("[name]")]
        said = [one(name, len(stored) + 1) for name in names]
        return {"items": [{"item": {"id": one["item"]["id"]}} if "item" in one else one for one in said]}

    def run(name, params):
        if name.endswith(".list"):
            return {"items": [row for row in stored.values() if row["name"] not in unshown]}
        if name == "crm.item.batchImport":
            return many(params)
        ident = params.get("id", "")
        return one(params.get("fields[name]"), int(ident) if ident.isdigit() else len(stored) + 1)

    def answer(method, body):
        if method == "profile":
            return 200, ok({"ID": "4"})
        if method == "crm.item.fields":
            return 200, ok({"fields": {"name": {"title": "Имя"}, "stageId": {"title": "Стадия сделки"}}})
        result, errors = {}, {}
        for key, (name, params) in commands(body).items():
            seen.append((key, name, params))
            said = run(name, params)
            (errors if "error" in said else result)[key] = said
        return 200, ok({"result": result or [], "result_error": errors or []})

    portal(answer)
    return seen


@responses.activate
def test_one_bad_item_spoils_only_itself_and_names_its_field():
    batched(refuse={"Плохое"})
    outcomes = connector()[0].write("contact", [Write(f"k{i}", None, {"name": n}) for i, n in enumerate(["А", "Плохое", "В"])])
    assert [o.remote.id if o.remote else None for o in outcomes] == ["1", None, "2"]
    assert (type(outcomes[1].error), outcomes[1].error.field) == (Rejected, "name")
    assert outcomes[0].remote.data["assignedById"] == 0  # the hub's own user is nobody's responsible


@responses.activate
def test_groups_are_small_and_no_batch_has_more_than_fifty_commands():
    seen = batched()
    rows = [{"productId": 1, "price": 1, "quantity": 1}]
    outcomes = connector()[0].write("deal", [Write(f"k{i}", None, {"productRows": rows}) for i in range(60)])
    assert len(outcomes) == 60
    sizes = [len(json.loads(c.request.body)["cmd"]) for c in responses.calls if c.request.url.endswith("batch.json")]
    assert sizes == [49, 49, 25] and sum(sizes) == len(seen)  # two commands a deal, and the list of what was made


@responses.activate
def test_contacts_of_a_first_load_go_as_imports_of_twenty_and_each_is_told_its_own():
    seen = batched(refuse={"Плохое"}, unshown={"Спрятан"})
    names = [f"Имя {i}" for i in range(45)]
    names[3], names[25] = "Плохое", "Спрятан"
    outcomes = connector()[0].write("contact", [Write(f"k{i}", None, {"name": name}, quiet=True) for i, name in enumerate(names)])
    assert [name for _, name, _ in seen] == ["crm.item.batchImport"] * 2 + ["crm.item.list", "crm.item.batchImport", "crm.item.list"]
    assert (type(outcomes[3].error), outcomes[3].error.field) == (Rejected, "name")
    assert type(outcomes[25].error) is Unknown  # made, and not seen: only a look by the hub's key can tell
    told = {i: o.remote.data["name"] for i, o in enumerate(outcomes) if o.remote}
    assert told == {i: name for i, name in enumerate(names) if i not in (3, 25)}
    asked = seen[2][2]
    assert asked["filter[@id][4]"] == "$result[together0][items][4][item][id]"
    assert asked["filter[@id][20]"] == "$result[together1][items][0][item][id]"
    assert seen[0][2]["data[4][originId]"] == "k4"


@responses.activate
def test_a_create_carries_the_hub_key_and_an_update_never_touches_it():
    seen = batched()
    connector()[0].write("contact", [Write("key-1", None, {"name": "А"}), Write("key-2", "7", {"name": "Б"})])
    (_, add, made), (_, update, changed) = seen
    assert (add, made["fields[originatorId]"], made["fields[originId]"]) == ("crm.item.add", "sverka", "key-1")
    assert (update, changed["id"]) == ("crm.item.update", "7")
    assert not [name for name in changed if "origin" in name]


@responses.activate
def test_a_quiet_create_starts_no_robots():
    seen = batched()
    connector()[0].write("contact", [Write("k", None, {"name": "А"}, quiet=True)])
    assert [name for _, name, _ in seen] == ["crm.item.import", "crm.item.list"]


@responses.activate
def test_a_deal_written_in_part_is_looked_up_before_anything_is_repeated():
    def answer(method, body):
        if method == "profile":
            return 200, ok({"ID": "4"})
        keys = list(body["cmd"])
        return 200, ok({"result": {keys[0]: {"item": {"id": 5}}}, "result_error": {k: {"error": "ERROR_CORE"} for k in keys[1:]}})

    portal(answer)
    (outcome,) = connector()[0].write("deal", [Write("k", None, {"productRows": [{"price": 1}]})])
    assert type(outcome.error) is Unknown


def test_a_command_is_encoded_once_and_a_persons_text_is_never_a_reference():
    text = encoded(Command("crm.item.add", {"fields": {"name": "$result[w0_0][item][id] & Ко+#", "ids": [1, 2], "tags": [], "x": None, "id": Result("$result[a][id]")}}))  # fmt: skip
    method, _, query = text.partition("?")
    params = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
    assert (method, params["fields[id]"]) == ("crm.item.add", "$result[a][id]")
    assert params["fields[name]"] == "$ result[w0_0][item][id] & Ко+#"
    assert (params["fields[ids][1]"], params["fields[tags]"], params["fields[x]"]) == ("2", "", "")
    assert "&" not in unquote(query.split("&")[0].split("=")[1]).replace(" & ", "")


@responses.activate
def test_deals_and_their_rows_are_read_by_one_request_and_one_that_is_hidden_hides_no_other():
    def answer(method, body):
        if method == "profile":
            return 200, ok({"ID": "4"})
        asked = commands(body)
        result = {"deals": {"items": [{"id": 7, "assignedById": 5}]}, "7": {"productRows": [{"id": 1, "price": 3}]}}
        assert set(asked) == {"deals", "7", "8"}
        return 200, ok({"result": result, "result_error": {"8": {"error": "ACCESS_DENIED", "error_description": "Доступ запрещён"}}})

    portal(answer)
    (deal,) = connector()[0].fetch("deal", ["7", "8"])
    assert (deal.id, deal.data["productRows"], deal.representation) == ("7", [{"id": 1, "price": 3}], "fetch")
    assert len([c for c in responses.calls if c.request.url.endswith("batch.json")]) == 1


def record(ident, value, kind="PHONE", place="MOBILE"):
    return {"typeId": kind, "valueType": place, "value": value} | ({"id": ident} if ident else {})


FM = [
    ([record(1, "+7903")], [record(1, "+7903")], {}),
    ([record(1, "+7903"), record(0, "+7926")], [record(1, "+7903")], {"n0": record(0, "+7926")}),
    ([record(1, "+7999")], [record(1, "+7903")], {"1": record(0, "+7999")}),
    ([], [record(1, "+7903")], {"1": {"typeId": "PHONE", "value": ""}}),
    ([record(0, "a"), record(0, "b")], [], {"n0": record(0, "a"), "n1": record(0, "b")}),
    ([record(2, "x", "EMAIL")], [record(1, "+7903"), record(2, "x", "EMAIL")], {"1": {"typeId": "PHONE", "value": ""}}),
]


@pytest.mark.parametrize(("wanted", "held", "sent"), FM)
def test_multifields_go_by_id_and_only_where_they_differ(wanted, held, sent):
    assert multifields(wanted, held) == sent


@pytest.mark.parametrize(
    ("wanted", "held", "methods"),
    [
        ([{"id": 1, "price": 5}], [{"id": 1, "price": 5}], []),
        ([{"id": 1, "price": 6}], [{"id": 1, "price": 5}], ["update"]),
        ([{"price": 6}], [{"id": 1, "price": 5}], ["delete", "add"]),
        ([{"id": 1, "price": 5}, {"price": 1}], [{"id": 1, "price": 5}, {"id": 2, "price": 7}], ["delete", "add"]),
        ([], [], []),
    ],
)
def test_rows_that_stay_as_they_are_are_not_touched(wanted, held, methods):
    assert [step.method.rsplit(".", 1)[-1] for step in row_steps(wanted, held, 9)] == methods
