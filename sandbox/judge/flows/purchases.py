"""F2: orders of the site earn points once they are paid in full; what is taken out of them takes its points back, and no point moves twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.judge.flows.books import balances, returned_too_much, sold_twice, standing
from sandbox.judge.flows.flow import Flow
from sandbox.judge.people import WOMEN

Json = Any
SOME = 3  # kinds of goods in an order, at most


class Purchases(Flow):
    """``told``: {"buyers": [account], "orders": {order: {"lines": {sku: pieces}, "paid": bool}}}; a cancelled order has no pieces left."""

    def before(self) -> None:
        self.told |= {"buyers": [], "orders": {}}

    def work(self) -> None:
        site, prices = self.desks["site"].api, self._prices()
        for _ in range(max(1, self.size // 10)):
            number = len(self.told["buyers"])
            person = {
                "first_name": self.rng.choice(WOMEN),
                "email": f"buyer{number}@example.ru",
                "billing": {"phone": f"+7 927 {1_230_001 + number:07d}"},
            }
            self.told["buyers"].append(site("POST", "customers", person)["id"])
        for _ in range(max(1, self.size // 2)):
            what, standing = self.rng.random(), [key for key, one in self.told["orders"].items() if sum(one["lines"].values())]
            if what < 0.5 or not standing:
                self._place(sorted(prices))
            elif what < 0.7:
                self._pay(self.rng.choice(standing))
            elif what < 0.85:
                self._shorten(self.rng.choice(standing), prices)
            else:
                self._cancel(self.rng.choice(standing))

    def _prices(self) -> dict[str, Decimal]:
        return {
            row["sku"]: Decimal(row["price"]) for row in self.desks["site"].pages("products") if row["sku"] and Decimal(row["price"] or 0)
        }

    def _place(self, goods: list[str]) -> None:
        chosen = {sku: self.rng.randint(1, 3) for sku in self.rng.sample(goods, self.rng.randint(1, SOME))}
        paid = self.rng.random() < 0.6
        body = {
            "customer_id": self.rng.choice(self.told["buyers"]),
            "payment_method": "bacs",
            "status": "processing" if paid else "on-hold",
            "set_paid": paid,
            "line_items": [{"sku": sku, "quantity": pieces} for sku, pieces in chosen.items()],
        }
        made = self.desks["site"].api("POST", "orders", body)
        self.told["orders"][str(made["id"])] = {"lines": chosen, "paid": paid}

    def _pay(self, ident: str) -> None:
        self.desks["site"].api("PUT", f"orders/{ident}", {"status": "processing", "set_paid": True})
        self.told["orders"][ident]["paid"] = True

    def _cancel(self, ident: str) -> None:
        self.desks["site"].api("PUT", f"orders/{ident}", {"status": "cancelled"})
        self.told["orders"][ident]["lines"] = {}

    def _shorten(self, ident: str, prices: dict[str, Decimal]) -> None:
        """A piece less; the last one stays: an order of nothing is a cancelled one."""
        lines = self.told["orders"][ident]["lines"]
        if sum(lines.values()) < 2:
            return
        sku = self.rng.choice([sku for sku, pieces in lines.items() if pieces])
        lines[sku] -= 1
        held = self.desks["site"].api("GET", f"orders/{ident}")["line_items"]
        line, sum_ = next(row["id"] for row in held if row["sku"] == sku), f"{prices[sku] * lines[sku]:.2f}"
        body = {"line_items": [{"id": line, "quantity": lines[sku], "subtotal": sum_, "total": sum_}]}
        self.desks["site"].api("PUT", f"orders/{ident}", body)

    @property
    def ran(self) -> int:
        return len(self.told["orders"])

    def violations(self) -> list[str]:
        books = self.desks["loyalty"].shows("ledger")
        return [*sold_twice(books), *returned_too_much(books), *balances(books), *self._sums(books)]

    def _sums(self, books: Json) -> list[str]:
        """What stands as bought against what the orders that are paid hold."""
        prices, stands = self._prices(), standing(books)
        wanted = sum((prices[s] * n for one in self.told["orders"].values() if one["paid"] for s, n in one["lines"].items()), Decimal(0))
        return [] if abs(stands - wanted) < 1 else [f"the programme holds purchases of {stands:.2f}, the site of {wanted:.2f}"]
