"""The change feed of one kind: ascending ids, who made each change, and whether the key that asks made it (sheet: WorkingHistoryAPI)."""

from __future__ import annotations

import bisect
import copy
from collections.abc import Callable, Iterable
from typing import Any

from flask import request

from .keys import Caller
from .wire import ApiError, filters, limit_asked, number

Json = Any
Row = dict[str, Any]
LATER = {
    "order": ("id", "externalId", "managerId", "site", "status"),
    "customer": ("id", "externalId", "site"),
}  # members of a later record
ADVICE = "Use filter[sinceId] without page: shift filter[sinceId] to the last id that was read"


class History:
    """Records of customers or of orders. ``name``: the member that carries the entity."""

    def __init__(self, name: str, stamp: Callable[[], str]) -> None:
        self.name, self.stamp = name, stamp
        self.rows: list[Row] = []
        self.ids: list[int] = []

    def add(self, entity: Row, caller: Caller | str, field: str, old: Json, new: Json, **more: Json) -> None:
        """One change. ``caller``: a key, or ``code`` or ``rule`` for the system's own doing. ``more``: created, deleted, item, payment ..."""
        number = (self.ids[-1] if self.ids else 70000) + 1
        whole = (
            copy.deepcopy(entity) if more.get("created") else {key: entity[key] for key in LATER[self.name] if entity.get(key) is not None}
        )
        row: Row = {"id": number, "createdAt": self.stamp(), **more, "field": field, "oldValue": old, "newValue": new, self.name: whole}
        if isinstance(caller, str):
            row["source"] = caller
        elif caller.user is not None:
            row |= {"source": "user", "user": {"id": caller.user}}
        else:
            row |= {"source": "api", "apiKey": caller.name}
        self.rows.append(row)
        self.ids.append(number)

    def page(self, caller: Caller) -> Row:
        """The answer of ``/orders/history`` or ``/customers/history``. Raises ApiError for sinceId with a page."""
        asked, limit, page = filters(), limit_asked(), number("page", 1)
        if "sinceId" in asked and request.args.get("page"):
            raise ApiError(400, "Errors in the input parameters", {"page": ADVICE})
        found = list(self._wanted(asked))
        rows = [self.shown(row, caller) for row in found[(page - 1) * limit : page * limit]]
        about = {"limit": limit, "totalCount": len(found), "currentPage": page, "totalPageCount": -(-len(found) // limit)}
        return {"success": True, "generatedAt": self.stamp(), "history": rows, "pagination": about}

    def _wanted(self, asked: dict[str, Json]) -> Iterable[Row]:
        start = bisect.bisect_right(self.ids, int(asked["sinceId"])) if "sinceId" in asked else 0
        ident, external = asked.get(f"{self.name}Id"), asked.get(f"{self.name}ExternalId")
        for row in self.rows[start:]:
            if asked.get("startDate", "") <= row["createdAt"] <= asked.get("endDate", "9999"):
                entity = row[self.name]
                if ident in (None, str(entity["id"])) and external in (None, str(entity.get("externalId"))):
                    yield row

    @staticmethod
    def shown(row: Row, caller: Caller) -> Row:
        """A record as this key sees it: ``apiKey.current`` is true for its own changes."""
        return row | {"apiKey": {"current": row["apiKey"] == caller.name}} if "apiKey" in row else row
