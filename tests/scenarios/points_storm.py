"""A storm over the points: orders placed, paid, shortened and cancelled while calls to the programme break and the hub's process dies, at random.

``python -m tests.scenarios.points_storm --troubles 2000 --seed 7`` plays as many as asked for; a test plays a few."""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import requests

from connectors.limiter import LocalLimiter
from hub.app import assemble
from hub.storage.engine import Store
from hub.sync.deliver import Deliverer
from hub.sync.intake import Intake
from tests.property.vendors import Killed
from tests.property.world import MortalStore
from tests.scenarios.points_shop import PointsShop, opened

GOODS = {"SV-007": 890, "SV-001": 3490, "SV-002": 4990}  # roubles, as the sandbox sells them
KINDS = ("reset_before", "reset_after", "truncated", "error", "html", "late_effect")
KILLED = 0.35  # share of the hub's turns that end in its death
CALM = 240.0  # seconds that everything may take to come to rest


@dataclass
class Storm:
    """``orders``: id -> its lines by SKU (0: taken out) and whether it stands."""

    shop: PointsShop
    random: random.Random
    buyer: int
    kills: int = 0
    orders: dict[int, dict[str, int]] = field(default_factory=dict)

    def act(self) -> None:
        """Somebody places an order, takes something out of one, or cancels one."""
        standing = [ident for ident, lines in self.orders.items() if any(lines.values())]
        what = self.random.random()
        if what < 0.5 or not standing:
            self._place()
        elif what < 0.75:
            self._cancel(self.random.choice(standing))
        else:
            self._shorten(self.random.choice(standing))

    def _place(self) -> None:
        chosen = {sku: self.random.randint(1, 3) for sku in self.random.sample(sorted(GOODS), self.random.randint(1, 3))}
        lines = [{"sku": sku, "quantity": number} for sku, number in chosen.items()]
        body = {"customer_id": self.buyer, "status": "processing", "payment_method": "bacs", "set_paid": True, "line_items": lines}
        self.orders[self.shop.site("POST", "orders", body)["id"]] = chosen

    def _cancel(self, ident: int) -> None:
        self.shop.site("PUT", f"orders/{ident}", {"status": "cancelled"})
        self.orders[ident] = dict.fromkeys(self.orders[ident], 0)

    def _shorten(self, ident: int) -> None:
        """One piece less; the last one stays: an order of nothing is a cancelled one."""
        if sum(self.orders[ident].values()) < 2:
            return
        sku = self.random.choice([sku for sku, number in self.orders[ident].items() if number])
        number = self.orders[ident][sku] - 1
        line = next(x for x in self.shop.site("GET", f"orders/{ident}")["line_items"] if x["sku"] == sku)
        price = f"{GOODS[sku] * number}.00"
        self.shop.site(
            "PUT", f"orders/{ident}", {"line_items": [{"id": line["id"], "quantity": number, "subtotal": price, "total": price}]}
        )
        self.orders[ident][sku] = number

    def turn(self) -> None:
        """The hub works for a moment; it may die at the door of any transaction."""
        store: Any = self.shop.hub.store
        store.fuse = self.random.randint(1, 25) if self.random.random() < KILLED else None
        try:
            self.shop.poll()
            self.shop.approve()  # so many orders an hour are asked about
            for _ in range(3):
                began = time.monotonic()
                Intake(self.shop.hub).run()
                for system in self.shop.hub.settings.systems:
                    Deliverer(self.shop.hub, system).drain()
                with self.shop.hub.store.write() as at:
                    self.shop.hub.outbox.expire(at, now=self.shop.hub.clock())
                self.shop.clock.idle(began)
        except Killed:
            self.kills += 1
            self._restart()
        else:
            store.fuse = None

    def _restart(self) -> None:
        """A new process on the same databases, a minute later: leases have lapsed."""
        old = self.shop.hub
        self.shop.hub = assemble(old.settings, mortal(old.store), lambda _, __: LocalLimiter(()))
        self.shop.clock.offset += 60.0

    def broken(self) -> int:
        """Calls to the programme that broke so far."""
        found: dict[str, int] = requests.get(f"{self.shop.loyalty_url}/_sandbox/faults", timeout=5).json()
        return sum(found.values())

    # the verdict ----------------------------------------------------------------------------------------------

    def verdict(self) -> dict[str, Any]:
        """What the programme's own books say. Empty lists and equal sums: no point was moved twice, and none is missing."""
        sales = self.shop.sales()
        sold = Counter(p["ext"] for s in sales if not s["parentId"] for p in s["positions"])
        bought = {p["ext"]: p for s in sales if not s["parentId"] for p in s["positions"]}
        back: Counter[str] = Counter()
        for row in (p for s in sales if s["parentId"] for p in s["positions"]):
            back[row["ext"]] += round(row["totalSum"] * 100)
        wanted = sum(GOODS[sku] * number for lines in self.orders.values() for sku, number in lines.items())
        net = sum(
            p["sum"] * (1 - back[ext] / round(p["totalSum"] * 100)) for ext, p in bought.items()
        )  # a card's discount makes totalSum less
        states = Counter(row["state"] for row in self.shop.rows() if row["entity"] == "loyalty_operation")
        return {
            "orders": len(self.orders), "operations": sum(states.values()), "states": dict(states), "kills": self.kills, "broken": self.broken(),
            "sold_twice": sorted(ext for ext, times in sold.items() if times > 1),
            "returned_too_much": sorted(ext for ext, kopecks in back.items() if kopecks > round(bought[ext]["totalSum"] * 100)),
            "difference": round(net - wanted, 2), "returns": sum(1 for s in sales if s["parentId"]),
        }  # fmt: skip


def mortal(store: Store) -> Store:
    return MortalStore(store.main, store.intake_engine, store.clock)


def play(folder: Path, seed: int, troubles: int) -> dict[str, Any]:
    """Until so many calls broke or processes died; then calm, and the verdict."""
    with opened(folder, wrap=mortal) as shop:
        shop.sync()
        body = {"email": "anna@example.ru", "first_name": "Анна", "billing": {"phone": "+79031234567"}}
        buyer = shop.site("POST", "customers", body)["id"]
        shop.sync()
        storm = Storm(shop, random.Random(seed), buyer)
        shop.faults([{"kind": kind, "match": "(POST|PUT) /api/retail(/back)?$", "rate": 0.1, "seconds": 0.2} for kind in KINDS])
        while storm.broken() + storm.kills < troubles:
            storm.act()
            storm.turn()
        broken = storm.broken()
        shop.faults([])
        for _ in range(2):
            shop.poll()
            shop.work(CALM)
        return storm.verdict() | {"broken": broken}


@click.command()
@click.option("--troubles", default=2000)
@click.option("--seed", default=1)
def main(troubles: int, seed: int) -> None:
    """Play a storm and print the verdict."""
    with tempfile.TemporaryDirectory() as folder:
        click.echo(json.dumps(play(Path(folder), seed, troubles), ensure_ascii=False))


if __name__ == "__main__":
    main()
