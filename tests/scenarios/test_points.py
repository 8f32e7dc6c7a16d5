"""An order of the site and its points: earned once and only when it is paid, taken back in part, spent once, whatever gets lost on the way."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import replace

import pytest
from click.testing import CliRunner

from connectors.limiter import LocalLimiter
from hub.app import assemble
from hub.cli import main
from hub.decisions import lost
from hub.storage import links as link_rows
from hub.storage.accounts import set_user
from hub.storage.tables import record
from hub.sync import uniting
from hub.sync.deliver import Deliverer
from hub.web.app import create_app
from tests.faces.reader import Reader
from tests.faces.shop import PASSWORD
from tests.scenarios.points_shop import opened
from tests.scenarios.points_storm import play
from tests.scenarios.points_verdict import FAULTS

MUG, SHIRT = "SV-007", "SV-001"  # 890 and 3490 roubles


@pytest.fixture
def shop(tmp_path):
    """Anna has an account and 300 points."""
    with opened(tmp_path) as shop:
        yield joined(shop)


@pytest.fixture
def twice(tmp_path, database_url):
    """The same on SQLite and on PostgreSQL."""
    with opened(tmp_path, database_url) as shop:
        yield joined(shop)


def joined(shop):
    shop.sync()
    body = {"email": "anna@example.ru", "first_name": "Анна", "billing": {"phone": "+79031234567"}}
    shop.anna = shop.site("POST", "customers", body)
    shop.sync()
    return shop


def place(shop, *lines, paid=True, **more):
    body = {"customer_id": shop.anna["id"], "status": "processing" if paid else "pending", "payment_method": "bacs"}
    return shop.site("POST", "orders", body | {"set_paid": paid, "line_items": [{"sku": s, "quantity": n} for s, n in lines]} | more)


def moved(shop):
    """Movements of points beside the welcome: kind -> their sum."""
    found = Counter()
    for kind, amount, _ in shop.movements():
        found[kind] += amount
    found.pop("Credit_Registration")
    return dict(found)


def operations(shop):
    with shop.hub.store.read() as at:
        rows = at.execute(
            record.select().where(record.c.entity == "loyalty_operation").order_by(record.c.created_at, record.c.id)
        ).mappings()
        return [(row["data"]["kind"], sum(float(line["sum"]) for line in row["data"]["lines"])) for row in rows]


def settled(shop, seconds=600.0):
    """Polls and deliveries until what one write leads to has come round; answers that are lost are waited for."""
    for _ in range(2):
        shop.poll()
        shop.work(seconds)


def test_points_come_when_the_order_is_paid_in_full_and_once(twice):
    shop = twice
    order = place(shop, (MUG, 2), paid=False)
    settled(shop)
    assert moved(shop) == {} and operations(shop) == []
    shop.site("PUT", f"orders/{order['id']}", {"set_paid": True, "status": "processing"})
    settled(shop)
    settled(shop)
    assert operations(shop) == [("purchase", 1780.0)]
    (credited,) = moved(shop).values()
    (member,) = shop.members()
    assert member["purchasesTotalSum"] > 0 and credited > 0
    (account,) = shop.accounts()
    assert float(account["meta"]["points_active"]) == member["availableBonuses"], "the balance stands in the personal account"


def test_a_partial_return_takes_back_the_points_of_its_lines_alone(twice):
    shop = twice
    order = place(shop, (MUG, 2), (SHIRT, 1))
    settled(shop)
    mug = next(line for line in order["line_items"] if line["sku"] == MUG)
    shop.site("PUT", f"orders/{order['id']}", {"line_items": [{"id": mug["id"], "quantity": 1, "subtotal": "890.00", "total": "890.00"}]})
    settled(shop)
    assert operations(shop) == [("purchase", 1780.0 + 3490.0), ("return", 890.0)]
    sold = {p["ext"]: p for s in shop.sales() if not s["parentId"] for p in s["positions"]}
    (back,) = [p for s in shop.sales() if s["parentId"] for p in s["positions"]]
    position = sold[back["ext"]]
    assert position["product"] == MUG and back["totalSum"] == pytest.approx(position["totalSum"] / 2, abs=0.01)
    assert back["bonusCredit"] == pytest.approx(position["bonusCredit"] / 2, abs=0.01)


def refund(shop, order, **lines):
    """A person of the shop gives money back, without goods where no line is named: SKU -> (pieces, money)."""
    amount, quiet = lines.pop("amount", None), {"api_refund": False, "api_restock": False}
    ids = {line["sku"].replace("-", ""): line["id"] for line in order["line_items"]}
    rows = [{"id": ids[sku], "quantity": n, "refund_total": str(money)} for sku, (n, money) in lines.items()]
    shop.site("POST", f"orders/{order['id']}/refunds", quiet | {"line_items": rows} | ({"amount": amount} if amount else {}))
    settled(shop)


def test_a_refund_takes_back_the_points_of_the_goods_that_it_names_and_of_all_once(shop):
    order = place(shop, (MUG, 2), (SHIRT, 1))
    settled(shop)
    refund(shop, order, SV007=(1, 890))
    assert operations(shop) == [("purchase", 5270.0), ("return", 890.0)]
    refund(shop, order, amount="100")
    assert len(operations(shop)) == 2, "money without goods"
    refund(shop, order, SV007=(1, 790), SV001=(1, 3490))
    assert sorted(operations(shop)[2:]) == [("return", 890.0), ("return", 3490.0)], "the site says refunded, the refunds say so too: once"
    assert sum(moved(shop).values()) == 0
    assert {row["state"] for row in shop.rows() if row["entity"] == "loyalty_operation"} == {"done"}


def test_a_cancelled_order_leaves_nothing_and_one_revived_is_bought_anew(shop):
    order = place(shop, (MUG, 1), (SHIRT, 1))
    settled(shop)
    shop.site("PUT", f"orders/{order['id']}", {"status": "cancelled"})
    settled(shop)
    assert sum(moved(shop).values()) == 0
    shop.site("PUT", f"orders/{order['id']}", {"status": "processing"})
    settled(shop)
    assert [kind for kind, _ in operations(shop)] == ["purchase", "return", "return", "purchase"]
    assert sum(moved(shop).values()) > 0


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "late_effect", "truncated"])
def test_an_answer_that_is_lost_never_posts_twice(shop, kind):
    shop.fault(kind, "POST /api/retail$")
    order = place(shop, (MUG, 2))
    settled(shop)
    shop.fault(kind, "PUT /api/retail/back$")
    shop.site("PUT", f"orders/{order['id']}", {"status": "cancelled"})
    settled(shop)
    assert [(bool(s["parentId"]), len(s["positions"])) for s in shop.sales()] == [(False, 1), (True, 1)]
    assert sum(moved(shop).values()) == 0


CHEAP = {
    "sku": MUG,
    "quantity": 1,
    "subtotal": "20.00",
    "total": "20.00",
}  # earns less than a point: no list of the programme shows its sale


def cheap(shop):
    body = {"customer_id": shop.anna["id"], "status": "processing", "payment_method": "bacs", "set_paid": True, "line_items": [CHEAP]}
    return shop.site("POST", "orders", body)


def held(shop):
    """The delivery that a person is asked about."""
    (row,) = [row for row in shop.rows() if row["state"] == "dead"]
    assert (row["entity"], row["error_class"], row["error_code"]) == ("loyalty_operation", "Unknown", "create_lost"), row
    return row["id"]


class RecordPage:
    """The page of a delivery's record, as somebody of the support sees it."""

    def __init__(self, shop, ident):
        with shop.hub.store.write() as at:
            set_user(at, "support", PASSWORD, "support")
        (row,) = [row for row in shop.rows() if row["id"] == ident]
        self.reader, self.path = Reader(create_app(shop.hub), "support"), f"/records/{row['record_id']}"

    def text(self):
        return self.reader.get(self.path).text

    def press(self, path, **fields):
        """What the page says afterwards."""
        self.reader.post(path, **fields, back=self.path)
        return self.text()


