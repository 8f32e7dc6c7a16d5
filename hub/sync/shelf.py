"""What is free of a stock: what the store holds less what is promised. How many of a product the site may sell: what stores that sell online hold, less what is promised and the safety stock. It follows from the
stocks and is nobody's word: both are worked out whenever a product or one of its stocks is merged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from hub.config.settings import Settings
from hub.storage import records as record_rows
from hub.storage.records import Record
from hub.sync.goods import PRODUCT, STOCK
from hub.sync.merge import Merged

Json = Any
FOR_SALE, FREE = "for_sale", "free"
STORES = 1000  # places of one product that are counted


class Shelf:
    """Counts within one transaction."""

    def __init__(self, settings: Settings, at: Connection) -> None:
        self.at = at
        self.safety = settings.catalogue.safety_stock
        self.online = frozenset(name for name, store in settings.stores.items() if store.online)

    def count(self, records: Mapping[str, Record], settled: Mapping[str, Merged]) -> None:
        """Write into the merged stocks among these what is free, and into the products what the site may sell of them."""
        for ident, merged in settled.items():
            if records[ident].entity == STOCK and (left := free(merged.data)) is not None:
                merged.data[FREE] = plain(left)
                merged.provenance[FREE] = ["", "", None]
        products = [ident for ident in settled if records[ident].entity == PRODUCT]
        if not products or not self.online:
            return
        places = self._places(products, records, settled)
        for ident in products:
            found = for_sale(places.get(ident, ()), self.online, self.safety)
            if found is not None:
                settled[ident].data[FOR_SALE] = found
                settled[ident].provenance[FOR_SALE] = ["", "", None]

    def _places(self, products: Iterable[str], records: Mapping[str, Record], settled: Mapping[str, Merged]) -> dict[str, list[Json]]:
        """Product -> its stocks, as they are after this merge."""
        held = record_rows.holders(self.at, STOCK, {(PRODUCT, ident) for ident in products}, most=STORES)
        known = record_rows.load(self.at, {one for found in held.values() for one in found} - settled.keys())
        stocks = {ident: one.data for ident, one in known.items()}
        stocks |= {ident: merged.data for ident, merged in settled.items() if records[ident].entity == STOCK}
        places: dict[str, list[Json]] = {}
        for _, data in sorted(stocks.items()):
            places.setdefault(str(data.get(PRODUCT)), []).append(data)
        return places

    def of(self, stocks: Iterable[Record]) -> set[str]:
        """Products whose stocks have moved: they are to be merged next."""
        return {str(one.data[PRODUCT]) for one in stocks if self.online and one.entity == STOCK and one.data.get(PRODUCT)}


def for_sale(stocks: Iterable[Mapping[str, Json]], online: frozenset[str], safety: Decimal) -> str | None:
    """Pieces that the site may sell, never below none; None where no store that sells online has told anything. A store counts once."""
    held: dict[str, Decimal] = {}
    for stock in stocks:
        if stock.get("store") in online and (left := free(stock)) is not None:
            held.setdefault(stock["store"], left)
    return plain(max(Decimal(0), sum(held.values(), Decimal(0)) - safety)) if held else None


def free(stock: Mapping[str, Json]) -> Decimal | None:
    """Pieces that nobody was promised, none where more are promised than there are; None where nothing is known."""
    if stock.get("available") is None:
        return None
    return max(Decimal(0), Decimal(str(stock["available"])) - Decimal(str(stock.get("reserved") or 0)))


def plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
