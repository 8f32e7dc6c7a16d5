"""Orders, receipts and calls by seed, as they are typed: what is bought, by whom, and the dirt. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import ROUND_DOWN, Decimal

from sandbox.judge.people import COMMENTS, STORES, STREETS, Shares

PAYMENTS = ("card", "cash", "transfer")
STATUSES = ("new", "confirmed", "done", "cancelled")
UFA = timezone(timedelta(hours=5))
CENT, ROUBLE = Decimal("0.01"), Decimal(1)
SKUS = tuple(f"SV-{n:03d}" for n in range(1, 13))
OUTCOMES = (("200", 30, 600), ("304", 0, 0), ("486", 0, 0), ("603", 0, 0))  # vendor's code, shortest and longest talk in seconds


@dataclass(slots=True)
class Item:
    """One line as typed: price for one before discount, discount for the whole line, in roubles."""

    sku: str
    quantity: int
    price: Decimal
    discount: Decimal = Decimal(0)

    @property
    def sum(self) -> Decimal:
        return self.price * self.quantity - self.discount


@dataclass(slots=True)
class Purchase:
    """An order or a receipt. ``buyer``: a person's number or None. ``status``: one of STATUSES, or empty (the vendor's own start).
    ``store``, ``payment``: one of STORES and PAYMENTS, "unknown" (of which the configuration knows nothing), or none."""

    number: str
    system: str
    kind: str  # order | receipt
    buyer: int | None
    items: list[Item]
    status: str = ""
    comment: str = ""
    address: str = ""
    dirt: list[str] = field(default_factory=list)
    id: str = ""
    store: str = ""
    payment: str = ""
    delivery: str = ""  # what it costs in roubles, as the checkout added it; or nothing
    copies: dict[str, str] = field(default_factory=dict)  # system -> id, of what another program copied there before the hub came

    def typed_total(self) -> bool:
        """Whether the CRM holds a total that was typed by hand: of an order made there, or of a copy that another program made of it."""
        return "rounded" in self.dirt and (self.system == "crm" or "crm" in self.copies)

    def homes(self) -> dict[str, str]:
        """System -> id, where it stood before the hub came."""
        return {self.system: self.id} | self.copies


@dataclass(frozen=True, slots=True)
class Origin:
    """What another program writes into a copy of an order of the site: its number, how it says it, and when the order was placed (UTC)."""

    number: str
    style: str  # attribute | name | bare
    created: str


def purchase(rng: random.Random, system: str, kind: str, buyer: int | None, prices: dict[str, Decimal], shares: Shares) -> Purchase:
    """What somebody buys: one to three goods, sometimes one of them on two lines, sometimes a total rounded down to roubles."""
    chosen = rng.sample(SKUS, rng.randrange(1, 4))
    items = [Item(sku, rng.randrange(1, 4), prices[sku]) for sku in chosen]
    made = Purchase("", system, kind, buyer, items)
    if kind == "order" and shares.hits(rng, "repeated_sku"):
        items.append(Item(chosen[0], 1, prices[chosen[0]]))
        made.dirt.append("repeated_sku")
    if rng.random() < 0.25:
        one = rng.choice(items)
        one.discount = (one.price * one.quantity * rng.choice([5, 10, 15]) / 100).quantize(CENT)
    if kind == "order" and shares.hits(rng, "rounded"):
        rounded_down(rng, made)
    if kind == "order":
        made.status = rng.choice(STATUSES)
        made.comment = rng.choice(COMMENTS)
        made.address = f"{rng.choice(STREETS)}, {rng.randrange(1, 150)}"
        made.store = rng.choice(["", *STORES])
    return made


def delivered(rng: random.Random, made: Purchase) -> Purchase:
    """An order of the site may come by courier: a line of its own in every system."""
    if made.kind == "order" and made.system == "site" and rng.random() < 0.3:
        made.delivery = rng.choice(("250.00", "390.00"))
    return made


def rounded_down(rng: random.Random, made: Purchase) -> None:
    """A discount of seven or thirteen percent brings kopecks, and the odd ones are forgiven: in the CRM by a total typed by hand,
    elsewhere, where totals are computed, in the line's discount."""
    one = made.items[0]
    full = one.price * one.quantity
    exact = (full * (100 - rng.choice([7, 13])) / 100).quantize(CENT)
    if exact == exact.quantize(ROUBLE):
        exact -= Decimal("0.37")
    one.discount = full - (exact if made.system == "crm" else exact.quantize(ROUBLE, ROUND_DOWN))
    made.dirt.append("rounded")


@dataclass(slots=True)
class Talk:
    """A call as the telephone exchange tells it. ``direction``: out | in. ``code``: the vendor's outcome. ``key``: the exchange's own id. ``start``: ISO with the
    portal's offset."""

    key: str
    person: int
    phone: str
    direction: str
    code: str
    duration: int
    start: str
    id: str = ""


def talk(rng: random.Random, key: str, number: int, phone: str, now: datetime) -> Talk:
    """A call that ends now."""
    code, low, high = rng.choices(OUTCOMES, [70, 15, 10, 5])[0]
    duration = rng.randrange(low, high) if high else 0
    start = (now - timedelta(seconds=duration)).astimezone(UFA).isoformat(timespec="seconds")
    return Talk(key, number, "+7" + phone, rng.choice(["out", "in"]), code, duration, start)
