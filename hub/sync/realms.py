"""Realms: what a franchisee's system may see of the shop. The orders of its own stores, and of a customer who bought in one the card and the
balance; of nobody else anything at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.storage import records as record_rows
from hub.storage.links import Link
from hub.storage.records import Record
from mappings import Mapping as CompiledMapping

Json = Any
CUSTOMER, STORE = "customer", "store"
DOCUMENTS = frozenset({"order", "return"})
OPEN = frozenset({"product", "stock"})  # nobody's own
SEEN = frozenset({"cards", "card_type", "points_active", "points_pending", "points_spent", "points_next_burn"})
MOST = 500  # purchases of one customer that are looked through
REASON = "of another realm"


class Realm:
    """What one system may see. ``stores``: those of its realm; None: everything."""

    def __init__(self, hub: Hub, system: str) -> None:
        self.stores = hub.settings.realm_of(system)
        self._buyers: dict[str, bool] = {}

    def expect(self, at: Connection, records: Iterable[Record]) -> None:
        """Ask at once which of the customers among the records bought in a store of the realm."""
        if self.stores is None:
            return
        people = [one.id for one in records if one.entity == CUSTOMER]
        held = record_rows.holders(at, "order", {(CUSTOMER, one) for one in people}, most=MOST)
        orders = record_rows.load(at, {one for found in held.values() for one in found})
        bought = {ident for (_, ident), found in held.items() if any(orders[x].data.get(STORE) in self.stores for x in found)}
        self._buyers |= {one: one in bought for one in people}

    def shuts_out(self, record: Record, link: Link | None) -> bool:
        """Whether nothing of the record is written there. Nobody is made known there who is not a buyer there already."""
        if self.stores is None or record.entity in OPEN:
            return False
        if record.entity == CUSTOMER:
            return link is None or not self._buyers.get(record.id, False)
        return record.entity not in DOCUMENTS or record.data.get(STORE) not in self.stores

    def seen(self, mapping: CompiledMapping, projected: Mapping[str, Json]) -> dict[str, Json]:
        """Of what a record would be there, what may be seen."""
        return {path: v for path, v in projected.items() if all(self.sees(mapping, f.field) for f in mapping.by_path.get(path, ()))}

    def sees(self, mapping: CompiledMapping, field: str) -> bool:
        return self.stores is None or mapping.entity != CUSTOMER or field in SEEN


def owed(hub: Hub, at: Connection, records: Sequence[Record]) -> list[tuple[str, str, str, int]]:
    """(system, entity, record, version) of customers who have just bought in a store of a system's realm: it may see them from now on."""
    realms = {system: stores for system in hub.takers(CUSTOMER) if (stores := hub.settings.realm_of(system)) is not None}
    buyers: dict[str, set[str]] = {}
    for record in records if realms else ():
        if record.entity == "order" and record.data.get(CUSTOMER):
            for system, stores in realms.items():
                if record.data.get(STORE) in stores:
                    buyers.setdefault(system, set()).add(str(record.data[CUSTOMER]))
    known = record_rows.load(at, {one for found in buyers.values() for one in found})
    return [(system, CUSTOMER, ident, known[ident].version) for system, found in buyers.items() for ident in found if ident in known]
