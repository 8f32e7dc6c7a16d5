"""The BonusPlus sandbox over real HTTP, by plain requests as the vendor's pages show them: no independent client of this vendor exists."""

from __future__ import annotations

import base64
import http.client
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.bonusplus.app import KEY, TILL, Bonusplus
from sandbox.frame.server import running

ANNA = "79031234567"
LINES = [
    {"sum": 3000.0, "qnt": 2, "price": 1500.0, "product": "771", "ds": 0, "ext": "100204-1"},
    {"sum": 990.5, "qnt": 1, "price": 990.5, "product": "772", "ds": 0, "ext": "100204-2"},
]


class Served:
    """The stand-in, and what may be asked of it."""

    def __init__(self, app, url):
        self.app, self.url = app, url

    def call(self, method, path, body=None, key=KEY, **params):
        headers = {"Authorization": f"ApiKey {base64.b64encode(key.encode()).decode()}", "Content-Type": "application/json"}
        return requests.request(method, f"{self.url}/api/{path}", json=body, params=params, headers=headers, timeout=5)

    def done(self, method, path, body=None, key=KEY, **params):
        answer = self.call(method, path, body, key, **params)
        assert answer.status_code in (200, 204), answer.text
        return answer.json() if answer.content else None

    def refused(self, method, path, body=None, status=412, **params):
        answer = self.call(method, path, body, **params)
        assert answer.status_code == status, answer.text
        assert answer.json()["msg"]
        return answer.json()["code"]

    def control(self, what, **body):
        requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def read(self, what):
        return requests.get(f"{self.url}/_sandbox/{what}", timeout=5).json()

    def later(self, **span):
        self.control("clock", offset=self.app.offset + timedelta(**span).total_seconds())

    def anna(self, **more):
        return self.done("POST", "customer", {"phone": "8 (903) 123-45-67", "fn": "Анна", "ln": "Орлова", **more})

    def points(self, phone=ANNA):
        one = self.done("GET", "customer", phone=phone)
        return one["availableBonuses"], one["notActiveBonuses"]

    def movements(self, **asked):
        return [row["amount"] for row in self.done("POST", "retail/bonusActivities", asked)["bonusActivities"]]

    def sale(self, spend=0, items=LINES, **more):
        return self.done("POST", "retail", {"phone": ANNA, "items": items, "bonusDebit": spend, **more})


@pytest.fixture
def bonus():
    app = Bonusplus(allow_loopback_webhooks=True)
    with running(app) as url:
        yield Served(app, url)


def balanced(bonus):
    """The ledger's movements and the balances, which are counted apart, say the same of everybody."""
    book = bonus.read("ledger")
    for has in book["balances"].values():
        moved = sum(Decimal(str(m["amount"])) for m in book["movements"] if m["personId"] == has["person"])
        assert moved == sum(Decimal(str(has[name])) for name in ("available", "pending", "reserved"))
    return book


