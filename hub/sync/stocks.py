"""Stocks follow their products: once two products are one, what a store holds of both is one stock, and it is two again once the products are told apart. Links move from
record to record, and nothing is written or deleted by that; which figure counts is a matter of the policies, as with all that several systems say of one record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection

from hub.app import Hub
from hub.storage import links as link_rows
from hub.storage import naming, reviews
from hub.storage import records as record_rows
from hub.storage.links import Link, new_id
from hub.storage.records import Record
from hub.sync.goods import HERE, PLACE, PRODUCT, STOCK, goods_keys
from hub.sync.said import Statements

Place = str  # the key of a product and a store


def links_of(at: Connection, products: Sequence[str]) -> list[Link]:
    """The objects of all stocks of these products."""
    return [link for some in link_rows.by_records(at, naming.naming(at, PRODUCT, products)).values() for link in some]


def crowded(at: Connection, *, limit: int = 200) -> list[str]:
    """Products of which a store has two stocks."""
    return sorted({place.partition("|")[0] for place in record_rows.held_twice(at, STOCK, PLACE, limit=limit)})


def gathered(hub: Hub, at: Connection, stocks: Sequence[str]) -> list[str]:
    """Give every place of these stocks one record, after their products were joined or told apart. Returns the stocks that are to be merged anew."""
    links = {link.id: link for some in link_rows.by_records(at, stocks).values() for link in some}
    records = record_rows.load(at, stocks)
    places = _places(hub, at, links.values())
    told = {ident: place for ident, one in records.items() if (place := _place(one.data))}
    homes = homes_of(places, {link.id: link.record_id for link in links.values()}, told)
    _find_homes(hub, at, set(places.values()) - homes.keys(), records, homes)
    moved = _move(links.values(), places, homes)
    link_rows.save(at, list(links.values()))
    left = {link.record_id for link in links.values()}
    _close(hub, at, {ident: heir for ident, heir in moved.items() if ident not in left}, records)
    return sorted(left)


def homes_of(places: Mapping[str, Place], held: Mapping[str, str], told: Mapping[str, Place]) -> dict[Place, str]:
    """Place -> the record that keeps it; a place for which no record is left is not named. ``places``: link -> place; ``held``: link -> its record;
    ``told``: record -> the place that it was until now, which it stays where it can. Else the record of more objects, and of these the older, keeps it. Pure."""
    objects = Counter((place, held[link]) for link, place in places.items())
    found: dict[Place, str] = {}
    for place, ident in sorted(objects, key=lambda one: (told.get(one[1]) != one[0], -objects[one], one[1])):
        if place not in found and ident not in found.values():
            found[place] = ident
    return found


def _place(data: Mapping[str, object]) -> Place:
    return next((place for _, place in goods_keys(STOCK, data, ())), "")


def _places(hub: Hub, at: Connection, links: Iterable[Link]) -> dict[str, Place]:
    """Link -> the product and store that its object is of; those that do not tell are left out."""
    statements, found = Statements(hub, at), dict[str, Place]()
    for link in links:
        configured = link.system in hub.settings.systems
        mapping = hub.mapping(link.system, link.resource) if configured else statements.mapping(link, STOCK)
        if mapping is not None and (place := _place(mapping.decode_all(link.base, statements.context(link.system))[0])):
            found[link.id] = place
    return found


def _find_homes(hub: Hub, at: Connection, places: Collection[Place], records: dict[str, Record], homes: dict[Place, str]) -> None:
    """Records for places that have none: the one that went into another when the products were joined, else a new one."""
    former = {_place(one.data): one for one in record_rows.gone_into(at, records)} if places else {}
    for place in sorted(places):
        if place in former:
            back = former[place]
            back.merged_into = None
            record_rows.save(at, [back])
            records[back.id], homes[place] = back, back.id
        else:
            made = Record(new_id(), STOCK, created_at=hub.clock(), updated_at=hub.clock())
            record_rows.add(at, [made])
            records[made.id] = made
            homes[place] = made.id


def _move(links: Iterable[Link], places: Mapping[str, Place], homes: Mapping[Place, str]) -> dict[str, str]:
    """Put each link to its place's record; one that tells no place goes along where its record does not stay. Of a system's objects the one that was there
    is written. Returns record -> where its links went."""
    went: dict[str, str] = {}
    here: dict[str, list[Link]] = {}
    for link in sorted(links, key=lambda one: (one.id not in places, homes.get(places.get(one.id, "")) != one.record_id, one.id)):
        home = homes[places[link.id]] if link.id in places else link.record_id
        if link.id not in places and home not in homes.values():
            home = went.get(home, home)
        if home != link.record_id:
            went.setdefault(link.record_id, home)
        link.record_id = home
        here.setdefault(home, []).append(link)
    for mine in here.values():
        primary: set[str] = set()
        for link in sorted(mine, key=lambda one: (one.state not in HERE, mine.index(one) if one.role == "primary" else len(mine))):
            if link.role in ("primary", "alias") and link.state in HERE:
                link.role = "alias" if link.system in primary else "primary"
                primary.add(link.system)
    return went


def _close(hub: Hub, at: Connection, heirs: Mapping[str, str], records: Mapping[str, Record]) -> None:
    """What has no objects any more has gone into another."""
    for ident, heir in heirs.items():
        records[ident].merged_into = heir
    record_rows.save(at, [records[ident] for ident in heirs])
    record_rows.set_keys(at, STOCK, {ident: set() for ident in heirs})
    reviews.set_waiting(at, list(heirs), [], now=hub.clock())
    reviews.set_problems(at, list(heirs), [])
