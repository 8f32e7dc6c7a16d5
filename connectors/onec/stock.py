"""Stocks of a base: the balance of each of the goods in each store, asked for store by store.

A balance of nothing is no row, so that what is sold out vanishes from the list: by its id it is read as zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.contract import Page, Remote
from connectors.onec.api import Api, guid, pieces
from connectors.onec.lists import Lists
from connectors.onec.profiles import Profile
from connectors.onec.searching import is_guid
from connectors.onec.shape import ZERO

Json = Any
ROOMS = "Catalog_Склады"  # where a store is a shop: its hall, its back room
PAGE, BACK = 1000, 10  # rows of a page, and of them those read again on the next: a row that goes moves the others up
AVAILABLE, RESERVED = "ВНаличии", "КОтгрузке"


class Stock:
    """Reads the stocks of one base. An object's id: goods, ``@``, store."""

    def __init__(self, api: Api, lists: Lists, profile: Profile) -> None:
        self.api, self.lists, self.profile, self.registers = api, lists, profile, profile.registers

    def changes(self, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """A sweep: all places that hold anything."""
        stores = [store for store, row in sorted(self._stores().items()) if not row.get("IsFolder")]
        skip, left = int(cursor.get("skip", 0)), [store for store in stores if store >= str(cursor.get("store") or "")]
        if not left:
            yield Page([], {}, True)
        for store in left:
            while True:
                rows = self._balance(self._in(store), top=PAGE, skip=max(0, skip - BACK))
                full, skip = len(rows) == PAGE, max(0, skip - BACK) + len(rows)
                last = not full and store == left[-1]
                following = {} if last else {"store": store, "skip": skip} if full else {"store": left[left.index(store) + 1], "skip": 0}
                yield Page([self._remote(goods_of(row), store, row, "list") for row in rows], following, last)
                if not full:
                    break
            skip = 0

    def fetch(self, ids: Sequence[str]) -> list[Remote]:
        """Each of these places, one that holds nothing too."""
        found: list[Remote] = []
        for store, goods in _by_store(ids).items():
            items = [guid(item) for item in dict.fromkeys(one.partition("#")[0] for one in goods)]
            rows = [row for piece in pieces("Номенклатура_Key", items) for row in self._balance(f"{self._in(store)} and {piece}")]
            held = {goods_of(row): row for row in rows}
            found += [self._remote(one, store, held.get(one, {}), "fetch") for one in goods] if store in self._stores() else []
        return found

    def _stores(self) -> Mapping[str, Json]:
        return self.lists.rows(self.profile.lists["Склад"])

    def _in(self, store: str) -> str:
        """The condition of what lies in a store: in one of its rooms, where it is a shop with several. A shop without any has nothing."""
        of, rooms = self.registers, [store]
        if of.shop:
            rooms = [room for room, row in sorted(self.lists.rows(ROOMS).items()) if row.get(f"{of.shop}_Key") == store] or [ZERO]
        return f"({' or '.join(f'{of.store}_Key eq {guid(room)}' for room in rooms)})"

    def _balance(self, condition: str, **paged: Json) -> list[Json]:
        """Of one store. Other dimensions (a series, a cell, a room) are summed by the base."""
        kept = "Номенклатура,Характеристика"
        order = {"orderby": "Номенклатура_Key,Характеристика_Key"} if paged else {}
        return self.api.rows(f"{self.registers.balance}/Balance(Condition='{condition}',Dimensions='{kept}')", **order, **paged)

    def _remote(self, goods: str, store: str, row: Mapping[str, Json], view: str) -> Remote:
        of, ident = self.registers, f"{goods}@{store}"
        title = self.lists.name_of(self.profile.lists["Склад"], store)
        shown = {"Ref_Key": ident, "goods": goods, "Склад": {"Description": title}, AVAILABLE: row.get(f"{of.available}Balance") or 0}
        return Remote(ident, shown | {RESERVED: row.get(f"{of.reserved}Balance") or 0}, view)


def goods_of(row: Mapping[str, Json]) -> str:
    item, variant = str(row["Номенклатура_Key"]), str(row.get("Характеристика_Key") or ZERO)
    return item if variant == ZERO else f"{item}#{variant}"


def _by_store(ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for ident in ids:
        goods, _, store = ident.partition("@")
        if is_guid(store) and all(is_guid(part) for part in goods.split("#")):
            found.setdefault(store, []).append(goods)
    return found