@pytest.mark.parametrize(
    "header",
    ["", f"ApiKey {KEY}", f"Basic {base64.b64encode(KEY.encode()).decode()}", f"ApiKey {base64.b64encode(f'{KEY}:'.encode()).decode()}"],
    ids=["none", "not in base64", "another scheme", "with a colon"],
)
def test_a_key_in_any_other_form_is_refused(bonus, header):
    answer = requests.get(f"{bonus.url}/api/account", headers={"Authorization": header}, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
    assert bonus.done("GET", "account")["companies"] == [{"id": "14", "name": "Лавка"}]


def test_a_put_that_does_not_say_its_length_is_refused(bonus):
    line = http.client.HTTPConnection(urlsplit(bonus.url).netloc, timeout=5)
    line.putrequest("PUT", "/api/retail/calc")
    line.putheader("Authorization", f"ApiKey {base64.b64encode(KEY.encode()).decode()}")
    line.endheaders()
    assert line.getresponse().status == 411
    line.close()


def test_malformed_json_is_400_and_what_does_not_exist_404(bonus):
    headers = {"Authorization": f"ApiKey {base64.b64encode(KEY.encode()).decode()}"}
    assert requests.post(f"{bonus.url}/api/customer", data=b"{", headers=headers, timeout=5).status_code == 400
    assert bonus.refused("GET", "retail/1", status=404) == "RETAIL_NOT_FOUND"
    assert bonus.refused("GET", "nothing", status=404) == "NOT_FOUND"


def test_a_limit_that_a_test_sets_is_answered_429(bonus):
    bonus.control("limits", per_second=2)
    assert [bonus.call("GET", "account").status_code for _ in range(3)] == [200, 200, 429]
    assert (bonus.read("counters")["refused"], bonus.read("counters")["second_max"]) == (1, 2)


@pytest.mark.parametrize(("kind", "made"), [("reset_before", 0), ("reset_after", 1), ("late_effect", 1)])
def test_an_answer_can_be_lost_before_and_after_the_effect(bonus, kind, made):
    requests.post(f"{bonus.url}/_sandbox/faults", json=[{"kind": kind, "match": "^POST /api/customer$", "seconds": 0.0}], timeout=5)
    with pytest.raises(requests.ConnectionError):
        bonus.anna()
    if kind == "late_effect":
        while not bonus.done("GET", "customer/stat")["allCount"]:
            pass
    assert bonus.done("GET", "customer/stat")["allCount"] == made


def test_a_registration_gives_a_card_welcome_points_and_a_message(bonus):
    made = bonus.anna(email="anna@example.ru", birthDay="05.06.1990")
    assert (made["phone"], made["discountCardName"], made["availableBonuses"], made["totalBonusCredit"]) == (ANNA, "Бронза", 100.0, 100.0)
    assert len(made["discountCardNumber"]) == 13 and made["person"]["birthDay"] == "1990-06-05T00:00:00+03:00"
    assert bonus.read("effects") == {"points: welcome": 1, "sms: registration": 1}
    for key in ({"phone": "+7 903 123 45 67"}, {"ean": made["discountCardNumber"]}, {"id": made["id"]}):
        assert bonus.done("GET", "customer", **key) == made
    assert bonus.refused("GET", "customer", phone="79990000000") == "CUSTOMER_NOT_FOUND"


@pytest.mark.parametrize(
    ("more", "points", "effects"),
    [
        ({"regBonus": 250.5}, 250.5, {"points: welcome": 1, "sms: registration": 1}),
        ({"creditBonuses": False, "noRegNotification": True}, 0.0, {}),
        ({"regBonus": 250, "creditBonuses": False}, 0.0, {"sms: registration": 1}),
    ],
)
def test_welcome_points_are_named_or_left_out(bonus, more, points, effects):
    assert (bonus.anna(**more)["availableBonuses"], bonus.read("effects")) == (points, effects)


def test_a_phone_and_a_card_are_of_one_customer(bonus):
    bonus.anna(ean="2000000012345")
    assert bonus.refused("POST", "customer", {"phone": "+7 903 123-45-67"}) == "CUSTOMER_ALREADY_EXISTS"
    assert bonus.refused("POST", "customer", {"phone": "79260000000", "ean": "2000000012345"}) == "CARD_ALREADY_EXISTS"
    assert bonus.refused("POST", "customer", {"phone": "79260000000", "ean": "12"}) == "CARD_NUMBER_INCORRECT"
    assert bonus.refused("POST", "customer", {"phone": "123"}) == "PHONE_INCORRECT"
    assert bonus.done("GET", "customer/stat") == {"allCount": 1}


def test_put_erases_what_it_does_not_name_and_patch_keeps_it(bonus):
    made = bonus.anna(email="anna@example.ru", desc="Любит лён", sex=2)
    patched = bonus.done("PATCH", f"customer/{ANNA}", {"mn": "Ивановна", "birthday": "05.06.1990"})
    assert patched["person"] == made["person"] | {"mn": "Ивановна", "birthDay": "1990-06-05T00:00:00+03:00"}
    put = bonus.done("PUT", f"customer/{ANNA}", {"fn": "Анна", "ln": "Соколова"})
    assert put["person"] == {"fn": "Анна", "ln": "Соколова"}
    assert (put["discountCardNumber"], put["availableBonuses"]) == (made["discountCardNumber"], 100.0)
    assert bonus.done("PATCH", f"customer/{ANNA}", {"ln": ""})["person"] == {"fn": "Анна"}
    assert bonus.refused("PATCH", "customer/+79031234567", {"fn": "Анна"}) == "CUSTOMER_NOT_FOUND", "digits alone in paths"


def test_a_new_phone_card_and_status_keep_the_customer(bonus):
    made = bonus.anna()
    new = bonus.done("PATCH", f"customer/{ANNA}", {"newPhone": "8 926 000-00-00", "cardNumber": 20000001, "newCard": "Золото"})
    assert (new["id"], new["phone"], new["discountCardNumber"], new["discountCardName"]) == (
        made["id"],
        "79260000000",
        "20000001",
        "Золото",
    )
    assert bonus.refused("GET", "customer", phone=ANNA) == "CUSTOMER_NOT_FOUND"
    assert bonus.refused("PATCH", "customer/79260000000", {"cardNumber": "20000002"}, status=400) == "BAD_REQUEST"
    assert bonus.refused("PATCH", "customer/79260000000", {"newCard": "Платина"}) == "CARD_NOT_FOUND"


def test_a_customer_deleted_and_registered_again_is_welcomed_again(bonus):
    """The service does not know that it had met her: whoever writes must."""
    first = bonus.anna()
    bonus.done("DELETE", f"customer/{ANNA}")
    assert bonus.anna()["id"] != first["id"]
    assert bonus.read("effects")["points: welcome"] == 2
    balanced(bonus)


def test_lists_are_filtered_paged_from_one_and_newest_first(bonus):
    phones = [f"7926000000{n}" for n in range(5)]
    numbers = [bonus.done("POST", "customer", {"phone": phone, "creditBonuses": n > 2})["phone"] for n, phone in enumerate(phones)]
    pages = [bonus.done("POST", "customer/list", {"rowCount": 2, "startRow": start}) for start in (1, 3, 5, 7)]
    assert [[row["phone"] for row in rows] for rows in pages] == [numbers[:2:-1], numbers[2:0:-1], numbers[:1], []]
    assert len(bonus.done("POST", "customer/list", {"bonusAmount": {"from": 1}})) == 2
    assert [row["phone"] for row in bonus.done("POST", "customer/list", {"phone": ["8" + phones[1][1:]]})] == [phones[1]]
    person = bonus.done("POST", "retail/bonusActivities", {"phone": phones[4]})["bonusActivities"][0]["personId"]
    assert [row["phone"] for row in bonus.done("POST", "customer/list", {"personsList": [person]})] == [phones[4]]
    assert bonus.refused("POST", "customer/list", {"rowCount": 1001}) == "INCORRECT_DATA"


def test_what_was_changed_lately_is_found_but_not_whose_points_moved(bonus):
    bonus.anna()
    bonus.later(hours=1)
    since = (datetime.now(UTC) + timedelta(seconds=bonus.app.offset - 60)).isoformat()
    asked = {"lastUpdateDate": [{"from": since}]}
    bonus.done("PATCH", f"customer/{ANNA}/balance", {"amount": 5})
    assert bonus.done("POST", "customer/list", asked) == []
    bonus.done("PATCH", f"customer/{ANNA}", {"fn": "Аня"})
    assert len(bonus.done("POST", "customer/list", asked)) == 1
    assert bonus.movements(creationDate={"from": since}) == [5.0]


def test_points_by_hand_wait_burn_and_may_not_run_short(bonus):
    bonus.anna(creditBonuses=False)
    told = bonus.done("PATCH", f"customer/{ANNA}/balance", {"amount": 50, "activatedInDays": 2, "burnsInDays": 3})
    assert (told["amount"], told["transactionType"], told["burnsInDays"]) == (50.0, "Credit_Manual", 3)
    assert bonus.points() == (0.0, 50.0)
    assert bonus.refused("PATCH", f"customer/{ANNA}/balance", {"amount": -10}) == "BONUSES_NOT_ENOUGH"
    bonus.later(days=2, minutes=1)
    assert bonus.points() == (50.0, 0.0)
    one = bonus.done("GET", "customer", phone=ANNA)
    assert one["nearestBonusesExpirationAmount"] == 50.0 and one["nearestBonusesExpirationDate"].endswith("+03:00")
    bonus.done("PATCH", f"customer/{ANNA}/balance", {"amount": -20})
    bonus.later(days=3)
    assert bonus.points() == (0.0, 0.0)
    assert bonus.movements(phone=ANNA) == [50.0, -20.0, -30.0]
    assert bonus.movements(phone=ANNA, sort=-1, rowCount=1) == [-30.0]
    balanced(bonus)


def test_a_credit_said_twice_is_credited_twice(bonus):
    bonus.anna(creditBonuses=False)
    for _ in range(2):
        bonus.done("PATCH", f"customer/{ANNA}/balance", {"amount": 50})
    assert bonus.points() == (100.0, 0.0)


def test_a_reserve_holds_points_adds_up_and_is_let_go(bonus):
    bonus.anna()
    reserve = f"customer/{ANNA}/balance/reserve"
    assert bonus.call("PATCH", reserve, {"id": "order-1", "amount": 60}).status_code == 204
    assert bonus.points() == (40.0, 0.0)
    assert bonus.refused("PATCH", reserve, {"id": "order-2", "amount": 50}) == "BONUSES_NOT_ENOUGH"
    bonus.done("PATCH", reserve, {"id": "order-1", "amount": 20})
    assert bonus.done("GET", f"{reserve}/order-1") == {"phone": ANNA, "id": "order-1", "amount": 80.0}
    assert bonus.refused("PATCH", reserve, {"id": "order-1", "amount": -90}) == "RESERVE_NOT_ENOUGH"
    bonus.done("PATCH", reserve, {"id": "order-1", "amount": -80})
    assert bonus.refused("GET", f"{reserve}/order-1") == "RESERVE_NOT_FOUND"
    bonus.done("PATCH", reserve, {"id": "order-3", "amount": 10})
    bonus.control("habits", reserve="refuse")
    assert bonus.refused("PATCH", reserve, {"id": "order-3", "amount": 10}) == "RESERVE_ALREADY_EXISTS"
    bonus.done("DELETE", "customer/balance/reserve", {"id": "order-3"})
    assert bonus.points() == (100.0, 0.0)
    assert bonus.refused("PATCH", reserve, {"id": "order-9", "amount": -1}) == "RESERVE_NOT_FOUND"
    balanced(bonus)


def test_a_receipt_is_calculated_without_any_effect(bonus):
    bonus.anna(card="Серебро", regBonus=420)
    asked = {"phone": ANNA, "bonusDebit": 0, "level": 0, "store": "Уфа, Мега", "items": LINES[:1]}
    answer = bonus.done("PUT", "retail/calc", asked)
    assert answer == {
        "discount": [{"ext": "100204-1", "messages": [], "cb": 87.0, "db": 0.0, "ds": 90.0, "dp": 3.0, "ids": 90.0, "idp": 3.0,
                      "dbp": 0.0, "cbp": 3.0}], "maxDebitBonuses": 420.0, "multiplicityDebitBonus": 1.0,
    }  # fmt: skip
    spent = bonus.done("PUT", "retail/calc", asked | {"bonusDebit": 1000, "items": LINES})
    assert [row["db"] for row in spent["discount"]] == [315.75, 104.25], "over the positions, and no more than there is"
    assert bonus.refused("PUT", "retail/calc", asked | {"store": "Мега"}) == "STORE_NOT_FOUND"
    assert bonus.movements() == [420.0]


def test_a_sale_spends_credits_later_and_raises_the_status(bonus):
    bonus.anna()
    made = bonus.sale(100, externalId="order-1", date="2026-02-01 18:44:10", store="Уфа, Мега")
    assert (made["customer"]["availableBonuses"], made["customer"]["notActiveBonuses"]) == (0.0, 115.0)
    sale = bonus.done("GET", f"retail/{made['id']}")
    assert (sale["date"], sale["storeName"], sale["totalSum"], sale["parentId"]) == ("2026-02-01T18:44:10+03:00", "Уфа, Мега", 3990.5, None)
    assert [(p["ext"], p["bonusDebit"], p["bonusCredit"]) for p in sale["positions"]] == [
        ("100204-1", 75.18, 87.0),
        ("100204-2", 24.82, 28.0),
    ]
    bonus.later(days=14, minutes=1)
    assert bonus.points() == (115.0, 0.0)
    big = [{"sum": 10_000, "qnt": 1, "price": 10_000}]
    assert bonus.sale(items=big)["customer"]["discountCardName"] == "Серебро"
    one = bonus.done("GET", "customer", phone=ANNA)
    assert (one["purchasesTotalSum"], one["nextCardName"], one["purchasesSumToNextCard"]) == (13_990.5, "Золото", 36_009.5)
    assert (one["totalBonusCredit"], one["totalBonusDebit"]) == (515.0, 100.0)
    balanced(bonus)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"bonusDebit": 101}, "BONUSES_NOT_ENOUGH"),
        ({"items": []}, "INCORRECT_DATA"),
        ({"items": 5}, "INCORRECT_DATA"),
        ({"items": [{"sum": 10, "ds": 11}]}, "INCORRECT_DATA"),
        ({"reserveId": "none"}, "RESERVE_NOT_FOUND"),
        ({"items": [LINES[0], LINES[0]]}, "RETAIL_EXT_NOT_UNIQUE"),
        ({"phone": "79990000000"}, "CUSTOMER_NOT_FOUND"),
        ({"bonusDebit": None}, "INCORRECT_DATA"),
    ],
)
def test_a_sale_that_cannot_be_changes_nothing(bonus, more, code):
    bonus.anna()
    assert bonus.refused("POST", "retail", {"phone": ANNA, "items": LINES, "bonusDebit": 0, **more}) == code
    assert (bonus.movements(), bonus.points()) == ([100.0], (100.0, 0.0))


