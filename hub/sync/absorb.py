"""The taking half of the engine: looks in, records and open deliveries out, in one transaction for a batch.

look -> read -> identify -> merge. Calls no vendor: what is missing (a referenced object, a lookup) is asked for through hints.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import Connection, insert

from hub.app import Hub
from hub.entities import FACTS
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage import reviews, states
from hub.storage.links import Link, new_id
from hub.storage.records import Record
from hub.storage.tables import parked
from hub.sync.context import BatchContext, last_part
from hub.sync.identify import Verdict, identify, match_keys
from hub.sync.intent import resolve
from hub.sync.merging import Merger
from hub.sync.observe import Look, applicable, observe
from hub.sync.rules import rules_for
from mappings import Mapping as CompiledMapping
from mappings import Read
from retry_queue.contract import LIVE

log = structlog.get_logger()
Json = Any


@dataclass(frozen=True, slots=True)
class RawLook:
    """An object as a system showed it. ``at``: hub time before the request left."""

    system: str
    resource: str
    data: Mapping[str, Json]
    representation: str
    at: float


@dataclass(slots=True)
class Absorbed:
    """What a batch led to. ``again``: (system, resource, id, not before) to be fetched again or first."""

    again: list[tuple[str, str, str, float]] = field(default_factory=list)
    lookups: dict[str, set[tuple[str, str, str]]] = field(default_factory=dict)
    changed: int = 0
    echoes: int = 0


class Absorber:
    """Absorbs batches of looks for one hub."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def absorb(self, looks: Sequence[RawLook], *, lane: str = LIVE) -> Absorbed:
        """Apply a batch. Bad input never stops the good beside it."""
        result = Absorbed()
        with self.hub.store.state() as at:
            batch = _Batch(self.hub, at, result, lane)
            groups: dict[tuple[str, str], list[RawLook]] = {}
            for look in looks:
                groups.setdefault((look.system, look.resource), []).append(look)
            for (system, resource), group in groups.items():
                batch.group(system, resource, group)
            batch.finish()
        return result

    def remerge(self, record_ids: Iterable[str], *, lane: str = LIVE) -> Absorbed:
        """Merge records again: a directory value was mapped, a reference appeared, a mapping was activated."""
        result = Absorbed()
        with self.hub.store.state() as at:
            batch = _Batch(self.hub, at, result, lane)
            batch.touched.update(dict.fromkeys(record_ids, ""))
            batch.finish()
        return result


