"""Objects in memory: by id, by time of change, by external code and by sync id; and the shop a new account starts with."""

from __future__ import annotations

import bisect
import random
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from .wire import BASE, meta, ref

MOSCOW = timezone(timedelta(hours=3))
DICTIONARIES = ("counterparty", "product", "employee", "store", "retailstore", "organization")
DOCUMENTS = ("customerorder", "retaildemand", "retailshift")
TYPES = (*DICTIONARIES, *DOCUMENTS, "webhook")
ADMIN = "admin@sandbox"
SHOP = [
    ("Рубашка льняная", 349000),
    ("Платье летнее", 499000),
    ("Пальто шерстяное", 799000),
    ("Шарф вязаный", 129000),
    ("Носки хлопковые", 49000),
    ("Плед", 279000),
    ("Полотенце махровое", 89000),
    ("Скатерть льняная", 199000),
    ("Комплект белья", 459000),
    ("Фартук", 99000),
    ("Свитер", 389000),
    ("Подушка", 149000),
]
STATES = [("Новый", "Regular"), ("Подтверждён", "Regular"), ("Собран", "Regular"), ("Доставлен", "Successful"), ("Отменён", "Unsuccessful")]
ATTRIBUTES = {
    "counterparty": [("Номер на сайте", "string"), ("Бонусы", "long")],
    "customerorder": [("Номер на сайте", "string"), ("Бонусы списано", "double")],
}


class Store:
    """All state of one account. Callers hold ``lock``. ``now`` gives aware UTC."""

    def __init__(self, seed: int, now: Callable[[], datetime]) -> None:
        self.lock, self.random, self.now = threading.RLock(), random.Random(seed), now
        self.tables: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in TYPES}
        self.by_time: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.by_code: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.by_sync: dict[tuple[str, str], str] = {}
        self.states: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.attributes: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.numbers = 0
        self.account = self.new_id()
        self._fill()

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
        item.update(meta=meta(kind, ident), accountId=self.account)
        self.tables[kind][ident] = item
        bisect.insort(self.by_time[kind], (item["updated"], ident))
        self.by_code[kind, item["externalCode"]].add(ident)
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
        self.by_code[kind, item["externalCode"]].discard(item["id"])

    def remove(self, kind: str, ident: str) -> None:
        item = self.tables[kind].pop(ident)
        self.unindex(kind, item)
        self.by_sync.pop((kind, item.get("syncId", "")), None)

    def next_number(self) -> str:
        self.numbers += 1
        return f"{self.numbers:05d}"

    def _fill(self) -> None:
        for number, (name, price) in enumerate(SHOP, 1):
            code = f"SV-{number:03d}"
            self.put("product", {"name": name, "code": code, "article": code, "archived": False, "salePrices": [{"value": float(price)}]})
        for name in ("Анна Ильина", "Руслан Хабибуллин", "Мария Соколова"):
            self.put("employee", {"name": name, "uid": ADMIN if name == "Анна Ильина" else f"till{len(name)}@sandbox", "archived": False})
        stores = [self.put("store", {"name": name, "archived": False}) for name in ("Уфа, Ленина 10", "Уфа, Мега")]
        firm = self.put("organization", {"name": "ООО Лавка", "archived": False})
        owner = ref("organization", firm["id"])
        till = self.put(
            "retailstore", {"name": "Касса Ленина 10", "organization": owner, "store": ref("store", stores[0]["id"]), "archived": False}
        )
        self.put(
            "retailshift",
            {
                "name": "00001",
                "moment": self.stamp(),
                "retailStore": ref("retailstore", till["id"]),
                "organization": owner,
                "store": ref("store", stores[0]["id"]),
            },
        )
        for name, sort in STATES:
            self.add_state("customerorder", name, sort, 15106326)
        for kind, fields in ATTRIBUTES.items():
            for name, sort in fields:
                self.attributes[kind].append(
                    self._definition(kind, "attributes", "attributemetadata", name, type=sort, required=False, show=True)
                )

    def add_state(self, kind: str, name: str, sort: str, color: int) -> dict[str, Any]:
        """A status that documents of ``kind`` may have. ``sort``: Regular | Successful | Unsuccessful."""
        made = self._definition(kind, "states", "state", name, stateType=sort, entityType=kind, color=color)
        self.states[kind].append(made)
        return made

    def _definition(self, kind: str, family: str, sort: str, name: str, **more: Any) -> dict[str, Any]:
        ident = self.new_id()
        href = f"{BASE}/entity/{kind}/metadata/{family}/{ident}"
        return {"meta": {"href": href, "type": sort, "mediaType": "application/json"}, "id": ident, "name": name, **more}
