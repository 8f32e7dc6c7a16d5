"""One transaction's work: what the looks of a batch have touched so far, and its end, where records are merged and deliveries opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.entities import FACTS
from hub.storage import directories, states
from hub.storage import links as link_rows
from hub.storage.links import Link
from hub.sync import asked, realms
from hub.sync.floor import BEFORE_WRITE, ONE_INTERVAL
from hub.sync.merging import MergedBatch, Merger
from hub.sync.posting import Poster
from hub.sync.scale import IN, Scale
from hub.sync.strangers import Strangers
from hub.sync.verdict import hints_for
from retry_queue.contract import BULK, LIVE, URGENT

Json = Any


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
    paired: bool = False  # a product has gained a key that another has, or a stock the place of another


class Batch:
    """The batch of one transaction. ``run``: what reads it, empty for changes of the day. ``weigh``: too much that changes alike raises Braked."""

    def __init__(self, hub: Hub, at: Connection, result: Absorbed, run: str = "", *, loading: bool = False, weigh: bool = False) -> None:
        self.hub, self.at, self.result, self.run = hub, at, result, run
        self.scale = Scale(hub, IN) if weigh else None
        self.now = hub.clock()
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
        self.result.paired |= merged.paired
        for system, entity, external_id in merged.missing_refs:
            self.result.again += hints_for(self.hub, system, entity, external_id, now=self.now, anywhere=True)
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
