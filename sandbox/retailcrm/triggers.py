"""The account's HTTP triggers: made by hand in the settings, unsigned, with whatever fields the admin typed; one try, no order."""

from __future__ import annotations

import urllib.parse
import urllib.request
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sandbox.frame.weather import Post, Weather

Row = dict[str, Any]
PATIENCE = 5.0  # seconds


class Triggers:
    """Calls to the addresses that somebody typed. Only loopback addresses, and those only when allowed."""

    def __init__(self, allow_loopback: bool) -> None:
        self.allow, self.weather, self.post = allow_loopback, Weather(), Post()
        self.registered: list[Row] = []
        self.sent = self.failed = self.dropped = 0

    def register(self, url: str, entities: list[str]) -> None:
        """What a person does under Settings → Triggers: an HTTP request at each change of these entities."""
        self.registered.append({"url": url, "entities": entities})

    def announce(self, entity: str, row: Row) -> None:
        fields = {"entity": entity, "id": row["id"], "external_id": row.get("externalId") or "", "site": row["site"]}
        for one in self.registered:
            if entity in one["entities"]:
                arrivals = self.weather.arrivals(0.0)
                self.dropped += not arrivals
                for seconds in arrivals:
                    self.post.put(seconds, partial(self._call, one["url"], urllib.parse.urlencode(fields).encode()))

    def drain(self) -> None:
        """Return when every queued call has been sent or dropped."""
        self.post.drain()

    def _call(self, url: str, body: bytes) -> None:
        if not self.allow or urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
            self.dropped += 1
            return
        headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "RetailCRM"}
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers, method="POST"), timeout=PATIENCE) as answer:
                self.sent += 200 <= answer.status < 300
        except (OSError, ValueError):
            self.failed += 1
