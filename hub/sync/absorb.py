"""The taking half of the engine: looks in, records and open deliveries out, in one transaction for a batch.

look -> read -> identify -> merge. Calls no vendor: what is missing (a referenced object, a lookup) is asked for through hints.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from connectors.contract import Representation
from hub.app import Hub
from hub.entities import FACTS
from hub.storage import awaited, directories, naming, parking, receipts, reviews, states
from hub.storage import links as link_rows
from hub.storage.links import Link
from hub.sync import asked, copies, memberships, realms
from hub.sync.erased import ERASED, readable
from hub.sync.floor import BEFORE_WRITE, ONE_INTERVAL, overwritten
from hub.sync.fulfilment import FULFILMENT, follow_reference, named, withdraws
from hub.sync.goods import PRODUCT, STOCK
from hub.sync.intent import resolve
from hub.sync.merging import MergedBatch, Merger
from hub.sync.observe import Look, Rules, applicable, completing, ignore, news, observe
from hub.sync.posting import Poster
from hub.sync.recovered import date_baselines
from hub.sync.rules import rules_for
from hub.sync.scale import BACKWARDS, CHANGED, CREATED, EMPTIED, IN, LEFT, Example, Scale
from hub.sync.strangers import Stranger, Strangers
from mappings import Mapping as CompiledMapping
from mappings import Read
from retry_queue.contract import BULK, LIVE, URGENT

log = structlog.get_logger()
Json = Any
CALLED, ANEW = ("phones", "emails", "cards"), 86_400.0  # the fields of which match keys are made; seconds for which a key is new
ROUNDED = 1.5  # seconds: vendors date to the second


@dataclass(frozen=True, slots=True)
class RawLook:
    """An object as a system showed it. ``at``: hub time before the request left. ``since``: a time at which it was seen unchanged, or 0."""

    system: str
    resource: str
    data: Mapping[str, Json]
    representation: str
    at: float
    since: float = 0.0


@dataclass(slots=True)
class Absorbed:
    """What a batch led to. ``again``: (system, resource, id, not before) to be fetched again or first. ``unknown``: values of directories
    that were met for the first time. ``as_known``: link id -> link of objects that were seen as they are known, of records that nothing moved.
    ``called_as_before``: (system, resource, id) of known objects that gained no phone, e-mail or card lately."""

    again: list[tuple[str, str, str, float]] = field(default_factory=list)
    kept: list[tuple[str, RawLook]] = field(default_factory=list)  # external id and look of objects that a first load will identify
    lookups: dict[str, set[tuple[str, str, str]]] = field(default_factory=dict)
    unknown: set[directories.Key] = field(default_factory=set)
    as_known: dict[str, Link] = field(default_factory=dict)
    called_as_before: set[tuple[str, str, str]] = field(default_factory=set)
    changed: int = 0
    echoes: int = 0


class Absorber:
    """Absorbs batches of looks for one hub."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def absorb(
        self,
        looks: Sequence[RawLook],
        *,
        run: str = "",
        weigh: bool = True,
        disregard: bool = False,
        kept: Collection[tuple[str, str]] = (),
        loading: bool = False,
    ) -> Absorbed:
        """Apply a batch. Bad input never stops the good beside it. ``run``: what reads it, empty for changes of the day. ``weigh``: raise
        Braked, with nothing kept, where too much changes alike. ``disregard``: what differs is not taken for an edit, and the record's
        own values are owed to the system instead. ``kept``: (system, resource) whose unknown objects are not identified yet: their looks
        are handed back. ``loading``: a first load identifies what it collected."""
        result = Absorbed()
        with self.hub.store.state() as at:
            batch = _Batch(self.hub, at, result, run, kept, loading, weigh=weigh, disregard=disregard)
            groups: dict[tuple[str, str], list[RawLook]] = {}
            for look in looks:
                groups.setdefault((look.system, look.resource), []).append(look)
            for (system, resource), group in groups.items():
                batch.group(system, resource, group)
            batch.finish()
        return result

    def remerge(self, record_ids: Iterable[str], *, run: str = "") -> Absorbed:
        """Merge records again: a directory value was mapped, a reference appeared, a mapping was activated."""
        result = Absorbed()
        with self.hub.store.state() as at:
            self.remerge_within(at, record_ids, result, run=run)
        return result

    def remerge_within(self, at: Connection, record_ids: Iterable[str], result: Absorbed, *, run: str = "") -> None:
        """Like :meth:`remerge`, inside the caller's state transaction. The records are given their keys anew: a revision may have changed
        what these are made of."""
        batch = _Batch(self.hub, at, result, run)
        batch.merger.rekey = True
        batch.touched.update(dict.fromkeys(record_ids, ""))
        batch.finish()


