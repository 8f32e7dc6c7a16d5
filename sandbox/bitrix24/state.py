"""The whole portal in memory: collections with their indexes, counters of ids, and the queue of events."""

from __future__ import annotations

import random
import threading
from bisect import bisect_right, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.bitrix24.auth import Tokens
from sandbox.bitrix24.fields import CONTACT, DEAL, FieldTable
from sandbox.bitrix24.limits import Limits
from sandbox.bitrix24.seed import CATEGORIES, USER_FIELDS, make_products, make_statuses, make_users
from sandbox.bitrix24.values import digits

if TYPE_CHECKING:
    from sandbox.bitrix24.events import Events

Row = dict[str, Any]


class Collection:
    """Rows of one kind by id, with an index over the external id and, for contacts, over phones and e-mails."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.ids: list[int] = []
        self.by_origin: dict[str, set[int]] = {}
        self.by_contact: dict[tuple[str, str], set[int]] = {}
        self._keys: dict[int, tuple[str | None, set[tuple[str, str]]]] = {}
        self._last = 0

    def next_id(self) -> int:
        self._last += 1
        return self._last

    def put(self, row: Row) -> None:
        """Insert or re-index a row; an id given from outside moves the counter past it."""
        number = int(row["ID"])
        self._last = max(self._last, number)
        if number not in self.rows:
            insort(self.ids, number)
        self.rows[number] = row
        self._forget(number)
        origin = row.get("ORIGIN_ID")
        contacts = {(entry["TYPE_ID"], contact_key(entry["TYPE_ID"], entry["VALUE"])) for entry in row.get("FM", [])}
        self._keys[number] = (origin, contacts)
        if origin:
            self.by_origin.setdefault(origin, set()).add(number)
        for key in contacts:
            self.by_contact.setdefault(key, set()).add(number)

    def drop(self, number: int) -> Row:
        self._forget(number)
        self.ids.remove(number)
        return self.rows.pop(number)

    def after(self, number: int) -> Iterable[Row]:
        """Rows with a greater id, ascending, without copying the collection."""
        for position in range(bisect_right(self.ids, number), len(self.ids)):
            yield self.rows[self.ids[position]]

    def _forget(self, number: int) -> None:
        origin, contacts = self._keys.pop(number, (None, set()))
        if origin and origin in self.by_origin:
            self.by_origin[origin].discard(number)
        for key in contacts:
            self.by_contact[key].discard(number)


def contact_key(kind: str, value: Any) -> str:
    return digits(value) if kind == "PHONE" else str(value).strip().lower()


@dataclass
class Portal:
    """State and clock of one portal. ``side_effect`` counts what a person would notice: robot, message, call_card."""

    now: Callable[[], datetime]
    rng: random.Random
    side_effect: Callable[[str], None]
    events: Events
    allow_loopback: bool = False
    lock: Any = field(default_factory=threading.RLock)
    crm: dict[int, Collection] = field(default_factory=lambda: {CONTACT: Collection(), DEAL: Collection()})
    activities: Collection = field(default_factory=Collection)
    product_rows: Collection = field(default_factory=Collection)
    calls: Collection = field(default_factory=Collection)
    rows_of: dict[tuple[str, int], list[int]] = field(default_factory=dict)
    open_calls: dict[str, Row] = field(default_factory=dict)
    lines: dict[str, Row] = field(default_factory=dict)
    history: list[Row] = field(default_factory=list)
    users: dict[int, Row] = field(default_factory=make_users)
    statuses: list[Row] = field(default_factory=make_statuses)
    categories: list[Row] = field(default_factory=lambda: [dict(row) for row in CATEGORIES])
    products: dict[int, Row] = field(default_factory=make_products)
    domain: str = "localhost"
    _numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tables = {kind: FieldTable(kind, list(USER_FIELDS[kind])) for kind in (CONTACT, DEAL)}
        self.limits = Limits(self.now, random.Random(self.rng.random()))
        self.tokens = Tokens(self.now, random.Random(self.rng.random()))
        self._numbers["fm"] = 8000

    def moment(self) -> datetime:
        """Now, with the portal's resolution of one second."""
        return self.now().replace(microsecond=0)

    def number(self, kind: str) -> int:
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return self._numbers[kind]

    def stage(self, stage_id: str) -> Row | None:
        return next((row for row in self.statuses if row["ENTITY_ID"].startswith("DEAL_STAGE") and row["STATUS_ID"] == stage_id), None)