def test_a_reserve_pays_a_sale_once(bonus):
    bonus.anna()
    bonus.done("PATCH", f"customer/{ANNA}/balance/reserve", {"id": "order-1", "amount": 100})
    assert bonus.refused("POST", "retail", {"phone": ANNA, "items": LINES, "bonusDebit": 100}) == "BONUSES_NOT_ENOUGH"
    assert bonus.sale(100, reserveId="order-1")["customer"]["availableBonuses"] == 0.0
    assert (
        bonus.refused("POST", "retail", {"phone": ANNA, "items": [{"sum": 10}], "bonusDebit": 0, "reserveId": "order-1"})
        == "RESERVE_NOT_FOUND"
    )
    balanced(bonus)


def test_a_repeated_sale_is_a_second_one_unless_the_account_refuses_it(bonus):
    bonus.anna()
    items = [{"sum": 1000}]
    first, second = bonus.sale(items=items, externalId="order-1"), bonus.sale(items=items, externalId="order-1")
    assert first["id"] != second["id"] and bonus.points() == (100.0, 60.0)
    bonus.control("habits", external_id="refuse")
    body = {"phone": ANNA, "items": items, "bonusDebit": 0, "externalId": "order-1"}
    assert bonus.refused("POST", "retail", body) == "RETAIL_ALREADY_EXISTS"


