"""The account's HTTP triggers: made by hand in the settings, unsigned, with whatever fields the admin typed; one try, no order."""

from __future__ import annotations

import urllib.parse
from functools import partial
from typing import Any

from sandbox.frame.outgoing import Outgoing

Row = dict[str, Any]
HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "RetailCRM"}


class Triggers(Outgoing):
    """Calls to the addresses that somebody typed. Only loopback addresses, and those only when allowed."""

    def __init__(self, allow_loopback: bool) -> None:
        super().__init__(allow_loopback)
        self.registered: list[Row] = []

    def register(self, url: str, entities: list[str]) -> None:
        """What a person does under Settings → Triggers: an HTTP request at each change of these entities."""
        self.registered.append({"url": url, "entities": entities})

    def announce(self, entity: str, row: Row) -> None:
        fields = {"entity": entity, "id": row["id"], "external_id": row.get("externalId") or "", "site": row["site"]}
        for one in self.registered:
            if entity in one["entities"]:
                self.queue(partial(self.call, one["url"], urllib.parse.urlencode(fields).encode(), HEADERS))
