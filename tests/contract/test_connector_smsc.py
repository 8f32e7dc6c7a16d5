"""The contract suite over the stand-in of SMSC.ru, its mapping, and what is its own: messages known by two keys, codes instead of statuses, signed reports."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
import requests

import connectors.smsc as package
import mappings
from connectors.contract import SystemSettings, WebhookRefused, WebhookRequest, WebhookUnreadable
from connectors.errors import Rejected, Unauthorized, Unavailable
from connectors.kit import Answer, Stand, Suite
from connectors.kit.stand import MemoryTokens
from connectors.limiter import LocalLimiter
from connectors.smsc.catalogue import STATIC
from connectors.smsc.feed import PAGE
from connectors.smsc.shape import message
from connectors.smsc.webhook import signatures
from hub.config.declared import world
from mappings.examples import run_examples
from sandbox.frame.server import running
from sandbox.smsc.app import KEY, LOGIN, PASSWORD, Smsc, signed

FOLDER = Path(mappings.__file__).parent / "smsc"
SECRET, WORD = "hook-secret-1", "cb-secret"
PHONE = "79031234567"


class Shop(Stand):
    """The stand-in, and whoever sends through it."""

    def __init__(self, url: str, app: Smsc) -> None:
        super().__init__(f"{url}/sys")
        self.root, self.app, self.numbers = url, app, count(1_000_001)

    def faults(self, *rules):
        requests.post(f"{self.root}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    def _seen(self):
        return int(requests.get(f"{self.root}/_sandbox/faults", timeout=5).json().get("latency", 0))

    def send(self, phone=""):
        number = phone or f"7903{next(self.numbers)}"
        return self.app.account.messages[self.app.account.send([number], "Заказ готов", "SHOP"), number]

    def add(self, resource):
        one = self.send()
        return f"{one.sending}:{one.phone}"

    def edit(self, resource, ident):
        sending, _, phone = ident.partition(":")
        self.app.report(self.app.account.messages[int(sending), phone], 1)

    def count(self, resource):
        return len(self.app.account.messages)

    def webhook(self, resource, ident):
        sending, _, phone = ident.partition(":")
        fields = signed(self.app.account.messages[int(sending), phone].report(), WORD)
        return WebhookRequest({}, "&".join(f"{name}={value}" for name, value in fields.items()).encode(), {}, SECRET)

    def forged(self, request):
        return replace(request, body=request.body.replace(b"&status=", b"&status=2"))


class TestSmsc(Suite):
    package = package
    secrets = {"login": LOGIN, "password": PASSWORD, "callback": WORD}
    zone = "Europe/Moscow"
    many = PAGE + 1
    answers = (
        Answer(200, '{"error": "authorise error", "error_code": 2}', Unauthorized),
        Answer(200, '{"error": "IP is blocked", "error_code": "4"}', Unavailable),
        Answer(200, '{"error": "duplicate request, wait a minute", "error_code": 9}', Unavailable),
        Answer(200, '{"error": "parameters error", "error_code": 1}', Rejected),
        Answer(200, '{"error": "no money", "error_code": 3, "id": "1001"}', Rejected),
        Answer(200, '"OK"', Unavailable),
        Answer(401, "", Unauthorized),
        Answer(404, "<h1>404 Not Found</h1>", Rejected),
        Answer(429, "", Unavailable),
        Answer(500, "", Unavailable),
    )

    def made(self, stand, limiter=None, secrets=None):
        """The word that signs reports is no credential of the API: a wrong one refuses no request."""
        known = self.secrets if secrets is None else secrets
        return super().made(stand, limiter, {**known, "callback": WORD})

    @pytest.fixture
    def stand(self):
        app = Smsc()
        with running(app) as url:
            yield Shop(url, app)


def test_the_mapping_fits_the_catalogue_and_reads_its_examples():
    around = world(None)
    known = replace(around, connectors=around.connectors | {"smsc"}, catalogues={**around.catalogues, "smsc": STATIC})
    errors = mappings.lint([FOLDER], known)
    assert not errors, "\n".join(map(str, errors))
    (one,) = mappings.load([FOLDER]).all
    assert one.fields and one.examples and run_examples(one) == []


@pytest.fixture
def shop():
    app = Smsc()
    with running(app) as url:
        made = Shop(url, app)
        made.connector = connected(made)
        yield made


def connected(shop, **secrets):
    known = secrets or {"login": LOGIN, "password": PASSWORD, "callback": WORD}
    settings = SystemSettings("smsc", "smsc", shop.url, "Europe/Moscow", known, {}, SECRET)
    return package.create(settings, LocalLimiter(()), MemoryTokens(), lambda: datetime.fromtimestamp(shop.app.account.now(), UTC))


def read(shop, cursor=None):
    pages = list(shop.connector.changes("message", json.loads(json.dumps(cursor or {}))))
    return {one.id: one.data for page in pages for one in page.objects}, dict(pages[-1].cursor)


@pytest.mark.parametrize(
    ("status", "state"),
    [(-2, "queued"), (-1, "queued"), (0, "sent"), (1, "delivered"), ("1", "delivered"), (2, "opened"), (4, "opened"), (3, "expired"), (20, "failed"), (22, "failed"), (25, "failed"), (23, "blocked"), (24, "blocked"), (77, None), (None, None)],
)  # fmt: skip
def test_what_a_state_means(status, state):
    found = message({"id": 1001, "phone": PHONE, "status": status}, "list")
    assert found is not None and found.data["state"] == state


def test_one_sending_to_two_phones_is_two_messages(shop):
    other = "79261112233"
    sending = shop.app.account.send([PHONE, other], "Скидки", "SHOP")
    assert read(shop)[0].keys() == {f"{sending}:{PHONE}", f"{sending}:{other}"}
    (one,) = shop.connector.fetch("message", [f"{sending}:{other}"])
    assert one.data["number"] == other


def test_a_message_is_the_same_by_history_and_by_id(shop):
    """A history has dates of Moscow where a status has seconds, and a status bears no id."""
    one = shop.send(PHONE)
    shop.app.report(one, 22, 1)
    listed, _ = read(shop)
    (fetched,) = shop.connector.fetch("message", [f"{one.sending}:{PHONE}"])
    assert listed[fetched.id] == fetched.data
    assert (fetched.data["sent"], fetched.data["state"], fetched.data["reason"]) == (one.sent, "failed", "Неверный номер (1)")
    assert fetched.data["cost"] == "3.20" and "message" not in fetched.data, "it may be a code"


def test_what_is_not_there_and_what_is_no_message_is_left_out(shop):
    assert shop.connector.fetch("message", ["424242:79031234567", "1001", "x:y"]) == []
    assert message({"id": 7, "phone": PHONE, "status": 1, "type": 4}, "list") is None, "a question about a number"
    assert message({"id": 7, "phone": "", "status": 1}, "list") is None, "an e-mail"


def test_what_became_of_a_message_is_seen_a_day_later(shop):
    one = shop.send(PHONE)
    _, cursor = read(shop)
    shop.app.offset += 20 * 3600
    shop.send()
    shop.app.report(one, 1)
    found, cursor = read(shop, cursor)
    assert found[f"{one.sending}:{PHONE}"]["state"] == "delivered"
    shop.app.offset += 60 * 3600
    shop.send()
    _, cursor = read(shop, cursor)
    shop.app.offset += 4 * 3600
    assert f"{one.sending}:{PHONE}" not in read(shop, cursor)[0], "nothing moves any more"


@pytest.mark.parametrize("nothing", [[], {}, None])
def test_a_history_of_nothing_has_several_forms(shop, nothing):
    shop.app.history = lambda said: nothing
    if nothing is None:
        with pytest.raises(Unavailable):
            read(shop)
    else:
        assert read(shop)[0] == {}


def test_the_sixth_equal_question_of_a_minute_waits(shop):
    one = shop.send(PHONE)
    for _ in range(5):
        shop.connector.fetch("message", [f"{one.sending}:{PHONE}"])
    with pytest.raises(Unavailable) as caught:
        shop.connector.fetch("message", [f"{one.sending}:{PHONE}"])
    assert (caught.value.code, caught.value.retry_after) == ("9", 60.0)
    shop.app.offset += 61
    assert shop.connector.fetch("message", [f"{one.sending}:{PHONE}"])


def test_credentials_travel_in_bodies_alone(shop):
    seen = []
    shop.connector.api.http.session.hooks["response"].append(lambda answer, **_: seen.append((answer.request.url, answer.request.body)))
    read(shop)
    shop.connector.check()
    assert seen and all(PASSWORD not in url and PASSWORD in body for url, body in seen)


def test_an_api_key_does_instead_of_a_login(shop):
    shop.send(PHONE)
    shop.connector = connected(shop, api_key=KEY)
    assert len(read(shop)[0]) == 1
    (signature,) = [one for one in shop.connector.check().findings if one.name == "signature"]
    assert signature.warn and "секретное слово" in signature.fix_ru


def test_the_hub_sends_nothing(shop):
    assert shop.connector.manifest.resources["message"].operations == {}
    shop.connector.check()
    assert shop.app.account.effects == {}


def test_a_check_tells_of_money(shop):
    shop.app.account.balance = 0.0
    (money,) = [finding for finding in shop.connector.check().findings if finding.name == "money"]
    assert money.warn and "Баланс" in money.fix_ru


REPORT = {"id": "1001", "phone": PHONE, "status": "1", "ts": "1772615740", "err": "0", "type": "0", "cnt": "1", "cost": "3.20"}


def test_a_signature_is_over_id_phone_status_and_word():
    """The vector of the vendor's own words (docs/connectors/smsc.md)."""
    assert signatures(REPORT, WORD) == {"md5": "f40219f2b36da16c0b7cb1e3e3111c7a", "sha1": "77c9f7646e613de65e14b496483e3be6f1b6eef6"}


