"""Short lists of a shop: its own fields, statuses, ways of paying and delivering, people."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from connectors.contract import DirectoryValue
from connectors.insales.api import Api

Json = Any
LASTS = 600.0  # seconds that the list of own fields is believed
DIRECTORIES = {"payment_kind": "payment_gateways", "delivery_kind": "delivery_variants", "employee": "users"}


class Lists:
    """Lists of one shop."""

    def __init__(self, api: Api, clock: Callable[[], float] = time.monotonic) -> None:
        self.api, self.clock = api, clock
        self._fields: tuple[float, list[Json]] | None = None

    def fields(self, older: float = LASTS) -> list[Json]:
        """The shop's own fields of all kinds of objects."""
        if self._fields is None or self.clock() - self._fields[0] > older:
            self._fields = (self.clock(), list(self.api.get("fields")))
        return self._fields[1]

    def handles(self) -> frozenset[str]:
        return frozenset(str(row["handle"]) for row in self.fields() if row.get("handle"))

    def directory(self, name: str) -> list[DirectoryValue]:
        """Statuses by permalink, the others by id; lists that the shop does not have are empty."""
        if name == "order_status":
            return [
                DirectoryValue(str(row["permalink"]), str(row.get("title") or row["permalink"])) for row in self.api.get("custom_statuses")
            ]
        if name not in DIRECTORIES:
            return []
        return [_value(row) for row in self.api.get(DIRECTORIES[name])]


def _value(row: Json) -> DirectoryValue:
    emails, phones = (tuple(filter(None, (str(row.get(part) or ""),))) for part in ("email", "phone"))
    return DirectoryValue(row["id"], str(row.get("title") or row.get("name") or row["id"]), True, emails, phones)
