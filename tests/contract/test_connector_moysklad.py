"""What is MoySklad's own in its connector, against the stand-in over HTTP; what every connector does: test_suite_moysklad.py."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import requests
import responses

from connectors.contract import SystemSettings, WebhookRequest, WebhookUnreadable, Write
from connectors.errors import Rejected, Unknown
from connectors.moysklad.api import Api, conditions
from connectors.moysklad.connector import Moysklad as Connector
from sandbox.frame.server import running
from sandbox.moysklad.app import PEOPLE, TOKEN, Moysklad, ui_twin
from tests.contract.given import Penalties

SECRET = "hook-secret"
HOOK = f"http://127.0.0.1:1/webhooks/sklad/{SECRET}"
KEY = "0d5d0a4e-77c1-4b7e-9a53-2d1b7a8f1f{:02d}"


def settings(url, **options):
    options = {"public_url": "http://127.0.0.1:1", **options}
    return SystemSettings("sklad", "moysklad", url, secrets={"token": TOKEN}, options=options, webhook_secret=SECRET)


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


def body(code):
    return {"errors": [{"error": "Ошибка", "code": code}]}


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


def test_a_refused_item_names_its_field_and_a_field_that_the_account_lacks_is_left(account):
    writes = [
        Write(KEY.format(1), None, {"name": "А", "email": "не почта"}),
        Write(KEY.format(2), None, {"name": "В", "attributes": [{"name": "Бонусы", "value": "много"}]}),
        Write(KEY.format(3), None, {"name": "Г", "attributes": [{"name": "Нет такого поля", "value": "x"}]}),
    ]
    first, second, third = account.connector.write("counterparty", writes)
    assert (first.error.code, first.error.field) == ("3015", "email")
    assert (second.error.code, second.error.field) == ("14003", "attributes[name='Бонусы'].value")
    assert third.remote.data["externalCode"] == KEY.format(3)
    unknown = {"agent": third.remote.data["meta"], "state": {"name": "Нет такого"}}
    (outcome,) = account.connector.write("customerorder", [Write(KEY.format(4), None, unknown)])
    assert (type(outcome.error), outcome.error.field) == (Rejected, "state.name")


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


def test_an_old_subscription_that_somebody_removed_at_this_moment_hinders_nothing(account):
    account.user("POST", "webhook", {"url": HOOK + "-old", "action": "CREATE", "entityType": "counterparty"})
    gone = json.dumps({"errors": [{"error": "Нет такого вебхука", "code": 1021}]})
    account.faults({"kind": "error", "match": "DELETE .*/webhook/", "status": 404, "body": gone, "type": "application/json"})
    assert len(account.connector.subscribe(HOOK).repaired) == 15


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
    events = json.dumps({"events": [EVENT, EVENT | {"action": "DELETE"}]}).encode()
    hints = account.connector.receive(WebhookRequest({}, events, {"requestId": "c81f"}, SECRET))
    assert [(h.resource, h.id, h.event) for h in hints] == [
        ("customerorder", "1b7a", "changed"), ("customerorder", "1b7a", "deleted")
    ]  # fmt: skip


@pytest.mark.parametrize("query", [{}, {"requestId": "c81f"}], ids=["no request id", "no events"])
def test_a_webhook_of_another_shape_is_refused(account, query):
    told = b'{"events": "x"}' if query else json.dumps({"events": [EVENT]}).encode()
    with pytest.raises(WebhookUnreadable):
        account.connector.receive(WebhookRequest({}, told, query, SECRET))


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
