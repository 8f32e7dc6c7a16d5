"""Products that turn out to be one later: a page of the site that gets its barcode at last, goods of 1C that get theirs. So do the stocks of one store, where a
stock is told late of which product it is.

A product's new key that another product has makes a pair at once, with the merge that saw it. Where nothing speaks against it the two are made
one, which a person can take back; else the pair is a person's. What is being written to at that moment is tried again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from sqlalchemy import Connection

from hub.app import Hub
from hub.language.refused import Refused
from hub.storage import links as link_rows
from hub.storage import naming, unions
from hub.storage import records as record_rows
from hub.sync import stocks
from hub.sync.absorb import Absorber
from hub.sync.batch import Absorbed
from hub.sync.follow import follow
from hub.sync.goods import BARCODE, GUID, LATER, PRODUCT, STOCK, together
from hub.sync.uniting import kept_of, merge_within, settled

Json = Any
ACTOR = "hub"
log = structlog.get_logger()


def join(hub: Hub) -> int:
    """Make one of the pairs that are one, and leave the others to people. Returns how many were joined."""
    with hub.store.read() as at:
        if not unions.told_later(at, LATER, limit=1) and not stocks.crowded(at, limit=1):
            return 0
    absorbed, joined = Absorbed(), 0
    with hub.store.state() as at:
        for pair in unions.told_later(at, LATER):
            joined += _joined(hub, at, pair, absorbed)
        for product in stocks.crowded(at):
            _gather(hub, at, product, absorbed)
    follow(hub, absorbed)
    log.info("products.joined", joined=joined)
    return joined


def _joined(hub: Hub, at: Connection, pair: Mapping[str, Json], absorbed: Absorbed) -> bool:
    one, other = pair["record_a"], pair["record_b"]
    links = link_rows.by_records(at, [one, other])
    keys = {ident: _keys(at, ident, hub.settings.identity.get(PRODUCT, ())) for ident in (one, other)}
    holders = record_rows.holders(at, PRODUCT, keys[one] | keys[other], most=2)
    reason = together(keys[one], keys[other], links[one], links[other], holders)
    if reason is None:  # the barcode was a mistake, and is mended
        unions.drop(at, pair["id"])
    elif reason:
        unions.explain(at, pair["id"], reason)
    else:
        try:
            merge_within(hub, at, *kept_of(hub, at, one, other), absorbed, actor=ACTOR)
        except Refused:  # it is being written to at this moment
            return False
    return reason == ""


def _gather(hub: Hub, at: Connection, product: str, absorbed: Absorbed) -> None:
    """One stock for each store of a product, unless one of them is being written to at this moment."""
    try:
        settled(stocks.links_of(at, [product]))
    except Refused:
        return
    Absorber(hub).remerge_within(at, stocks.gathered(hub, at, naming.naming(at, PRODUCT, [product])), absorbed)
    rows = [row for system in hub.takers(STOCK) for row in naming.owed(at, system, PRODUCT, [product])]
    hub.outbox.open(at, rows, now=hub.clock())


def _keys(at: Connection, ident: str, kinds: Iterable[str]) -> set[tuple[str, str]]:
    found = {kind: record_rows.keys_of(at, [ident], kind).get(ident, set()) for kind in (GUID, BARCODE) if kind in kinds}
    return {(kind, value) for kind, values in found.items() for value in values}
