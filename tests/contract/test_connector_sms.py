"""The contract suite over the stand-in of SMS Aero, its mappings, and what is its own: states that go on, a list without a time of change, reports that
prove nothing, a stop list."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

import connectors.sms as package
import mappings
from connectors.contract import SystemSettings, WebhookRefused, WebhookRequest, WebhookUnreadable, Write
from connectors.errors import Rejected, Unauthorized, Unavailable, Unknown
from connectors.kit import Answer, Stand, Suite
from connectors.kit.stand import MemoryTokens
from connectors.limiter import LocalLimiter
from connectors.sms.catalogue import STATIC
from connectors.sms.shape import state_of
from hub.config.declared import world
from mappings.examples import run_examples
from sandbox.frame.server import running
from sandbox.sms.app import KEY, LOGIN, Sms

FOLDER = Path(mappings.__file__).parent / "sms"
SECRET = "hook-secret-1"


class Shop(Stand):
    """The stand-in, whoever sends through it, and what the hub would write."""

    def __init__(self, url: str, app: Sms) -> None:
        super().__init__(f"{url}")
        self.app, self.numbers = app, count(1_000_001)

    def faults(self, *rules):
        import requests

        requests.post(f"{self.url.removesuffix('/v2')}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    def _seen(self):
        import requests

        return int(requests.get(f"{self.url.removesuffix('/v2')}/_sandbox/faults", timeout=5).json().get("latency", 0))

    def phone(self):
        return f"7903{next(self.numbers)}"

    def add(self, resource):
        cabinet = self.app.cabinet
        if resource == "message":
            return str(cabinet.send(self.phone(), "Заказ готов", "SHOP").id)
        number = self.phone()
        cabinet.stops[cabinet.next()] = number
        return number

    def edit(self, resource, ident):
        if resource == "message":
            self.app.cabinet.messages[int(ident)].status = 1

    def count(self, resource):
        return len(self.app.cabinet.messages if resource == "message" else self.app.cabinet.stops)

    def create(self, resource):
        return {"number": self.phone(), "refused": True}

    def update(self, resource):
        return {"refused": False}

    def refused(self, resource):
        return {"number": "12", "refused": True}

    def keys(self, resource, data):
        return {"phone": data["number"]}

    def webhook(self, resource, ident):
        return WebhookRequest({}, f"id={ident}&status=1&extendStatus=delivery".encode(), {}, SECRET)

    def forged(self, request):
        return replace(request, secret_part="guessed")


class TestSms(Suite):
    package = package
    secrets = {"login": LOGIN, "api_key": KEY}
    many = 60
    writes = r"blacklist/(add|delete)"
    answers = (
        Answer(401, '{"success": false, "data": null, "message": "Your request was made with invalid credentials."}', Unauthorized, Unauthorized),
        Answer(400, '{"success": false, "data": {"number": ["Неверный номер"]}, "message": "Validation error."}', Rejected, Rejected),
        Answer(200, '{"result": "reject", "reason": "number"}', Rejected, Rejected),
        Answer(200, '{"result": "no credits"}', Rejected, Rejected),
        Answer(200, "[]", Unavailable, Unknown),
        Answer(404, '{"success": false, "message": "Not found"}', Rejected, Rejected),
        Answer(429, '{"success": false, "message": "Too many requests"}', Unavailable, Unavailable),
        Answer(500, "", Unavailable, Unknown),
        Answer(503, "<html>", Unavailable, Unknown),
    )  # fmt: skip

    @pytest.fixture
    def stand(self):
        app = Sms()
        with running(app) as url:
            yield Shop(f"{url}/v2", app)


def test_the_mappings_fit_the_catalogue_and_read_their_examples():
    around = world(None)
    known = replace(around, connectors=around.connectors | {"sms"}, catalogues={**around.catalogues, "sms": STATIC})
    errors = mappings.lint([FOLDER], known)
    assert not errors, "\n".join(map(str, errors))
    for one in mappings.load([FOLDER]).all:
        assert one.fields and one.examples and run_examples(one) == []


@pytest.fixture
def shop():
    app = Sms()
    with running(app) as url:
        made = Shop(f"{url}/v2", app)
        settings = SystemSettings("sms", "sms", made.url, "UTC", {"login": LOGIN, "api_key": KEY}, {}, SECRET)
        made.connector = package.create(settings, LocalLimiter(()), MemoryTokens(), lambda: datetime.fromtimestamp(app.cabinet.now(), UTC))
        yield made


def read(shop, cursor=None):
    pages = list(shop.connector.changes("message", json.loads(json.dumps(cursor or {}))))
    return {one.id: one.data for page in pages for one in page.objects}, dict(pages[-1].cursor), len(pages)


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({"status": 0, "extendStatus": "queue"}, "queued"),
        ({"status": 1, "extendStatus": "delivery"}, "delivered"),
        ({"status": "1", "extendStatus": "delivered"}, "delivered"),
        ({"status": 2}, "failed"),
        ({"status": 3, "extendStatus": "reject"}, "blocked"),  # the word decides where papers disagree about the number
        ({"status": 3, "extendStatus": "send"}, "sent"),
        ({"status": 3}, "sent"),
        ({"status": 8, "extendStatus": "moderation"}, "queued"),
        ({"status": 6}, "blocked"),
        ({"status": 77, "extendStatus": "lost in space"}, None),
        ({}, None),
    ],
)
def test_what_a_state_means(row, state):
    assert state_of(row) == state


def test_a_message_is_the_same_by_list_and_by_id_though_types_differ(shop):
    """``number`` and ``cost`` change type between methods."""
    made = shop.app.cabinet.send("79031234567", "Заказ готов", "SHOP")
    listed, _, _ = read(shop)
    (fetched,) = shop.connector.fetch("message", [str(made.id)])
    assert listed[str(made.id)] == fetched.data
    assert (fetched.data["number"], fetched.data["cost"], fetched.data["by"]) == ("79031234567", "5.49", "sms")
    assert "text" not in fetched.data, "it may be a code"


def test_what_became_of_a_message_is_seen_an_hour_later_and_once_more_after_a_day(shop):
    one = shop.app.cabinet.send("79031234567", "Заказ готов", "SHOP")
    _, cursor, _ = read(shop)
    for _ in range(120):
        shop.app.cabinet.send("79031234568", "Скидки", "SHOP")
    shop.app.offset += 3 * 3600
    later = shop.app.cabinet.send("79031234569", "Скидки", "SHOP")
    one.status = 1
    found, cursor, _ = read(shop, cursor)
    assert found[str(one.id)]["state"] == "delivered", "the hour since the last look back is over"
    assert str(later.id) in found
    one.status = 2
    found, cursor, pages = read(shop, cursor)
    assert str(one.id) not in found and pages == 1, "older than an hour, and it is not time for another look back"
    shop.app.offset += 3600
    found, _, _ = read(shop, cursor)
    assert found[str(one.id)]["state"] == "failed"


def test_a_list_in_another_order_is_read_to_its_end(shop):
    shop.app.messages = lambda said, old=shop.app.messages: _turned(shop.app)
    first = shop.app.cabinet.send("79031234567", "Заказ готов", "SHOP")
    _, cursor, _ = read(shop)
    shop.app.offset += 40 * 3600
    last = shop.app.cabinet.send("79031234567", "Заказ готов", "SHOP")
    assert {str(first.id), str(last.id)} <= read(shop, cursor)[0].keys()


def _turned(app):
    rows = [one.told() for one in sorted(app.cabinet.messages.values(), key=lambda one: one.id)]
    return {str(n): row for n, row in enumerate(rows)} | {"links": {"self": "/v2/sms/list?page=1"}, "totalCount": str(len(rows))}


@pytest.mark.parametrize(
    "nothing", [[], {"links": {}, "totalCount": "0"}, None, {"links": {"next": "/v2/sms/list?page=2"}, "totalCount": "0"}]
)
def test_a_list_of_nothing_has_several_forms(shop, nothing):
    shop.app.messages = lambda said: nothing
    assert read(shop)[0] == {}


def test_what_the_gateway_does_not_know_any_more_is_left_out(shop):
    assert shop.connector.fetch("message", ["424242", "x"]) == []


@pytest.mark.parametrize("body", [b"id=90412233&status=1&number=79031234567", b'{"id": 90412233, "status": 1}', b'{"id": "90412233"}'])
def test_a_report_only_names_a_message(shop, body):
    (hint,) = shop.connector.receive(WebhookRequest({}, body, {}, SECRET))
    assert (hint.resource, hint.id, hint.fact) == ("message", "90412233", None)


@pytest.mark.parametrize("body", [b"", b"status=1", b"id=&status=1", b'{"status": 1}', b"{", b"[7]", b"\xff\xfe"])
def test_a_report_that_names_none_is_unreadable(shop, body):
    with pytest.raises(WebhookUnreadable):
        shop.connector.receive(WebhookRequest({}, body, {}, SECRET))


def test_a_report_elsewhere_is_refused(shop):
    with pytest.raises(WebhookRefused):
        shop.connector.receive(WebhookRequest({}, b"id=1", {}, "guessed"))


def test_a_no_stands_on_the_list_once_and_a_yes_takes_it_off(shop):
    (made,) = shop.connector.write("stop", [Write("rec-1", None, {"number": "+79031234567", "refused": True})])
    assert made.remote is not None and made.remote.id == "79031234567"
    for _ in range(2):
        (again,) = shop.connector.write("stop", [Write("rec-1", "79031234567", {"refused": True})])
        assert again.error is None
    assert list(shop.app.cabinet.stops.values()) == ["79031234567"]
    (gone,) = shop.connector.write("stop", [Write("rec-1", "79031234567", {"refused": False})])
    assert gone.remote is not None and gone.remote.data["refused"] is False and not shop.app.cabinet.stops
    (back,) = shop.connector.write("stop", [Write("rec-1", "79031234567", {"refused": True})])
    assert back.error is None and list(shop.app.cabinet.stops.values()) == ["79031234567"], "a phone is never gone for good"


def test_an_entry_never_becomes_another_phones(shop):
    (outcome,) = shop.connector.write("stop", [Write("rec-1", "79031234567", {"number": "79261112233"})])
    assert isinstance(outcome.error, Rejected) and outcome.error.field == "number" and not shop.app.cabinet.stops


def test_the_hub_sends_nothing(shop):
    assert shop.connector.manifest.resources["message"].operations == {}
    shop.connector.check()
    assert shop.app.cabinet.effects == {}


def test_a_check_tells_of_money(shop):
    shop.app.cabinet.balance = 0.0
    (money,) = [finding for finding in shop.connector.check().findings if finding.name == "money"]
    assert money.warn and "Баланс" in money.fix_ru
