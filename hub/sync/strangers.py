"""Objects that no link knows: asked for by the order they fulfil, the hub key inside them, cross-references, then match keys."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from connectors.contract import Unfinished
from hub import audit
from hub.app import Hub
from hub.storage import awaited, receipts, reviews, stand_ins
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link, new_id
from hub.storage.records import Record
from hub.storage.tombstones import Mark
from hub.sync import copies
from hub.sync.context import STAND_IN
from hub.sync.erased import ERASED, Erased, marks_of, personal, withhold
from hub.sync.evidence import Side, counts, facts, strongest
from hub.sync.fulfilment import FULFILMENT, named
from hub.sync.goods import PRODUCT, STOCK, identify_goods
from hub.sync.identify import SHARED_LIMIT, identify, match_keys, same_name
from hub.sync.merging import Merger
from hub.sync.nobody import is_named, is_standard, title
from hub.sync.one_call import CALL, identify_call
from hub.sync.recovered import REASON, SCAN, came_back, first_id, twin, under_way
from hub.sync.references import AGAINST, ANOTHER_HERE, KEYS_ELSEWHERE, OWN, SEVERAL_NAMED, Key, References, asked
from hub.sync.search_keys import plain_keys
from hub.sync.verdict import Verdict
from mappings import Mapping as CompiledMapping
from mappings import Read
from mappings.adopt import STRENGTHS, SURE

Json = Any
Keys = set[tuple[str, str]]
Again = list[tuple[str, str, str, float]]  # (system, resource, external id, not before)
OPEN_CREATE = 2.0  # seconds until an object that an open create could be is looked at again


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


class Strangers:
    """Meets strangers within one transaction. ``dirty``: links changed in it and not saved yet, by id. What the database knows of a group is
    asked at once by :meth:`expect`; what is new is kept until :meth:`flush`, so that a thousand strangers cost a few statements."""

    def __init__(self, hub: Hub, at: Connection, merger: Merger, now: float, dirty: dict[str, Link], loading: bool = False) -> None:
        self.hub, self.at, self.merger, self.now, self.dirty, self.loading = hub, at, merger, now, dirty, loading
        self.references = References.of(hub)
        self.new_records: dict[str, Record] = {}
        self.new_links: dict[str, list[Link]] = {}  # record id -> links made in this transaction
        self.new_holders: dict[tuple[str, str, str], list[str]] = {}  # (entity, kind, value) -> records made in this transaction
        self._records: dict[str, Record] = {}
        self._links: dict[str, list[Link]] = {}
        self._hits: dict[tuple[str, str], list[str]] = {}
        self._decoded: dict[str, Decoded] = {}  # by external id
        self._said: dict[str, bool] = {}  # external id -> whether a person said that it means nobody
        self._people: dict[str, Record] = {}  # customers of the orders that are compared
        self._unsaved: tuple[list[Record], list[Link], dict[str, dict[str, Keys]]] = ([], [], {})
        self.recovery = under_way(at)
        self.erased = Erased(hub, at)
        self._erased: dict[str, str] = {}  # external id -> certificate of the erased person whose object it is

    def expect(self, strangers: Sequence[Stranger]) -> None:
        """Ask the database once for all that the group's strangers may turn out to be."""
        if not strangers:
            return
        entity = strangers[0].mapping.entity
        self._decoded = {s.external_id: self._decode(s) for s in strangers}
        self._erased = self._of_erased(strangers)
        self._said = stand_ins.decided(self.at, strangers[0].system, self._decoded) if entity == "customer" else {}
        wanted = {key for one in self._decoded.values() for key in (*one.keys, *asked(one.own, one.told))}
        self._hits = record_rows.holders(self.at, entity, wanted, most=SHARED_LIMIT)
        ids = {r for found in self._hits.values() for r in found} | {s.read.hub_key for s in strangers if s.read.hub_key}
        self._records |= record_rows.load(self.at, ids)
        self._links |= link_rows.by_records(self.at, self._records)
        if entity != "customer" and any(one.told or one.own for one in self._decoded.values()):
            said = [one.data for one in self._decoded.values()] + [r.data for r in (*self._records.values(), *self.new_records.values())]
            buyers = {str(data["customer"]) for data in said if data.get("customer") not in (None, STAND_IN)}
            self._people |= record_rows.load(self.at, buyers - self._people.keys())

    def _decode(self, s: Stranger) -> Decoded:
        system, entity = s.system, s.mapping.entity
        data = s.mapping.decode_all(s.read.values, self.merger.context(system))[0]
        keys = match_keys(entity, data, self.hub.settings.identity.get(entity, ()))
        own = self.references.own(system, entity, s.external_id, s.read.values)
        return Decoded(data, keys, own, self.references.told(system, s.mapping, s.data))

    def _of_erased(self, strangers: Sequence[Stranger]) -> dict[str, str]:
        """Which of the strangers are objects of erased persons, and by which certificate."""
        if not self.erased.anybody:
            return {}
        marks = {s.external_id: self._marks(s) for s in strangers}
        found = self.erased.certificates(mark for mine in marks.values() for mark in mine)
        return {external_id: found[hit] for external_id, mine in marks.items() if (hit := next((m for m in mine if m in found), None))}

    def _marks(self, s: Stranger) -> list[Mark]:
        one = self._decoded[s.external_id]
        keys = one.keys if s.mapping.entity == "customer" else plain_keys(s.mapping.entity, one.data)
        known = {(kind, value) for kind, value in keys if kind in ("phone", "email", "card")}
        return marks_of(s.system, s.mapping.resource, s.external_id, s.read.hub_key, one.data.get("customer"), known)

    def flush(self) -> set[str]:
        """Insert what is new. Returns the ids of the links among it: they need no update."""
        records, links, keys = self._unsaved
        self._unsaved = ([], [], {})
        record_rows.add(self.at, records)
        link_rows.add(self.at, links)
        for entity, of_records in keys.items():
            record_rows.set_keys(self.at, entity, of_records)
        if self.recovery is not None:
            self.recovery.save(self.at)
        return {link.id for link in links}

    def meet(self, stranger: Stranger) -> tuple[Link | None, Again]:
        """The stranger's link: a new one, or that of the create that made it. None where it has to wait: what to look at, and when."""
        s = stranger
        if self._is_stand_in(s):
            return self._new_link(s, "", role="primary", state="stand_in"), []
        certificate = self._erased.get(s.external_id)
        if certificate and s.mapping.entity == "customer":
            return self._shut_out(s, certificate), []
        if source := self.hub.original_of(s.system, s.mapping.resource):
            return self._copied(s, source)
        again: Again = []
        verdict = self._by_reference(s, again) or self._adopted(s, again) or self._recovered(s) or self._by_keys(s)
        if verdict.elsewhere:
            return None, again
        if verdict.wait:
            later = SCAN if self.recovery and self.recovery.restored.stage == "collecting" else OPEN_CREATE
            return None, [*again, (s.system, s.mapping.resource, s.external_id, self.now + later)]
        if verdict.adopt_link:
            opened = self.dirty.get(verdict.adopt_link) or link_rows.by_id(self.at, verdict.adopt_link)
            if opened is not None:
                opened.external_id, opened.state = s.external_id, "live"
                if self.recovery is not None:  # what was intended then is long over: what the object holds now is what counts
                    opened.intent = None
                    self.recovery.links.add(opened.id)
                self.dirty[opened.id] = opened
                self.merger.context(s.system).know(opened.entity, s.external_id, opened.record_id)
                self._remember_keys(s, opened.record_id)
                return opened, again
        record_id = verdict.record_id or self._new_record(s.mapping.entity)
        self._remember_keys(s, record_id)
        for other, reason in verdict.review:
            reviews.open_duplicate(self.at, s.mapping.entity, record_id, other, reason, now=self.now)
        link = self._new_link(s, record_id, role=verdict.role, state="live")
        if self.recovery is not None and (s.read.hub_key == record_id or self._came_back(record_id)):
            self.recovery.links.add(link.id)
        return link, again

    def _copied(self, s: Stranger, source: str) -> tuple[Link | None, Again]:
        """A copy of a document of ``source``: of the same record, told by the id that both bases keep, else by the hub's key in it."""
        entity, ident = s.mapping.entity, s.external_id
        found = self.merger.context(source).ref(entity, ident)
        if found is None and s.read.hub_key and (verdict := self._by_hub_key(s, s.read.hub_key)):
            found = verdict.record_id
        if found is None:
            copies.await_original(self.at, source, entity, (s.system, s.mapping.resource, ident), now=self.now)
            return None, [(source, s.mapping.resource, ident, self.now)]
        copies.met(self.at, s.system, s.mapping.resource, [ident])
        return self._new_link(s, found, role=copies.COPY, state="live"), []

    def _shut_out(self, s: Stranger, certificate: str) -> Link:
        """A customer who was erased is not read in: the object is known by its id, under a record that there is not."""
        record_id = new_id()
        row = audit.Entry("erasure.kept_out", "hub", s.system, s.mapping.entity, record_id, certificate, "not read in")
        audit.write(self.at, [row], now=self.now)
        return self._new_link(s, record_id, role="primary", state=ERASED)

    def _remember_keys(self, s: Stranger, record_id: str) -> None:
        """What the stranger is found by, and the first name that it brings to a record without one, count at once for the next of the
        batch: the size of a batch cannot matter."""
        record = self.new_records.get(record_id) or self._records.get(record_id)
        if record is None:
            return
        one = self._decoded[s.external_id]
        if one.data.get("first_name") and not record.data.get("first_name"):
            record.data = record.data | {"first_name": one.data["first_name"]}
        if one.own or one.told:
            self.merger.named.add(record_id)
        for key in (*one.keys, *one.own, *one.told):
            holders = self.new_holders.setdefault((s.mapping.entity, *key), [])
            if record_id not in holders:
                holders.append(record_id)

    def ask_for(self, system: str, entity: str, external_id: str, *, anywhere: bool = False) -> Again:
        """Hints for an object that another one names. ``anywhere``: where an entity has several kinds of documents, in each of them, and not
        in those alone that the hub writes: a return names an order or a receipt."""
        if system not in self.hub.settings.systems:
            return []
        return [(system, m.resource, external_id, self.now) for m in self.hub.spoken(system, entity) if m.give or anywhere]

    def awaiting(self, met: Sequence[str]) -> Again:
        """Objects of other systems that wait for one of these, which have just been met."""
        names = {value for external_id in met for _, value in self._decoded[external_id].own}
        return [(*one[:3], self.now) for one in awaited.of(self.at, awaited.NAMES, "", names)] if names else []

    def _is_stand_in(self, s: Stranger) -> bool:
        """Whether the object means nobody: a person's word stands above the configuration. Who bears a usual name of nobody is asked about."""
        if s.mapping.entity != "customer":
            return False
        data = self._decoded[s.external_id].data
        called, configured = title(s.mapping, s.read.values, data), self.hub.settings.stand_ins.get(s.system, ())
        if s.external_id in self._said:
            return self._said[s.external_id]
        if is_named(called, s.external_id, configured):
            return True
        if is_standard(called, data):
            stand_ins.propose(self.at, [(s.system, s.external_id)], called, stand_ins.NAME, now=self.now)
        return False

    def _by_reference(self, s: Stranger, again: Again) -> Verdict | None:
        """By the order that a receipt names, or by the hub key inside the object."""
        entity, context = s.mapping.entity, self.merger.context(s.system)
        if order := named(s.mapping, s.read):
            if target := context.ref(entity, order):
                return Verdict(target, role=FULFILMENT)
            receipts.await_order(self.at, s.system, entity, order, (s.mapping.resource, s.external_id), now=self.now)
            if not receipts.is_absent(self.at, s.system, entity, order):
                again += self.ask_for(s.system, entity, order)
                return Verdict(None, elsewhere=True)
        if s.read.hub_key and (found := self._by_hub_key(s, s.read.hub_key)):
            return found
        return None

    def _by_hub_key(self, s: Stranger, key: str) -> Verdict | None:
        record = self.new_records.get(key) or self._records.get(key)
        if record is not None and record.merged_into:
            self._records |= record_rows.load(self.at, [record.merged_into])
            self._links |= link_rows.by_records(self.at, [record.merged_into])
            record = self._records.get(record.merged_into)
        if record is None or record.entity != s.mapping.entity:
            return None
        mine = [x for x in self._links_of(record.id) if x.system == s.system]
        if creating := next((x for x in mine if x.state == "creating"), None):
            connector = self.hub.connectors.get(s.system)
            if isinstance(connector, Unfinished) and connector.unfinished(s.mapping.resource, s.data):
                return Verdict(None, wait=True)
            return Verdict(record.id, adopt_link=creating.id)
        return Verdict(record.id, role="alias" if any(x.role == "primary" and x.state != "gone" for x in mine) else "primary")

    def _recovered(self, s: Stranger) -> Verdict | None:
        """After a restore: by the key of a record that the base forgot, or by what came back under such keys."""
        recovery, entity, key = self.recovery, s.mapping.entity, s.read.hub_key or ""
        if recovery is None:
            return None
        one = self._decoded[s.external_id]
        if recovery.of_the_gap(key, wall=time.time()) and key not in self._records:
            if key not in self.new_records:
                self._new_record(entity, one.data, key)
                self._count_keys(entity, key, one.keys)
            return Verdict(key)
        if recovery.waits(entity):
            return Verdict(None, wait=True)
        if one.keys:
            return None  # its match keys tell more
        free = {r.id: r.data for r in self._orphans(entity) if all(x.system != s.system for x in self._links_of(r.id))}
        found = twin(entity, one.data, free)
        if found.record_id:
            return Verdict(found.record_id)
        if not found.perhaps:
            return None
        record_id = self._new_record(entity, one.data)
        recovery.doubt |= {record_id, *found.perhaps}
        return Verdict(record_id, review=tuple((other, REASON) for other in found.perhaps))

    def _orphans(self, entity: str) -> list[Record]:
        """Records that came back by their keys since the restore, in this transaction or before."""
        assert self.recovery is not None
        ids = [r for r in came_back(self.at, self.recovery.restored, entity) if r not in self._records]
        self._records |= record_rows.load(self.at, ids)
        self._links |= link_rows.by_records(self.at, ids)
        known = {**self._records, **self.new_records}
        return [r for r in known.values() if r.entity == entity and self._came_back(r.id)]

    def _came_back(self, record_id: str) -> bool:
        record = self.new_records.get(record_id) or self._records.get(record_id)
        restored = self.recovery.restored if self.recovery is not None else None
        return record is not None and restored is not None and record.created_at >= restored.restored_at and record.id < first_id(restored.made_before)  # fmt: skip

    def _count_keys(self, entity: str, record_id: str, keys: Keys) -> None:
        """Its keys count at once, for the next object of the batch."""
        self._unsaved[2].setdefault(entity, {})[record_id] = keys
        for key in keys:
            self.new_holders.setdefault((entity, *key), []).append(record_id)

    def _adopted(self, s: Stranger, again: Again) -> Verdict | None:
        """By what it calls others and others call it, where the rest bears that out."""
        one = self._decoded[s.external_id]
        if not (one.own or one.told):
            return None
        claims, doubted = self._claims(s.mapping.entity, one)
        if s.mapping.adds:
            chosen = sorted(claims, key=lambda record_id: (STRENGTHS.index(claims[record_id]), record_id))
            return Verdict(chosen[0], role=FULFILMENT) if chosen else self._kept_back(s, one, again)
        if not claims:
            if self._awaits(s, one, again):
                return Verdict(None, elsewhere=True)
            return self._doubted(s, doubted) if doubted else None
        best = strongest(claims.values())
        chosen = [record_id for record_id, strength in sorted(claims.items()) if strength == best]
        free = [r for r in chosen if not any(x.system == s.system for x in self._links_of(r))]
        record_id = next(iter(free or chosen))
        elsewhere = {r for key in one.keys for r in self._holders(s.mapping.entity, key)} - {record_id, *chosen}
        review = [(r, SEVERAL_NAMED) for r in chosen if r != record_id] + [(r, KEYS_ELSEWHERE) for r in sorted(elsewhere)]
        return self._placed(s, record_id, one, (*review, *doubted))

    def _claims(self, entity: str, one: Decoded) -> tuple[dict[str, str], list[tuple[str, str]]]:
        """Records that cross-references lead to and that the rest bears out, with the strength of each; and those that are surely named and
        that everything speaks against."""
        found: dict[str, set[str]] = {}
        for key, strength in asked(one.own, one.told).items():
            for record_id in self._holders(entity, key):
                found.setdefault(record_id, set()).add(strength)
        claims, doubted = {}, []
        for record_id, strengths in sorted(found.items()):
            known = facts(entity, self._side(one.data), self._side(self._record(record_id).data))
            if borne_out := [strength for strength in strengths if counts(strength, known)]:
                claims[record_id] = strongest(borne_out)
            elif SURE in strengths:
                doubted.append((record_id, AGAINST))
        return claims, doubted

    def _placed(self, s: Stranger, record_id: str, one: Decoded, review: tuple[tuple[str, str], ...]) -> Verdict:
        """The record that a cross-reference leads to, where its system has room for the object."""
        mine = [x for x in self._links_of(record_id) if x.system == s.system]
        if any(x.state == "creating" for x in mine):
            return Verdict(None, wait=True)
        if not any(x.role == "primary" and x.state in ("live", "archived") for x in mine):
            return Verdict(record_id, review=review)
        if s.mapping.entity == "customer" and same_name(one.data, self._record(record_id).data) is not False:
            return Verdict(record_id, role="alias", review=review)
        return Verdict(None, review=(*review, (record_id, ANOTHER_HERE)))

    def _awaits(self, s: Stranger, one: Decoded, again: Again) -> bool:
        """Whether an object that names one which nobody has seen yet is to wait for it: another program writes to several systems one after
        the other, and would meet what we made meanwhile. A first load has everything before it identifies."""
        unseen = [] if self.loading else [value for _, value in sorted(one.told) if not self._holders(s.mapping.entity, (OWN, value))]
        if not unseen:
            return False
        since = awaited.since(self.at, s.system, s.mapping.resource, s.external_id, unseen[0], now=self.now)
        left = since + self.hub.settings.reference_wait - self.now
        if left <= 0:
            return False
        system, name = unseen[0].split("|", 1)
        if since == self.now:
            again += self.ask_for(system, s.mapping.entity, name)
        again.append((s.system, s.mapping.resource, s.external_id, self.now + min(left, max(OPEN_CREATE, self.now - since))))
        return True

    def _kept_back(self, s: Stranger, one: Decoded, again: Again) -> Verdict:
        """An object that only adds to what it names waits for that as long as it takes: alone it is nothing. What it names is asked for once,
        and wakes it when it has come."""
        for _, value in sorted(one.told):
            if awaited.add(self.at, s.system, s.mapping.resource, s.external_id, value, now=self.now):
                system, name = value.split("|", 1)
                again += self.ask_for(system, s.mapping.entity, name)
        return Verdict(None, elsewhere=True)

    def _side(self, data: Mapping[str, Json]) -> Side:
        person = self._people.get(str(data.get("customer") or ""))
        return Side(data, person.data if person else None)

    def _holders(self, entity: str, key: Key) -> list[str]:
        return sorted({*self._hits.get(key, ()), *self.new_holders.get((entity, *key), ())})

    def _record(self, record_id: str) -> Record:
        return self.new_records.get(record_id) or self._records[record_id]

    def _doubted(self, s: Stranger, doubted: Sequence[tuple[str, str]]) -> Verdict:
        """As if it named nobody, and a person looks at the pair."""
        verdict = self._recovered(s) or self._by_keys(s)
        return replace(verdict, review=(*verdict.review, *(pair for pair in doubted if pair[0] != verdict.record_id)))

    def _by_keys(self, s: Stranger) -> Verdict:
        entity, one = s.mapping.entity, self._decoded[s.external_id]
        if not one.keys:
            return Verdict(None)
        hits = {k: self._holders(entity, k) for k in one.keys}
        ids = {r for found in hits.values() for r in found}
        records = {r: self._record(r) for r in ids}
        links = {r: [x for x in self._links_of(r) if x.system == s.system] for r in ids}
        if entity in (PRODUCT, STOCK):
            verdict = identify_goods(one.data, hits, records, links)
        elif entity == CALL:
            verdict = identify_call(one.data, hits, records, links)
        else:
            verdict = identify(one.data, hits, records, links, self.hub.settings.phone_is_person)
        if verdict.record_id is None and not verdict.wait:
            record_id = self._new_record(entity, one.data)
            self._count_keys(entity, record_id, one.keys)
            return replace(verdict, record_id=record_id)
        return verdict

    def _new_record(self, entity: str, data: Mapping[str, Json] | None = None, record_id: str = "") -> str:
        record = Record(record_id or new_id(), entity, 0, dict(data or {}), {}, None, self.now, self.now)
        self._unsaved[0].append(record)
        self.new_records[record.id] = record
        return record.id

    def _links_of(self, record_id: str) -> list[Link]:
        old = [self.dirty.get(x.id, x) for x in self._links.get(record_id, ())]
        return old + [x for x in self.new_links.get(record_id, ()) if all(x.id != y.id for y in old)]

    def _new_link(self, s: Stranger, record_id: str, *, role: str, state: str) -> Link:
        entity, resource = s.mapping.entity, s.mapping.resource
        link = Link(new_id(), s.system, entity, resource, s.external_id, record_id, role=role, state=state)
        if (one := self._decoded.get(s.external_id)) and state != ERASED:
            link.refs = sorted([kind, value] for kind, value in one.told)
        if s.external_id in self._erased and state != ERASED:
            withhold(link, personal(s.mapping))
        self._unsaved[1].append(link)
        self.new_links.setdefault(record_id, []).append(link)
        self.merger.context(s.system).know(entity, s.external_id, STAND_IN if state == "stand_in" else record_id)
        self.dirty[link.id] = link
        return link
