"""The project in memory: customers, orders, custom actions, segments, the log of operations, keys of transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.frame.effects import Effects

Json = Any
Row = dict[str, Any]
BRAND = "sandbox"
BALANCE = "main"
CATEGORIES = {  # statuses of lines that the project has, by external id, and what each means
    "NEW": "new", "CONFIRMED": "inProgress", "PAID": "paid", "SHIPPED": "inProgress", "DELIVERED": "delivered", "CANCELLED": "cancelled",
    "RETURNED": "returned",
}  # fmt: skip


@dataclass(slots=True)
class Customer:
    """``ids``: by system of external ids. ``subscriptions``: (brand, channel, topic) -> yes or no. ``said``: names, birth date, sex."""

    id: int
    changed: datetime
    ids: dict[str, str] = field(default_factory=dict)
    said: Row = field(default_factory=dict)
    phone: str = ""
    email: str = ""
    card: str = ""
    pending_phone: str = ""
    invalid: set[str] = field(default_factory=set)  # of mobilePhone, email
    fields: Row = field(default_factory=dict)
    subscriptions: dict[tuple[str, str, str], bool] = field(default_factory=dict)
    balance: dict[str, Decimal] = field(default_factory=lambda: {"available": Decimal(0), "blocked": Decimal(0)})


@dataclass(slots=True)
class Order:
    """``said``: what was written, as the order operations take it, lines aside."""

    id: int
    customer: int | None
    created: datetime
    changed: datetime
    point: str
    ids: dict[str, str] = field(default_factory=dict)
    said: Row = field(default_factory=dict)
    lines: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Habits:
    """What the vendor's papers leave open, or a project chooses. ``confirm``: a new phone waits to be confirmed. ``merging``: customers with
    one phone become one, unless they have different ids of one system. ``echo``: writes answer with the block of what was written.
    ``segments``: the operation that reads a customer returns segmentations."""

    confirm: bool = False
    merging: bool = True
    echo: bool = True
    segments: bool = True
    queue: float = 0.0  # seconds that async operations wait


class Project:
    """All state. Callers hold ``lock``. ``now`` gives aware UTC; ``happened`` is told of every event: name, customer, more."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.lock, self.now = threading.RLock(), now
        self.customers: dict[int, Customer] = {}
        self.by_key: dict[tuple[str, str], int] = {}  # (phone | email | card | id system, value) -> customer
        self.merged: dict[int, int] = {}
        self.merges: list[tuple[datetime, int, int, dict[str, str]]] = []  # when, who stayed, who went, ids of who went
        self.orders: dict[int, Order] = {}
        self.order_by_id: dict[tuple[str, str], int] = {}
        self.actions: list[Row] = []
        self.mailings: list[Row] = []  # actions of the vendor's own: what flows and campaigns have sent
        self.segments: dict[str, set[int]] = {}
        self.segment_changes: list[tuple[datetime, str, int, bool]] = []
        self.transactions: set[str] = set()
        self.log: list[Row] = []  # what failed without anybody being told
        self.effects, self.habits = Effects(), Habits()
        self.happened: Callable[[str, Customer, Row], None] = lambda event, customer, more: None
        self.counts = {"customer": 90_416, "order": 700_310, "action": 5_000_000}

    def next(self, kind: str) -> int:
        self.counts[kind] += 1
        return self.counts[kind]

    def alive(self, ident: int) -> Customer | None:
        """The customer of an id; of one that was merged, who stayed: ids change their owner."""
        while ident in self.merged:
            ident = self.merged[ident]
        return self.customers.get(ident)
