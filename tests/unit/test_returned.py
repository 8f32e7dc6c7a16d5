"""What came back of an order: pure arithmetic, and the shipped mappings on the real engine, whichever document comes first."""

from __future__ import annotations

import itertools

import pytest

from hub.sync.ledger import owed
from hub.sync.returned import left
from tests.unit.test_fulfilment import BASE, NOW, Till, meta, receipt

MUGS = {"sku": "SV-007", "quantity": "3", "price": "100.00", "sum": "290.00", "kind": "product"}
CHEAP = {"sku": "SV-007", "quantity": "1", "price": "100.00", "sum": "50.00", "kind": "product"}
CARRIED = {"sku": None, "quantity": "1", "price": "300.00", "sum": "300.00", "kind": "delivery"}


def back(quantity, amount=None, **more):
    return {"sku": "SV-007", "quantity": quantity, "kind": "product", **({"sum": amount} if amount else {}), **more}


def figures(lines):
    return [(line["quantity"], line["sum"]) for line in lines]


@pytest.mark.parametrize(
    ("sold", "returned", "rest"),
    [
        pytest.param([MUGS], [], [("3", "290.00")], id="nothing came back"),
        pytest.param([MUGS], [back("1")], [("2", "193.33")], id="a piece takes its share along"),
        pytest.param([MUGS], [back("1", "80.00")], [("2", "193.33")], id="whatever money was given for it"),
        pytest.param([MUGS], [back("1"), back("2")], [], id="the last piece takes the rest"),
        pytest.param([MUGS], [back("5")], [], id="more than was sold is all of it"),
        pytest.param([MUGS, CHEAP], [back("1", "50.00")], [("3", "290.00")], id="the line that was sold at that price"),
        pytest.param([MUGS, CHEAP], [back("1", sold=2)], [("3", "290.00")], id="the line that is named"),
        pytest.param([CHEAP, MUGS], [back("2", "100.00")], [("2", "193.33")], id="what one line lacks is of the next"),
        pytest.param([MUGS, CARRIED], [back("3")], [("1", "300.00")], id="delivery stays paid"),
        pytest.param([CARRIED], [{"sku": "SV-001", "quantity": "1"}], [("1", "300.00")], id="what was never sold takes nothing"),
        pytest.param([MUGS], [{"sku": "SV-007", "quantity": "0", "sum": "20.00"}], [("3", "290.00")], id="money without goods"),
    ],
)
def test_what_is_left(sold, returned, rest):
    assert figures(left(sold, returned)) == rest


def test_points_of_what_came_back_are_owed_once_and_of_a_return_that_was_none_bought_again():
    order = {"status": "done", "lines": [MUGS, CARRIED], "total": "590.00", "payments": [{"amount": "590.00"}]}
    posted = owed("o", order, [], ())
    after = order | {"returned": [back("1")]}
    (fact,) = owed("o", after, posted, ())
    assert (fact["kind"], fact["lines"][0]["sum"], fact["lines"][0]["last"]) == ("return", "96.67", False)
    posted.append(fact)
    assert owed("o", after, posted, ()) == []
    (again,) = owed("o", order | {"returned": None}, posted, ())
    assert (again["kind"], again["lines"][0]["sum"]) == ("purchase", "96.67")


SHIRT, MUG = f"{BASE}/product/shirt", f"{BASE}/product/mug"


def line(href, quantity, price):
    return {"id": href[-4:], "quantity": quantity, "price": price * 100.0, "discount": 0.0, "assortment": {"meta": {"href": href}}}


SALE = receipt("17", "cashSum", 388000.0, order=None, sum=388000.0, positions={"rows": [line(SHIRT, 1.0, 3490), line(MUG, 1.0, 390)]})


def returned(number, *lines, sale="receipt-17", **more):
    made = {"id": f"return-{number}", "name": number, "updated": "2026-11-26 12:00:00.000", "moment": "2026-11-26 12:00:00.000"}
    made |= {"sum": sum(one["price"] * one["quantity"] for one in lines), "positions": {"rows": list(lines)}}
    return made | ({"sold": meta("retaildemand", sale)} if sale else {}) | more


