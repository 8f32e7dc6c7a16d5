"""The CloudPayments connector: the contract suite over its stand-in, and what is this vendor's alone."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from urllib.parse import urlencode

import pytest
import requests

from connectors import cloudpayments as package
from connectors.cloudpayments import shape, webhook
from connectors.cloudpayments.connector import Cloudpayments as Connector
from connectors.cloudpayments.manifest import MANIFEST, REFUNDS
from connectors.contract import Hint, SystemSettings, WebhookRefused, WebhookRequest, WebhookUnreadable, Write
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable
from connectors.kit import Answer, Stand, Suite
from connectors.limiter import LocalLimiter
from sandbox.cloudpayments.app import PUBLIC_ID, SECRET, Cloudpayments
from sandbox.cloudpayments.notify import fields
from sandbox.frame.server import running

REFUSAL = '{"Success": false, "Message": "Invalid Amount Value", "Model": null}'
BODY = b"TransactionId=70410901&Amount=1490.00&Currency=RUB&DateTime=2026-03-04%2009%3A15%3A02&InvoiceId=A-1007"


class Site(Stand):
    """The stand-in, a buyer, and a person in the cabinet."""

    def __init__(self, url: str, app: Cloudpayments) -> None:
        super().__init__(url)
        self.app, self.terminal, self.numbers = app, app.terminal, count(1)

    def add(self, resource):
        paid = self.terminal.pay(f"A-{next(self.numbers)}", Decimal("1490.00"), status="Completed" if resource == REFUNDS else "Authorized")
        return str(self.terminal.refund(paid.number, Decimal("590.00")).number if resource == REFUNDS else paid.number)

    def edit(self, resource, ident):
        if resource != REFUNDS:  # a refund never changes, and is read again within the overlap
            self.terminal.confirm(int(ident), Decimal("1490.00"))

    def webhook(self, resource, ident):
        body = urlencode(fields("pay", self.terminal.all[int(ident)])).encode()
        return WebhookRequest(self.app.notifier.signed(body), body, {"kind": "refund" if resource == REFUNDS else "pay"})

    def forged(self, request):
        return replace(request, body=request.body.replace(b"1490.00", b"14.90").replace(b"590.00", b"5.90"))


@pytest.fixture
def site():
    app = Cloudpayments(allow_loopback_webhooks=True)
    with running(app) as url:
        yield Site(url, app)


class TestCloudpayments(Suite):
    package = package
    secrets = {"public_id": PUBLIC_ID, "api_secret": SECRET}
    many = 60
    writes = r"^NOTHING "
    answers = (
        Answer(200, REFUSAL, Rejected),
        Answer(200, '{"Success": false, "Message": "Not found"}', Missing),
        Answer(200, '{"Message": "no envelope"}', Unavailable),
        Answer(200, "<html>", Unavailable),
        Answer(400, "bad request", Rejected),
        Answer(401, "", Unauthorized),
        Answer(404, "no such path", Rejected),
        Answer(429, "Too Many Requests", Unavailable),
        Answer(500, "", Unavailable),
    )

    @pytest.fixture
    def stand(self, site):
        for _ in range(55):  # a refund has its payment beside it: more than a page for both
            site.terminal.pay("A-0", Decimal(10))
        return site


def made(site, **options):
    settings = SystemSettings("kassa", "cloudpayments", site.url, "UTC", {"public_id": PUBLIC_ID, "api_secret": SECRET}, options, "hook")
    connector = Connector(settings, LocalLimiter(()), lambda: datetime.now(UTC))
    connector.api.http.sleep = lambda _: None
    return connector


def test_nothing_is_ever_written(site):
    (outcome,) = made(site).write("payments", [Write("rec-1", None, {"Amount": "1.00"})])
    assert isinstance(outcome.error, Rejected) and site.app.requests == 0


def test_a_hold_is_asked_for_until_it_is_confirmed_or_over_though_its_list_went_by(site):
    held, over = (site.terminal.pay(f"A-{n}", Decimal("100"), status="Authorized").number for n in (1, 2))
    connector = made(site)
    *_, last = connector.changes("payments", {})
    assert set(last.cursor["open"]) == {str(held), str(over)}
    site.terminal.confirm(held, Decimal("90.00"))
    site.terminal.void(over)
    site.app.offset = 3600
    *_, last = pages = list(connector.changes("payments", {**last.cursor, "since": "2099-01-01T00:00:00+00:00"}))
    assert {one.id: one.data["Status"] for page in pages for one in page.objects} == {str(held): "Completed", str(over): "Cancelled"}
    assert "open" not in last.cursor


def test_a_hold_that_is_too_old_is_let_go(site):
    ident = str(site.terminal.pay("A-1", Decimal("100"), status="Authorized").number)
    site.terminal.all[int(ident)].created = datetime(2026, 1, 1, tzinfo=UTC)
    *_, last = made(site).changes("payments", {"since": "2099-01-01T00:00:00+00:00", "open": {ident: "2026-01-01T00:00:00"}})
    assert "open" not in last.cursor


def test_sums_stay_decimal_times_are_utc_and_nothing_of_the_card_is_shown(site):
    ident = str(site.terminal.pay("A-1007", Decimal("1490.10"), card="").number)
    (one,) = made(site).fetch("payments", [ident])
    assert one.data["payments"] == [{"kind": "sbp", "amount": "1490.1", "time": one.data["created"], "id": ident}]
    assert isinstance(one.data["Amount"], str) and not {"Token", "Name", "IpAddress", "CardFirstSix"} & one.data.keys()
    assert shape.moment("/Date(1772615702000)/") == "2026-03-04T09:15:02" and shape.moment("2026-03-04T09:15:02") == "2026-03-04T09:15:02"


def test_payments_and_refunds_are_told_apart(site):
    paid = site.terminal.pay("A-1", Decimal("100"))
    back = site.terminal.refund(paid.number, Decimal("40"))
    connector = made(site)
    both = [str(paid.number), str(back.number), "нет", "999"]
    assert [one.id for one in connector.fetch("payments", both)] == [both[0]]
    (one,) = connector.fetch("refunds", both)
    assert (one.id, one.data["PaymentTransactionId"], one.data["Amount"]) == (both[1], both[0], "40.0")


def test_five_requests_at_once_are_never_too_many(site):
    site.app.slowness = 0.05
    settings = SystemSettings("kassa", "cloudpayments", site.url, "UTC", {"public_id": PUBLIC_ID, "api_secret": SECRET})
    connector = Connector(settings, LocalLimiter(MANIFEST.limits), lambda: datetime.now(UTC))
    with ThreadPoolExecutor(10) as many:
        assert list(many.map(lambda n: connector.fetch("payments", [str(n)]), range(20))) == [[]] * 20
    assert requests.get(f"{site.url}/_sandbox/counters", timeout=5).json()["refused"] == 0
    site.app.at_once = 0
    with pytest.raises(Unavailable):
        made(site).fetch("payments", ["1"])


def request(body=BODY, kind="pay", header="Content-HMAC", value=None, secret="cp-secret-1"):
    return WebhookRequest({header: value or webhook.signature(body, secret)}, body, {"kind": kind} if kind else {})


def test_both_headers_of_the_documented_message():
    told = request(value="75dii7R4QTbEi92Eo+dMkJtc1nAJVqgLU/or5TPzxvA=")
    opened = request(header="X-Content-HMAC", value="vXWZu4P4IWsJ+ysH4FexIk+m00OhkxErI2Ds1MP+RfI=")
    assert webhook.receive(told, "cp-secret-1") == webhook.receive(opened, "cp-secret-1") == [Hint("payments", "70410901")]


@pytest.mark.parametrize(
    ("kind", "hints"),
    [
        ("pay", "payments"),
        ("confirm", "payments"),
        ("cancel", "payments"),
        ("refund", "refunds"),
        ("fail", ""),
        ("recurrent", ""),
        ("receipt", ""),
    ],
)
def test_a_kind_stands_in_the_address_and_a_declined_payment_says_nothing(kind, hints):
    assert webhook.receive(request(kind=kind), "cp-secret-1") == ([Hint(hints, "70410901")] if hints else [])


def test_text_inside_text_and_empty_fields_are_read_in_a_form_as_in_json():
    said = {"TransactionId": 70410901, "Data": '{"channel": "100 %", "TransactionId": 5}', "InvoiceId": ""}
    for body in (json.dumps(said).encode(), urlencode(said).encode()):
        assert webhook.receive(request(body), "cp-secret-1") == [Hint("payments", "70410901")]


@pytest.mark.parametrize("kind", ["check", "", "other"])
def test_the_question_whether_a_buyer_may_pay_is_not_answered_by_the_hub(kind):
    with pytest.raises(WebhookUnreadable, match="shop itself" if kind == "check" else "kind="):
        webhook.receive(request(kind=kind), "cp-secret-1")


@pytest.mark.parametrize(
    "forged",
    [request(secret="another"), request(value="AAAA"), request(header="X-Other"), replace(request(), body=BODY.replace(b"1490", b"1"))],
    ids=["another secret", "no signature", "no header", "another sum"],
)
def test_a_forged_notification_is_refused(forged):
    with pytest.raises(WebhookRefused):
        webhook.receive(forged, "cp-secret-1")
    with pytest.raises(WebhookRefused):
        webhook.receive(request(secret=""), "")
