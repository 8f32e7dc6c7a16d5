"""The MoySklad connector against the stand-in over HTTP, and the meaning of the vendor's errors."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import requests
import responses

from connectors.contract import SystemSettings, WebhookRefused, WebhookRequest, Write
from connectors.errors import Missing, Rejected, Settled, Unauthorized, Unavailable, Unknown
from connectors.moysklad.api import Api, conditions
from connectors.moysklad.connector import Moysklad as Connector
from sandbox.frame.server import running
from sandbox.moysklad.app import PEOPLE, TOKEN, Moysklad, ui_twin
from tests.contract.given import Penalties

HOOK = "http://127.0.0.1:1/webhooks/sklad/secret"
KEY = "0d5d0a4e-77c1-4b7e-9a53-2d1b7a8f1f{:02d}"


def settings(url, **options):
    return SystemSettings("sklad", "moysklad", url, secrets={"token": TOKEN}, options={"public_url": "http://127.0.0.1:1", **options})


def now():
    return datetime.now(UTC)


class Account:
    """The stand-in, the hub's connector, and a user."""

    def __init__(self, app, url):
        self.app, self.url = app, url
        self.connector = Connector(settings(url), Penalties(), now)

    def user(self, method, path, body=None, **params):
        headers = {"Authorization": f"Bearer {PEOPLE}"}
        answer = requests.request(method, f"{self.url}/api/remap/1.2/entity/{path}", json=body, params=params, headers=headers, timeout=10)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def load(self, kind, rows):
        requests.post(f"{self.url}/_sandbox/load", json={kind: rows}, timeout=30)

    def faults(self, *rules):
        requests.post(f"{self.url}/_sandbox/faults", json=list(rules), timeout=5)

    def order(self, count=1, **more):
        agent = self.user("POST", "counterparty", {"name": "Анна"})
        goods = self.user("GET", "product")["rows"]
        rows = [{"quantity": 1, "price": 100.0 + n, "assortment": {"meta": goods[n % len(goods)]["meta"]}} for n in range(count)]
        firm = self.user("GET", "organization")["rows"][0]
        body = {"agent": {"meta": agent["meta"]}, "organization": {"meta": firm["meta"]}, "positions": rows}
        return self.user("POST", "customerorder", body | more)


@pytest.fixture
def account():
    app = Moysklad(weight=4, allow_loopback_webhooks=True)
    app.limits.enforce = False
    with running(app) as url:
        yield Account(app, url)


def body(code, parameter="", text="Ошибка"):
    return {"errors": [{"error": text, "code": code, "parameter": parameter}]}


