"""The CDEK connector: the contract suite over its stand-in, and what is this vendor's alone."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count

import pytest
import requests

from connectors import cdek as package
from connectors.cdek import states, webhook
from connectors.cdek.connector import Cdek as Connector
from connectors.cdek.manifest import MANIFEST
from connectors.contract import Hint, SystemSettings, WebhookRefused, WebhookRequest, WebhookUnreadable, Write
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable
from connectors.kit import Stand, Suite
from connectors.kit.frame import HOOK, Counting
from connectors.limiter import LocalLimiter
from sandbox.cdek.app import ACCOUNT, SECURE, Cdek
from sandbox.frame.server import running

SECRETS = {"client_id": ACCOUNT, "client_secret": SECURE}
NOBODY = "0d5f3c1e-77aa-4d57-8c35-5b8b0f6b1c10"
OURS = "https://hub.example.ru/webhooks/cdek/"


class Carrier(Stand):
    """The stand-in, the shop's module that makes parcels, and the carrier that moves them."""

    def __init__(self, url: str, app: Cdek) -> None:
        super().__init__(url)
        self.app, self.numbers = app, count(1)

    def control(self, what, **body):
        answer = requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5)
        answer.raise_for_status()
        return answer.json()

    def add(self, resource):
        return self.control("parcel", number=f"A-{next(self.numbers)}")["uuid"]

    def webhook(self, resource, ident):
        body = {"type": "ORDER_STATUS", "uuid": ident, "attributes": {"code": "DELIVERED", "number": "A-1"}}
        return WebhookRequest({}, json.dumps(body).encode(), {}, HOOK)

    def forged(self, request):
        return replace(request, secret_part="another")


@pytest.fixture
def carrier():
    app = Cdek(allow_loopback_webhooks=True)
    with running(app) as url:
        yield Carrier(url, app)


def made(carrier, limiter=None, **secrets):
    settings = SystemSettings("cdek", "cdek", carrier.url, "UTC", {**SECRETS, **secrets}, {}, HOOK)
    connector = Connector(settings, limiter or Counting())
    connector.api.http.sleep = lambda _: None
    return connector


class TestCdek(Suite):
    package = package
    secrets = SECRETS

    @pytest.fixture
    def stand(self, carrier):
        return carrier

    test_every_answer_of_the_vendor_has_its_meaning = None  # no list is read to meet answers by: `test_what_an_answer_means` stands for it


def said(code, message="Ошибка"):
    return json.dumps({"requests": [{"type": "GET", "state": "INVALID", "errors": [{"code": code, "message": message}]}]})


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, said("v2_bad_request"), Rejected),
        (400, json.dumps({"errors": [{"code": "v2_invalid_format", "message": "нет"}]}), Rejected),
        (403, said("v2_entity_forbidden"), Rejected),
        (400, said("v2_similar_request_still_processed"), Unavailable),
        (500, said("v2_internal_error"), Unavailable),
        (400, said("v2_internal_error"), Unavailable),
        (429, "", Unavailable),
        (502, "<html>", Unavailable),
        (200, "<html>", Unavailable),
        (401, said("v2_token_expired"), Unauthorized),
    ],
)
def test_what_an_answer_means(carrier, status, body, expected):
    connector = made(carrier)
    connector.api.token()
    carrier.faults({"kind": "error", "status": status, "body": body, "match": "GET "})
    with pytest.raises(expected) as caught:
        connector.fetch("orders", [NOBODY])
    assert isinstance(caught.value, expected) and SECURE not in str(caught.value)


@pytest.mark.parametrize("code", ["v2_entity_not_found", "v2_order_not_found", ""])
def test_a_parcel_that_is_not_there_is_missing(carrier, code):
    connector = made(carrier)
    connector.api.token()
    carrier.faults({"kind": "error", "status": 404 if not code else 400, "body": said(code) if code else "{}", "match": "GET "})
    assert connector.fetch("orders", [NOBODY]) == []
    with pytest.raises(Missing):
        connector.api.get(f"orders/{NOBODY}")


def test_a_token_is_asked_for_once_and_anew_when_it_is_refused(carrier):
    connector, ident = made(carrier), carrier.add("orders")
    for _ in range(3):
        assert connector.fetch("orders", [ident])
    assert carrier.app.requests == 4
    carrier.control("tokens")
    assert connector.fetch("orders", [ident]) and carrier.app.requests == 7
    with pytest.raises(Unauthorized) as caught:
        made(carrier, client_secret="wrong-secret-9").fetch("orders", [ident])
    assert "wrong-secret-9" not in str(caught.value)


def test_what_is_no_id_of_a_parcel_is_not_asked_for(carrier):
    assert made(carrier).fetch("orders", ["A-1007", "нет", "../webhooks"]) == [] and carrier.app.requests == 0


def test_a_limit_of_five_in_a_second_is_kept_and_nothing_is_refused(carrier):
    carrier.control("limits", per_second=5)
    connector = made(carrier, LocalLimiter(MANIFEST.limits))
    for _ in range(6):
        connector.fetch("orders", [NOBODY])
    counters = requests.get(f"{carrier.url}/_sandbox/counters", timeout=5).json()
    assert (counters["refused"], counters["requests"]) == (0, 7)