@pytest.fixture
def till(tmp_path):
    found = ReturnsTill(tmp_path)
    yield found
    found.hub.store.dispose()


class ReturnsTill(Till):
    """A till whose goods are known."""

    def __init__(self, folder):
        super().__init__(folder)
        from hub.storage import reviews

        with self.hub.store.write() as at:
            rows = [("goods_by_sku", sku, href) for sku, href in (("SV-001", SHIRT), ("SV-007", MUG))]
            reviews.learn_lookups(at, "sklad", rows, now=NOW)

    def sold(self):
        (order,) = self.orders()
        return order.data

    def comes_back(self, *documents):
        self.there("retailsalesreturn", *documents)
        for document in documents:
            self.show("retailsalesreturn", document["id"])


DOCUMENTS = (("retaildemand", SALE), ("retailsalesreturn", returned("1", line(MUG, 1.0, 390))))


@pytest.mark.parametrize("places", list(itertools.permutations(range(2))), ids=lambda order: "".join(map(str, order)))
def test_a_return_finds_its_receipt_whichever_comes_first(till, places):
    for place in places:
        till.there(*DOCUMENTS[place])
        till.show(DOCUMENTS[place][0], DOCUMENTS[place][1]["id"])
    data = till.sold()
    assert data["returned_total"] == "390.00" and data["returned"][0]["sku"] == "SV-007"
    assert [one["sku"] for one in data["lines"]] == ["SV-001", "SV-007"], "what was sold stays as it was sold"
    assert data.get("status") is None, "something was kept"


def test_an_order_of_which_nothing_was_kept_is_returned_and_a_cancelled_return_is_none(till):
    till.there("retaildemand", SALE | {"state": {"name": "Доставлен"}})
    till.show("retaildemand", "receipt-17")
    everything = returned("1", line(MUG, 1.0, 390), line(SHIRT, 1.0, 3490))
    till.comes_back(everything)
    assert (till.sold()["status"], till.sold()["returned_total"]) == ("returned", "3880.00")
    till.comes_back(everything | {"applicable": False})
    assert (till.sold()["status"], till.sold()["returned_total"], till.sold()["returned"]) == ("done", "0.00", None)
    till.comes_back(everything)
    assert till.sold()["status"] == "returned"


@pytest.mark.parametrize("sale", ["", "receipt-of-old"], ids=["without a receipt", "of goods bought before go-live"])
def test_a_return_of_no_known_purchase_stands_alone(till, sale):
    till.comes_back(returned("1", line(MUG, 1.0, 390), sale=sale, store={"name": "Уфа, Ленина 10"}))
    assert till.orders() == [] and till.named("return-1")


def test_an_exchange_is_a_return_and_a_purchase(till):
    other = receipt("18", "cashSum", 349000.0, order=None, sum=349000.0, positions={"rows": [line(SHIRT, 1.0, 3490)]})
    till.there("retaildemand", SALE, other)
    till.show("retaildemand", "receipt-17")
    till.comes_back(returned("1", line(MUG, 1.0, 390)))
    till.show("retaildemand", "receipt-18")
    first, second = sorted(till.orders(), key=lambda one: one.data["number"])
    assert (first.data["returned_total"], second.data.get("returned_total")) == ("390.00", None)


def test_the_returns_of_a_receipt_go_with_it_to_the_order_that_it_turns_out_to_be_of(till):
    order = {"id": "order-1", "updated": "2026-11-25 12:00:00.000", "moment": "2026-11-25 11:00:00.000", "positions": {"rows": [line(MUG, 1.0, 390)]}}  # fmt: skip
    till.there("retaildemand", SALE)
    till.there("customerorder", order)
    till.show("retaildemand", "receipt-17")
    till.comes_back(returned("1", line(MUG, 1.0, 390)))
    till.show("customerorder", "order-1")
    till.there("retaildemand", SALE | {"customerOrder": meta("customerorder", "order-1")})
    till.show("retaildemand", "receipt-17")
    data = till.sold()
    assert (data["returned_total"], data["status"]) == ("390.00", "returned")
