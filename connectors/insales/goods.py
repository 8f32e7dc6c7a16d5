"""Goods of a shop: each variant of a product is an object (``4401:7702``), for even a plain product has one (insales docs: products).

Products are made by the shop's people and by feeds; the hub finds them and writes prices and stock, variant by variant: the vendor's way to write
many at once works later, and tells of none what became of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from connectors.contract import Outcome, Page, Remote, Write
from connectors.errors import ConnectorError
from connectors.insales.api import Api
from connectors.insales.feed import slices

Json = Any
Row = Mapping[str, Json]
PRODUCTS = "products"
BY_IDS = 100  # products that one request names
FRESH = 60.0  # seconds after which a SKU that is not known is looked for anew


class Goods:
    """Reads and writes the goods of one shop; SKUs are looked up in an index of all, since no filter finds them."""

    def __init__(self, api: Api, clock: Callable[[], float] = time.monotonic) -> None:
        self.api, self.clock = api, clock
        self._skus: dict[str, Json] = {}
        self._cursor: Mapping[str, Json] = {}
        self._read = float("-inf")

    def changes(self, cursor: Row) -> Iterator[Page]:
        for piece in slices(self.api, PRODUCTS, cursor, bin_too=True):
            objects = [one for row in piece.rows for one in sold(row, "list")]
            gone = [f"{product['id']}:{variant['id']}" for product in piece.gone for variant in product.get("variants") or ()]
            yield Page(objects, piece.cursor, piece.last, piece.total, gone)

    def fetch(self, ids: Sequence[str]) -> list[Remote]:
        """By id; of a product in the bin nothing is shown."""
        wanted = set(ids)
        products = list(
            dict.fromkeys(product for one in ids for product, _, variant in [one.partition(":")] if product.isdigit() and variant)
        )
        found: list[Remote] = []
        for start in range(0, len(products), BY_IDS):
            rows = self.api.get(f"{PRODUCTS}/by_ids", product_ids=",".join(products[start : start + BY_IDS]))
            found += [one for row in rows for one in sold(row, "fetch") if one.id in wanted]
        return found

    def write(self, write: Write) -> Outcome:
        product, _, variant = str(write.id).partition(":")
        try:
            row = self.api.send("PUT", f"{PRODUCTS}/{product}/variants/{variant}", {"variant": dict(write.data)}, safe=True)
        except ConnectorError as error:
            return Outcome(error=error)
        return Outcome(Remote(str(write.id), {**row, "ref": str(write.id)}, "answer_alone"))

    def by_sku(self, keys: Sequence[str]) -> dict[str, Json]:
        """SKU -> id of the variant that has it; of several with one SKU the oldest."""
        self._refresh(any(key not in self._skus for key in keys))
        return {key: self._skus[key] for key in keys if key in self._skus}

    def skus(self, variants: Sequence[str]) -> dict[str, str]:
        back = {str(variant): sku for sku, variant in self._skus.items()}
        self._refresh(any(str(one) not in back for one in variants))
        back = {str(variant): sku for sku, variant in self._skus.items()}
        return {str(one): back[str(one)] for one in variants if str(one) in back}

    def _refresh(self, lacking: bool) -> None:
        if not lacking or self.clock() - self._read < FRESH:
            return
        for piece in slices(self.api, PRODUCTS, self._cursor):
            for row in piece.rows:
                for variant in row.get("variants") or ():
                    if sku := str(variant.get("sku") or "").strip():
                        self._skus[sku] = min(self._skus.get(sku, variant["id"]), variant["id"])
            self._cursor = piece.cursor
        self._read = self.clock()


def sold(product: Row, view: str) -> list[Remote]:
    """The variants of a product as mappings see them: with its name, pictures and the words of their options. Nothing of one in the bin."""
    if product.get("archived"):
        return []
    names = {one.get("id"): one.get("title") for one in product.get("option_names") or ()}
    return [_variant(product, variant, names, view) for variant in product.get("variants") or ()]


def _variant(product: Row, variant: Row, names: Row, view: str) -> Remote:
    ref = f"{product['id']}:{variant['id']}"
    options = [{"name": names.get(one.get("option_name_id")), "value": one.get("title")} for one in variant.get("option_values") or ()]
    more = {"ref": ref, "name": product.get("title"), "images": product.get("images") or [], "options": options}
    return Remote(ref, {**variant, **more, "updated_at": product.get("updated_at")}, view)