def test_returns_by_position_take_back_and_give_back_to_the_kopeck(bonus):
    bonus.anna()
    sale = bonus.sale(100)
    part = bonus.done("PUT", "retail/back", {"ext": "100204-1", "sum": 1000})
    returned = bonus.done("GET", f"retail/{part['returnedPurchaseId']}")
    assert (returned["parentId"], returned["totalSum"], returned["positions"][0]["bonusCredit"]) == (sale["id"], 1000.0, 29.0)
    assert bonus.points() == (25.06, 86.0)
    bonus.done("PUT", "retail/back", {"ext": "100204-1"})
    assert bonus.points() == (75.18, 28.0)
    assert bonus.refused("PUT", "retail/back", {"ext": "100204-1"}) == "RETAIL_BACK_IMPOSSIBLE"
    number = bonus.done("GET", f"retail/{sale['id']}")["positions"][1]["id"]
    bonus.done("PUT", "retail/back", {"positionId": number})
    assert bonus.points() == (100.0, 0.0)
    assert bonus.done("GET", "customer", phone=ANNA)["purchasesTotalSum"] == 0.0
    assert bonus.refused("PUT", "retail/back", {"ext": "nothing"}) == "POSITION_NOT_FOUND"
    balanced(bonus)


def test_points_that_are_spent_already_are_owed_when_goods_come_back(bonus):
    bonus.anna(creditBonuses=False)
    bonus.sale()
    bonus.later(days=15)
    bonus.sale(115, items=[{"sum": 1000, "ext": "b-1"}])
    bonus.done("PUT", "retail/back", {"ext": "100204-1"})
    assert bonus.points() == (-60.0, 0.0), "90 are taken: 4 that were left of that sale, 26 of the next one, 60 are owed"
    balanced(bonus)


