"""Webhooks as the shop sends them: unsigned, one full object as JSON or XML, never repeated (insales docs: webhooks)."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from copy import deepcopy
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sandbox.frame.weather import Post, Weather

from .state import Shop
from .wire import TYPES, dump, invalid

Row = dict[str, Any]
DELAY = 0.1
TOPICS = ("orders/create", "orders/update", "orders/destroy", "products/create", "products/update", "client/create", "client/update")


class Hooks:
    """Subscriptions and deliveries. Only loopback addresses, and those only when allowed."""

    def __init__(self, shop: Shop, allow_loopback: bool) -> None:
        self.shop, self.allow = shop, allow_loopback
        self.weather, self.post = Weather(), Post()
        self.sent = self.failed = self.dropped = 0

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
                arrivals = self.weather.arrivals(DELAY)
                self.dropped += not arrivals
                for seconds in arrivals:
                    self.post.put(seconds, partial(self._deliver, dict(hook), shown))

    def drain(self) -> None:
        """Return when every queued delivery was made."""
        self.post.drain()

    def _deliver(self, hook: Row, row: Row) -> None:
        kind = hook["topic"].partition("/")[0].rstrip("s")
        rows: Any = [row] if kind == "product" else row
        body = json.dumps(rows, ensure_ascii=False).encode() if hook["format_type"] == "json" else dump(rows, kind)
        request = urllib.request.Request(hook["address"], body, {"Content-Type": TYPES[hook["format_type"]]}, method="POST")
        if not self.allow or urlsplit(hook["address"]).hostname not in ("127.0.0.1", "localhost", "::1"):
            self.failed += 1
            return
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                good = answer.status == 200
        except (urllib.error.HTTPError, OSError, ValueError):
            good = False
        self.sent += good
        self.failed += not good