def request(fields, address=SECRET, *, query=False):
    body = "" if query else "&".join(f"{name}={value}" for name, value in fields.items())
    return WebhookRequest({}, body.encode(), fields if query else {}, address)


@pytest.mark.parametrize("kind", ["md5", "sha1"])
@pytest.mark.parametrize("query", [False, True])
def test_a_report_only_names_a_message(shop, kind, query):
    (hint,) = shop.connector.receive(request(REPORT | {kind: signatures(REPORT, WORD)[kind]}, query=query))
    assert (hint.resource, hint.id, hint.fact) == ("message", f"1001:{PHONE}", None)


@pytest.mark.parametrize("changed", [{"id": "1002"}, {"phone": "79261112233"}, {"status": "20"}, {"md5": "0" * 32}, {"md5": ""}])
def test_a_report_whose_signed_part_was_changed_is_refused(shop, changed):
    with pytest.raises(WebhookRefused):
        shop.connector.receive(request(REPORT | {"md5": signatures(REPORT, WORD)["md5"]} | changed))


def test_what_a_signature_does_not_cover_is_not_believed(shop):
    """Time, price and detail may be altered on the way: the message is asked for, and says what they are."""
    one = shop.send(PHONE)
    shop.app.report(one, 1)
    fields = {name: str(value) for name, value in one.report().items()} | {"ts": "1", "cost": "99", "err": "200"}
    (hint,) = shop.connector.receive(request(fields | {"md5": signatures(fields, WORD)["md5"]}))
    (held,) = shop.connector.fetch(hint.resource, [hint.id])
    assert (held.data["cost"], held.data["reason"], held.data["answered"]) == ("3.20", None, one.changed)


def test_without_a_word_in_the_cabinet_the_address_is_the_secret(shop):
    shop.connector = connected(shop, api_key=KEY)
    assert len(shop.connector.receive(request(REPORT))) == 1
    with pytest.raises(WebhookRefused):
        shop.connector.receive(request(REPORT, "guessed"))


@pytest.mark.parametrize("lacking", ["id", "phone"])
def test_a_report_that_names_none_is_unreadable(shop, lacking):
    fields = REPORT | {lacking: ""}
    with pytest.raises(WebhookUnreadable):
        shop.connector.receive(request(fields | {"md5": signatures(fields, WORD)["md5"]}))


def test_a_report_about_a_number_is_nothing(shop):
    fields = REPORT | {"type": "4"}
    assert shop.connector.receive(request(fields | {"md5": signatures(fields, WORD)["md5"]})) == []