def test_an_ext_of_two_sales_cannot_be_returned_by_it(bonus):
    bonus.anna()
    bonus.control("habits", ext="accept")
    bonus.sale(items=[{"sum": 10, "ext": "1"}])
    bonus.sale(items=[{"sum": 10, "ext": "1"}])
    assert bonus.refused("PUT", "retail/back", {"ext": "1"}) == "POSITION_NOT_UNIQUE"


STEPS = st.lists(st.tuples(st.sampled_from(["credit", "debit", "hold", "free", "sale", "back", "wait"]), st.integers(1, 400)), max_size=25)


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_whatever_is_done_the_ledger_is_the_balance(steps):
    """In one process, without a line: the arithmetic alone."""
    app = Bonusplus()
    client = app.flask.test_client()
    headers = {"Authorization": f"ApiKey {base64.b64encode(TILL.encode()).decode()}"}

    def call(method, path, body):
        return client.open(f"/api/{path}", method=method, json=body, headers=headers)

    call("POST", "customer", {"phone": ANNA})
    for n, (what, size) in enumerate(steps):
        if what in ("credit", "debit"):
            call("PATCH", f"customer/{ANNA}/balance", {"amount": size if what == "credit" else -size, "burnsInDays": 30})
        elif what in ("hold", "free"):
            call("PATCH", f"customer/{ANNA}/balance/reserve", {"id": "r", "amount": size if what == "hold" else -size})
        elif what == "sale":
            items = [{"sum": size * 7.31, "ext": f"{n}-1"}, {"sum": size, "ext": f"{n}-2"}]
            call("POST", "retail", {"phone": ANNA, "items": items, "bonusDebit": size / 3})
        elif what == "back":
            call("PUT", "retail/back", {"ext": f"{size % (n + 1)}-1", "sum": size})
        else:
            app.offset += size * 3600.0 * 24 / 10
    book = client.get("/_sandbox/ledger").json
    has = book["balances"][ANNA]
    moved = sum(Decimal(str(m["amount"])) for m in book["movements"])
    assert moved == sum(Decimal(str(has[name])) for name in ("available", "pending", "reserved"))
    assert {m["key"] for m in book["movements"]} <= {TILL, ""}


