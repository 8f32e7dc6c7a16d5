"""The whole portal in memory: collections with their indexes, counters of ids, and the queue of events."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.bitrix24.auth import SCOPES, Tokens
from sandbox.bitrix24.collection import COMMUNICATIONS, Collection, Row
from sandbox.bitrix24.events import Events
from sandbox.bitrix24.fields import CONTACT, DEAL, FieldTable
from sandbox.bitrix24.limits import Limits
from sandbox.bitrix24.seed import CATEGORIES, make_products, make_statuses, make_user_fields, make_users


@dataclass
class Portal:
    """State and clock of one portal. ``side_effect`` counts what a person would notice: robots, messages, call_cards, mails."""

    now: Callable[[], datetime]
    rng: random.Random
    side_effect: Callable[[str], None]
    events: Events
    allow_loopback: bool = False
    lock: Any = field(default_factory=threading.RLock)
    activities: Collection = field(default_factory=lambda: Collection(("OWNER_ID", "ORIGIN_ID"), "LAST_UPDATED"))
    comments: Collection = field(default_factory=Collection)
    product_rows: Collection = field(default_factory=Collection)
    calls: Collection = field(default_factory=lambda: Collection(("CALL_ID", "EXTERNAL_CALL_ID", "CRM_ACTIVITY_ID")))
    rows_of: dict[tuple[str, int], list[int]] = field(default_factory=dict)
    open_calls: dict[str, Row] = field(default_factory=dict)
    registered: dict[tuple[Any, ...], Row] = field(default_factory=dict)
    lines: dict[tuple[str, str], Row] = field(default_factory=dict)
    history: Collection = field(default_factory=lambda: Collection(("OWNER_ID",)))
    users: dict[int, Row] = field(default_factory=make_users)
    statuses: list[Row] = field(default_factory=make_statuses)
    categories: list[Row] = field(default_factory=lambda: [dict(row) for row in CATEGORIES])
    products: Collection = field(default_factory=lambda: Collection(("xmlId",)))
    robot_echoes: int = 0
    free_plan: bool = False  # the portal has no paid plan: REST is closed
    scopes: tuple[str, ...] = SCOPES  # rights that webhook and applications were given
    denied: frozenset[str] = frozenset()  # methods that the acting user has no right to
    plain: bool = False  # whether the acting user is no administrator of the portal
    base: str = "https://localhost"
    _numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tables = {kind: FieldTable(kind, fields) for kind, fields in make_user_fields().items()}
        self.crm = {kind: Collection(indexed(self.tables[kind]), "DATE_MODIFY") for kind in (CONTACT, DEAL)}
        self.limits = Limits(self.now, random.Random(self.rng.random()))
        self.tokens = Tokens(self.now, random.Random(self.rng.random()))
        self._numbers |= {"fm": 8000, "userfield": 400}
        for product in make_products():
            self.products.put(product)

    def moment(self) -> datetime:
        """Now, with the portal's resolution of one second."""
        return self.now().replace(microsecond=0)

    def number(self, kind: str) -> int:
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return self._numbers[kind]

    def stage(self, stage_id: str) -> Row | None:
        return next((row for row in self.statuses if row["ENTITY_ID"].startswith("DEAL_STAGE") and row["STATUS_ID"] == stage_id), None)


def indexed(table: FieldTable) -> list[str]:
    """What clients look objects up by: the external id, phones, e-mails, bound contacts, and user fields of text."""
    return [
        "ORIGIN_ID",
        "CONTACT_ID",
        "CONTACT_IDS",
        *COMMUNICATIONS,
        *(item.name for item in table.fields if item.dynamic and item.kind == "string"),
    ]
