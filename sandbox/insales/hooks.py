"""Webhooks as the shop sends them: unsigned, one full object as JSON or XML, never repeated (insales docs: webhooks)."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sandbox.frame.outgoing import Outgoing

from .state import Shop
from .wire import TYPES, dump, invalid

Row = dict[str, Any]
DELAY = 0.1
TOPICS = ("orders/create", "orders/update", "orders/destroy", "products/create", "products/update", "client/create", "client/update")


class Hooks(Outgoing):
    """Subscriptions and deliveries. Only loopback addresses, and those only when allowed."""

    patience = 10.0

    def __init__(self, shop: Shop, allow_loopback: bool) -> None:
        super().__init__(allow_loopback)
        self.shop = shop

    def save(self, body: Row, ident: int | None, application: str) -> Row:
        """One webhook; an address has a topic once. Raises InsalesError."""
        row = {
            "id": 0,
            "format_type": "xml",
            "warehouse_id": None,
            "sales_channel_id": None,
            "batch_size": None,
            "application": application,
        }
        row = row if ident is None else dict(self.own(ident, application))
        row |= {name: body[name] for name in ("address", "topic", "format_type", "warehouse_id", "batch_size") if name in body}
        if row.get("topic") not in TOPICS:
            raise invalid("topic", "имеет непредусмотренное значение")
        if urlsplit(str(row.get("address"))).scheme not in ("http", "https"):
            raise invalid("address", "имеет неверное значение")
        if any((one["address"], one["topic"]) == (row["address"], row["topic"]) for one in self.of(application) if one["id"] != ident):
            raise invalid("address", "уже существует")
        row["id"] = ident or self.shop.next("webhooks")
        return self.shop.keep("webhooks", row)

    def of(self, application: str) -> list[Row]:
        return [row for row in self.shop.tables["webhooks"].values() if row["application"] == application]

    def own(self, ident: int, application: str) -> Row:
        row = self.shop.known("webhooks", ident)
        return row if row["application"] == application else self.shop.known("webhooks", 0)

    def announce(self, topic: str, row: Row) -> None:
        """Queue a delivery of the object as it is now for each webhook of the topic."""
        shown = deepcopy(row)
        for hook in list(self.shop.tables["webhooks"].values()):
            if hook["topic"] == topic:
                self.queue(partial(self._deliver, dict(hook), shown), DELAY)

    def _deliver(self, hook: Row, row: Row) -> None:
        kind = hook["topic"].partition("/")[0].rstrip("s")
        rows: Any = [row] if kind == "product" else row
        body = json.dumps(rows, ensure_ascii=False).encode() if hook["format_type"] == "json" else dump(rows, kind)
        self.call(hook["address"], body, {"Content-Type": TYPES[hook["format_type"]]}, taken=lambda status, _: status == 200)
