"""The Bitrix24 connector against scripted answers: ways in, limits, batches with a bad item, what is sent, what is refused."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlencode

import pytest
import responses

from connectors import registry
from connectors.bitrix24.api import Command, Result, encoded
from connectors.bitrix24.faults import error_of
from connectors.bitrix24.manifest import MANIFEST
from connectors.bitrix24.shape import multifields, row_steps
from connectors.contract import (
    Checks,
    Describes,
    Fetches,
    Finds,
    ListsDirectories,
    LooksUp,
    Receives,
    Subscribes,
    SystemSettings,
    WebhookRefused,
    WebhookRequest,
    Write,
)
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable, Unknown
from tests.contract.given import Kept

PORTAL = "https://lavka.bitrix24.ru"
OAUTH = "https://oauth.test/oauth/token/"
REST = f"{PORTAL}/rest"
TIME = {"date_start": "2026-09-01T12:00:03+05:00", "finish": 1000.0}
APP = {"client_id": "local.1", "client_secret": "secret-1", "refresh_token": "first-1", "application_token": "app-token-1"}
NOW = datetime(2026, 9, 1, 7, 0, 3, tzinfo=UTC)


class Limiter:
    """Remembers what it was asked."""

    def __init__(self):
        self.requests, self.penalties = [], []

    @contextmanager
    def request(self, weight=1.0, method=""):
        self.requests.append((weight, method))
        yield

    def penalise(self, seconds, method=""):
        self.penalties.append((seconds, method))


def connector(secrets=None, tokens=None, **options):
    settings = SystemSettings("crm", "bitrix24", PORTAL, secrets=secrets or {"webhook": "1/hook-secret"}, options={"oauth_url": "https://oauth.test"} | options)  # fmt: skip
    limiter = Limiter()
    made = registry.create("bitrix24", settings, limiter, tokens or Kept(), lambda: NOW)
    return made, limiter


def app(tokens=None, **options):
    return connector(APP, tokens, **options)


def pair(number, **more):
    return {
        "access_token": f"access-{number}",
        "refresh_token": f"refresh-{number}",
        "client_endpoint": f"{REST}/",
        "member_id": "m",
    } | more


def ok(result, **more):
    return {"result": result, "time": TIME} | more


def portal(answer):
    """Every method answered by ``answer(method, body)`` -> (status, body)."""

    def callback(request):
        method = request.url.split("?")[0].rsplit("/", 1)[-1].removesuffix(".json")
        status, body = answer(method, json.loads(request.body))
        return status, {}, json.dumps(body)

    for address in (f"{REST}/1/hook-secret/", f"{REST}/"):
        responses.add_callback(responses.POST, re.compile(f"{address}[a-zA-Z.]+$"), callback, content_type="application/json")


def commands(body):
    """The commands of a batch: name -> (method, parameters)."""
    return {k: (c.partition("?")[0], {n: v[0] for n, v in parse_qs(c.partition("?")[2], keep_blank_values=True).items()}) for k, c in body["cmd"].items()}  # fmt: skip


# the manifest -----------------------------------------------------------------------------------------


def test_the_manifest_says_how_each_write_may_be_repeated_and_offers_every_ability():
    made, _ = app()
    for ability in (Checks, Describes, Fetches, Finds, ListsDirectories, LooksUp, Receives, Subscribes):
        assert isinstance(made, ability)
    assert {name: r.entity for name, r in MANIFEST.resources.items()} == {
        "contact": "customer",
        "deal": "order",
        "call": "call",
        "call_task": "call_task",
        "call_deal": "call_task",
        "product": "product",
    }
    for resource in (one for one in MANIFEST.resources.values() if one.writable):
        assert resource.operations["create"].repeat == "findable"
        assert resource.operations["create"].find_by == "hub"
        assert resource.batch <= 50  # of what one request takes; a crash repeats a group, never hundreds
    assert {limit.kind: limit.units / limit.seconds for limit in MANIFEST.limits} == {"bucket": 2.0, "operating": 0.8}
    assert all(op.side_effects for r in MANIFEST.resources.values() for op in r.operations.values())
    assert MANIFEST.resources["call"].fact and "update" not in MANIFEST.resources["call"].operations


def test_an_installation_with_its_own_run_time_settles_by_it():
    made, _ = app(request_seconds=7)
    assert {op.settles_after for r in made.manifest.resources.values() for op in r.operations.values()} == {7.0}


# ways in ----------------------------------------------------------------------------------------------


def profile(tokens):
    """A portal that knows the access tokens of ``tokens`` and counts who came with which."""

    def answer(method, body):
        if body.get("auth") not in tokens:
            return 401, {"error": "expired_token", "error_description": "The access token provided has expired."}
        return 200, ok({"ID": "4", "method": method})

    portal(answer)


def refreshes(valid):
    """An authorisation server whose refresh tokens can be spent once; ``valid``: those that are out now."""
    spent = []

    def callback(request):
        token = request.params["refresh_token"]
        if token not in valid:
            return 400, {}, json.dumps({"error": "invalid_grant", "error_description": f"{token} is spent"})
        valid.remove(token)
        spent.append(token)
        number = len(spent)
        valid.add(f"refresh-{number}")
        return 200, {}, json.dumps(pair(number))

    responses.add_callback(responses.GET, OAUTH, callback)
    return spent


@responses.activate
def test_a_token_is_renewed_only_when_it_has_expired_and_the_pair_is_kept():
    good = {"access-1"}
    profile(good)
    spent, tokens = refreshes({"first-1"}), Kept()
    made, _ = app(tokens)
    for _ in range(3):
        made.api.call("profile")
    assert spent == ["first-1"]
    again, _ = app(tokens)  # another process, or this one after a restart
    again.api.call("profile")
    assert spent == ["first-1"]
    good.clear()
    good.add("access-2")
    assert again.api.call("profile").result["ID"] == "4"
    assert spent == ["first-1", "refresh-1"]
    assert (tokens.value["access_token"], tokens.value["refresh_token"]) == ("access-2", "refresh-2")


@responses.activate
def test_two_that_meet_an_expired_token_at_once_spend_one_refresh_token():
    good = {"access-1"}
    profile(good)
    spent, tokens = refreshes({"first-1"}), Kept()
    both = [app(tokens)[0] for _ in range(2)]
    for made in both:
        made.api.call("profile")
    good.clear()
    good.add("access-2")
    threads = [threading.Thread(target=made.api.call, args=("profile",)) for made in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert spent == ["first-1", "refresh-1"]
    assert [made.api.access.pair["access_token"] for made in both] == ["access-2", "access-2"]


@responses.activate
def test_a_new_first_token_in_the_configuration_begins_anew():
    profile({"access-1", "access-2"})
    spent, tokens = refreshes({"first-1", "first-2"}), Kept()
    app(tokens)[0].api.call("profile")
    connector(APP | {"refresh_token": "first-2"}, tokens)[0].api.call("profile")
    assert spent == ["first-1", "first-2"]


@responses.activate
def test_a_refused_refresh_pauses_the_system_and_shows_no_secret():
    refreshes(set())
    with pytest.raises(Unauthorized) as caught:
        app()[0].api.call("profile")
    assert caught.value.code == "invalid_grant"
    assert "first-1" not in str(caught.value) and "secret-1" not in str(caught.value)


@responses.activate
@pytest.mark.parametrize(("told", "used"), [("http://evil.test/rest/", REST), ("https://new.bitrix24.ru/rest/", "https://new.bitrix24.ru/rest"), ("", REST)])  # fmt: skip
def test_the_address_is_the_one_that_comes_with_the_tokens_unless_that_drops_tls(told, used):
    responses.add(responses.GET, OAUTH, json=pair(1, client_endpoint=told))
    assert app()[0].api.access.door().base == used


@responses.activate
def test_a_renamed_portal_is_asked_again_by_post_at_its_new_address():
    moved = "https://novaya-lavka.bitrix24.ru"
    responses.add(responses.POST, f"{REST}/1/hook-secret/crm.item.add.json", status=302, headers={"Location": f"{moved}/rest/1/hook-secret/crm.item.add.json"})  # fmt: skip
    responses.add(responses.POST, f"{moved}/rest/1/hook-secret/crm.item.add.json", json=ok({"item": {"id": 1}}))
    made, _ = connector()
    assert made.api.call("crm.item.add", {"fields": {"name": "Анна"}}, safe=False).result == {"item": {"id": 1}}
    assert json.loads(responses.calls[1].request.body) == {"fields": {"name": "Анна"}}
    made.api.call("crm.item.add", {}, safe=False)
    assert responses.calls[2].request.url.startswith(moved)


@responses.activate
def test_a_redirect_to_plain_http_is_not_followed():
    responses.add(responses.POST, f"{REST}/1/hook-secret/profile.json", status=302, headers={"Location": "http://evil.test/rest/"})
    with pytest.raises(Unavailable, match="cannot be trusted"):
        connector()[0].api.call("profile")
    assert len(responses.calls) == 1


# errors and limits ------------------------------------------------------------------------------------


ERRORS = [
    ({"error": "QUERY_LIMIT_EXCEEDED"}, 503, False, Unavailable),
    ({"error": "OVERLOAD_LIMIT"}, 503, False, Unavailable),
    ({"error": "OPERATION_TIME_LIMIT"}, 429, False, Unavailable),
    ({"error": "INTERNAL_SERVER_ERROR"}, 500, False, Unknown),
    ({"error": "INTERNAL_SERVER_ERROR"}, 500, True, Unavailable),
    ({"error": "NO_AUTH_FOUND"}, 401, False, Unauthorized),
    ({"error": "INVALID_CREDENTIALS"}, 403, False, Unauthorized),
    ({"error": "ACCESS_DENIED", "error_description": "REST API is available only on commercial plans"}, 403, False, Unauthorized),
    ({"error": "insufficient_scope"}, 403, False, Rejected),
    ({"error": "WRONG_AUTH_TYPE"}, 403, False, Rejected),
    ({"error": "NOT_FOUND"}, 400, False, Missing),
    ({"error": "", "error_description": "Not found"}, 400, False, Missing),
    ({"error": "ERROR_CORE", "error_description": "Элемент не найден"}, 400, False, Missing),
    ({"error": "", "error_description": "Access denied"}, 400, False, Rejected),
    ({"error": "CRM_FIELD_ERROR_VALUE_NOT_VALID", "error_description": "«Стадия»"}, 400, False, Rejected),
    ({"error": 100, "error_description": "Expected iterable value"}, 400, False, Rejected),
    ({"error": 0, "error_description": "Argument is wrong"}, 400, False, Rejected),
]


@pytest.mark.parametrize(("body", "status", "safe", "kind"), ERRORS, ids=lambda v: str(v)[:40])
def test_each_code_says_what_happens_next(body, status, safe, kind):
    assert type(error_of(body, status, safe=safe)) is kind


@responses.activate
def test_a_used_up_bucket_makes_everybody_wait():
    portal(lambda *_: (503, {"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"}))
    made, limiter = connector()
    (outcome,) = made.write("contact", [Write("key", "7", {"name": "А"})])
    assert isinstance(outcome.error, Unavailable)
    assert limiter.penalties[-1][1] == "" and limiter.penalties[-1][0] > 0


@responses.activate
def test_a_method_that_has_used_its_run_time_waits_alone_until_the_portal_frees_it():
    free_at = NOW.timestamp() + 120

    def answer(method, body):
        if method == "profile":
            return 200, {"result": {"ID": "4"}, "time": TIME}
        if "crm.item.update" in str(body):
            return 200, ok({"result": [], "result_error": {k: {"error": "OPERATION_TIME_LIMIT"} for k in body["cmd"]}})
        return 200, {"result": {"items": []}, "time": TIME | {"operating": 470.0, "operating_reset_at": free_at, "finish": NOW.timestamp()}}

    portal(answer)
    made, limiter = connector()
    list(made.changes("contact", {}))
    assert limiter.penalties == [(120.0, "crm.item.list")]  # before the portal has to say no
    made.api._free_at["crm.item.update"] = free_at
    (outcome,) = made.write("contact", [Write("key", "7", {"name": "А"})])
    assert (type(outcome.error), outcome.error.retry_after) == (Unavailable, 120.0)
    assert limiter.penalties[-1] == (120.0, "crm.item.update")


@responses.activate
@pytest.mark.parametrize(("body", "status", "kind"), [("<html>502</html>", 502, Unknown), ("<html>техработы</html>", 200, Unknown), ('{"result":{"resu', 200, Unknown), ("<html>busy</html>", 503, Unavailable)])  # fmt: skip
def test_an_answer_that_is_no_answer_leaves_a_write_unknown(body, status, kind):
    responses.add(responses.POST, f"{REST}/1/hook-secret/profile.json", json=ok({"ID": "4"}))
    responses.add(responses.POST, f"{REST}/1/hook-secret/batch.json", body=body, status=status)
    outcomes = connector()[0].write("contact", [Write(f"k{i}", None, {"name": "А"}) for i in range(3)])
    assert [type(o.error) for o in outcomes] == [kind] * 3


# batches ----------------------------------------------------------------------------------------------


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


# what is sent -----------------------------------------------------------------------------------------


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


# events -----------------------------------------------------------------------------------------------


def event(name, token="app-token-1", **data):
    form = {"event": name, "ts": "1", "auth[application_token]": token} | {f"data{key}": value for key, value in data.items()}
    return WebhookRequest({}, urlencode(form).encode())


EVENTS = [
    ("ONCRMCONTACTUPDATE", {"[FIELDS][ID]": "82"}, [("contact", "82", "changed")]),
    ("onCrmContactDelete", {"[FIELDS][ID]": "82"}, [("contact", "82", "deleted")]),
    ("ONCRMDEALADD", {"[FIELDS][ID]": "5"}, [("deal", "5", "changed"), ("call_deal", "5", "changed")]),
    (
        "ONCRMDEALMOVETOCATEGORY",
        {"[FIELDS][ID]": "5", "[FIELDS][CATEGORY_ID]": "1"},
        [("deal", "5", "changed"), ("call_deal", "5", "changed")],
    ),
    ("ONVOXIMPLANTCALLEND", {"[CALL_ID]": "externalCall.a.1"}, [("call", "externalCall.a.1", "changed")]),
    ("ONCRMACTIVITYUPDATE", {"[FIELDS][ID]": "9"}, [("call", "act:9", "changed"), ("call_task", "9", "changed")]),
    ("ONCRMACTIVITYDELETE", {"[FIELDS][ID]": "9"}, [("call_task", "9", "deleted")]),
    ("ONAPPTEST", {}, []),
    ("ONCRMLEADADD", {"[FIELDS][ID]": "5"}, []),
    ("ONCRMDEALADD", {"[FIELDS][ID]": "5;DROP"}, []),
]


@pytest.mark.parametrize(("name", "data", "hints"), EVENTS, ids=lambda v: v if isinstance(v, str) else "")
def test_an_event_is_a_hint(name, data, hints):
    assert [(h.resource, h.id, h.event) for h in app()[0].receive(event(name, **data))] == hints


@pytest.mark.parametrize("token", ["", "other", "app-token-1 "])
def test_an_event_without_our_token_is_refused(token):
    with pytest.raises(WebhookRefused):
        app()[0].receive(event("ONCRMDEALADD", token, **{"[FIELDS][ID]": "5"}))


def test_without_a_configured_token_every_event_is_refused():
    with pytest.raises(WebhookRefused):
        connector()[0].receive(event("ONCRMDEALADD", "", **{"[FIELDS][ID]": "5"}))
