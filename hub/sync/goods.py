"""Which product, and which place of stock, an object is. Pure.

A product is known by its 1C identifier, then by a barcode, and never by article or name: two suppliers use one article, and shops name
different things alike. A place of stock is known by its product and store, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
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
LATER = "same barcode, told later"
KEYED = ("guid", "barcodes")  # the fields of which a product's keys are made
HERE = ("creating", "live", "archived")
Key = tuple[str, str]


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
    guids: Mapping[str, Collection[str]],
) -> Verdict:
    """The record that an object is by its keys. A barcode leads nowhere where the two have 1C identifiers that differ, where it stands on
    several products, or where its product is in that system already: a person looks at the pair. ``guids``: record id -> 1C identifiers that
    its objects bear."""
    sure = sorted({record_id for (kind, _), ids in hits.items() if kind != BARCODE for record_id in ids})
    alike = sorted({record_id for (kind, _), ids in hits.items() if kind == BARCODE for record_id in ids} - set(sure))
    apart = tuple((one, OTHER_GUID) for one in alike if _disagree(data, records[one].data, guids.get(one, ())))
    agreeing = [one for one in alike if not _disagree(data, records[one].data, guids.get(one, ()))]
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


def together(
    one: Set[Key], other: Set[Key], links: Sequence[Link], others: Sequence[Link], holders: Mapping[Key, Sequence[str]]
) -> str | None:
    """Whether two products that were told apart are one: empty; a reason where a person must look; None where they have no key in common.
    ``one``, ``other``: their keys; ``holders``: the products that bear any of these."""
    shared = one & other
    if not shared:
        return None
    if any(kind == GUID for kind, _ in shared):
        return ""
    if all(any(kind == GUID for kind, _ in keys) for keys in (one, other)):
        return OTHER_GUID
    if any(len(ids) > 2 or (len(ids) > 1 and key not in shared) for key, ids in holders.items()):
        return SEVERAL_BARCODES
    mine, theirs = ({x.system for x in some if x.state in HERE} for some in (links, others))
    return TWICE_THERE if mine & theirs else ""


def _disagree(one: Mapping[str, Json], other: Mapping[str, Json], guids: Collection[str]) -> bool:
    """Whether both have a 1C identifier, and not the same."""
    mine, theirs = str(one.get("guid") or "").casefold(), {str(other.get("guid") or "").casefold(), *guids} - {""}
    return bool(mine and theirs and mine not in theirs)
