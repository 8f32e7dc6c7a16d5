"""A storm over the points: orders placed, paid, shortened, cancelled and revived while calls to the programme break and the hub's process dies,
at random.

``python -m tests.scenarios.points_storm --troubles 2000 --seed 7`` plays as many as asked for; a test plays a few."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from connectors.limiter import LocalLimiter
from hub import loyalty
from hub.app import assemble
from tests.property.vendors import Killed
from tests.scenarios.points_shop import PointsShop, opened
from tests.scenarios.points_verdict import verdict
from tests.scenarios.points_weather import NEVER, Line, Reaper, rules
from tests.scenarios.storm import command, mortal, round_of

GOODS = {"SV-007": 890, "SV-001": 3490, "SV-002": 4990}  # roubles, as the sandbox sells them
CHEAP = 20.0  # roubles: less than a point is earned by them
BUYERS, GIFT = 24, 50_000
ACTS = 2  # of people, between two turns of the hub
ROUNDS = 3  # of a turn
KILLED = 0.85  # share of the hub's turns that end in its death
LOST, UNREAD = 0.6, 0.12  # shares of the calls that break
CALM = 400  # rounds in which everything must have come to rest


@dataclass
class Order:
    """``lines``: SKU -> pieces bought still. ``spent``: points. ``cheap``: one piece for so little that it moves no points."""

    number: str
    buyer: int
    lines: dict[str, int]
    spent: int
    paid: bool
    stands: bool = True
    cheap: bool = False

    @property
    def bought(self) -> float:
        whole = CHEAP if self.cheap else float(sum(GOODS[sku] * n for sku, n in self.lines.items()))
        return whole if self.paid and self.stands else 0.0


@dataclass
class Storm:
    """``buyers``: id of the account -> phone. ``orders``: by id."""

    shop: PointsShop
    random: random.Random
    buyers: dict[int, str]
    orders: dict[int, Order] = field(default_factory=dict)
    settled: int = 0  # lost answers of which a person had to tell

    def __post_init__(self) -> None:
        self.reaper = Reaper(self.random, KILLED)
        self._attach()

    def act(self) -> None:
        """Somebody places an order, pays, takes something out, cancels, or takes a cancelled one up again."""
        acts: list[tuple[float, Callable[[int], None], Callable[[Order], bool]]] = [
            (0.15, self._cancel, lambda o: o.stands),
            (0.25, self._shorten, lambda o: o.stands and sum(o.lines.values()) > 1),
            (0.12, self._pay, lambda o: o.stands and not o.paid),
            (0.03, self._revive, lambda o: not o.stands),
        ]
        lot = self.random.random()
        for share, what, fits in acts:
            fitting = [ident for ident, order in self.orders.items() if fits(order)]
            if lot < share and fitting:
                what(self.random.choice(fitting))
                return
            lot -= share
        self._place()

    def _place(self) -> None:
        buyer = self.random.choice(list(self.buyers))
        chosen = {sku: self.random.randint(1, 3) for sku in self.random.sample(sorted(GOODS), self.random.randint(1, 3))}
        spent, paid, cheap = self.random.choice([0, 0, 100, 250]), self.random.random() < 0.8, self.random.random() < 0.2
        if cheap:
            chosen, spent = {min(chosen): 1}, 0
        body = {"customer_id": buyer, "status": "processing" if paid else "pending", "payment_method": "bacs", "set_paid": paid,
                "line_items": [{"sku": sku, "quantity": n} for sku, n in chosen.items()]}  # fmt: skip
        if cheap:
            body["line_items"][0] |= {"subtotal": f"{CHEAP:.2f}", "total": f"{CHEAP:.2f}"}
        fee = [{"name": "Оплата бонусами", "total": f"-{spent}.00"}] if spent else []
        made = self.shop.site("POST", "orders", body | {"fee_lines": fee})
        self.orders[made["id"]] = Order(made["number"], buyer, chosen, spent, paid, cheap=cheap)
        if spent and not paid:
            try:
                loyalty.reserve(self.shop.hub, self.buyers[buyer], made["number"], str(spent))
            except (loyalty.Away, loyalty.Unwanted):
                pass  # the order goes on: the points are taken when it is posted

    def _pay(self, ident: int) -> None:
        self.shop.site("PUT", f"orders/{ident}", {"set_paid": True, "status": "processing"})
        self.orders[ident].paid = True

    def _cancel(self, ident: int) -> None:
        self.shop.site("PUT", f"orders/{ident}", {"status": "cancelled"})
        self.orders[ident].stands = False

    def _revive(self, ident: int) -> None:
        self.shop.site("PUT", f"orders/{ident}", {"status": "processing", "set_paid": True})
        self.orders[ident].stands = self.orders[ident].paid = True

    def _shorten(self, ident: int) -> None:
        """One piece less; the last one stays: an order of nothing is a cancelled one."""
        lines = self.orders[ident].lines
        sku = self.random.choice([sku for sku, number in lines.items() if number])
        row = next(x for x in self.shop.site("GET", f"orders/{ident}")["line_items"] if x["sku"] == sku)
        price = f"{GOODS[sku] * (lines[sku] - 1)}.00"
        left = {"id": row["id"], "quantity": lines[sku] - 1, "subtotal": price, "total": price}
        self.shop.site("PUT", f"orders/{ident}", {"line_items": [left]})
        lines[sku] -= 1

    def turn(self) -> None:
        """The hub works for a moment; it may die at any line of it."""
        store: Any = self.shop.hub.store
        self.reaper.visit(store, self.line)
        try:
            self.shop.poll()
            for _ in range(ROUNDS):
                self._round()
        except Killed:
            self.reaper.took()
            self._restart()
        else:
            store.fuse, self.line.fuse = None, NEVER

    def _round(self) -> bool:
        busy, settled = round_of(self.shop)
        self.settled += settled
        return busy

    def _restart(self) -> None:
        """A new process on the same databases, a minute later: leases have lapsed."""
        self.line.land()
        old = self.shop.hub
        self.shop.hub = assemble(old.settings, mortal(old.store), lambda _, __: LocalLimiter(()), old.mappings)
        self._attach()
        self.shop.clock.skip(60.0)

    def _attach(self) -> None:
        """Give the process its line, and no time to sleep through between the tries of a read."""
        store: Any = self.shop.hub.store
        http = self.shop.hub.connectors["loyalty"].api.http  # type: ignore[attr-defined]
        self.line = Line(store.die)
        http.session.mount("http://", self.line)
        http.sleep = lambda seconds: None

    def calm(self) -> None:
        """Nothing breaks any more: until nothing is left to be done."""
        for _ in range(3):
            self.shop.poll()
            for _ in range(CALM):
                if not self._round() and not self.shop.waiting():
                    break
            else:
                raise AssertionError(f"not quiet: {self.shop.queue()}")

    def verdict(self) -> dict[str, Any]:
        orders = self.orders.values()
        return verdict(self.shop, {o.number: o.bought for o in orders}, [o.number for o in orders if o.stands and not o.paid])

    def broken(self) -> int:
        """Calls to the programme that broke so far."""
        found: dict[str, int] = requests.get(f"{self.shop.loyalty_url}/_sandbox/faults", timeout=5).json()
        return sum(found.values())

    @property
    def troubles(self) -> int:
        return self.broken() + self.reaper.deaths.total()


def peopled(shop: PointsShop) -> dict[int, str]:
    """Buyers with accounts, cards and points enough for everything."""
    found = {}
    for number in range(BUYERS):
        phone = f"7903123{number:04d}"
        body = {"email": f"buyer{number}@example.ru", "first_name": f"Имя{number}", "billing": {"phone": f"+{phone}"}}
        found[shop.site("POST", "customers", body)["id"]] = phone
    shop.sync()
    for phone in found.values():
        shop.loyalty("PATCH", f"customer/{phone}/balance", {"amount": GIFT})
    return found


def play(folder: Path, seed: int, troubles: int) -> dict[str, Any]:
    """Until so many calls broke or processes died; then calm, and the verdict."""
    with opened(folder, wrap=mortal) as shop:
        shop.sync()
        storm = Storm(shop, random.Random(seed), peopled(shop))
        shop.faults(rules(LOST, UNREAD))
        began = time.monotonic()
        while storm.troubles < troubles:
            for _ in range(ACTS):
                storm.act()
            storm.turn()
        told = {
            "seed": seed,
            "orders": len(storm.orders),
            "broken": storm.broken(),
            "killed": dict(storm.reaper.deaths),
            "seconds": round(time.monotonic() - began),
        }
        shop.faults([])
        storm.calm()
        return told | {"settled": storm.settled} | storm.verdict()


if __name__ == "__main__":
    command(play, 2000)()
