"""What the books of a loyalty programme must say, whatever the flow: nothing sold or returned twice, and balances that the movements explain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

Json = Any


def positions(books: Json, *, back: bool) -> list[Json]:
    """Lines of the sales, or of the returns."""
    return [line for sale in books["sales"] if bool(sale["parentId"]) == back for line in sale["positions"]]


def sold_twice(books: Json) -> list[str]:
    return [f"line {ext} is sold {n} times" for ext, n in Counter(row["ext"] for row in positions(books, back=False)).items() if n > 1]


def returned_too_much(books: Json) -> list[str]:
    sold, back = _by_line(positions(books, back=False)), _by_line(positions(books, back=True))
    return [f"of line {ext} {sum_} came back, {sold.get(ext, 0)} was sold" for ext, sum_ in back.items() if sum_ > sold.get(ext, 0)]


def standing(books: Json) -> Decimal:
    """Roubles that were bought and did not come back, at the goods' full prices: a card's discount makes what was paid less."""
    sold, back = positions(books, back=False), _by_line(positions(books, back=True))
    paid = _by_line(sold)
    return sum(
        (Decimal(str(row["sum"])) * (1 - back.get(row["ext"], Decimal(0)) / paid[row["ext"]]) for row in sold if paid[row["ext"]]),
        Decimal(0),
    )


def balances(books: Json) -> list[str]:
    """The movements of each customer add up to the balance, which the programme counts apart from them."""
    moved: Counter[int] = Counter()
    for row in books["movements"]:
        moved[row["personId"]] += round(row["amount"] * 100)
    held = {phone: (row["person"], row["available"] + row["pending"] + row["reserved"]) for phone, row in books["balances"].items()}
    return [
        f"{phone}: {points} points on the balance, {moved[person] / 100} by the movements"
        for phone, (person, points) in held.items()
        if round(points * 100) != moved[person]
    ]


def _by_line(rows: Iterable[Json]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for row in rows:
        found[row["ext"]] = found.get(row["ext"], Decimal(0)) + Decimal(str(row["totalSum"]))
    return found
