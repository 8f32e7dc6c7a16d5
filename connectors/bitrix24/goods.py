"""Goods of a portal's catalogue: read, with the prices of the named groups. They are written by exchanges with 1C and by people.

``catalog.product.list`` wants an information block; the prices stand apart (bitrix24 docs: catalog.product.list, catalog.price.list). Stocks
by store are not read: no method of the papers at hand names the stores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.bitrix24.api import Api
from connectors.bitrix24.lists import Lists
from connectors.contract import Page, Remote

Json = Any
PAGE = 50
OVERLAP = timedelta(seconds=60)
SHOWN = ("id", "iblockId", "name", "code", "xmlId", "active", "quantity", "quantityReserved", "type", "timestampX")


class Goods:
    """Reads goods. ``named``: numbers of the price groups that are shown (option ``price_types``)."""

    def __init__(self, api: Api, lists: Lists, named: Sequence[Json]) -> None:
        self.api, self.lists, self.named = api, lists, [str(one) for one in named]

    def changes(self, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Block by block in order of id, changed since the mark; the mark that follows is the portal's time at the first page."""
        mark, begun = str(cursor.get("mark", "")), str(cursor.get("begun", ""))
        blocks = [block for block in sorted(self.lists.blocks()) if block >= int(cursor.get("block", 0))]
        after = int(cursor.get("id", 0))
        for block in blocks:
            while True:
                wanted: dict[str, Json] = {"iblockId": block, ">id": after}
                if mark:
                    wanted[">=timestampX"] = (datetime.fromisoformat(mark) - OVERLAP).isoformat()
                answer = self._list(wanted)
                begun = begun or str(answer.time.get("date_start", ""))
                rows = answer.result["products"]
                full = len(rows) == PAGE
                last = not full and block == blocks[-1]
                after = rows[-1]["id"] if full else 0
                place = {"block": block, "id": after} if full else {"block": block + 1, "id": 0}
                yield Page(self._shown(rows, "list"), {"mark": begun} if last else {"mark": mark, "begun": begun, **place}, last)
                if not full:
                    break
        if not blocks:
            yield Page([], {"mark": mark}, True)

    def fetch(self, ids: Sequence[str]) -> list[Remote]:
        known = [int(ident) for ident in ids if ident.isdigit()]
        rows: list[Json] = []
        for start in range(0, len(known), PAGE):
            for block in self.lists.blocks():
                rows += self._list({"iblockId": block, "@id": known[start : start + PAGE]}).result["products"]
        return self._shown(rows, "fetch")

    def _list(self, wanted: Mapping[str, Json]) -> Any:
        return self.api.call("catalog.product.list", {"select": list(SHOWN), "filter": wanted, "order": {"id": "ASC"}, "start": -1})

    def _shown(self, rows: Sequence[Mapping[str, Json]], view: str) -> list[Remote]:
        prices = self._prices([row["id"] for row in rows]) if self.named else {}
        return [Remote(str(row["id"]), {**row, "prices": prices.get(int(row["id"]), [])}, view) for row in rows]

    def _prices(self, ids: Sequence[int]) -> dict[int, list[Json]]:
        found: dict[int, list[Json]] = {}
        start = 0
        while ids:
            answer = self.api.call(
                "catalog.price.list", {"filter": {"@productId": list(ids), "@catalogGroupId": self.named}, "start": start}
            )
            rows = answer.result["prices"]
            for row in rows:
                if str(row["catalogGroupId"]) in self.named:
                    found.setdefault(int(row["productId"]), []).append({"kind": str(row["catalogGroupId"]), "value": row["price"]})
            if len(rows) < PAGE:
                break
            start += PAGE
        return found