class _Batch:
    """One transaction's work."""

    def __init__(self, hub: Hub, at: Connection, result: Absorbed, lane: str) -> None:
        self.hub, self.at, self.result, self.lane = hub, at, result, lane
        self.now = hub.clock()
        self.skews = states.clock_skews(at)
        self.merger = Merger(hub, at, self.now)
        self.touched: dict[str, str] = {}  # record id -> system that changed it
        self.dirty: dict[str, Link] = {}
        self.fresh: dict[str, Link] = {}
        self.new_records: dict[str, Record] = {}

    # one system's resource ------------------------------------------------------------------------------

    def group(self, system: str, resource: str, looks: Sequence[RawLook]) -> None:
        mapping = self.hub.mapping(system, resource)
        if mapping is None:
            return
        context = self.merger.context(system)
        view = self.hub.resource(system, resource).representations
        reads: dict[str, tuple[Read, RawLook]] = {}
        for look in sorted(looks, key=lambda x: x.at):
            try:
                shown = view.get(look.representation) or view["fetch"]
                if not mapping.applies(look.data):
                    continue
                read = mapping.read(dict(look.data), shown.carries, shown.lacks, shown.absent_is_empty, context)
                if not read.id:
                    raise ValueError("the object has no id")
            except Exception as error:  # a vendor's object may be broken in any way: it is parked, the rest goes on
                self._park(system, resource, look, error)
                continue
            reads[str(read.id)] = (read, look)
        known = link_rows.by_external(self.at, system, resource, reads)
        for external_id in reads.keys() - known.keys():
            read, look = reads[external_id]
            link = self._unknown(system, mapping, external_id, read, look, context)
            if link is not None:
                known[external_id] = link
        for external_id, link in known.items():
            read, look = reads[external_id]
            self._apply(link, mapping, read, look)

    def _park(self, system: str, resource: str, look: RawLook, error: Exception) -> None:
        log.warning("object.parked", system=system, resource=resource, error=type(error).__name__)
        row = {
            "system": system,
            "resource": resource,
            "reason": f"{type(error).__name__}: {error}"[:500],
            "data": dict(look.data) if isinstance(look.data, Mapping) else {"value": str(look.data)},
            "at": self.now,
        }
        self.at.execute(insert(parked).values(**row))

    # an object that a link knows --------------------------------------------------------------------------

    def _apply(self, link: Link, mapping: CompiledMapping, read: Read, raw: RawLook) -> None:
        if link.state == "stand_in":
            return
        rules = rules_for(self.hub, mapping, link.system, self.merger.context(link.system))
        look = Look(read.values, raw.at, as_seconds(read.modified, self.skews.get(link.system, 0.0)))
        if link.intent is not None and link.external_id and raw.at > link.intent["at"]:
            resolution = resolve(link, look, rules, now=self.now)
            self.dirty[link.id] = link
            if resolution.edits:
                self.touched[link.record_id] = link.system
            if link.intent is not None:
                return
        if not applicable(link, look):
            if link.intent is None and raw.at > link.looked_at:
                self.result.again.append((link.system, link.resource, link.external_id or "", self.now + 0.2))
            return
        if link.state in ("gone", "out_of_scope"):
            link.state = "live"
        seen = observe(link, look, rules, now=self.now)
        self.dirty[link.id] = link
        if seen.changed:
            self.touched[link.record_id] = link.system
            self.result.changed += len(seen.edits) + len(seen.baseline)
        elif seen.echo:
            self.result.echoes += 1

    # an object that no link knows ------------------------------------------------------------------------------

    def _unknown(
        self, system: str, mapping: CompiledMapping, external_id: str, read: Read, raw: RawLook, context: BatchContext
    ) -> Link | None:
        if self._is_stand_in(system, mapping, read, raw):
            link = self._new_link(system, mapping, external_id, "", role="primary", state="stand_in")
            self._woken(system, mapping.entity, external_id)
            return link
        verdict = self._by_reference(system, mapping, read, context) or self._by_keys(system, mapping, read, context)
        if verdict.wait:
            self.result.again.append((system, mapping.resource, external_id, self.now + 2.0))
            return None
        if verdict.adopt_link:
            opened = self.dirty.get(verdict.adopt_link) or link_rows.by_id(self.at, verdict.adopt_link)
            if opened is not None:
                opened.external_id, opened.state = external_id, "live"
                self.dirty[opened.id] = opened
                self.touched[opened.record_id] = system
                self._woken(system, mapping.entity, external_id)
                return opened
        record_id = verdict.record_id or self._new_record(mapping.entity)
        for other, reason in verdict.review:
            reviews.open_duplicate(self.at, mapping.entity, record_id, other, reason, now=self.now)
        link = self._new_link(system, mapping, external_id, record_id, role=verdict.role, state="live")
        self._woken(system, mapping.entity, external_id)
        return link

    def _is_stand_in(self, system: str, mapping: CompiledMapping, read: Read, raw: RawLook) -> bool:
        names = self.hub.settings.stand_ins.get(system, ())
        return mapping.entity == "customer" and bool(names) and (str(raw.data.get("name", "")) in names or str(read.id) in names)

    def _by_reference(self, system: str, mapping: CompiledMapping, read: Read, context: BatchContext) -> Verdict | None:
        """By the order that a receipt names, by the hub key inside the object, or by an adopted cross-reference."""
        if read.fulfils:
            target = context.ref(mapping.entity, read.fulfils)
            if target:
                return Verdict(target, role="fulfilment")
            self._ask_for(system, mapping.entity, last_part(read.fulfils))
            return Verdict(None, wait=True)
        if read.hub_key:
            found = record_rows.load(self.at, [read.hub_key]) | {k: r for k, r in self.new_records.items() if k == read.hub_key}
            record = found.get(read.hub_key)
            if record is not None and record.entity == mapping.entity:
                mine = [x for x in self._links_of(record.id) if x.system == system]
                creating = next((x for x in mine if x.state == "creating"), None)
                if creating is not None:
                    return Verdict(record.id, adopt_link=creating.id)
                return Verdict(record.id, role="alias" if any(x.role == "primary" and x.state != "gone" for x in mine) else "primary")
        for other, reference in (read.adopted or {}).items():
            target = self._adopted(other, mapping.entity, str(reference))
            if target:
                return Verdict(target)
        return None

    def _adopted(self, connector: str, entity: str, reference: str) -> str | None:
        for system in self.hub.settings.systems.values():
            if connector in (system.name, system.connector):
                record_id = self.merger.context(system.name).ref(entity, reference)
                if record_id:
                    return record_id
        return None

    def _ask_for(self, system: str, entity: str, external_id: str) -> None:
        connector = self.hub.settings.systems[system].connector
        for mapping in self.hub.mappings.for_entity(connector, entity):
            if mapping.give:
                self.result.again.append((system, mapping.resource, external_id, self.now))

    def _by_keys(self, system: str, mapping: CompiledMapping, read: Read, context: BatchContext) -> Verdict:
        kinds = self.hub.settings.identity.get(mapping.entity, ())
        data, _ = mapping.decode_all(read.values, context)
        keys = match_keys(mapping.entity, data, kinds)
        if not keys:
            return Verdict(None)
        hits = record_rows.holders(self.at, mapping.entity, keys)
        ids = {r for found in hits.values() for r in found}
        records = record_rows.load(self.at, ids)
        links = {r: [x for x in self._links_of(r) if x.system == system] for r in ids}
        verdict = identify(data, hits, records, links)
        if verdict.record_id is None and not verdict.wait:
            record_id = self._new_record(mapping.entity, data)  # its keys count at once, for the next object of the batch
            record_rows.set_keys(self.at, mapping.entity, {record_id: keys})
            return replace(verdict, record_id=record_id)
        return verdict

    def _new_record(self, entity: str, data: Mapping[str, Json] | None = None) -> str:
        record = Record(new_id(), entity, 0, dict(data or {}), {}, None, self.now, self.now)
        record_rows.add(self.at, [record])
        self.new_records[record.id] = record
        return record.id

    def _links_of(self, record_id: str) -> list[Link]:
        return [self.dirty.get(x.id, x) for x in link_rows.by_records(self.at, [record_id])[record_id]]

    def _new_link(self, system: str, mapping: CompiledMapping, external_id: str, record_id: str, *, role: str, state: str) -> Link:
        link = Link(new_id(), system, mapping.entity, mapping.resource, external_id, record_id, role=role, state=state)
        link_rows.add(self.at, [link])
        return link

    def _woken(self, system: str, entity: str, external_id: str) -> None:
        """A reference to this object can be followed now: records that waited for it are merged again."""
        for record_id in reviews.take_waiting(self.at, "ref", entity, external_id, system):
            self.touched.setdefault(record_id, "")

    # the end of a batch --------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Save links, merge what was touched, open deliveries."""
        link_rows.save(self.at, list(self.dirty.values()))
        merged = self.merger.merge(self.touched)
        self.result.lookups = {system: c.missing for system, c in self.merger.contexts.items() if c.missing}
        for system, entity, external_id in merged.missing_refs:
            self._ask_for(system, entity, external_id)
        wanted = [
            (target, record.entity, record.id, record.version)
            for record, moved, source in merged.records
            for target in self.hub.takers(record.entity)
            if (moved or target == source) and not (record.entity in FACTS and target == source)
        ]
        self.hub.outbox.open(self.at, wanted, now=self.now, lane=self.lane)
        reviews.remember_unknown(self.at, self.merger.contexts, now=self.now)
        states.count(self.at, changes=self.result.changed, echoes=self.result.echoes)


def as_seconds(moment: datetime | None, skew: float = 0.0) -> float | None:
    """A vendor's time as seconds since the epoch by our own clock, or None. ``skew``: how far the vendor's clock is ahead."""
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - skew
