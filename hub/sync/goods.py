"""Which product, and which place of stock, an object is. Pure.

A product is known by its 1C identifier, then by a barcode, and never by article or name: two suppliers use one article, and shops name
different things alike. A place of stock is known by its product and store, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync.verdict import Verdict

Json = Any
PRODUCT, STOCK = "product", "stock"
GUID, BARCODE, PLACE = "guid", "barcode", "place"
OTHER_GUID = "same barcode, another 1C identifier"
TWICE_THERE = "same barcode twice in one system"
SEVERAL_BARCODES = "barcodes of several products"


def goods_keys(entity: str, data: Mapping[str, Json], kinds: Sequence[str]) -> set[tuple[str, str]]:
    """The match keys of a product or of a place of stock: (kind, value)."""
    if entity == STOCK:
        return {(PLACE, f"{data['product']}|{data['store']}")} if data.get("product") and data.get("store") else set()
    keys = {(GUID, str(data["guid"]).casefold())} if GUID in kinds and data.get("guid") else set()
    return keys | ({(BARCODE, str(code)) for code in data.get("barcodes") or () if code} if BARCODE in kinds else set())


def identify_goods(
    data: Mapping[str, Json],
    hits: Mapping[tuple[str, str], Sequence[str]],
    records: Mapping[str, Record],
    system_links: Mapping[str, Sequence[Link]],
) -> Verdict:
    """The record that an object is by its keys. A barcode leads nowhere where the two have 1C identifiers that differ, where it stands on
    several products, or where its product is in that system already: a person looks at the pair."""
    sure = sorted({record_id for (kind, _), ids in hits.items() if kind != BARCODE for record_id in ids})
    alike = sorted({record_id for (kind, _), ids in hits.items() if kind == BARCODE for record_id in ids} - set(sure))
    apart = tuple((one, OTHER_GUID) for one in alike if _disagree(data, records[one].data))
    agreeing = [one for one in alike if not _disagree(data, records[one].data)]
    if not sure and len(agreeing) > 1:
        return Verdict(None, review=(*apart, *((one, SEVERAL_BARCODES) for one in agreeing)))
    chosen = (sure or agreeing)[:1]
    if not chosen:
        return Verdict(None, review=apart)
    held = system_links.get(chosen[0], ())
    if any(link.state == "creating" for link in held):
        return Verdict(None, wait=True)
    if any(link.role == "primary" and link.state in ("live", "archived") for link in held):
        return Verdict(chosen[0], role="alias") if sure else Verdict(None, review=(*apart, (chosen[0], TWICE_THERE)))
    return Verdict(chosen[0], review=apart if not sure else ())


def _disagree(one: Mapping[str, Json], other: Mapping[str, Json]) -> bool:
    """Whether both have a 1C identifier, and not the same."""
    mine, theirs = (str(data.get("guid") or "").casefold() for data in (one, other))
    return bool(mine and theirs and mine != theirs)
