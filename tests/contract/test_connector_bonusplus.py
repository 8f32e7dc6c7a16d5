"""The BonusPlus connector against the stand-in over HTTP, and the meaning of the vendor's errors."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
import requests

from connectors.bonusplus import connector as module
from connectors.bonusplus.connector import Bonusplus as Connector
from connectors.contract import SystemSettings, WebhookRefused, WebhookRequest, WebhookUnreadable, Write
from connectors.errors import Exists, Rejected, Unknown
from connectors.limiter import LocalLimiter
from sandbox.bonusplus.app import KEY, Bonusplus
from sandbox.frame.server import running
from tests.contract.given import Kept

ANNA = "79031234567"
START = "2026-01-01"
NEW = datetime(2026, 3, 1, tzinfo=UTC).timestamp()  # known since the programme began
OLD = datetime(2025, 3, 1, tzinfo=UTC).timestamp()


def settings(url, key=KEY, **options):
    options = {"loyalty_start": START, **options}
    return SystemSettings("loyalty", "bonusplus", url, "Europe/Moscow", {"api_key": key}, options, "hook-secret-42")


class Programme:
    """The stand-in, the hub's connector, and the till beside it."""

    def __init__(self, app, url):
        self.app, self.url, self.tokens = app, url, Kept()
        self.connector = self.made()

    def made(self, **options):
        return Connector(settings(self.url, **options), LocalLimiter(()), self.tokens, lambda: datetime.now(UTC))

    def till(self, method, path, body=None, **params):
        headers = {"Authorization": f"ApiKey {base64.b64encode(b'sandbox-bonusplus-till').decode()}"}
        answer = requests.request(method, f"{self.url}/api/{path}", json=body, params=params, headers=headers, timeout=5)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def faults(self, *rules):
        requests.post(f"{self.url}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    def read(self, what):
        return requests.get(f"{self.url}/_sandbox/{what}", timeout=5).json()

    def write(self, *writes):
        return self.connector.write("customer", list(writes))

    def pages(self, cursor):
        return list(self.connector.changes("customer", cursor))


@pytest.fixture
def bonus():
    app = Bonusplus(allow_loopback_webhooks=True)
    with running(app) as url:
        yield Programme(app, url)


def anna(since=NEW, **more):
    return Write("k-1", None, {"phone": "+79031234567", "person": {"fn": "Анна", "birthDay": "1990-06-05"}, **more}, since=since)


def phones(pages):
    return sorted({one.data["phone"] for page in pages for one in page.objects})


def test_an_error_tells_no_phone(bonus):
    error = bonus.connector.api.error({"code": "SOMETHING", "msg": "Ошибка, телефон +7 903 123-45-67"}, 412)
    assert "Ошибка" in error.message and "903" not in error.message


@pytest.mark.parametrize(
    ("write", "options", "points", "effects"),
    [
        pytest.param(anna(), {}, 100.0, {"points: welcome": 1, "sms: registration": 1}, id="somebody new: as the cabinet says"),
        pytest.param(anna(), {"welcome": 300}, 300.0, {"points: welcome": 1, "sms: registration": 1}, id="as the configuration says"),
        pytest.param(anna(), {"welcome": 0}, 0.0, {"sms: registration": 1}, id="no points, but a message"),
        pytest.param(anna(since=OLD), {"welcome": 300}, 0.0, {}, id="known before the programme began"),
        pytest.param(Write("k", None, anna().data, quiet=True, since=NEW), {}, 0.0, {}, id="a backfill writes quietly"),
        pytest.param(anna(), {"loyalty_start": ""}, 0.0, {}, id="no start of the programme: nobody is welcomed"),
    ],
)
def test_who_is_welcomed(bonus, write, options, points, effects):
    (made,) = bonus.made(**options).write("customer", [write])
    assert (made.remote.data["availableBonuses"], made.remote.data["phone"], bonus.read("effects")) == (points, ANNA, effects)
    assert made.remote.data["person"] == {"fn": "Анна", "birthDay": "1990-06-05T00:00:00+03:00"}


def test_a_card_that_fits_is_registered_with_its_customer(bonus):
    (made,) = bonus.write(anna(discountCardNumber="2000000012345"))
    assert made.remote.data["discountCardNumber"] == "2000000012345"


@pytest.mark.parametrize("held", [{"phone": ANNA}, {"phone": "79260000000", "ean": "2000000012345"}], ids=["phone", "card"])
def test_who_is_there_by_phone_or_card_is_not_registered_again(bonus, held):
    there = bonus.till("POST", "customer", held)
    (refused,) = bonus.write(anna(discountCardNumber="2000000012345"))
    assert (type(refused.error), refused.error.field) == (Exists, "phone")
    kind, value = ("card", held["ean"]) if "ean" in held else ("phone", "+79031234567")
    assert [one.id for one in bonus.connector.find("customer", kind, [value])] == [there["id"]]
    assert (bonus.till("GET", "customer/stat"), bonus.read("effects")["points: welcome"]) == ({"allCount": 1}, 1)


def test_an_answer_that_is_lost_after_the_effect_is_found_again(bonus):
    bonus.faults({"kind": "reset_after", "match": "^POST /api/customer$"})
    (lost,) = bonus.write(anna())
    assert type(lost.error) is Unknown
    bonus.faults()
    (found,) = bonus.connector.find_created("customer", [anna()])
    assert (found.data["phone"], found.data["created_for"]) == (ANNA, "k-1")
    assert type(bonus.write(anna())[0].error) is Exists, "even a blind repeat makes nobody"
    assert bonus.read("effects")["points: welcome"] == 1


@pytest.mark.parametrize(
    ("there", "key"),
    [({"fn": "Анна"}, "k-1"), ({}, "k-1"), ({"fn": "Пётр"}, None)],
    ids=["of the same name", "of no name", "of another name"],
)
def test_whom_a_lost_create_may_have_made(bonus, there, key):
    bonus.till("POST", "customer", {"phone": ANNA, **there})
    (found,) = bonus.connector.find_created("customer", [anna()])
    assert found.data.get("created_for") == key


def test_nobody_is_found_for_a_create_that_never_arrived(bonus):
    bonus.faults({"kind": "reset_before", "match": "^POST /api/customer$"})
    assert type(bonus.write(anna())[0].error) is Unknown
    assert bonus.connector.find_created("customer", [anna(), Write("k-2", None, {"phone": "123"})]) == []


def test_an_update_erases_nothing_that_it_does_not_name(bonus):
    there = bonus.till("POST", "customer", {"phone": ANNA, "fn": "Анна", "desc": "Любит лён", "sex": 2, "birthDay": "05.06.1990"})
    (done,) = bonus.write(Write("k-1", there["id"], {"person": {"ln": "Орлова", "birthDay": "1990-06-06", "desc": None}}))
    assert done.remote.data["person"] == {"fn": "Анна", "ln": "Орлова", "sex": 2, "birthDay": "1990-06-06T00:00:00+03:00"}


def test_a_field_that_only_put_writes_goes_with_the_whole_customer_as_just_read(bonus):
    there = bonus.till("POST", "customer", {"phone": ANNA, "fn": "Анна", "email": "a@example.ru", "birthDay": "05.06.1990", "parentphone": "79260000000", "ean": "2000000012345"})  # fmt: skip
    held = {"phone": ANNA, "person": {"fn": "Анна"}}  # an old look: the e-mail was typed later
    (done,) = bonus.write(Write("k-1", there["id"], {"person": {"sex": 2}}, held=held))
    assert done.remote.data["person"] == there["person"] | {"sex": 2}
    same = ("phone", "discountCardNumber", "discountCardName", "parentphone", "availableBonuses")
    assert [done.remote.data[name] for name in same] == [there[name] for name in same]


def test_a_customer_whose_phone_changed_meanwhile_is_written_under_the_new_one(bonus):
    there = bonus.till("POST", "customer", {"phone": ANNA, "fn": "Анна"})
    bonus.till("PATCH", f"customer/{ANNA}", {"newPhone": "79260000000"})
    other = bonus.till("POST", "customer", {"phone": ANNA, "fn": "Пётр"})
    (done,) = bonus.write(Write("k-1", there["id"], {"person": {"ln": "Орлова"}}, held={"phone": ANNA}))
    assert (done.remote.id, done.remote.data["phone"]) == (there["id"], "79260000000")
    assert bonus.till("GET", "customer", id=other["id"])["person"] == {"fn": "Пётр"}


def test_phone_and_card_are_changed_and_zeros_in_front_are_not_lost(bonus):
    there = bonus.till("POST", "customer", {"phone": ANNA})
    (done,) = bonus.write(Write("k", there["id"], {"phone": "+79260000000", "discountCardNumber": "2000000012345"}))
    assert (done.remote.data["phone"], done.remote.data["discountCardNumber"]) == ("79260000000", "2000000012345")
    (refused,) = bonus.write(Write("k", there["id"], {"discountCardNumber": "00012345"}))
    assert (type(refused.error), refused.error.field) == (Rejected, "discountCardNumber")


def test_what_is_there_already_is_not_written(bonus):
    there = bonus.till("POST", "customer", {"phone": ANNA})
    (done,) = bonus.write(Write("k", there["id"], {"phone": "+79031234567"}))
    assert done.remote.data["phone"] == ANNA


def test_a_sweep_brings_everybody_though_rows_move(bonus, monkeypatch):
    monkeypatch.setattr(module, "PAGE", 15)
    made = [bonus.till("POST", "customer", {"phone": f"7926000{n:04d}"})["phone"] for n in range(40)]
    pages = bonus.connector.changes("customer", {})
    first = next(pages)
    for phone in made[-9:]:
        bonus.till("DELETE", f"customer/{phone}")
    rest = list(pages)
    assert set(made[:-9]) <= set(phones([first, *rest])) and (first.total, [p.last for p in rest][-1]) == (40, True)
    resumed = bonus.pages(first.cursor)
    assert set(phones([first, *resumed])) >= set(made[:-9])


def test_later_polls_bring_who_changed_who_is_new_and_whose_points_moved(bonus):
    hour = timedelta(hours=1).total_seconds()
    bonus.app.offset = -3 * hour
    for n in range(5):
        bonus.till("POST", "customer", {"phone": f"7926000000{n}", "creditBonuses": False})
    bonus.app.offset = -2 * hour  # the vendor's clock is behind, which its answers tell
    cursor = bonus.pages({})[-1].cursor
    bonus.app.offset = -hour
    assert phones(bonus.pages(cursor)) == []
    bonus.till("PATCH", "customer/79260000001", {"fn": "Анна"})
    bonus.till("PATCH", "customer/79260000002/balance", {"amount": 10})
    bonus.till("POST", "customer", {"phone": "79260000009", "creditBonuses": False})
    pages = bonus.pages(cursor)
    assert phones(pages) == ["79260000001", "79260000002", "79260000009"]
    assert [sorted(one.data["phone"][-1] for one in page.objects) for page in pages] == [["1", "9"], ["9"], ["2"]]
    resumed = bonus.pages(pages[0].cursor)
    assert phones(resumed) == ["79260000002", "79260000009"]


def test_a_customer_is_fetched_by_id_and_by_the_phone_of_a_webhook(bonus):
    there = bonus.till("POST", "customer", {"phone": ANNA})
    found = bonus.connector.fetch("customer", [there["id"], ANNA, "79990000000", "6d0f6a58-3b1f-4c2a-9f4e-0b6f2c1e9a77"])
    assert [one.id for one in found] == [there["id"]] * 2
    assert found[0].data["next_burn"] == {"amount": 100.0, "date": there["nearestBonusesExpirationDate"]}
    assert bonus.connector.find("customer", "email", ["a@example.ru"]) == bonus.connector.find("customer", "hub", ["k-1"]) == []


def test_a_webhook_is_a_hint_at_a_phone_and_nothing_more(bonus):
    def request(body, authorization="Bearer hook-secret-42"):
        return WebhookRequest({"authorization": authorization}, body)

    body = json.dumps({"phoneNumber": "+7 903 123-45-67", "amount": -200.0, "transactionType": "Debit_Manual"}).encode()
    (hint,) = bonus.connector.receive(request(body))
    assert (hint.resource, hint.id, hint.fact) == ("customer", ANNA, None)
    assert bonus.connector.receive(request(b"{}")) == []
    for wrong in ("", "Bearer other", "hook-secret-42"):
        with pytest.raises(WebhookRefused):
            bonus.connector.receive(request(body, wrong))
    for unreadable in (b"{", b"[]"):
        with pytest.raises(WebhookUnreadable):
            bonus.connector.receive(request(unreadable))


def test_one_subscription_is_kept_moved_and_renewed(bonus):
    here, there = "http://127.0.0.1:1/webhooks/loyalty/a", "http://127.0.0.1:1/webhooks/loyalty/hook-secret-42"
    assert bonus.connector.subscribe(here).repaired == ("ChangeCustomerBonusBalanceEvent",)
    assert bonus.made().subscribe(here).repaired == ()
    assert bonus.connector.subscribe(there).repaired
    (held,) = bonus.app.account.subscriptions.values()
    assert (held["url"], held["authorization"]) == (there, "Bearer hook-secret-42")
    assert "hook-secret" not in json.dumps(bonus.tokens.value)
    bonus.app.account.subscriptions.clear()
    assert bonus.connector.subscribe(here).repaired, "the old one is gone already"


def test_a_check_tells_what_is_well_and_what_is_not(bonus):
    health = bonus.connector.check()
    assert health.ok and [f.name for f in health.findings] == ["key", "customers", "money", "welcome", "clock"]
    assert (health.version, bonus.connector.base()) == ("Pro", "lavka")
    silent = bonus.made(loyalty_start="").check()
    assert silent.ok and [f.name for f in silent.findings if f.warn] == ["welcome"]
    wrong = Connector(settings(bonus.url, key="wrong"), LocalLimiter(()), Kept(), lambda: datetime.now(UTC)).check()
    assert not wrong.ok and [f.name for f in wrong.findings] == ["key", "clock"]


def test_fields_are_those_of_the_mapping(bonus):
    paths = {field.path: field.writable for field in bonus.connector.fields("customer")}
    assert paths["person.fn"] and not paths["availableBonuses"]
