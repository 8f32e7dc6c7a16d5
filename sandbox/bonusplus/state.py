"""The account in memory: customers by phone, card and GUID, sales, reserves, subscriptions, and the ledger of all points."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.frame.effects import Effects

from .purse import Movement, Purse
from .wire import ApiError

Json = Any
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CardType:
    """A status: ``discount`` and ``credit`` in percent, and the sum of purchases (roubles) from which a customer has it."""

    id: int
    name: str
    discount: Decimal
    credit: Decimal
    threshold: Decimal


CARDS = (
    CardType(5, "Бронза", Decimal(0), Decimal(3), Decimal(0)),
    CardType(7, "Серебро", Decimal(3), Decimal(3), Decimal(10_000)),
    CardType(9, "Золото", Decimal(5), Decimal(5), Decimal(50_000)),
)
STORES = ("Уфа, Ленина 10", "Уфа, Мега")


@dataclass(slots=True)
class Programme:
    """Settings of the cabinet. ``welcome``: points of a registration that names none. ``wait``: days until the points of a sale are
    active. ``most``: the share of a receipt that points may pay."""

    welcome: Decimal = Decimal(100)
    wait: int = 14
    most: Decimal = Decimal("0.5")


@dataclass(slots=True)
class Habits:
    """What the vendor's papers leave open. ``ext``, ``external_id``, ``reserve``: what becomes of a repeat: refuse | accept (of a reserve: it
    adds up). ``touched``: whether points that move count as a change of the customer."""

    ext: str = "refuse"
    external_id: str = "accept"
    reserve: str = "accept"
    touched: bool = False


@dataclass(slots=True)
class Customer:
    """``person``: what was written of the person, by the names of POST. ``bought``: roubles, less what was returned."""

    number: int
    id: str
    phone: str
    card: str
    card_type: CardType
    purse: Purse
    created: datetime
    updated: datetime
    person: Row = field(default_factory=dict)
    parent: str = ""
    bought: Decimal = Decimal(0)
    first: datetime | None = None
    last: datetime | None = None


class Account:
    """All state. Callers hold ``lock``. ``now`` gives aware UTC; ``moved`` is told of every movement; ``key``: whose request is served."""

    def __init__(self, seed: int, now: Callable[[], datetime]) -> None:
        self.lock, self.now, self.random = threading.RLock(), now, random.Random(seed)
        self.customers: dict[str, Customer] = {}  # by phone
        self.by_id: dict[str, Customer] = {}
        self.by_card: dict[str, Customer] = {}
        self.by_number: dict[int, Customer] = {}
        self.ledger: list[Movement] = []
        self.sales: dict[int, Row] = {}
        self.positions: dict[int, Row] = {}
        self.by_ext: dict[str, list[int]] = {}
        self.external_ids: set[str] = set()
        self.subscriptions: dict[str, Row] = {}
        self.programme, self.habits, self.effects = Programme(), Habits(), Effects()
        self.moved: Callable[[Movement], None] = lambda movement: None
        self.key = ""
        self.counts = {"customers": 90_310, "cards": 12_340, "sales": 880_411, "positions": 7_700_100, "movements": 5_512_299, "hooks": 30}

    def next(self, kind: str) -> int:
        self.counts[kind] += 1
        return self.counts[kind]

    def new_customer(self, phone: str, card: str, card_type: CardType) -> Customer:
        number, now = self.next("customers"), self.now()
        made = Customer(
            number,
            str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            phone,
            card,
            card_type,
            Purse(self._noter(number)),
            now,
            now,
        )
        self.customers[phone] = self.by_id[made.id] = self.by_number[number] = made
        self.by_card[card] = made
        return made

    def _noter(self, number: int) -> Callable[[Decimal, str, datetime | None, int | None, datetime | None], None]:
        """Keeps the movements of one customer."""

        def note(amount: Decimal, kind: str, until: datetime | None, purchase: int | None, receipt: datetime | None) -> None:
            one, now = self.by_number[number], self.now()
            key = "" if kind == "Debit_Burn" else self.key
            self.ledger.append(Movement(self.next("movements"), number, one.phone, amount, kind, now, receipt or now, until, purchase, key))
            if self.habits.touched:
                one.updated = now
            self.moved(self.ledger[-1])

        return note

    def new_card(self) -> str:
        """The next free number, an EAN-13 of the range for a shop's own use."""
        while True:
            digits = f"2000{self.next('cards'):08d}"
            total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits))
            if (card := f"{digits}{-total % 10}") not in self.by_card:
                return card

    def known(self, phone: str) -> Customer:
        """The customer of a phone as it stands in paths, digits alone; points past their end are burnt first. Raises ApiError."""
        found = self.customers.get(phone)
        if found is None:
            raise ApiError("CUSTOMER_NOT_FOUND", "Клиент не найден")
        found.purse.burn(self.now())
        return found

    def drop(self, one: Customer) -> None:
        """The customer goes with its card and points; the ledger stays."""
        del self.customers[one.phone], self.by_id[one.id], self.by_card[one.card]