@pytest.fixture
def listener():
    heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.headers["Authorization"], json.loads(body)))
            self.send_response(200 if self.path == "/bp" else 500)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", heard
    server.shutdown()
    server.server_close()


def subscription(url):
    event = {"eventId": "ChangeCustomerBonusBalanceEvent", "httpMethod": "POST", "contentType": "application/json"}
    return event | {"url": url, "authorization": "Bearer secret"}


def test_a_balance_that_moves_is_told_by_its_difference_alone(bonus, listener):
    url, heard = listener
    made = bonus.done("POST", "webhook/subscription/", subscription(f"{url}/bp"))
    bonus.anna()
    bonus.done("PATCH", f"customer/{ANNA}/balance", {"amount": -30}, key=TILL)
    bonus.app.hooks.drain()
    assert heard == [
        ("Bearer secret", {"phoneNumber": ANNA, "amount": 100.0, "transactionType": "Credit_Registration"}),
        ("Bearer secret", {"phoneNumber": ANNA, "amount": -30.0, "transactionType": "Debit_Manual"}),
    ]
    bonus.done("DELETE", f"webhook/subscription/{made['id']}")
    assert bonus.refused("DELETE", f"webhook/subscription/{made['id']}", status=404) == "SUBSCRIPTION_NOT_FOUND"
    bonus.done("PATCH", f"customer/{ANNA}/balance", {"amount": 1})
    bonus.app.hooks.drain()
    assert len(heard) == 2


def test_a_second_subscription_hears_too_and_nothing_is_told_again(bonus, listener):
    url, heard = listener
    for path in ("/bp", "/bp", "/down"):
        bonus.done("POST", "webhook/subscription", subscription(f"{url}{path}"))
    bonus.anna()
    bonus.app.hooks.drain()
    assert len(heard) == 3
    assert (bonus.read("counters")["webhooks_sent"], bonus.read("counters")["webhooks_failed"]) == (2, 1)


def test_burning_is_silent_until_somebody_looks(bonus, listener):
    url, heard = listener
    bonus.anna(creditBonuses=False)
    bonus.done("PATCH", f"customer/{ANNA}/balance", {"amount": 50, "burnsInDays": 1})
    bonus.done("POST", "webhook/subscription", subscription(f"{url}/bp"))
    bonus.later(days=2)
    assert bonus.points() == (0.0, 0.0)
    bonus.app.hooks.drain()
    assert [body["amount"] for _, body in heard] == [-50.0]
