"""How orders add up: the addition itself, the rounding that is derived, and what is told when none explains the difference."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hub.entities.totals import added_up, difference_told


def order(total, *sums, **more):
    lines = [{"sku": f"SV-{n}", "quantity": "1", "price": s, "discount": "0.00", "sum": s} for n, s in enumerate(sums)]
    return {"total": total, "lines": lines} | more


@pytest.mark.parametrize(
    ("data", "counts_lines", "largest", "expected"),
    [
        pytest.param(order("300.00", "100.00", "200.00"), False, "0", ("300.00", "0.00", "0.00"), id="it adds up"),
        pytest.param(order("300.02", "100.00", "200.00"), False, "0", ("300.02", "0.02", "0.00"), id="a kopeck a line is rounding"),
        pytest.param(order("300.03", "100.00", "200.00"), False, "0", ("300.03", "0.00", "0.03"), id="more than a kopeck a line is none"),
        pytest.param(order("299.00", "99.63", "200.00"), False, "1", ("299.00", "-0.63", "0.00"), id="the shop rounds to roubles"),
        pytest.param(order("298.00", "99.63", "200.00"), False, "1", ("298.00", "0.00", "-1.63"), id="and no further"),
        pytest.param(order("200.00", "300.00", bonus_spent="100.00"), False, "0", ("200.00", "0.00", "0.00"), id="bonuses are paid with"),
        pytest.param(order("299.60", "300.00", rounding="-0.40"), False, "0", ("299.60", "-0.40", "0.00"), id="a rounding that was told"),
        pytest.param(order("299.61", "300.00", rounding="-0.40"), False, "0", ("299.61", "-0.39", "0.00"), id="and a kopeck beside it"),
        pytest.param(
            order("300.00", "300.00", bonus_spent="100.00", rounding="-0.40"), True, "0", ("199.60", "-0.40", "0.00"),
            id="a vendor that counts the lines alone",
        ),
    ],
)  # fmt: skip
def test_an_order_adds_up_or_tells_its_difference(data, counts_lines, largest, expected):
    one = added_up(data, counts_lines=counts_lines, largest=Decimal(largest))
    assert (str(one.total), f"{one.rounding:.2f}", f"{one.difference:.2f}") == expected
    assert one.total == one.lines - one.bonus + one.rounding + one.difference


@pytest.mark.parametrize(
    "data",
    [{}, {"total": "1.00"}, {"lines": [{"sum": "1.00"}]}, order("x", "1.00"), order("NaN", "1.00"), {"total": "1.00", "lines": [{"sku": "A"}]},
     {"total": "1.00", "lines": [{"sum": None}]}, {"total": "1.00", "lines": []}],
)  # fmt: skip
def test_what_says_too_little_is_not_added_up(data):
    assert added_up(data) is None


def test_a_difference_is_told_line_by_line():
    data = {
        "total": "3000.00",
        "bonus_spent": "50.00",
        "lines": [
            {"sku": "SV-001", "quantity": "2", "price": "500.00", "discount": "100.00", "sum": "900.00"},
            {"sku": None, "kind": "delivery", "quantity": "1", "price": "250.00", "discount": "0.00", "sum": "249.00"},
        ],
    }
    ru, en = difference_told(added_up(data), data)
    assert "1149.00 − бонусы 50.00 + округление 0.00 = 1099.00, разница +1901.00" in ru
    assert "SV-001: 2 × 500.00 − 100.00 = 900.00;" in en and "delivery: 1 × 250.00 − 0.00 = 249.00 (-1.00)" in en