def test_a_sale_without_points_that_did_not_arrive_is_posted_once(shop):
    shop.fault("reset_before", "POST /api/retail$")
    order = cheap(shop)
    settled(shop)
    assert len(shop.sales()) == 1 and moved(shop) == {}
    shop.fault("reset_before", "PUT /api/retail/back$")
    shop.site("PUT", f"orders/{order['id']}", {"status": "cancelled"})
    settled(shop)
    assert [bool(sale["parentId"]) for sale in shop.sales()] == [False, True]


def test_a_sale_without_points_that_may_have_arrived_is_held_for_a_person(shop):
    shop.fault("reset_after", "POST /api/retail$")
    order = cheap(shop)
    settled(shop)
    (sale,) = shop.sales()
    ident = held(shop)
    with shop.hub.store.write() as at:
        shop.hub.outbox.replay(at, [ident], now=shop.hub.clock())
    settled(shop)
    assert len(shop.sales()) == 1 and held(shop) == ident, "a replay does not post it"
    page = RecordPage(shop, ident)
    assert "Найдите документ в кабинете этой системы" in page.text()
    assert "нет ничего под номером 999" in page.press(f"/queue/{ident}/found", number="999")
    assert "там это документ" in page.press(f"/queue/{ident}/found", number=str(sale["id"]))
    shop.fault("reset_after", "PUT /api/retail/back$")
    shop.site("PUT", f"orders/{order['id']}", {"status": "cancelled"})
    settled(shop)
    assert [one["parentId"] for one in shop.sales()] == [None, sale["id"]]
    lost.found(shop.hub, held(shop), str(shop.sales()[1]["id"]), actor="olga")
    settled(shop)
    assert {row["state"] for row in shop.rows() if row["entity"] == "loyalty_operation"} == {"done"}


