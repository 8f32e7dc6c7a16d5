"""A loyalty programme in BonusPlus as its managers use it, with the key of a till, and as the judge reads it: people with their points, and the books."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.judge.api import Api
from sandbox.judge.flows.books import balances, returned_too_much, sold_twice, standing
from sandbox.judge.people import Person
from sandbox.judge.purchases import Item, Purchase
from sandbox.judge.views import Many, Near, Paid, View, exactly, money, numbers

Json = Any
PAGE = 1000
PLAIN = {"last_name": "ln", "first_name": "fn", "middle_name": "mn", "email": "email", "comment": "desc"}


class Club:
    """One programme. It knows people by one phone each, and no orders: what they buy is told by sales, which the books keep. Nobody is typed in here."""

    takes = {"customer": ("last_name", "first_name", "middle_name", "birthday", "email", "comment"), "order": ()}
    lacks = ("sex", "store", "postcode", "city", "street")  # of a person
    deletes = False
    by_phone = True  # who has no phone of their own cannot be there

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.api = Api(url, "/api/", headers={"Authorization": f"ApiKey {base64.b64encode(b'sandbox-bonusplus-till').decode()}"})

    def customers(self) -> list[View]:
        rows: list[Json] = []
        while True:
            page = self.api("POST", "customer/list", {"startRow": len(rows) + 1, "rowCount": PAGE})
            rows += page
            if len(page) < PAGE:
                return [customer(row) for row in rows]

    def orders(self) -> list[View]:
        return []

    def prices(self) -> dict[str, Decimal]:
        return {}

    def books(self) -> Json:
        """Every movement of points, sale and return, and what each has, counted apart from the movements."""
        return self.api.session.get(f"{self.api.url}/_sandbox/ledger", timeout=30).json()

    def add_people(self, people: Sequence[tuple[Person, str]], origins: Sequence[str] = ()) -> list[str]:
        return [self._registered(one) for one, _ in people]

    def _registered(self, one: Person) -> str:
        body = {
            "phone": f"7{one.phone}",
            "ln": one.last_name,
            "fn": one.first_name,
            "mn": one.middle_name,
            "email": one.email,
            "desc": one.comment,
        }
        return str(self.api("POST", "customer", body | {"ean": one.card, "birthDay": day(one.birthday)})["id"])

    def add_orders(self, orders: Sequence[tuple[Purchase, str]]) -> list[tuple[str, str]]:
        assert not orders, "nobody orders here"
        return []

    def type_person(self, ident: str, field: str, value: str) -> list[str]:
        """One field of one customer. Returns what was struck out: there is one e-mail."""
        held = self.api("GET", "customer", id=ident)
        gone = [held["person"]["email"].lower()] if field == "email" and held["person"].get("email") else []
        body = {"birthday": day(value)} if field == "birthday" else {PLAIN[field]: value}
        self.api("PATCH", f"customer/{held['phone']}", body)
        return gone

    def type_order(self, ident: str, field: str, value: Any) -> None:
        raise AssertionError("nobody orders here")

    def lines(self, ident: str) -> list[tuple[str, Item]]:
        return []


def day(value: str) -> str:
    """``1990-06-05`` as the programme takes it."""
    return datetime.fromisoformat(value).strftime("%d.%m.%Y") if value else ""


def customer(row: Json) -> View:
    said = row["person"]
    email = str(said.get("email") or "").lower()
    fields = {
        "last_name": said.get("ln") or "", "first_name": said.get("fn") or "", "middle_name": said.get("mn") or "",
        "phones": Many(numbers(row["phone"]), whole=False), "emails": Many(frozenset([email] if email else []), whole=False),
        "card": row["discountCardNumber"], "birthday": str(said.get("birthDay") or "")[:10], "comment": said.get("desc") or "",
        "points": exactly(money(row["availableBonuses"])), "points_pending": exactly(money(row["notActiveBonuses"])),
    }  # fmt: skip
    return View(str(row["id"]), fields, {"phone": row["phone"]})


def violations(books: Json) -> list[str]:
    """What is not as it must be in any programme: a line sold twice, more returned than sold, a balance that its movements do not explain."""
    return [*sold_twice(books), *returned_too_much(books), *balances(books)]


def unpaid(books: Json, orders: Iterable[Mapping[str, View]]) -> list[str]:
    """Purchases beyond what was paid for. ``orders``: each as system -> view; of one whose systems differ the largest counts."""
    worth = sum((_goods(views.values()) for views in orders if any(_is_paid(view) for view in views.values())), Decimal(0))
    held = standing(books)
    return [f"the programme holds purchases of {held:.2f}, orders of {worth:.2f} were paid for"] if held > worth + 1 else []


def _is_paid(view: View) -> bool:
    paid = view.fields.get("payments")
    return isinstance(paid, Paid) and any(amount > 0 for _, amount in paid.each)


def _goods(views: Iterable[View]) -> Decimal:
    sums = [view.fields["line_sum"] for view in views]
    return max((sum(one.amounts, Decimal(0)) for one in sums if isinstance(one, Near)), default=Decimal(0))


def figures(books: Json) -> dict[str, int]:
    """How much the books hold: sales, returns and movements of points."""
    back = sum(bool(sale["parentId"]) for sale in books["sales"])
    return {"sales": len(books["sales"]) - back, "returns": back, "movements": len(books["movements"])}
