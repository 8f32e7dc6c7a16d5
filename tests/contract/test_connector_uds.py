"""The UDS connector: the contract suite over its stand-in, and what is this vendor's alone."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from connectors import uds as package
from connectors.contract import SystemSettings, WebhookRefused, WebhookRequest, WebhookUnreadable, Write
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.kit import Answer, Stand, Suite
from connectors.limiter import LocalLimiter
from connectors.uds import webhook
from connectors.uds.connector import Uds as Connector
from sandbox.frame.server import running
from sandbox.uds.app import COMPANY, KEY, Uds

SECRETS = {"company_id": COMPANY, "api_key": KEY}


def now():
    return datetime.now(UTC)


class Company(Stand):
    """The stand-in, its members, and a till that sells to them."""

    def __init__(self, url, app):
        super().__init__(url)
        self.app, self.state, self.numbers = app, app.company, count(1)

    def sell(self, phone, total=100, **more):
        receipt = {"total": total, "cash": total, "points": 0, "number": f"till-{next(self.numbers)}"}
        with self.state.lock:
            return self.state.sell({"participant": {"phone": phone}, "receipt": receipt, "cashier": {"name": "Касса"}} | more)

    def add(self, resource):
        """Somebody buys by phone: who joins in the app and buys nothing is told by a webhook, and found the next day."""
        return str(self.sell(f"+7903{next(self.numbers):07d}")["customer"]["id"])

    def edit(self, resource, ident):
        self.sell(self.state.members[int(ident)].phone)

    def count(self, resource):
        return len(self.state.operations)

    def create(self, resource):
        who = self.state.join(f"+7926{next(self.numbers):07d}", "Ирина Орлова", points=500)
        return purchase(str(who.number), number=f"A-{next(self.numbers)}")

    def refused(self, resource):
        return self.create(resource) | {"points": 900}

    def webhook(self, resource, ident):
        body = json.dumps({"uid": None, "participant": {"id": int(ident)}}).encode()
        return WebhookRequest(self.app.hooks.signed(now().strftime("%Y-%m-%dT%H:%M:%SZ")), body)

    def forged(self, request):
        return replace(request, headers={**request.headers, "X-Signature": "0" * 32})


def purchase(customer="", total=1000.0, points=0.0, number="100204", **more):
    items = [{"ext": "o-1", "product": "SV-001", "qnt": 1, "price": total, "sum": total}]
    data = {"kind": "purchase", "number": number, "points": points, "date": now().isoformat(), "items": items} | more
    return data | ({"customer": customer} if customer else {})


def back(sale, total, key="r"):
    items = [{"ext": "o-1", "product": "SV-001", "qnt": 1, "price": total, "sum": total}]
    return Write(key, None, {"kind": "return", "sale": sale, "number": "100204", "date": now().isoformat(), "items": items})


@pytest.fixture
def company():
    app = Uds(allow_loopback_webhooks=True)
    with running(app) as url:
        yield Company(url, app)


class TestUds(Suite):
    package = package
    secrets = SECRETS
    many = 60
    writes = r"^POST /partner/v2/operations$"
    answers = (
        Answer(400, '{"errorCode": "badRequest", "message": "x"}', Rejected, Rejected),
        Answer(401, '{"errorCode": "unauthorized"}', Unauthorized, Unauthorized),
        Answer(403, '{"errorCode": "companyIsInactive"}', Unauthorized, Unauthorized),
        Answer(404, '{"errorCode": "notFound"}', Missing, Missing),
        Answer(429, "", Unavailable, Unavailable),
        Answer(500, "<html>", Unavailable, Unknown),
    )

    @pytest.fixture
    def stand(self, company):
        return company


def made(company, **options):
    settings = SystemSettings("loyalty", "uds", company.url, secrets=SECRETS, options=options, webhook_secret="hook")
    connector = Connector(settings, LocalLimiter(()), lambda: now() + timedelta(seconds=company.app.offset))
    connector.api.http.sleep = lambda _: None
    return connector


def posted(company, *writes):
    return made(company).write("operations", writes)


def test_a_sale_bears_the_service_s_own_sums_and_the_end_of_our_key(company):
    irina = company.state.join("+79035550101", "Ирина Орлова", points=420)
    about = {"customer": {"phones": [{"number": "+79990000000", "invalid": False}, {"number": "+79035550101", "invalid": False}]}}
    (outcome,) = posted(company, Write("0193-aaaa-bbbbccccdddd", None, purchase(total=3000.0, points=200.0), about=about))
    row = company.state.operations[int(outcome.remote.id)]
    assert (row["total"], row["cash"], row["points"], row["customer"]["id"]) == (3000.0, 2800.0, 140.0 - 200.0, irina.number)
    assert row["receiptNumber"] == "100204 bbbbccccdddd" and row["cashier"]["displayName"] == "Sverka"


def test_a_buyer_who_is_not_there_becomes_one_by_the_first_phone_or_is_refused(company):
    about = {"customer": {"phones": [{"number": "+79261112233", "invalid": False}]}}
    company.state.programme.purchase_by_phone = False
    (outcome,) = posted(company, Write("k1", None, purchase(), about=about))
    assert (type(outcome.error), outcome.error.code) == (Rejected, "purchaseByPhoneDisabled")
    assert "Integration" in package.MANIFEST.cures[outcome.error.code][1]
    company.state.programme.purchase_by_phone = True
    (outcome,) = posted(company, Write("k1", None, purchase(), about=about))
    assert [one.phone for one in company.state.members.values()] == ["+79261112233"] and outcome.error is None
    (outcome,) = posted(company, Write("k2", None, purchase(), about={"customer": {}}))
    assert (outcome.error.code, outcome.error.field) == ("no_phone", "customer")


@pytest.mark.parametrize(
    ("programme", "points", "code", "field"),
    [
        ({"policy": "APPLY_DISCOUNT"}, 0, "paid_otherwise", "items"),
        ({"points_by_phone": False}, 100, "withdrawNotPermitted", "points"),
        ({}, 421, "insufficientFunds", "points"),
    ],
)
def test_what_the_programme_does_not_let_through_is_refused_and_named(company, programme, points, code, field):
    irina = company.state.join("+79035550101", points=420)
    for name, value in programme.items():
        setattr(company.state.programme, name, value)
    (outcome,) = posted(company, Write("k1", None, purchase(str(irina.number), points=points)))
    assert (type(outcome.error), outcome.error.code, outcome.error.field) == (Rejected, code, field)
    assert company.state.operations == {}


def test_lines_are_given_back_by_their_sums(company):
    irina = company.state.join("+79035550101", points=0)
    (sale,) = posted(company, Write("k1", None, purchase(str(irina.number), total=2000.0)))
    first, second = posted(company, back(sale.remote.id, 500.0, "r1"), back(sale.remote.id, 1500.0, "r2"))
    assert [company.state.operations[int(one.remote.id)]["total"] for one in (first, second)] == [-500.0, -1500.0]
    assert (irina.points, company.state.operations[int(sale.remote.id)]["state"]) == (0, "CANCELED")
    (over,) = posted(company, back(sale.remote.id, 1.0, "r3"))
    assert isinstance(over.error, Rejected)
    assert {one.id: one.data["kind"] for one in made(company).fetch("operations", [sale.remote.id, first.remote.id, "1"])} == {
        sale.remote.id: "purchase",
        first.remote.id: "return",
    }


@pytest.mark.parametrize("ascending", [False, True])
def test_what_lost_answers_made_is_found_in_any_order_of_the_list_and_said_again_under_the_same_nonce(company, ascending):
    company.state.programme.ascending, company.state.programme.repeat = ascending, "error"
    irina = company.state.join("+79035550101")
    for _ in range(55):
        company.sell("+79035550101", 1000)
    write = Write("0193-aaaa-bbbbccccdddd", None, purchase(str(irina.number)))
    company.faults({"kind": "reset_after", "match": "POST /partner/v2/operations$", "count": 1})
    (lost,) = posted(company, write)
    assert isinstance(lost.error, Unknown)
    (found,) = made(company).find_created("operations", [write])
    assert found.data["created_for"] == write.key
    (again,) = posted(company, write)
    assert again.remote.id == found.id, "the refusal of a nonce that was used leads to the sale"
    refund = back(found.id, 400.0)
    company.faults({"kind": "reset_after", "match": "refund", "count": 1})
    (lost,) = posted(company, refund)
    assert isinstance(lost.error, Unknown)
    (returned,) = made(company).find_created("operations", [refund])
    assert company.state.operations[int(returned.id)]["total"] == -400.0
    assert made(company).find_created("operations", [back(found.id, 401.0)]) == []


def test_a_release_asks_nobody(company):
    before = company.app.requests
    (outcome,) = posted(company, Write("k9", None, {"kind": "release", "number": "1", "date": now().isoformat()}))
    assert (outcome.remote.id, company.app.requests) == ("release:k9", before)
    assert [one.id for one in made(company).fetch("operations", ["release:k9"])] == ["release:k9"]


def test_sales_of_others_are_told_from_ours(company):
    irina = company.state.join("+79035550101")
    write = Write("0193-aaaa-bbbbccccdddd", None, purchase(str(irina.number)))
    assert made(company).posted("operations", [write]) == []
    company.sell("+79035550101", 1000)
    company.sell("+79035550101", 700)
    (posting,) = made(company).posted("operations", [write])
    assert posting.key == write.key and "1000" in posting.text
    posted(company, write)
    assert len(made(company).posted("operations", [write])) == 1, "our own is none of others"


def test_everybody_is_read_once_a_day_and_between_those_whom_operations_name(company):
    irina = company.state.join("+79035550101", "Ирина Мария Орлова", gender="NOT_SPECIFIED")
    connector = made(company)
    (page,) = connector.changes("customers", {})
    (seen,) = page.objects
    assert (seen.id, seen.data["first_name"], seen.data["last_name"], seen.data["gender"]) == (
        str(irina.number),
        "Ирина",
        "Мария Орлова",
        None,
    )
    joined = company.state.join("+79035550102")
    (nothing,) = connector.changes("customers", page.cursor)
    assert nothing.objects == []
    company.sell("+79035550101")
    (page,) = connector.changes("customers", nothing.cursor)
    assert [one.id for one in page.objects] == [str(irina.number)]
    company.app.offset = 86401
    (page,) = connector.changes("customers", page.cursor)
    assert {one.id for one in page.objects} == {str(irina.number), str(joined.number)}


def test_points_at_a_checkout_are_asked_for_and_never_held(company):
    irina = company.state.join("+79035550101", points=420)
    connector, ident = made(company), str(irina.number)
    lines = [{"sku": "SV-001", "quantity": "1", "price": "3000.00", "sum": "3000.00"}]
    assert connector.balance(ident).active == "420.00"
    quote = connector.quote(ident, lines, "200")
    assert (quote.most, quote.accrues) == ("420.00", "140.00")
    for _ in range(2):
        connector.reserve(ident, "100204", "420")
    with pytest.raises(Rejected) as caught:
        connector.reserve(ident, "100204", "421")
    assert caught.value.code == "insufficientFunds"
    connector.release(ident, "100204")
    company.state.programme.points_by_phone = False
    assert connector.quote(ident, lines, "200").most == "0.00"
    with pytest.raises(Rejected) as caught:
        connector.reserve(ident, "100204", "1")
    assert caught.value.code == "withdrawNotPermitted"
    assert (irina.points, company.state.operations) == (420, {})


def test_the_documented_signature():
    wanted = "a12026-02-03T09:41:13Z549755844123demokey"
    assert webhook.signature("a1", "2026-02-03T09:41:13Z", "549755844123", "demokey") == hashlib.md5(wanted.encode()).hexdigest()


def test_an_operation_hints_at_its_customer_and_an_old_signature_at_nobody(company):
    connector = made(company)
    operation = json.dumps({"id": 77120455, "customer": {"id": 1099570012345}, "points": 1}).encode()
    fresh = company.app.hooks.signed(now().strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert [(h.resource, h.id) for h in connector.receive(WebhookRequest(fresh, operation))] == [("customers", "1099570012345")]
    assert connector.receive(WebhookRequest(fresh, b'{"id": 5, "customer": null}')) == []
    with pytest.raises(WebhookUnreadable):
        connector.receive(WebhookRequest(fresh, b"<xml>"))
    for moment in ((now() - timedelta(minutes=11)).strftime("%Y-%m-%dT%H:%M:%SZ"), "yesterday"):
        with pytest.raises(WebhookRefused):
            connector.receive(WebhookRequest(company.app.hooks.signed(moment), operation))


def test_a_check_tells_of_the_programme_and_of_what_goes_by_phone(company):
    for name, value in {"policy": "APPLY_DISCOUNT", "purchase_by_phone": False, "points_by_phone": False}.items():
        setattr(company.state.programme, name, value)
    found = {one.name: one for one in made(company).check().findings}
    for name in ("programme", "sales", "points"):
        assert not found[name].ok and found[name].warn and "UDS Business → Settings" in found[name].fix_en, name
    company.state.programme.active = False
    (key, *_) = made(company).check().findings
    assert not key.ok and "subscription" in key.en


def test_the_limits_of_a_careful_client_are_kept(company):
    company.app.per_second = 6
    settings = SystemSettings("loyalty", "uds", company.url, secrets=SECRETS)
    connector = Connector(settings, LocalLimiter(package.MANIFEST.limits), now)
    for _ in range(14):
        connector.api.get("settings")
    assert company.app.refused == 0