def test_a_sale_without_points_is_posted_when_a_person_says_that_it_is_not_there(shop, tmp_path):
    shop.fault("reset_before", "POST /api/retail$", count=1)
    cheap(shop)
    shop.poll()
    shop.take()
    deliver = Deliverer(shop.hub, "loyalty")
    while not shop.faulted("reset_before"):
        deliver.drain()
    phone, item = shop.members()[0]["phone"], {"ext": "till-1", "sum": 30, "qnt": 1, "price": 30}
    shop.loyalty("POST", "retail", {"phone": phone, "items": [item], "bonusDebit": 0})  # a till sells something at the same minute
    settled(shop)
    assert len(shop.sales()) == 1
    command = ["queue", "settle", held(shop), "--config", str(tmp_path / "config.yaml")]
    assert CliRunner().invoke(main, [*command, "--found", str(shop.sales()[0]["id"]), "--not-done"]).exit_code == 2
    assert "1 delivery put back" in CliRunner().invoke(main, [*command, "--not-done"]).output
    settled(shop)
    assert len(shop.sales()) == 2 and moved(shop) == {}


def registers(shop, name, phone):
    made = shop.site("POST", "customers", {"email": f"{name}@example.ru", "first_name": name, "billing": {"phone": phone}})
    settled(shop)
    return made


def record_of(shop, account):
    with shop.hub.store.read() as at:
        return link_rows.by_external(at, "site", "customers", [str(account["id"])])[str(account["id"])].record_id


def buyers(shop):
    """Phone of whom each sale and return was."""
    return [sale["customerPhone"] for sale in shop.sales()]


def test_what_waits_to_be_posted_goes_to_whom_its_customer_was_merged_into_and_back(shop):
    olga = registers(shop, "olga", "+79031234568")
    kept, other = record_of(shop, shop.anna), record_of(shop, olga)
    place(shop, (MUG, 1), customer_id=olga["id"])
    shop.poll()
    shop.take()
    step = uniting.merge(shop.hub, kept, other, actor="olga")
    settled(shop)
    assert buyers(shop) == ["79031234567"], "Anna's card is the one that stays"
    place(shop, (SHIRT, 1), customer_id=olga["id"])
    shop.poll()
    shop.take()
    uniting.undo(shop.hub, step, actor="olga")
    settled(shop)
    assert buyers(shop) == ["79031234567", "79031234568"], "they are two again"
    assert operations(shop) == [("purchase", 890.0), ("purchase", 3490.0)]


def test_what_was_bought_before_a_merge_is_returned_once_and_to_whom_it_was_sold(shop):
    olga = registers(shop, "olga", "+79031234568")
    order = place(shop, (MUG, 2), customer_id=olga["id"])
    settled(shop)
    uniting.merge(shop.hub, record_of(shop, shop.anna), record_of(shop, olga), actor="olga")
    settled(shop)
    shop.fault("reset_after", "PUT /api/retail/back$")
    shop.site("PUT", f"orders/{order['id']}", {"status": "cancelled"})
    settled(shop)
    assert buyers(shop) == ["79031234568"] * 2 and sum(moved(shop).values()) == 0


