"""Laws of the loyalty ledger: whatever is edited in an order, what is posted of it adds up to what is bought, and nothing is posted twice."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from hub.entities.loyalty_operation import PURCHASE
from hub.sync.ledger import owed, paid_in_full

UNDONE = {"cancelled"}
amounts = st.integers(1, 50_000).map(lambda kopecks: Decimal(kopecks) / 100)


@st.composite
def lines(draw):
    price, quantity = draw(amounts), draw(st.sampled_from(["1", "2", "3", "0.5", "10"]))
    full = (price * Decimal(quantity)).quantize(Decimal("0.01"))
    off = draw(st.sampled_from([0, 0, 0, 5, 33]))
    total = (full * (100 - off) / 100).quantize(Decimal("0.01"))
    return {"sku": draw(st.sampled_from("ABC")), "quantity": quantity, "price": f"{price:.2f}", "sum": f"{max(total, Decimal('0.01')):.2f}"}


@st.composite
def orders(draw):
    bought = draw(st.lists(lines(), max_size=4))
    total = sum((Decimal(line["sum"]) for line in bought), Decimal(0))
    paid = draw(st.sampled_from([total, total, total, total / 2]))
    status = draw(st.sampled_from(["new", "done", "cancelled"]))
    spent = draw(st.sampled_from(["0.00", "0.00", "10.00"]))
    return {"status": status, "lines": bought, "total": f"{total:.2f}", "payments": [{"amount": f"{paid:.2f}"}], "bonus_spent": spent}


def standing(posted):
    """Key -> what is bought of it still."""
    found = Counter()
    for fact in posted:
        for line in fact.get("lines") or ():
            found[line["key"]] += Decimal(line["sum"]) if fact["kind"] == PURCHASE else -Decimal(line["sum"])
    return found


@given(st.lists(orders(), min_size=1, max_size=6))
def test_what_is_posted_adds_up_after_any_edits_and_nothing_is_owed_twice(states):
    posted: list = []
    for data in states:
        before = standing(posted)
        new = owed("o", data, posted, UNDONE)
        posted += new
        assert owed("o", data, posted, UNDONE) == [], "the same order owes nothing new"
        after = standing(posted)
        assert all(amount >= 0 for amount in after.values()), "nothing is given back that was not bought"
        assert len({line["key"] for fact in new if fact["kind"] == PURCHASE for line in fact["lines"]} & before.keys()) == 0, "keys are new"
        bought = sum(after.values(), Decimal(0))
        wanted = sum((Decimal(line["sum"]) for line in data["lines"]), Decimal(0))
        if data["status"] == "cancelled":
            assert bought == 0
        elif paid_in_full(data):
            assert bought == wanted
        else:
            assert bought <= wanted, "what is not paid earns nothing"


@given(orders(), st.permutations([0, 1, 2, 3]))
def test_the_order_of_lines_does_not_matter(data, places):
    data = data | {"status": "done", "payments": [{"amount": data["total"]}]}
    posted = owed("o", data, [], UNDONE)
    shuffled = data | {"lines": [data["lines"][at] for at in places if at < len(data["lines"])]}
    assert owed("o", shuffled, posted, UNDONE) == []
