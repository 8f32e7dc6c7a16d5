"""Goods of a shop: products without variations, and the variations of the others, each an object of its own (``41``, ``41:57``).

A variation is read and written under its product. Products are made by the shop's people and plugins; the hub finds them and writes prices
and stock (woocommerce docs: products, product variations).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.contract import Outcome, Page, Remote, Write
from connectors.errors import ConnectorError, Missing
from connectors.woocommerce.api import Api

Json = Any
PER_PAGE = GROUP = 100  # objects of a page, and the most that one batch takes
OVERLAP, BACK = timedelta(seconds=60), 10
PRODUCTS, VARIABLE = "products", "variable"


class Goods:
    """Reads and writes the goods of one shop."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def changes(self, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Products by time of change with an overlap, each with its variations. What changes in a variation alone is not told by its
        product: a comparison of all finds it."""
        mark, offset = str(cursor.get("mark", "")), int(cursor.get("offset", 0))
        newest = str(cursor.get("newest", mark))
        while True:
            params: dict[str, Json] = {"per_page": PER_PAGE, "offset": max(0, offset - BACK), "order": "asc", "orderby": "id"}
            if mark:
                before = (datetime.fromisoformat(mark) - OVERLAP).isoformat()
                params |= {"orderby": "modified", "modified_after": before, "dates_are_gmt": "true"}
            rows, headers = self.api.get(PRODUCTS, params)
            newest = max([newest, *(str(row.get("date_modified_gmt") or "") for row in rows)])
            last, offset = len(rows) < PER_PAGE, params["offset"] + len(rows)
            following = {"mark": newest} if last else {"mark": mark, "offset": offset, "newest": newest}
            total = int(headers["X-WP-Total"]) if headers.get("X-WP-Total", "").isdigit() else None
            yield Page([one for row in rows for one in self._sold(row)], following, last, total)
            if last:
                return

    def _sold(self, row: Mapping[str, Json]) -> Iterator[Remote]:
        """What of a product is sold: its variations, or itself."""
        if row.get("type") != VARIABLE:
            yield shown(row, "list")
            return
        for one in self._variations(str(row["id"])):
            yield shown(one, "list", int(row["id"]), row)

    def _variations(self, product: str, **wanted: Json) -> Iterator[Mapping[str, Json]]:
        page = 1
        while True:
            rows = self.api.get(f"{PRODUCTS}/{product}/variations", {"per_page": PER_PAGE, "page": page, **wanted})[0]
            yield from rows
            if len(rows) < PER_PAGE:
                return
            page += 1

    def fetch(self, ids: Sequence[str]) -> list[Remote]:
        """By id. A product that has variations now is sold no more by itself: it is missing."""
        products = list(dict.fromkeys(ident.partition(":")[0] for ident in ids if ident.replace(":", "").isdigit()))
        found: list[Remote] = []
        for start in range(0, len(products), PER_PAGE):
            params = {"include": ",".join(products[start : start + PER_PAGE]), "per_page": PER_PAGE, "status": "any"}
            for row in self.api.get(PRODUCTS, params)[0]:
                mine = [ident.partition(":")[2] for ident in ids if ident.startswith(f"{row['id']}:")]
                if row.get("type") != VARIABLE:
                    found += [shown(row, "fetch")] if str(row["id"]) in ids else []
                elif mine:
                    found += [shown(one, "fetch", int(row["id"]), row) for one in self._variations(str(row["id"]), include=",".join(mine))]
        return found

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        """Updates in batches: products together, variations under their product."""
        outcomes: dict[int, Outcome] = {}
        groups: dict[str, list[Write]] = {}
        for write in writes:
            product, _, variation = str(write.id or "").partition(":")
            groups.setdefault(f"{PRODUCTS}/{product}/variations" if variation else PRODUCTS, []).append(write)
        for path, group in groups.items():
            for start in range(0, len(group), GROUP):
                piece = group[start : start + GROUP]
                outcomes |= dict(zip(map(id, piece), self._batch(path, piece), strict=True))
        return [outcomes[id(write)] for write in writes]

    def _batch(self, path: str, writes: Sequence[Write]) -> list[Outcome]:
        body = {"update": [{"id": int(str(w.id).rpartition(":")[2]), **w.data} for w in writes]}
        try:
            rows = self.api.send("POST", f"{path}/batch", body, safe=False).get("update") or ()
        except ConnectorError as error:
            if "too_large" in error.code and len(writes) > 1:
                half = len(writes) // 2
                return self._batch(path, writes[:half]) + self._batch(path, writes[half:])
            return [Outcome(error=error) for _ in writes]
        told = list(rows) + [None] * (len(writes) - len(rows))
        return [self._outcome(write, row) for write, row in zip(writes, told, strict=True)]

    def _outcome(self, write: Write, row: Json) -> Outcome:
        if error := self.api.refusal(row):
            return Outcome(error=Missing(error.message, code=error.code) if "invalid_id" in error.code else error)
        product, _, variation = str(write.id).partition(":")
        return Outcome(shown(row, "answer", int(product) if variation else 0))


def shown(row: Mapping[str, Json], view: str, product: int = 0, parent: Mapping[str, Json] | None = None) -> Remote:
    """A product, or a variation with its product's name and picture. ``ref``: its id here. An answer of a write shows no product."""
    ident = f"{product}:{row['id']}" if product else str(row["id"])
    named = (
        {"name": parent.get("name"), "images": row.get("images") or [row["image"]] if row.get("image") else parent.get("images")}
        if parent
        else {}
    )
    return Remote(ident, {**row, "ref": ident, **named}, f"{view}_alone" if product and parent is None else view)