def test_one_call_goes_at_a_time_however_many_workers_there_are(twice):
    shop = twice
    for number in range(1, 4):
        place(shop, (MUG, number))
    shop.poll()
    shop.take()
    selling, most = [], []
    sell = shop.loyalty_app.flask.view_functions["POST /api/retail"]

    def slow():
        selling.append(1)
        most.append(len(selling))
        time.sleep(0.1)
        try:
            return sell()
        finally:
            selling.pop()

    shop.loyalty_app.flask.view_functions["POST /api/retail"] = slow
    hubs = [assemble(shop.hub.settings, shop.hub.store, lambda _, __: LocalLimiter(()), shop.hub.mappings) for _ in range(3)]
    threads = [threading.Thread(target=lambda hub=hub: [Deliverer(hub, "loyalty").drain() for _ in range(20)]) for hub in hubs]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    settled(shop)
    assert len(shop.sales()) == 3 and set(most) == {1}


def test_what_the_hub_posted_it_returns_though_others_post_since(shop):
    order = place(shop, (MUG, 2))
    settled(shop)
    given = replace(shop.hub.settings.loyalty, posts={"online": "till_module", "retail": "till_module"})
    shop.hub = assemble(replace(shop.hub.settings, loyalty=given), shop.hub.store, lambda _, __: LocalLimiter(()), shop.hub.mappings)
    place(shop, (SHIRT, 1))
    shop.site("PUT", f"orders/{order['id']}", {"status": "cancelled"})
    settled(shop)
    assert operations(shop) == [("purchase", 1780.0), ("return", 1780.0)] and sum(moved(shop).values()) == 0


def test_no_edit_of_a_bonus_field_makes_an_operation(shop):
    order = place(shop, (MUG, 1))
    settled(shop)
    before = shop.movements()
    shop.site("PUT", f"customers/{shop.anna['id']}", {"meta_data": [{"key": "points_active", "value": "100000"}]})
    shop.site("PUT", f"orders/{order['id']}", {"meta_data": [{"key": "bonus_accrued", "value": "5000"}]})
    settled(shop)
    assert shop.movements() == before and operations(shop) == [("purchase", 890.0)]
    (account,), (member,) = shop.accounts(), shop.members()
    assert float(account["meta"]["points_active"]) == member["availableBonuses"], "what belongs to the programme is put right"


def test_points_held_at_the_checkout_are_spent_by_the_order(twice):
    shop = twice
    client = shop.api()
    phone = {"phone": "8 903 123-45-67"}
    assert client("balance", phone)["active"] == "300.00"
    asked = {"lines": [{"sku": MUG, "quantity": "1", "price": "890", "sum": "890"}], "points": "100"}
    assert float(client("quote", phone | asked)["most"]) >= 100
    for _ in range(2):
        client("reserve", phone | {"order": "5001", "points": "100"})
    assert client("balance", phone)["active"] == "200.00"
    assert client("reserve", phone | {"order": "5002", "points": "250"}, status=409)["error"] == "refused"
    fee = {"name": "Оплата бонусами", "total": "-100.00"}
    order = place(shop, (MUG, 1), fee_lines=[fee])
    client("release", phone | {"order": "5001"})
    client("reserve", phone | {"order": order["number"], "points": "100"})
    settled(shop)
    assert moved(shop)["Debit_Purchase"] == -100.0
    (sale,) = shop.sales()
    (member,) = shop.members()
    assert sum(p["bonusDebit"] for p in sale["positions"]) == 100.0
    assert member["availableBonuses"] == 300.0 - 100.0, "nothing is held any more"
    assert member["notActiveBonuses"] == moved(shop)["Credit_Purchase"], "what it earned waits for its day"


def test_a_storm_of_broken_calls_and_dying_processes_moves_no_point_twice(tmp_path):
    """A hundred troubles; ``python -m tests.scenarios.points_storm --troubles 2000`` plays as many as one likes."""
    told = play(tmp_path, seed=6, troubles=100)
    assert {name: told[name] for name in FAULTS} == {name: [] for name in FAULTS}, told
    assert set(told["states"]) == {"done"} and told["broken"] and told["returns"], told
    assert len(told["killed"]) == 4, "processes died at transactions, and before, in and after calls"