@pytest.mark.parametrize(
    ("status", "said", "read", "write"),
    [
        pytest.param(400, body(2016, "name"), Rejected, Rejected, id="format"),
        pytest.param(401, body(1056), Unauthorized, Unauthorized, id="a wrong key"),
        pytest.param(403, body(1061), Unauthorized, Unauthorized, id="no API access"),
        pytest.param(403, body(1070), Unauthorized, Unauthorized, id="tariff"),
        pytest.param(403, body(1017), Rejected, Rejected, id="one right is missing: not a bad key"),
        pytest.param(404, body(1021), Missing, Missing, id="no such object"),
        pytest.param(404, None, Missing, Missing, id="no such object, without a word"),
        pytest.param(404, body(1002), Rejected, Rejected, id="no such path"),
        pytest.param(409, body(1028), Rejected, Rejected, id="in use"),
        pytest.param(412, body(3006, "name"), Rejected, Rejected, id="a number that is taken"),
        pytest.param(412, body(17009), Settled, Settled, id="closed period"),
        pytest.param(412, body(19000), Settled, Settled, id="closed shift"),
        pytest.param(413, body(1044), Rejected, Rejected, id="too large"),
        pytest.param(415, None, Rejected, Rejected, id="no gzip: empty"),
        pytest.param(412, body(1065), Unavailable, Unavailable, id="changed by somebody else at this moment"),
        pytest.param(500, body(1999), Unavailable, Unknown, id="their own error"),
        pytest.param(502, "<html>", Unavailable, Unknown, id="a gateway's page"),
        pytest.param(503, body(1074), Unavailable, Unavailable, id="maintenance is said at the door"),
        pytest.param(503, "<html>", Unavailable, Unknown, id="no service: verify before repeating"),
        pytest.param(504, body(1088), Unavailable, Unknown, id="too long"),
        pytest.param(200, "<html>", Unavailable, Unknown, id="a page with a good status"),
    ],
)
@responses.activate
def test_what_an_error_means(status, said, read, write, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    text = said if isinstance(said, str) else json.dumps(said) if said else ""
    address = "https://api.moysklad.ru/api/remap/1.2/entity/counterparty"
    responses.get(address, body=text, status=status)
    responses.post(address, body=text, status=status)
    api = Api(settings("https://api.moysklad.ru"), Penalties(), now)
    api.http.sleep = lambda _: None
    for expected, call in ((read, lambda: api.get("entity/counterparty")), (write, lambda: api.send("POST", "entity/counterparty", {}))):
        with pytest.raises(expected) as caught:
            call()
        assert type(caught.value) is expected


@pytest.mark.parametrize(
    ("headers", "code", "asked"),
    [
        pytest.param({"X-Lognex-Retry-After": "1410"}, 1049, 1.41, id="milliseconds"),
        pytest.param({"X-Lognex-Retry-TimeInterval": "3000"}, 1049, 3.0, id="the window, where the delay is not said"),
        pytest.param({}, 1049, 3.0, id="nothing said"),
        pytest.param({"X-Lognex-Auth": "429005"}, 1073, 0.3, id="too many at once: a short pause"),
    ],
)
@responses.activate
def test_429_is_a_penalty_for_everybody_and_then_the_call_goes_on(headers, code, asked):
    address = "https://api.moysklad.ru/api/remap/1.2/entity/counterparty"
    responses.get(address, json=body(code), status=429, headers=headers)
    responses.get(address, json={"rows": []})
    limiter = Penalties()
    api = Api(settings("https://api.moysklad.ru"), limiter, now)
    naps = []
    api.http.sleep = naps.append
    assert api.get("entity/counterparty") == {"rows": []}
    assert limiter.asked == [(pytest.approx(asked, abs=1e-3), "")] and naps[0] >= asked


@responses.activate
def test_too_many_wrong_keys_call_for_a_person():
    responses.get("https://api.moysklad.ru/api/remap/1.2/entity/counterparty", json=body(1048), status=429)
    with pytest.raises(Unauthorized):
        Api(settings("https://api.moysklad.ru"), Penalties(), now).get("entity/counterparty")


@pytest.mark.parametrize(("option", "weight"), [({}, 4.0), ({"token": "solution"}, 1.0), ({"token": "draft"}, 4.0), ({"token": "?"}, 4.0)])
def test_a_request_weighs_as_much_as_its_token_says_and_the_most_by_default(option, weight):
    assert Api(settings("https://api.moysklad.ru", **option), Penalties(), now).weight == weight


def test_conditions_fit_an_address_and_escape_what_separates_them():
    values = [f"{n};{'почта' * 20}@example.ru" for n in range(100)]
    pieces = conditions("email", values)
    assert len(pieces) > 1 and all(len(requests.utils.quote(piece)) < 7000 for piece in pieces)
    assert ";".join(pieces).replace("\\;", "").count(";") == 99


def test_a_sweep_sees_every_row_of_one_moment_and_resumes_from_any_page(account):
    account.load("counterparty", [{"name": str(n), "updated": "2026-01-01 00:00:00.000"} for n in range(250)])
    pages = list(account.connector.changes("counterparty", {}))
    assert len({o.id for page in pages for o in page.objects}) == 250
    rest = [o.id for page in account.connector.changes("counterparty", pages[0].cursor) for o in page.objects]
    assert {o.id for o in pages[0].objects} | set(rest) == {o.id for page in pages for o in page.objects}
    made = account.user("POST", "counterparty", {"name": "после"})
    later = [o.id for page in account.connector.changes("counterparty", pages[-1].cursor) for o in page.objects]
    assert made["id"] in later


def test_archived_people_are_there_and_only_deleted_ones_are_missing(account):
    kept, gone = (account.user("POST", "counterparty", {"name": name}) for name in ("а", "б"))
    account.user("PUT", f"counterparty/{kept['id']}", {"archived": True})
    account.user("DELETE", f"counterparty/{gone['id']}")
    assert [o.id for o in account.connector.fetch("counterparty", [kept["id"], gone["id"]])] == [kept["id"]]
    assert kept["id"] in {o.id for page in account.connector.changes("counterparty", {}) for o in page.objects}


def test_an_id_of_the_web_pages_leads_to_the_object(account):
    made = account.user("POST", "counterparty", {"name": "Анна"})
    assert [o.id for o in account.connector.fetch("counterparty", [ui_twin(made["id"])])] == [made["id"]]


def test_hundreds_of_addresses_are_found_in_pieces(account):
    account.load("counterparty", [{"name": str(n), "email": f"{'long' * 20}{n}@example.ru"} for n in range(120)])
    found = account.connector.find("counterparty", "email", [f"{'long' * 20}{n}@example.ru" for n in range(120)])
    assert len({o.id for o in found}) == 120


@pytest.mark.parametrize("typed", ["+79031234567", "79031234567", "89031234567"])
def test_a_phone_is_found_as_it_is_typed_without_spaces(account, typed):
    made = account.user("POST", "counterparty", {"name": "Анна", "phone": typed})
    account.user("POST", "counterparty", {"name": "Пётр", "phone": "89031234568"})
    assert [o.id for o in account.connector.find("counterparty", "phone", ["+79031234567", "+79261234567"])] == [made["id"]]


def test_a_long_order_shows_all_its_lines(account):
    made = account.order(130)
    for shown in (account.connector.fetch("customerorder", [made["id"]]), next(account.connector.changes("customerorder", {})).objects):
        assert len(shown[0].data["positions"]["rows"]) == 130


def test_objects_show_names_and_never_the_integration_as_responsible(account):
    made = account.order()
    (shown,) = account.connector.fetch("customerorder", [made["id"]])
    assert (shown.data["state"]["name"], shown.data["organization"]["name"], shown.data["owner"]["name"]) == (
        "Новый",
        "ООО Лавка",
        "Анна Ильина",
    )
    (outcome,) = account.connector.write("counterparty", [Write(KEY.format(1), None, {"name": "Пётр", "companyType": "individual"})])
    assert "owner" not in outcome.remote.data


def test_bad_items_do_not_stop_the_good_ones_and_name_their_field(account):
    agent = account.user("POST", "counterparty", {"name": "Анна"})
    href = {"meta": {"href": agent["meta"]["href"].replace(account.url, "https://api.moysklad.ru")}}
    writes = [
        Write(KEY.format(1), None, {"name": "А", "email": "не почта"}),
        Write(KEY.format(2), None, {"name": "Б"}),
        Write(KEY.format(3), None, {"name": "В", "attributes": [{"name": "Бонусы", "value": "много"}]}),
        Write(KEY.format(4), None, {"name": "Г", "attributes": [{"name": "Нет такого поля", "value": "x"}]}),
        Write(KEY.format(5), "00000000-0000-4000-8000-000000000000", {"name": "Д"}),
    ]
    first, second, third, fourth, fifth = account.connector.write("counterparty", writes)
    assert (type(first.error), first.error.code, first.error.field) == (Rejected, "3015", "email")
    assert second.remote.data["externalCode"] == KEY.format(2)
    assert (third.error.code, third.error.field) == ("14003", "attributes[name='Бонусы'].value")
    assert fourth.remote is not None  # a field that the account does not have is not held there
    assert type(fifth.error) is Missing
    unknown = {"agent": href, "state": {"name": "Нет такого"}}
    (outcome,) = account.connector.write("customerorder", [Write(KEY.format(6), None, unknown)])
    assert (type(outcome.error), outcome.error.field) == (Rejected, "state.name")


def test_a_repeated_create_makes_nothing_twice(account):
    write = Write(KEY.format(1), None, {"name": "Анна", "companyType": "individual"})
    (first,), (second,) = (account.connector.write("counterparty", [write]) for _ in range(2))
    assert first.remote.id == second.remote.id
    assert [o.id for o in account.connector.find_created("counterparty", [write])] == [first.remote.id]


def test_an_update_is_partial_and_lines_keep_what_nobody_names(account):
    made = account.order(2, description="было")
    rows = account.user("GET", f"customerorder/{made['id']}/positions")["rows"]
    account.user("PUT", f"customerorder/{made['id']}/positions/{rows[0]['id']}", {"reserve": 1.0, "trackingCodes": [{"cis": "01"}]})
    (held,) = account.connector.fetch("customerorder", [made["id"]])
    named = {name: rows[0][name] for name in ("id", "assortment", "price", "discount")}
    wanted = [{**named, "quantity": 3}]  # the second line goes
    (outcome,) = account.connector.write("customerorder", [Write("k", made["id"], {"positions": {"rows": wanted}}, held.data)])
    (line,) = outcome.remote.data["positions"]["rows"]
    assert (line["id"], line["quantity"], line["reserve"], line["trackingCodes"]) == (rows[0]["id"], 3.0, 1.0, [{"cis": "01"}])
    assert outcome.remote.data["description"] == "было"


def test_parts_of_an_address_that_are_not_written_stay(account):
    made = account.user("POST", "counterparty", {"name": "Анна", "actualAddressFull": {"city": "Уфа", "house": "5", "apartment": "7"}})
    account.connector.write("counterparty", [Write("k", made["id"], {"actualAddressFull": {"city": "Казань"}}, {})])
    assert account.user("GET", f"counterparty/{made['id']}")["actualAddressFull"] == {"city": "Казань", "house": "5", "apartment": "7"}


def test_an_array_that_is_too_large_is_sent_in_halves(account, monkeypatch):
    sent, send = [], account.connector.api.send

    def small(method, path, body, params=None):
        sent.append(len(body))
        if len(body) > 3:
            raise Rejected("too large", code="1044")
        return send(method, path, body, params)

    monkeypatch.setattr(account.connector.api, "send", small)
    outcomes = account.connector.write("counterparty", [Write(KEY.format(n), None, {"name": str(n)}) for n in range(5)])
    assert [o.remote.data["name"] for o in outcomes] == ["0", "1", "2", "3", "4"] and sent == [5, 2, 3]


def test_a_call_that_fails_is_the_outcome_of_each_of_its_items(account):
    account.faults({"kind": "reset_after", "match": "POST"})
    outcomes = account.connector.write("counterparty", [Write(KEY.format(n), None, {"name": str(n)}) for n in range(3)])
    assert [type(o.error) for o in outcomes] == [Unknown] * 3


def test_subscriptions_are_made_once_repaired_and_those_of_others_left(account):
    other = account.user("POST", "webhook", {"url": "https://other.example.ru/x", "action": "CREATE", "entityType": "counterparty"})
    old = account.user("POST", "webhook", {"url": HOOK + "-old", "action": "CREATE", "entityType": "counterparty"})
    assert len(account.connector.subscribe(HOOK).repaired) == 15
    assert account.connector.subscribe(HOOK).repaired == ()
    rows = {row["id"]: row for row in account.user("GET", "webhook")["rows"]}
    assert other["id"] in rows and old["id"] not in rows
    broken = next(row for row in rows.values() if row["url"] == HOOK and row["action"] == "UPDATE" and row["entityType"] == "customerorder")
    account.user("PUT", f"webhook/{broken['id']}", {"enabled": False})
    assert account.connector.subscribe(HOOK).repaired == ("customerorder UPDATE",)


def test_our_own_writes_call_no_webhook_of_ours(account):
    account.connector.subscribe(HOOK)
    calls = []
    account.app.hooks._deliver = lambda url, body: calls.append(url)
    (made,) = account.connector.write("counterparty", [Write(KEY.format(1), None, {"name": "Анна", "companyType": "individual"})])
    account.app.hooks.drain()
    assert calls == []
    account.user("PUT", f"counterparty/{made.remote.id}", {"phone": "1"})
    account.app.hooks.drain()
    assert [url.split("?")[0] for url in calls] == [HOOK]


EVENT = {
    "meta": {"type": "customerorder", "href": "https://online.moysklad.ru/api/remap/1.2/entity/customerorder/1b7a"},
    "action": "UPDATE",
}


def test_a_webhook_is_only_a_word_whatever_host_it_names(account):
    request = WebhookRequest({}, json.dumps({"events": [EVENT, EVENT | {"action": "DELETE"}]}).encode(), {"requestId": "c81f"})
    assert [(h.resource, h.id, h.event) for h in account.connector.receive(request)] == [
        ("customerorder", "1b7a", "changed"), ("customerorder", "1b7a", "deleted")
    ]  # fmt: skip


@pytest.mark.parametrize("query", [{}, {"requestId": "c81f"}], ids=["no request id", "no events"])
def test_a_webhook_of_another_shape_is_refused(account, query):
    with pytest.raises(WebhookRefused):
        account.connector.receive(WebhookRequest({}, b'{"events": "x"}' if query else json.dumps({"events": [EVENT]}).encode(), query))


def test_a_check_tells_of_key_rights_webhooks_services_and_clock(account):
    account.connector.subscribe(HOOK)
    hook = next(row for row in account.user("GET", "webhook")["rows"])
    account.user("PUT", f"webhook/{hook['id']}", {"enabled": False})
    service = next(row for row in account.user("GET", "service")["rows"] if row["code"] == "DELIVERY")
    account.user("DELETE", f"service/{service['id']}")
    account.app.offset = 7200.0
    health = Connector(settings(account.url), Penalties(), now).check()
    found = {f.name: f for f in health.findings}
    assert found["key"].ok and "sverka@sandbox" in found["key"].en and found["entity/customerorder"].ok
    assert not found["webhooks"].ok and "switched off: " in found["webhooks"].en
    assert not found["services"].ok and "DELIVERY" in found["services"].fix_en
    assert not found["clock"].ok and abs(health.clock_skew - 7200) < 3 and not health.ok
    assert "2 h ahead" in found["clock"].en and not found["zone"].ok and "Europe/Moscow" in found["zone"].fix_en


def test_a_check_with_a_wrong_key_says_what_to_do(account):
    wrong = SystemSettings("sklad", "moysklad", account.url, secrets={"token": "other"})
    health = Connector(wrong, Penalties(), now).check()
    assert [f.name for f in health.findings][:1] == ["key"] and not health.ok and "токен" in health.findings[0].fix_ru


def test_the_catalogue_has_the_accounts_own_fields_and_the_directories_its_lists(account):
    paths = {f.path: f for f in account.connector.fields("counterparty")}
    assert paths["attributes[name='Магазин'].value.name"].type == "store" and not paths["bonusPoints"].writable
    assert [v.value for v in account.connector.directory("store")] == ["Уфа, Ленина 10", "Уфа, Мега"]
    assert {v.value for v in account.connector.directory("channel")} == {"Интернет-магазин", "Розница"}
    assert [v.value for v in account.connector.directory("order_status")][:2] == ["Новый", "Подтверждён"]
    assert "noCashSum" in {v.value for v in account.connector.directory("payment_kind")} and account.connector.directory("none") == []