def test_a_parcel_is_where_its_newest_standing_status_says(carrier):
    ident = carrier.add("orders")
    connector = made(carrier)
    for n, code in enumerate(["RECEIVED_AT_SENDER_WAREHOUSE", "ACCEPTED_AT_PICK_UP_POINT", "DELIVERED"], 1):
        carrier.control("clock", offset=n * 60)
        carrier.control("move", uuid=ident, code=code)
    carrier.control("move", uuid=ident, code="DELIVERED", withdrawn=True)
    (one,) = connector.fetch("orders", [ident])
    assert (one.data["state"], one.data["status"], one.data["delivered"]) == ("ACCEPTED_AT_PICK_UP_POINT", "ready", "")
    assert (one.data["number"], one.data["cdek_number"], one.data["is_return"]) == ("A-1", "1520000001", False)
    assert "Орлова" not in str(one.data)


def test_both_families_of_codes_are_known_and_a_new_one_is_shown(carrier):
    assert {states.word(code) for code in ("MET_AT_RECIPIENT_OFFICE", "ACCEPTED_IN_RECIPIENT_CITY")} == {"arrived"}
    assert {states.word(code) for code in ("ISSUED_FOR_DELIVERY", "TAKEN_BY_COURIER")} == {"courier"}
    assert states.word("CARRIED_BY_DRONE") == "carried_by_drone"
    assert states.iso("2026-03-04T12:20:11+0300") == "2026-03-04T09:20:11" and states.iso("soon") == ""


def test_what_the_recipient_paid_is_told_by_kind_to_the_kopeck(carrier):
    ident = carrier.add("orders")
    detail = {
        "total_sum": 1490.1,
        "payment_info": [{"type": "CARD", "sum": 1000.1}, {"type": "CASH", "sum": 490}, {"type": "CASH", "sum": 0}],
    }
    carrier.control("move", uuid=ident, code="DELIVERED", detail=detail)
    (one,) = made(carrier).fetch("orders", [ident])
    assert [(row["kind"], row["amount"], row["id"]) for row in one.data["payments"]] == [
        ("card", "1000.10", f"{ident}-1"),
        ("cash", "490.00", f"{ident}-2"),
    ]


def test_an_accepted_order_may_be_wrong_and_one_is_found_by_the_shops_number(carrier):
    connector = made(carrier)
    body = {"tariff_code": 136, "number": "A-9", "shipment_point": "UFA1", "recipient": {"name": "Анна"}}
    wrong = connector.api.send("POST", "orders", body)["entity"]["uuid"]
    carrier.control("clock", offset=10)
    (one,) = connector.fetch("orders", [wrong])
    assert (one.data["state"], one.data["cdek_number"]) == ("INVALID", "")
    assert [one.id for one in connector.find("orders", "number", ["A-9", "нет"])] == [wrong] and connector.find(
        "orders", "phone", ["1"]
    ) == []


def test_nothing_is_ever_written(carrier):
    (outcome,) = made(carrier).write("orders", [Write("rec-1", None, {})])
    assert isinstance(outcome.error, Rejected) and carrier.app.requests == 0


def test_an_address_of_another_program_stays_and_ours_is_renewed(carrier):
    connector = made(carrier)
    assert connector.subscribe(f"{OURS}one").repaired == ("ORDER_STATUS",)
    assert connector.subscribe(f"{OURS}one").repaired == () and len(carrier.app.hooks.held) == 1
    assert connector.subscribe(f"{OURS}two").repaired and carrier.app.hooks.held["ORDER_STATUS"]["url"] == f"{OURS}two"
    carrier.app.hooks.held["ORDER_STATUS"]["url"] = "https://other.example.ru/in"
    assert connector.subscribe(f"{OURS}two").active == () and carrier.app.hooks.held["ORDER_STATUS"]["url"] == "https://other.example.ru/in"
    finding = next(one for one in connector.check().findings if one.name == "webhooks")
    assert finding.warn and "other.example.ru" in finding.en and finding.fix_ru


@pytest.mark.parametrize(
    ("body", "hints"),
    [
        ({"type": "ORDER_STATUS", "uuid": NOBODY}, [Hint("orders", NOBODY)]),
        ({"type": "ORDER_MODIFIED", "uuid": NOBODY}, [Hint("orders", NOBODY)]),
        ({"type": "DELIV_PROBLEM", "attributes": {"cdek_number": 15}}, []),
        ({"type": "PRINT_FORM", "uuid": NOBODY}, []),
        ([], []),
    ],
)
def test_what_a_webhook_says(body, hints):
    assert webhook.receive(WebhookRequest({}, json.dumps(body).encode(), {}, HOOK), HOOK) == hints


def test_what_cannot_be_read_or_does_not_know_the_address_is_refused():
    for body in (b"{", b'{"type": "ORDER_STATUS"}'):
        with pytest.raises(WebhookUnreadable):
            webhook.receive(WebhookRequest({}, body, {}, HOOK), HOOK)
    for part, secret in (("", ""), ("other", HOOK)):
        with pytest.raises(WebhookRefused):
            webhook.receive(WebhookRequest({}, b"{}", {}, part), secret)


def test_a_check_tells_of_keys_webhooks_and_clock(carrier):
    assert {one.name: one.ok for one in made(carrier).check().findings}["key"]
    carrier.control("clock", offset=4000)
    assert made(carrier).check().clock_skew == pytest.approx(4000, abs=2)