class _Batch:
    """One transaction's work."""

    def __init__(
        self,
        hub: Hub,
        at: Connection,
        result: Absorbed,
        run: str,
        kept: Collection[tuple[str, str]] = (),
        loading: bool = False,
        *,
        weigh: bool = False,
        disregard: bool = False,
    ) -> None:
        self.hub, self.at, self.result, self.run, self.kept, self.disregard, self.loading = hub, at, result, run, kept, disregard, loading
        self.scale = Scale(hub, IN) if weigh else None
        self.now = hub.clock()
        self.skews = states.clock_skews(at)
        self.merger = Merger(hub, at, self.now)
        self.poster = Poster(hub, at, self.now)
        self.touched: dict[str, str] = {}  # record id -> system that changed it
        self.dirty: dict[str, Link] = {}
        self.refused: set[str] = set()  # customers who said no
        self.echoed: dict[str, Link] = {}  # seen as they are known: of these the times alone are saved
        self.moved: set[str] = set()  # records that were merged again
        self.floor = 0  # edits that our writes hit unseen
        self.wanted: dict[tuple[str, str], tuple[str, str, str, int]] = {}
        self.strangers = Strangers(hub, at, self.merger, self.now, self.dirty, loading)

    # one system's resource ------------------------------------------------------------------------------

    def group(self, system: str, resource: str, looks: Sequence[RawLook]) -> None:
        """Objects that links know come first and are merged, so that their newest keys count when the others are identified."""
        mapping = self.hub.mapping(system, resource)
        if mapping is None:
            return
        reads: dict[str, list[tuple[Read | None, RawLook]]] = {}
        for look in sorted(looks, key=lambda x: x.at):
            try:
                external_id, read = self._read(system, mapping, look)
            except Exception as error:  # a vendor's object may be broken in any way: it is parked, the rest goes on
                self._park(system, resource, look, error)
                continue
            reads.setdefault(external_id, []).append((read, look))
        shown = [read.values for found in reads.values() for read, _ in found if read is not None]
        for path, _, entity in mapping.refs:
            self.merger.context(system).expect_refs(entity, [values[path] for values in shown if path in values])
        known = link_rows.by_external(self.at, system, resource, reads)
        known |= {x.external_id: x for x in self.dirty.values() if x.external_id in reads and (x.system, x.resource) == (system, resource)}
        for external_id, link in known.items():
            self._show(link, mapping, reads.pop(external_id))
        link_rows.save_times(self.at, self.echoed.values())
        self.result.as_known |= self.echoed
        self.echoed.clear()
        strange = {external_id: found for external_id, found in reads.items() if any(read is not None for read, _ in found)}
        if (system, resource) in self.kept:
            shut = self.strangers.erased.objects(system, resource, strange) if mapping.entity == "customer" else set()
            self.result.kept += [
                (external_id, look) for external_id, found in strange.items() if external_id not in shut for _, look in found
            ]
            strange = {external_id: found for external_id, found in strange.items() if external_id in shut}
        if self.disregard:
            return
        if strange and known:
            self.merge()
        self._strange(system, mapping, strange)

    def _strange(self, system: str, mapping: CompiledMapping, looks: Mapping[str, Sequence[tuple[Read | None, RawLook]]]) -> None:
        strangers = []
        for external_id in sorted(looks):
            read, look = next((r, x) for r, x in reversed(looks[external_id]) if r is not None)
            strangers.append(Stranger(system, mapping, external_id, read, look.data))
        self.strangers.expect(strangers)
        met, added, joined = [], [], []
        for stranger in strangers:
            link = self._meet(stranger)
            if link is not None:
                met.append(stranger.external_id)
                joined += [] if link.record_id in self.strangers.new_records else [link.record_id]
                added += [stranger.external_id] if link.role == FULFILMENT else []
                self._show(link, mapping, looks[stranger.external_id])
        self.wanted |= {(system, row[2]): row for row in naming.standing(self.at, system, mapping.entity, joined)}
        facts = self.hub.facts_of(system, mapping.entity) if joined else ()
        self.wanted |= {(system, row[2]): row for row in naming.owed_of(self.at, system, mapping.entity, joined, facts)}
        if mapping.entity == PRODUCT and system in self.hub.takers(STOCK):  # offers that have come: their stocks can be told now
            self.wanted |= {(system, row[2]): row for row in naming.owed(self.at, system, PRODUCT, joined)}
        if mapping.adopt and (mapping.adds or not self.loading):
            awaited.met(self.at, awaited.NAMES, system, mapping.resource, met)
        self.result.again += self.strangers.awaiting(met)
        for record_id in reviews.take_waiting_for(self.at, "ref", mapping.entity, met, system):
            self.touched.setdefault(record_id, "")
        self.result.again += (
            [(*one, self.now) for one in copies.waiting_for(self.at, system, mapping.entity, met)] if self.hub.replicas else []
        )
        if mapping.fulfils:
            receipts.met(self.at, system, mapping.resource, added)
        else:
            self.result.again += [(*one, self.now) for one in receipts.waiting_for(self.at, system, mapping.entity, met)]

    def _read(self, system: str, mapping: CompiledMapping, look: RawLook) -> tuple[str, Read | None]:
        """The object's id and what the mapping takes from it; no Read where the mapping does not speak of such objects."""
        shown = self._view(look)
        read = mapping.read(dict(look.data), shown.carries, shown.lacks, shown.absent_is_empty, self.merger.context(system))
        if not read.id:
            raise ValueError("the object has no id")
        return str(read.id), read if mapping.applies(look.data) else None

    def _view(self, look: RawLook) -> Representation:
        view = self.hub.resource(look.system, look.resource).representations
        return view.get(look.representation) or view["fetch"]

    def _show(self, link: Link, mapping: CompiledMapping, looks: Sequence[tuple[Read | None, RawLook]]) -> None:
        for read, look in looks:
            if read is not None:
                self._apply(link, mapping, read, look)
            elif link.state in ("live", "archived"):
                link.state = "out_of_scope"
                self.dirty[link.id] = link
                if withdraws(link):
                    self.touched.setdefault(link.record_id, link.system)

    def _park(self, system: str, resource: str, look: RawLook, error: Exception) -> None:
        log.warning("object.parked", system=system, resource=resource, error=type(error).__name__)
        row = {
            "system": system,
            "resource": resource,
            "reason": f"{type(error).__name__}: {error}"[:500],
            "data": dict(look.data) if isinstance(look.data, Mapping) else {"value": str(look.data)},
            "at": self.now,
        }
        parking.park(self.at, row)

    # an object that a link knows --------------------------------------------------------------------------

    def _apply(self, link: Link, mapping: CompiledMapping, read: Read, raw: RawLook) -> None:
        if link.state in ("stand_in", ERASED):
            return
        values, of = readable(link, read.values), self.hub.resource(link.system, link.resource)
        if link.entity in FACTS and link.base and not of.moves_on and not (values := completing(link, values, of.later)):
            return
        rules = rules_for(self.hub, mapping, link.system, self.merger.context(link.system))
        whole = self._view(raw) == self.hub.resource(link.system, link.resource).representations["fetch"]
        look = Look(values, raw.at, as_seconds(read.modified, self.skews.get(link.system, 0.0)), raw.since, whole)
        if link.intent is not None and link.external_id and raw.at > link.intent["at"]:
            resolution = resolve(link, look, rules, now=self.now)
            self.dirty[link.id] = link
            if resolution.edits:
                self.touched[link.record_id] = link.system
            if link.intent is not None:
                return
        if not applicable(link, look):
            if link.intent is None and news(link, look):
                if lost := overwritten(link, look, rules):
                    self.dirty[link.id] = link
                    self.floor += len(lost)
                self.result.again.append((link.system, link.resource, link.external_id or "", self.now + 0.2))
            return
        if mapping.fulfils:
            self._follow_reference(link, mapping, read)
        known = link.state == "live"
        if link.state in ("gone", "out_of_scope"):
            link.state = "live"
            self.dirty[link.id], self.touched[link.record_id] = link, link.system
        before, back = dict(link.base), self._dated(link, read)
        if self.disregard:
            ignore(link, look)
            self.dirty[link.id], self.touched[link.record_id] = link, link.system
            return
        seen = observe(link, look, rules)
        if self.strangers.recovery is not None and link.id in self.strangers.recovery.links:
            date_baselines(link, look)
            self.dirty[link.id] = link
        if seen.echo and link.base == before and not mapping.fulfils and link.id not in self.dirty:
            self.echoed[link.id] = link
        else:
            self.dirty[link.id] = link
        if self.scale is not None and link.role != copies.COPY and link.entity not in FACTS and (seen.edits or back):
            self._weigh(self.scale, link, mapping, rules, before, seen.edits, back)
        if known and not called_anew(link, mapping, since=self.now - ANEW):
            self.result.called_as_before.add((link.system, link.resource, link.external_id or ""))
        if seen.changed:
            self.touched[link.record_id] = link.system
            self.result.changed += len(seen.edits) + len(seen.baseline)
            self.merger.edited.setdefault(link.record_id, []).extend((link.id, path) for path in seen.edits)
        elif seen.echo:
            self.result.echoes += 1

    def _dated(self, link: Link, read: Read) -> bool:
        """Keep the newest time that the vendor gave the object; True where this one is older: a version gone backwards."""
        told = as_seconds(read.modified)
        back = told is not None and link.modified is not None and told < link.modified - ROUNDED
        if told is not None:
            link.modified = told
        return back

    def _weigh(
        self, scale: Scale, link: Link, mapping: CompiledMapping, rules: Rules, before: Mapping[str, Json], edits: Sequence[str], back: bool
    ) -> None:
        """What the system changed, by field, for the tallies of the hour."""
        fields = {path: (found[0].field if (found := mapping.by_path.get(path)) else path) for path in edits}
        changes = tuple((fields[path], before.get(path), link.base.get(path)) for path in edits)
        example = Example(link.record_id, link.external_id or "", changes)
        if back:
            scale.put(link.system, link.entity, self.now, BACKWARDS, "", example)
        if link.entity == memberships.MEMBERSHIP:
            if segment := memberships.left(link.system, changes, link.base):
                scale.put(link.system, link.entity, self.now, LEFT, segment, example)
            return
        kinds: dict[tuple[str, str], None] = {}
        for path, name in fields.items():
            gone = rules.blank(path, link.base.get(path)) and not rules.blank(path, before.get(path))
            kinds[EMPTIED if gone else CHANGED, name] = None
        for kind, name in kinds:
            scale.put(link.system, link.entity, self.now, kind, name, example)

    def _follow_reference(self, link: Link, mapping: CompiledMapping, read: Read) -> None:
        """Keep up with the order that a receipt names."""
        order, before = named(mapping, read), link.base.get(mapping.fulfils)
        link.base[mapping.fulfils] = order
        if before == order and (link.role == FULFILMENT or not order):
            return
        context = self.merger.context(link.system)
        if link.role == copies.COPY:
            source = self.hub.original_of(link.system, link.resource)
            moved = copies.follow(self.at, link, source, order, context, now=self.now)
        else:
            moved = follow_reference(self.at, link, order, context, now=self.now)
        for x in moved.changed:
            held = self.dirty.setdefault(x.id, self.echoed.get(x.id, x))  # another look of this batch may have moved it already
            held.record_id, held.role = x.record_id, x.role
        self.touched |= dict.fromkeys(moved.touched, link.system)
        self.result.again += self.strangers.ask_for(link.system, link.entity, moved.order) if moved.order else []

    # an object that no link knows ------------------------------------------------------------------------------

    def _meet(self, stranger: Stranger) -> Link | None:
        """Its link, new or that of an open create; None where it must be looked at again later."""
        link, again = self.strangers.meet(stranger)
        self.result.again += again
        if link is None:
            return None
        if link.state not in ("stand_in", ERASED):
            self.touched[link.record_id] = link.system
        weighed = self.scale is not None and not self.run and link.entity != memberships.MEMBERSHIP
        if self.scale is not None and weighed and link.record_id in self.strangers.new_records:
            self.scale.put(link.system, link.entity, self.now, CREATED, "", Example(link.record_id, link.external_id or ""))
        return link

    # the end of a batch --------------------------------------------------------------------------------------------

    def merge(self) -> None:
        """Save links, merge what was touched so far, and remember what is to be delivered."""
        inserted = self.strangers.flush()
        link_rows.save(self.at, [link for link in self.dirty.values() if link.id not in inserted])
        merged = self.merger.merge(self.touched, saved=self.dirty.values())
        self.moved |= self.touched.keys() | merged.following
        self.dirty.clear()
        self.touched = {}
        self._follow_up(merged)
        while merged.following:  # a customer, then the calls that bear the new phone, then whose they were: what moves nothing ends it
            merged = self.merger.merge(dict.fromkeys(merged.following, ""))
            self._follow_up(merged)

    def _follow_up(self, merged: MergedBatch) -> None:
        """Take what a merge led to: what the loyalty service is owed of it, and the tasks of who is to be called."""
        self._take(merged)
        records = [record for record, _, _ in merged.records]
        if made := [*self.poster.post(records), *asked.tasks_of(self.at, records, self.now)]:
            self._take(self.merger.merge(dict.fromkeys(made, "")))

    def _take(self, merged: MergedBatch) -> None:
        """What a merge asks for, and what it has moved."""
        self.refused |= merged.refused
        for system, entity, external_id in merged.missing_refs:
            self.result.again += self.strangers.ask_for(system, entity, external_id, anywhere=True)
        for record, moved, source in merged.records:
            for target in self.hub.takers(record.entity):
                if (moved or target == source) and not (record.entity in FACTS and target == source):
                    self.wanted[target, record.id] = (target, record.entity, record.id, record.version)
        for row in realms.owed(self.hub, self.at, [record for record, moved, _ in merged.records if moved]):
            self.wanted.setdefault((row[0], row[2]), row)

    def finish(self) -> None:
        """Merge, open deliveries, keep what is to be asked and the figures."""
        if self.scale is not None:
            self.scale.weigh(self.at)
            self.scale.keep(self.at)
        self.merge()
        self.result.as_known = {ident: link for ident, link in self.result.as_known.items() if link.record_id not in self.moved}
        self.result.lookups = {system: c.missing for system, c in self.merger.contexts.items() if c.missing}
        pressing = self._pressing()
        for lane, these in ((URGENT, pressing), (BULK if self.run else LIVE, self.wanted.keys() - pressing)):
            rows = [row for place, row in self.wanted.items() if place in these]
            self.hub.outbox.open(self.at, rows, now=self.now, lane=lane, run=self.run)
        unknown = {(name, system, remote) for system, c in self.merger.contexts.items() for name, remote in c.unknown}
        directories.remember(self.at, sorted(unknown), now=self.now)
        self.result.unknown = unknown
        floor = {ONE_INTERVAL: self.merger.floor, BEFORE_WRITE: self.floor}
        states.count(self.at, changes=self.result.changed, echoes=self.result.echoes, **floor)

    def _pressing(self) -> set[tuple[str, str]]:
        """(system, record id) of the customers who have refused something and are known there: nothing goes before that."""
        asked = [place for place in self.wanted if place[1] in self.refused]
        systems = {system for system, _ in asked}
        known = {system: link_rows.primaries(self.at, system, {ident for s, ident in asked if s == system}) for system in systems}
        return {(system, ident) for system, ident in asked if ident in known[system]}


def called_anew(link: Link, mapping: CompiledMapping, *, since: float) -> bool:
    """Whether users, or the vendor, changed since then what the object is found by."""
    edits = {path: entry["ops"] for path, entry in link.contribution.items() if "ops" in entry}
    lately = [path for path, ops in edits.items() if any(at is not None and at >= since for _, _, at in ops)]
    return any(f.field in CALLED for path in lately for f in mapping.by_path.get(path, ()))


def as_seconds(moment: datetime | None, skew: float = 0.0) -> float | None:
    """A vendor's time as seconds since the epoch by our own clock, or None. ``skew``: how far the vendor's clock is ahead."""
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - skew
