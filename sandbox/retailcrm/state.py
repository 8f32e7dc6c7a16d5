"""The account in memory: customers and orders by id, what is unique among them, histories, and what people were sent."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.frame.effects import Effects

from . import seed
from .history import History
from .keys import Caller

Json = Any
Row = dict[str, Any]
ZONE = timezone(timedelta(hours=5))  # of the account: every time is on this clock, without an offset
KINDS = ("customers", "orders")
NAMES = {"customers": "customer", "orders": "order"}


class Account:
    """All state. Callers hold ``lock``. ``now`` gives aware UTC."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.lock, self.now = threading.RLock(), now
        self.tables: dict[str, dict[int, Row]] = {kind: {} for kind in KINDS}
        self.by_external: dict[tuple[str, str, str], int] = {}  # (kind, site, externalId) -> id
        self.numbers: dict[str, int] = {}  # an order's number -> its id
        self.orders_of: dict[int, set[int]] = defaultdict(set)  # customer -> orders
        self.combined: dict[tuple[str, int], int] = {}
        self.payments: dict[int, int] = {}  # payment -> order
        self.calls: dict[str, Row] = {}
        self.history = {kind: History(NAMES[kind], self.stamp) for kind in KINDS}
        self.effects = Effects()
        self.counts = {"customers": 511, "orders": 6480, "lines": 9000, "payments": 300}
        self.set_sites([seed.SITE])
        self.users, self.fields, self.offers = seed.users(), seed.custom_fields(), seed.offers()
        self.stocks: dict[int, dict[str, float]] = {}  # offer -> store -> how many
        self.feed = ""  # the address of the catalogue file
        self.uploads: list[tuple[str, int]] = []  # what was uploaded, and how many at once

    def set_sites(self, codes: list[str]) -> None:
        """The shops of the account."""
        self.sites, self.references = codes, seed.references(codes)

    def stamp(self) -> str:
        return self.now().astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")

    def next(self, kind: str) -> int:
        self.counts[kind] += 1
        return self.counts[kind]

    def keep(self, kind: str, row: Row) -> None:
        """Store a row and index it."""
        self.forget(kind, row["id"])
        self.tables[kind][row["id"]] = row
        if row.get("externalId"):
            self.by_external[kind, row["site"], str(row["externalId"])] = row["id"]
        if kind == "orders":
            self.numbers[row["number"]] = row["id"]
            self.orders_of[row["customer"]["id"]].add(row["id"])
            self.payments |= dict.fromkeys(row["payments"], row["id"])

    def forget(self, kind: str, ident: int) -> Row | None:
        """Take a row out of the table and the indices."""
        row = self.tables[kind].pop(ident, None)
        if row is not None:
            self.by_external.pop((kind, row["site"], str(row.get("externalId"))), None)
            if kind == "orders":
                self.numbers.pop(row["number"], None)
                self.orders_of[row["customer"]["id"]].discard(ident)
                for payment in row["payments"]:
                    self.payments.pop(payment, None)
        return row

    def delete(self, kind: str, ident: int, caller: Caller, into: int | None = None) -> None:
        """What people do at a screen: the API has no method to delete. ``into``: the one that it was combined with."""
        row = self.forget(kind, ident)
        if row is None:
            return
        more: Row = {"deleted": True}
        if into is not None:
            self.combined[kind, ident] = into
            more["combinedTo"] = {"id": into}
        self.history[kind].add(row, caller, "id", ident, None, **more)

    def field_types(self, entity: str) -> dict[str, str]:
        """Code -> type of the account's additional fields."""
        return {one["code"]: one["type"] for one in self.fields if one["entity"] == entity}
