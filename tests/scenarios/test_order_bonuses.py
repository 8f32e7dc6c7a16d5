"""An order paid in part with bonuses, in a shop with a site, a CRM, MoySklad and the programme: examples/order-bonuses.yaml, line by line of its page."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import requests

from hub.language import Speech
from hub.language.refused import Refused
from hub.language.shown import Shown
from hub.storage import inbox, views
from hub.storage.tables import record
from hub.sync import manual
from hub.systems.checks import check
from hub.web.app import create_app
from hub.web.story import fields_of
from sandbox.frame.server import running
from tests.scenarios.loyalty_shop import CONTACT, opened

EXAMPLE = Path(__file__).parents[2] / "examples" / "order-bonuses.yaml"
MUG, SHIRT = "SV-007", "SV-001"  # 890 and 3490 roubles
ANNA, DEAL = "79031234567", 2
CHECKOUT = "a key of the checkout"


@pytest.fixture
def shop(tmp_path):
    """Anna has an account, a card and 500 points."""
    with opened(tmp_path, config=EXAMPLE) as shop:
        shop.sync()
        shop.anna = shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна", "billing": {"phone": f"+{ANNA}"}})
        settled(shop)
        shop.loyalty("PATCH", f"customer/{ANNA}/balance", {"amount": 200})
        shop.begun = len(shop.movements())
        yield shop


def settled(shop, times=2):
    for _ in range(times):
        shop.poll()
        shop.work(600.0)


def checkout(shop):
    client = create_app(shop.hub).test_client()

    def call(path, status=200, **body):
        answer = client.post(
            f"/api/v1/points/{path}", json={"phone": "8 903 123-45-67"} | body, headers={"Authorization": f"Bearer {CHECKOUT}"}
        )
        assert answer.status_code == status, answer.text
        return answer.json

    return call


def place(shop, *lines, points=0, paid=True):
    """An order of the site. Points are a fee that lessens it."""
    fee = [{"name": "Оплата бонусами", "total": f"-{points}.00"}] if points else []
    body = {
        "customer_id": shop.anna["id"],
        "status": "processing" if paid else "pending",
        "payment_method": "bacs",
        "set_paid": paid,
        "fee_lines": fee,
    }
    return shop.site("POST", "orders", body | {"line_items": [{"sku": s, "quantity": n} for s, n in lines]})


def member(shop):
    (found,) = shop.members()
    return found


def moved(shop):
    """Movements of points since Anna had her 500: kind -> sum."""
    found = {}
    for kind, amount, _ in shop.movements()[shop.begun :]:
        found[kind] = found.get(kind, 0) + amount
    return found


def sales(shop):
    return [(bool(one["parentId"]), sum(p["sum"] for p in one["positions"])) for one in shop.books()["sales"]]


def sent_back(shop, sku, pieces, store="Уфа, Мега"):
    """Goods of the order are brought to a store; MoySklad has its shipment and the return of it."""
    (document,) = shop.orders_of_sklad()
    goods = next(one for one in shop.sklad("GET", "product")["rows"] if one["article"] == sku)
    price = {MUG: 89000, SHIRT: 349000}[sku]
    place = next(one for one in shop.sklad("GET", "store")["rows"] if one["name"] == store)
    about = {"organization": document["organization"], "agent": document["agent"], "store": {"meta": place["meta"]}}
    line = {"quantity": pieces, "price": price, "assortment": {"meta": goods["meta"]}}
    shipped = shop.sklad("POST", "demand", about | {"customerOrder": {"meta": document["meta"]}, "positions": [line]})
    return shop.sklad("POST", "salesreturn", about | {"demand": {"meta": shipped["meta"]}, "positions": [line]})


def test_the_checkout_is_told_balance_quote_and_reserve_and_refused_what_is_not_there(shop):
    ask = checkout(shop)
    balance = ask("balance")
    assert (balance["active"], balance["pending"]) == ("500.00", "0.00") and balance["next_burn"].endswith(": 300.00")
    quote = ask("quote", lines=[{"sku": MUG, "quantity": "1", "price": "890", "sum": "890"}], points="100")
    assert (quote["most"], quote["accrues"]) == ("445.00", "23.00")
    assert ask("reserve", order="1", points="501", status=409)["message"] == "Недостаточно бонусов"
    assert ask("reserve", order="1", points="500")["reserved"] == "500.00" and ask("balance")["active"] == "0.00"
    assert ask("release", order="1")["reserved"] == "0.00" and ask("balance")["active"] == "500.00"


def test_the_hub_adds_little_to_the_programmes_own_time(shop):
    ask, took = checkout(shop), []
    for _ in range(40):
        began = time.perf_counter()
        ask("balance")
        took.append(time.perf_counter() - began)
    assert sorted(took)[37] < 0.3, "p95, with the stand-in's own time"


def test_with_the_programme_away_the_order_goes_on_without_points(shop):
    shop.fault("latency", "GET /api/customer", count=10, seconds=3.0)
    ask, began = checkout(shop), time.monotonic()
    assert ask("balance") == {"available": False, "reason": "spending points is not possible now"}
    assert time.monotonic() - began < 2.5
    shop.fault("error", "nothing")
    place(shop, (MUG, 1))
    settled(shop)
    assert moved(shop).keys() == {"Credit_Purchase"}


def test_a_buyer_who_presses_twice_holds_points_once(shop):
    app, answers = create_app(shop.hub), []
    body, key = {"phone": ANNA, "order": "1", "points": "100"}, {"Authorization": f"Bearer {CHECKOUT}"}
    shop.fault(
        "latency", "GET /api/customer/.*/balance/reserve/", count=2, seconds=0.2
    )  # both have read what is held before either holds more

    def press():
        answers.append(app.test_client().post("/api/v1/points/reserve", json=body, headers=key).json["reserved"])

    threads = [threading.Thread(target=press) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert answers == ["100.00", "100.00"] and shop.books()["balances"][ANNA]["reserves"] == {"1": 100.0}


def test_the_last_points_are_spent_once_though_site_and_till_want_them_at_once(shop):
    ask, told, start = checkout(shop), [], threading.Barrier(2)

    def till():
        start.wait()
        item = {"ext": "till-1", "sum": 1000, "qnt": 1, "price": 1000}
        try:
            shop.loyalty("POST", "retail", {"phone": ANNA, "items": [item], "bonusDebit": 500})
            told.append("till")
        except AssertionError as refused:
            assert "BONUSES_NOT_ENOUGH" in str(refused)

    other = threading.Thread(target=till)
    other.start()
    start.wait()
    answer = (
        create_app(shop.hub)
        .test_client()
        .post(
            "/api/v1/points/reserve", json={"phone": ANNA, "order": "1", "points": "500"}, headers={"Authorization": f"Bearer {CHECKOUT}"}
        )
    )
    other.join()
    told += ["site"] if answer.status_code == 200 else []
    assert len(told) == 1 and answer.status_code in (200, 409) and ask("balance")["active"] == "0.00"


def test_points_are_spent_and_earned_when_the_order_is_paid_in_full_and_all_sums_agree(shop):
    order = place(shop, (MUG, 2), points=200, paid=False)
    checkout(shop)("reserve", order=order["number"], points="200")
    settled(shop)
    assert moved(shop) == {}, "what is not paid earns and spends nothing"
    shop.site("PUT", f"orders/{order['id']}", {"set_paid": True, "status": "processing"})
    settled(shop)
    assert moved(shop) == {"Debit_Purchase": -200.0, "Credit_Purchase": 47.0}  # 3 % of 1580 roubles
    (deal,), (document,) = shop.deals(), shop.orders_of_sklad()
    (account,), (contact,) = shop.accounts(), shop.contacts()
    assert (deal["opportunity"], deal["UF_CRM_BONUS_SPENT"]) == (1780.0, 200.0), "a deal counts its goods, and beside them what points paid"
    assert (document["sum"], attribute(document, "Бонусы списано")) == (178000.0, 200.0)
    assert float(shop.site("GET", f"orders/{order['id']}")["total"]) == 1780.0 - 200.0
    has = member(shop)
    assert (has["availableBonuses"], has["notActiveBonuses"]) == (300.0, 47.0)
    assert (contact["UF_CRM_BONUS"], account["meta"]["points_active"], account["meta"]["points_pending"]) == (300.0, "300.00", "47.00")


def test_a_partial_return_in_another_store_takes_back_its_own_points_and_gives_back_those_spent(shop):
    place(shop, (MUG, 2), (SHIRT, 1), points=500)
    settled(shop)
    before = moved(shop)
    sent_back(shop, SHIRT, 1)
    settled(shop)
    assert sales(shop) == [(False, 5270.0), (True, 3490.0)]
    sold = {p["product"]: p for one in shop.books()["sales"] if not one["parentId"] for p in one["positions"]}
    after = moved(shop)
    assert after["Debit_Return"] == -sold[SHIRT]["bonusCredit"] and after["Credit_Return"] == sold[SHIRT]["bonusDebit"]
    assert {kind: after[kind] for kind in before} == before, "nothing else moved"
    assert shop.deals()[0]["UF_CRM_RETURNED"] == 3490.0


def test_an_exchange_is_a_return_and_a_purchase(shop):
    place(shop, (SHIRT, 1))
    settled(shop)
    sent_back(shop, SHIRT, 1)
    place(shop, (MUG, 1))
    settled(shop)
    assert sorted(sales(shop)) == [(False, 890.0), (False, 3490.0), (True, 3490.0)]


def test_a_return_without_a_purchase_moves_no_points(shop):
    place(shop, (MUG, 1))
    settled(shop)
    before = shop.movements()
    shift, goods = (shop.sklad("GET", kind)["rows"][0]["meta"] for kind in ("retailshift", "product"))
    agent = shop.people()[0]["meta"]
    shop.sklad("POST", "retailsalesreturn", {"retailShift": {"meta": shift}, "agent": {"meta": agent}, "cashSum": 89000.0, "noCashSum": 0,
                                             "positions": [{"quantity": 1, "price": 89000, "assortment": {"meta": goods}}]})  # fmt: skip
    settled(shop)
    assert shop.movements() == before


def test_a_cancelled_order_gives_back_what_was_held_for_it(shop):
    order = place(shop, (MUG, 1), points=100, paid=False)
    checkout(shop)("reserve", order=order["number"], points="100")
    settled(shop)
    assert member(shop)["availableBonuses"] == 400.0
    shop.fault("reset_after", "PATCH /api/customer/.*/balance/reserve$")
    shop.site("PUT", f"orders/{order['id']}", {"status": "cancelled"})
    settled(shop)
    assert member(shop)["availableBonuses"] == 500.0 and shop.books()["balances"][ANNA]["reserves"] == {} and moved(shop) == {}


def test_points_that_burn_go_from_the_card_of_the_crm_and_what_burns_next_stands_there(shop):
    shop.loyalty("PATCH", f"customer/{ANNA}/balance", {"amount": 70, "burnsInDays": 1})
    settled(shop)
    (contact,) = shop.contacts()
    assert contact["UF_CRM_BONUS"] == 570.0 and contact["UF_CRM_BONUS_BURN"].endswith(": 70.00")
    shop.clock.skip(2 * 86_400)
    settled(shop)
    (contact,), (account,) = shop.contacts(), shop.accounts()
    assert (contact["UF_CRM_BONUS"], account["meta"]["points_active"]) == (500.0, "500.00")
    assert contact["UF_CRM_BONUS_BURN"].endswith(": 300.00")
    shop.loyalty("PATCH", f"customer/{ANNA}/balance", {"amount": -500})
    settled(shop)
    (contact,) = shop.contacts()
    assert (contact["UF_CRM_BONUS"], contact["UF_CRM_BONUS_BURN"] or "") == (0.0, ""), "nothing is left to burn"


def test_a_balance_told_three_times_and_out_of_turn_is_read_once_and_added_to_nothing(shop):
    class Served:
        flask, offset = create_app(shop.hub), 0.0

    with running(Served()) as url:
        shop.hub.connectors["loyalty"].subscribe(f"{url}/webhooks/loyalty/hook-d")
        for amount in (-50, 20, -50, 20):
            shop.loyalty("PATCH", f"customer/{ANNA}/balance", {"amount": amount})
        shop.loyalty_app.hooks.drain()
        body = {"phoneNumber": ANNA, "amount": -50.0, "transactionType": "Debit_Manual"}
        for _ in range(2):  # deliveries are repeated
            requests.post(
                f"{url}/webhooks/loyalty/hook-d", json=body, headers={"Authorization": "Bearer hook-d"}, timeout=5
            ).raise_for_status()
        with shop.hub.store.read_intake() as at:
            assert inbox.depth(at) == 1, "a difference without an id is a hint to look, and hints of one customer are one"
        asked = requests_of(shop)
        shop.work(600.0)
        assert requests_of(shop) - asked <= 2
        assert shop.contacts()[0]["UF_CRM_BONUS"] == 440.0 == member(shop)["availableBonuses"]


def test_no_edit_of_points_anywhere_and_no_button_makes_an_operation(shop):
    order = place(shop, (MUG, 1), points=100)
    settled(shop)
    before, sold = shop.movements(), sales(shop)
    (contact,), (deal,), (document,) = shop.contacts(), shop.deals(), shop.orders_of_sklad()
    shop.site("PUT", f"customers/{shop.anna['id']}", {"meta_data": [{"key": "points_active", "value": "100000"}]})
    shop.site("PUT", f"orders/{order['id']}", {"meta_data": [{"key": "bonus_accrued", "value": "5000"}]})
    shop.crm("crm.item.update", entityTypeId=CONTACT, id=contact["id"], fields={"UF_CRM_BONUS": 9999}, useOriginalUfNames="Y")
    shop.crm("crm.item.update", entityTypeId=DEAL, id=deal["id"], fields={"UF_CRM_BONUS_SPENT": 777}, useOriginalUfNames="Y")
    field = next(one for one in document["attributes"] if one["name"] == "Бонусы списано")
    shop.sklad("PUT", f"customerorder/{document['id']}", {"attributes": [{"meta": field["meta"], "value": 888.0}]})
    settled(shop)
    with shop.hub.store.read() as at:
        rows = {row["entity"]: row for row in at.execute(record.select()).mappings()}
    with pytest.raises(Refused, match="a fact never changes"):
        manual.set_field(shop.hub, rows["loyalty_operation"]["id"], "points", "500.00", actor="olga")
    with pytest.raises(Refused, match="not set by hand"):
        manual.undo(shop.hub, rows["loyalty_operation"]["id"], "points", actor="olga")
    with shop.hub.store.read() as at:
        page = views.record_page(at, rows["loyalty_operation"]["id"])
        assert not any(row.by_hand for row in fields_of(page, Shown(Speech("en"), views.titles(at)))), (
            "the hub made it, and nobody takes it back"
        )
    with pytest.raises(Refused, match="belongs to"):
        manual.set_field(shop.hub, rows["customer"]["id"], "points_active", "500.00", actor="olga")
    with shop.hub.store.write() as at:
        shop.hub.outbox.replay(at, [row["id"] for row in shop.rows()], now=shop.hub.clock())
    settled(shop)
    assert shop.movements() == before and sales(shop) == sold


def test_what_points_pay_is_the_checkouts_word_and_an_edit_of_it_elsewhere_spends_none(shop):
    paying, plain = place(shop, (MUG, 2), points=200, paid=False), place(shop, (SHIRT, 1), paid=False)
    checkout(shop)("reserve", order=paying["number"], points="200")
    settled(shop)
    for deal in shop.deals():
        shop.crm("crm.item.update", entityTypeId=DEAL, id=deal["id"], fields={"UF_CRM_BONUS_SPENT": 300}, useOriginalUfNames="Y")
    fields = {one["name"]: one["meta"] for one in shop.sklad("GET", "customerorder/metadata/attributes")["rows"]}
    for document in shop.orders_of_sklad():
        shop.sklad("PUT", f"customerorder/{document['id']}", {"attributes": [{"meta": fields["Бонусы списано"], "value": 150.0}]})
    settled(shop)
    deal = next(one for one in shop.deals() if one["UF_CRM_ORDER_NUMBER"] == paying["number"])
    fees = [[fee["total"] for fee in shop.site("GET", f"orders/{one['id']}")["fee_lines"]] for one in (paying, plain)]
    assert (deal["UF_CRM_BONUS_SPENT"], fees) == (200.0, [["-200.00"], []])
    for order in (paying, plain):
        shop.site("PUT", f"orders/{order['id']}", {"set_paid": True, "status": "processing"})
    settled(shop)
    assert moved(shop)["Debit_Purchase"] == -200.0 and len(sales(shop)) == 2, "the second order was paid with money alone"


@pytest.mark.parametrize(("changed", "warned"), [({}, False), ({"policies": {}}, True)])
def test_a_check_says_where_an_edit_of_any_system_would_be_spent(tmp_path, changed, warned):
    with opened(tmp_path, config=EXAMPLE, **changed) as shop:
        lines = {line.name: line for line in check(shop.hub, "loyalty", actor="olga").lines}
        assert ("spending" in lines) == warned
        assert not warned or "sklad, crm, site" in lines["spending"].en and "policies.order" in lines["spending"].fix_en


def requests_of(shop):
    """How many requests the programme has had."""
    return requests.get(f"{shop.loyalty_url}/_sandbox/counters", timeout=5).json()["requests"]


def attribute(document, name):
    return next((one["value"] for one in document["attributes"] if one["name"] == name), None)
