"""Whom strangers may turn out to be: records that the database has and those that this transaction made, which are not saved yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.storage import links as link_rows
from hub.storage import past_keys
from hub.storage import records as record_rows
from hub.storage.links import Link, new_id
from hub.storage.records import Record
from hub.sync.context import STAND_IN
from hub.sync.erased import ERASED
from hub.sync.identify import SHARED_LIMIT, match_keys
from hub.sync.merging import Merger
from hub.sync.references import Key, References, asked
from mappings import Mapping as CompiledMapping
from mappings import Read

Json = Any
Keys = set[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Stranger:
    """An object of a system that has no link yet, as its latest look shows it."""

    system: str
    mapping: CompiledMapping
    external_id: str
    read: Read
    data: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a stranger says: its ``data``, the ``keys`` that it is identified by, what it is called (``own``) and which objects of others
    it names (``told``)."""

    data: dict[str, Json]
    keys: Keys
    own: set[Key]
    told: set[Key]


class Candidates:
    """Records and links within one transaction. ``dirty``: links changed in it and not saved yet, by id. What the database knows of a group is
    asked at once by :meth:`expect`; what is new is kept until :meth:`flush`, so that a thousand strangers cost a few statements."""

    def __init__(self, hub: Hub, at: Connection, merger: Merger, now: float, dirty: dict[str, Link]) -> None:
        self.hub, self.at, self.merger, self.now, self.dirty = hub, at, merger, now, dirty
        self.references = References.of(hub)
        self.new_records: dict[str, Record] = {}
        self.records: dict[str, Record] = {}
        self.decoded: dict[str, Decoded] = {}  # by external id
        self.people: dict[str, Record] = {}  # customers of the orders that are compared
        self._new_links: dict[str, list[Link]] = {}  # record id -> links made in this transaction
        self._new_holders: dict[tuple[str, str, str], list[str]] = {}  # (entity, kind, value) -> records made in this transaction
        self._links: dict[str, list[Link]] = {}
        self._hits: dict[tuple[str, str], list[str]] = {}
        self._unsaved: tuple[list[Record], list[Link], dict[str, dict[str, Keys]]] = ([], [], {})

    def expect(self, strangers: Sequence[Stranger]) -> None:
        """Ask the database once for all that the group's strangers, which are of one entity, may turn out to be."""
        entity = strangers[0].mapping.entity
        self.decoded = {s.external_id: self._decode(s) for s in strangers}
        wanted = {key for one in self.decoded.values() for key in (*one.keys, *asked(one.own, one.told))}
        self._hits = record_rows.holders(self.at, entity, wanted, most=SHARED_LIMIT)
        ids = {r for found in self._hits.values() for r in found} | {s.read.hub_key for s in strangers if s.read.hub_key}
        self.records |= record_rows.load(self.at, ids)
        self._links |= link_rows.by_records(self.at, self.records)
        if entity != "customer" and any(one.told or one.own for one in self.decoded.values()):
            said = [one.data for one in self.decoded.values()] + [r.data for r in (*self.records.values(), *self.new_records.values())]
            buyers = {str(data["customer"]) for data in said if data.get("customer") not in (None, STAND_IN)}
            self.people |= record_rows.load(self.at, buyers - self.people.keys())

    def load(self, ids: Iterable[str]) -> None:
        """More records, with their links."""
        wanted = list(ids)
        self.records |= record_rows.load(self.at, wanted)
        self._links |= link_rows.by_records(self.at, wanted)

    def _decode(self, s: Stranger) -> Decoded:
        system, entity = s.system, s.mapping.entity
        data = s.mapping.decode_all(s.read.values, self.merger.context(system))[0]
        keys = match_keys(entity, data, self.hub.settings.identity.get(entity, ()))
        own = self.references.own(system, entity, s.external_id, s.read.values)
        return Decoded(data, keys, own, self.references.told(system, s.mapping, s.data))

    def holders(self, entity: str, key: Key) -> list[str]:
        return sorted({*self._hits.get(key, ()), *self._new_holders.get((entity, *key), ())})

    def known(self, record_id: str) -> Record | None:
        return self.new_records.get(record_id) or self.records.get(record_id)

    def record(self, record_id: str) -> Record:
        return self.new_records.get(record_id) or self.records[record_id]

    def links_of(self, record_id: str) -> list[Link]:
        old = [self.dirty.get(x.id, x) for x in self._links.get(record_id, ())]
        return old + [x for x in self._new_links.get(record_id, ()) if all(x.id != y.id for y in old)]

    def new_record(self, entity: str, data: Mapping[str, Json] | None = None, record_id: str = "") -> str:
        record = Record(record_id or new_id(), entity, 0, dict(data or {}), {}, None, self.now, self.now)
        self._unsaved[0].append(record)
        self.new_records[record.id] = record
        return record.id

    def new_link(self, s: Stranger, record_id: str, *, role: str, state: str) -> Link:
        entity, resource = s.mapping.entity, s.mapping.resource
        link = Link(new_id(), s.system, entity, resource, s.external_id, record_id, role=role, state=state)
        if (one := self.decoded.get(s.external_id)) and state != ERASED:
            link.refs = sorted([kind, value] for kind, value in one.told)
        self._unsaved[1].append(link)
        self._new_links.setdefault(record_id, []).append(link)
        self.merger.context(s.system).know(entity, s.external_id, STAND_IN if state == "stand_in" else record_id)
        self.dirty[link.id] = link
        return link

    def count_keys(self, entity: str, record_id: str, keys: Keys) -> None:
        """Its keys count at once, for the next object of the batch."""
        self._unsaved[2].setdefault(entity, {})[record_id] = keys
        for key in keys:
            self._new_holders.setdefault((entity, *key), []).append(record_id)

    def remember_keys(self, s: Stranger, record_id: str) -> None:
        """What the stranger is found by, and the first name that it brings to a record without one, count at once for the next of the
        batch: the size of a batch cannot matter."""
        record = self.known(record_id)
        if record is None:
            return
        one = self.decoded[s.external_id]
        if one.data.get("first_name") and not record.data.get("first_name"):
            record.data = record.data | {"first_name": one.data["first_name"]}
        if one.own or one.told:
            self.merger.named.add(record_id)
        for key in (*one.keys, *one.own, *one.told):
            holders = self._new_holders.setdefault((s.mapping.entity, *key), [])
            if record_id not in holders:
                holders.append(record_id)

    def flush(self) -> set[str]:
        """Insert what is new. Returns the ids of the links among it: they need no update."""
        records, links, keys = self._unsaved
        self._unsaved = ([], [], {})
        record_rows.add(self.at, records)
        link_rows.add(self.at, links)
        for entity, of_records in keys.items():
            altered = record_rows.set_keys(self.at, entity, of_records)
            if entity == past_keys.CUSTOMER:
                past_keys.moved(self.at, self.hub.settings.secret_key, altered)
        return {link.id for link in links}
