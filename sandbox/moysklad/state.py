"""Objects in memory: by id, by time of change, and by the values that lists are filtered by."""

from __future__ import annotations

import bisect
import random
import re
import threading
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from .seed import ADMIN, ROBOT, definition, fill, price_type
from .wire import meta

MOSCOW = timezone(timedelta(hours=3))
DICTIONARIES = (
    "counterparty", "product", "variant", "service", "employee", "store", "retailstore", "organization", "saleschannel", "currency",
)  # fmt: skip
DOCUMENTS = ("customerorder", "demand", "salesreturn", "retaildemand", "retailsalesreturn", "retailshift")
TYPES = (*DICTIONARIES, *DOCUMENTS, "webhook")
PAGES = "https://online.moysklad.ru/app/"
SCREENS = {"counterparty": "company", "customerorder": "customerorder", "retaildemand": "retaildemand", "product": "good"}
INDEXED = ("externalCode", "phone", "email", "discountCardNumber", "code", "article", "name")
__all__ = ["ADMIN", "DICTIONARIES", "DOCUMENTS", "INDEXED", "ROBOT", "TYPES", "Store", "ui_twin"]


class Store:
    """All state of one account. Callers hold ``lock``. ``now`` gives aware UTC."""

    def __init__(self, seed: int, now: Callable[[], datetime]) -> None:
        self.lock, self.random, self.now = threading.RLock(), random.Random(seed), now
        self.tables: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in TYPES}
        self.by_time: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.by_value: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        self.by_sync: dict[tuple[str, str], str] = {}
        self.archived: Counter[str] = Counter()
        self.notes: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.trash: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in DOCUMENTS}
        self.states: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.attributes: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.authors: dict[str, str] = {}  # object id -> who saved it last
        self.numbers = 0
        self.account = self.new_id()
        self.price_types = [price_type(name) for name in ("Цена продажи", "Цена для дилеров")]
        self.characteristics: list[dict[str, Any]] = []
        self.currency: dict[str, Any] = {}  # a reference to the account's own
        fill(self)

    def new_id(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def stamp(self) -> str:
        """Now as the vendor writes it: Moscow time with milliseconds."""
        return self.now().astimezone(MOSCOW).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]

    def put(self, kind: str, item: dict[str, Any], touch: bool = True) -> dict[str, Any]:
        """Store a whole object and index it; with ``touch`` its ``updated`` becomes now."""
        ident = item.setdefault("id", self.new_id())
        self.unindex(kind, self.tables[kind].get(ident))
        if touch or "updated" not in item:
            item["updated"] = self.stamp()
        item.setdefault("created", item["updated"])
        item.setdefault("externalCode", self.new_id()[:22])
        about = meta(kind, ident) | ({"uuidHref": f"{PAGES}#{SCREENS[kind]}/edit?id={ui_twin(ident)}"} if kind in SCREENS else {})
        item.update(meta=about, accountId=self.account)
        self.tables[kind][ident] = item
        bisect.insort(self.by_time[kind], (item["updated"], ident))
        for name in INDEXED:
            if item.get(name):
                self.by_value[kind, name, str(item[name])].add(ident)
        self.archived[kind] += bool(item.get("archived"))
        if item.get("syncId"):
            self.by_sync[kind, item["syncId"]] = ident
        return item

    def unindex(self, kind: str, item: dict[str, Any] | None) -> None:
        if item is None:
            return
        rows, key = self.by_time[kind], (item["updated"], item["id"])
        place = bisect.bisect_left(rows, key)
        if place < len(rows) and rows[place] == key:
            del rows[place]
        for name in INDEXED:
            if item.get(name):
                self.by_value[kind, name, str(item[name])].discard(item["id"])
        self.archived[kind] -= bool(item.get("archived"))

    def remove(self, kind: str, ident: str) -> None:
        """Take an object away; a document goes to the trash, and its syncId stays taken."""
        item = self.tables[kind].pop(ident)
        self.unindex(kind, item)
        if kind in self.trash:
            self.trash[kind][ident] = item | {"deleted": self.stamp()}
        else:
            self.by_sync.pop((kind, item.get("syncId", "")), None)

    def add_state(self, kind: str, name: str, sort: str, color: int) -> dict[str, Any]:
        """A status that documents of ``kind`` may have. ``sort``: Regular | Successful | Unsuccessful."""
        made = definition(self, kind, "states", "state", name, stateType=sort, entityType=kind, color=color)
        self.states[kind].append(made)
        return made

    def employee(self, uid: str) -> dict[str, Any]:
        return next(row for row in self.tables["employee"].values() if row["uid"] == uid)

    def next_number(self) -> str:
        self.numbers += 1
        return f"{self.numbers:05d}"


def ui_twin(ident: str) -> str:
    """The id of the web pages for an id of the API, and back: here they differ in the first digit of the second group."""
    return f"{ident[:9]}{'0123456789abcdef'[int(ident[9], 16) ^ 15]}{ident[10:]}" if re.fullmatch(r"[0-9a-f-]{36}", ident) else ""
