"""verify: every object of every system compared with its record. Drift is a difference with no reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from connectors.contract import Fetches, Remote
from hub.app import Hub, timezone_of
from hub.entities import FACTS
from hub.storage import brakes, conflicts, inbox, views
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link
from hub.storage.records import Record
from hub.storage.tables import delivery as delivery_table
from hub.storage.tables import link as link_table
from hub.storage.tables import record as record_table
from hub.sync.aliases import ALIAS, otherwise
from hub.sync.alone import alone
from hub.sync.context import STAND_IN, BatchContext
from hub.sync.erased import ERASED, readable
from hub.sync.observe import completing, empty
from hub.sync.plan import asked_for
from hub.sync.realms import Realm
from hub.sync.rules import rules_for
from hub.sync.scale import IN
from hub.sync.sums import told_data
from hub.sync.undecided import undecided
from hub.sync.vendor_time import as_seconds
from mappings import Mapping as CompiledMapping
from mappings import Read
from retry_queue.contract import OPEN

Json = Any
BRAKED = "held at a brake"
BY_ID = 100  # objects asked for by id in one call
CHUNK = 1000  # records looked through at once for those that a system lacks
CHANGED, OWED, ABSENT, STRANGER, LOST, SECOND, ALONE = "changed", "owed", "absent", "stranger", "lost", "second", "alone"


@dataclass(slots=True)
class Report:
    """``objects``: "system entity" -> objects seen. ``drift``: paths that differ with no reason (``kind`` changed: the system holds what the
    hub has not seen; owed: the hub has not written what it should); ``lost``: linked objects that are not there any more; ``strangers``:
    objects that no link knows; ``absent``: records that a system should have and that nothing is under way for. ``explained``:
    "system entity" -> reason -> paths that differ and may. ``second``: of these, what the second object of a record in its system says otherwise:
    it is only read, so that a person mends it there. ``alone``: what stands there and was refused, which the record says nothing of: a person mends that, too."""

    objects: dict[str, int] = field(default_factory=dict)
    drift: list[dict[str, Json]] = field(default_factory=list)
    lost: list[dict[str, Json]] = field(default_factory=list)
    strangers: list[dict[str, Json]] = field(default_factory=list)
    absent: list[dict[str, Json]] = field(default_factory=list)
    explained: dict[str, dict[str, int]] = field(default_factory=dict)
    second: list[dict[str, Json]] = field(default_factory=list)
    alone: list[dict[str, Json]] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        return not (self.drift or self.lost or self.strangers or self.absent)

    def saw(self, system: str, entity: str, count: int) -> None:
        place = f"{system} {entity}"
        self.objects[place] = self.objects.get(place, 0) + count

    def explain(self, system: str, entity: str, reason: str) -> None:
        counts = self.explained.setdefault(f"{system} {entity}", {})
        counts[reason] = counts.get(reason, 0) + 1

    def table(self) -> Iterator[dict[str, Json]]:
        """One row for each system and entity: objects, drift (objects), lost, strangers, absent, explained."""
        for place, count in self.objects.items():
            system, _, entity = place.partition(" ")

            def mine(rows: list[dict[str, Json]], system: str = system, entity: str = entity) -> int:
                return len({row["id"] or row["record"] for row in rows if (row["system"], row["entity"]) == (system, entity)})

            found = {name: mine(getattr(self, name)) for name in ("drift", "lost", "strangers", "absent")}
            yield {"system": system, "entity": entity, "objects": count, **found, "explained": self.explained.get(place, {})}


def verify(hub: Hub, systems: Sequence[str] = ()) -> Report:
    """Sweep the systems (all without names). Raises ConnectorError where a system does not answer."""
    report = Report()
    for system in systems or hub.settings.systems:
        for resource in hub.resources(system):
            mapping = hub.mapping(system, resource)
            if mapping is not None and hub.resource(system, resource).seen:
                _sweep(hub, system, mapping, report)
                for rows in lacking(hub, system, mapping.entity) if mapping.give else ():
                    report.absent += rows
    return report


def _sweep(hub: Hub, system: str, mapping: CompiledMapping, report: Report) -> None:
    seen: set[str] = set()
    with hub.store.read() as at:
        known = link_rows.external_ids(at, system, mapping.resource)
    for started, objects in _objects(hub, system, mapping, sorted(known)):
        mine = [o for o in objects if mapping.applies(dict(o.data))]
        seen |= {o.id for o in mine}
        Comparison(hub, system, mapping, report, started).page(mine)
    report.saw(system, mapping.entity, len(seen))
    with hub.store.read() as at:
        known = link_rows.external_ids(at, system, mapping.resource)
    report.lost += [_lost(system, mapping.entity, i) for i in sorted(missing(hub, system, mapping.resource, known - seen))]


def _lost(system: str, entity: str, external_id: str) -> dict[str, Json]:
    return {"system": system, "entity": entity, "id": external_id, "record": "", "kind": LOST}


def _objects(hub: Hub, system: str, mapping: CompiledMapping, known: list[str]) -> Iterator[tuple[float, Sequence[Remote]]]:
    """All objects of a resource, with the time before they were asked for; where the vendor has no list of them, those that links know, by id."""
    connector = hub.connectors[system]
    started = hub.clock()
    if hub.resource(system, mapping.resource).listed or not isinstance(connector, Fetches):
        for page in connector.changes(mapping.resource, {}):
            yield page.as_of or started, page.objects
            started = hub.clock()
        return
    for start in range(0, len(known), BY_ID):
        yield hub.clock(), connector.fetch(mapping.resource, known[start : start + BY_ID])


def missing(hub: Hub, system: str, resource: str, ids: set[str]) -> set[str]:
    """Those of the ids that the system itself does not know, asked one by one: a list that was cut short, or an object made meanwhile, is no
    loss. Nothing is known to be missing of what no method returns by id. Raises ConnectorError."""
    connector = hub.connectors[system]
    if not hub.resource(system, resource).fetched:
        return set()
    if not ids or not isinstance(connector, Fetches):
        return ids
    wanted = sorted(ids)
    for start in range(0, len(wanted), BY_ID):
        ids = ids - {remote.id for remote in connector.fetch(resource, wanted[start : start + BY_ID])}
    return ids


def lacking(hub: Hub, system: str, entity: str) -> Iterator[list[dict[str, Json]]]:
    """Records that the system takes, has no object of, and is owed none of: no delivery says why. In groups, each read by itself."""
    if system not in hub.takers(entity):
        return
    last = ""
    while True:
        with hub.store.read() as at:
            rows, last = _lacking(at, system, entity, last)
        if rows:
            yield [row for row in rows if row is not None]
        if not last:
            return


def _lacking(at: Connection, system: str, entity: str, last: str) -> tuple[list[dict[str, Json]], str]:
    r, x, d = record_table.c, link_table.c, delivery_table.c
    some = select(r.id, r.version).where(r.entity == entity, r.merged_into.is_(None), r.id > last).order_by(r.id).limit(CHUNK)
    chunk = at.execute(some).all()
    ids = [row.id for row in chunk]
    held: set[str] = set()
    for table, record_id, of in ((link_table, x.record_id, x.system), (delivery_table, d.record_id, d.system)):
        for start in range(0, len(ids), 400):
            held |= set(
                at.execute(select(record_id).select_from(table).where(of == system, record_id.in_(ids[start : start + 400]))).scalars()
            )
    rows = [
        {"system": system, "entity": entity, "id": "", "record": row.id, "version": row.version, "kind": ABSENT}
        for row in chunk
        if row.id not in held
    ]
    return rows, ids[-1] if len(chunk) == CHUNK else ""


@dataclass(frozen=True, slots=True)
class _Differs:
    """One object that differs. ``unseen``: path -> (there, what the hub knew); ``owed``: path -> (there, wanted). ``asked``: those of the owed paths
    for which that was said already. ``apart``: what an alias, which is only read, says otherwise. ``alone``: path -> what stands there and nowhere else."""

    link: Link
    version: int
    modified: float | None
    unseen: Mapping[str, tuple[Json, Json]]
    owed: Mapping[str, tuple[Json, Json]]
    waiting: frozenset[str]
    status: Json
    asked: frozenset[str]
    apart: Mapping[str, tuple[Json, Json]]
    alone: Mapping[str, Json]


class Comparison:
    """Compares objects of one resource, as shown since ``started``, with what the hub knows and wants. ``at_work``: while the hub works; what
    it is about to hear of, or has looked at meanwhile, is no drift then. By hand every difference counts that nothing is under way for."""

    def __init__(self, hub: Hub, system: str, mapping: CompiledMapping, report: Report, started: float, *, at_work: bool = False) -> None:
        self.hub, self.system, self.mapping, self.report, self.started, self.at_work = hub, system, mapping, report, started, at_work
        self.realm = Realm(hub, system)

    def page(self, objects: Sequence[Remote]) -> None:
        """Compare one page; what is found goes into the report."""
        with self.hub.store.read() as at:
            self.context = BatchContext(at, self.system, timezone_of(self.hub.settings.systems[self.system]))
            links = link_rows.by_external(at, self.system, self.mapping.resource, [o.id for o in objects])
            records = record_rows.load(at, [x.record_id for x in links.values()])
            found, strange = [], []
            for remote in objects:
                link = links.get(remote.id)
                if link is None:
                    strange.append((remote.id, self._modified(remote)))
                elif link.state not in ("stand_in", ERASED) and (differs := self._compare(remote, link, records.get(link.record_id))):
                    found.append(differs)
            ids = [one.link.record_id for one in found]
            rows = views.queue(at, system=self.system, records=ids, limit=len(ids)) if ids else []
            self.asked = conflicts.fields(at, ids)
            open_ = brakes.undecided(at, self.system)
            self.braked = [row["id"] for row in open_ if (row["way"], row["entity"]) == (IN, self.mapping.entity)]
        self._judge(found, strange, {row["record_id"]: row for row in rows})

    def _where(self, external_id: str, record_id: str, kind: str) -> dict[str, Json]:
        return {"system": self.system, "entity": self.mapping.entity, "id": external_id, "record": record_id, "kind": kind}

    def _read(self, remote: Remote) -> Read | None:
        view = self.hub.resource(self.system, self.mapping.resource).representations[remote.representation]
        try:
            return self.mapping.read(dict(remote.data), view.carries, view.lacks, view.absent_is_empty, self.context)
        except Exception:  # a broken object is parked by the engine, which says why
            return None

    def _modified(self, remote: Remote) -> float | None:
        read = self._read(remote)
        return as_seconds(read.modified) if read is not None else None

    def _compare(self, remote: Remote, link: Link, record: Record | None) -> _Differs | None:
        """What an object holds that the hub has not seen, and what it should hold and does not."""
        read = self._read(remote)
        if read is None:
            return None
        values = dict(read.values)
        fact = link.entity in FACTS
        unseen = self._unseen(link, values)
        owed: dict[str, tuple[Json, Json]] = {}
        waiting: frozenset[str] = frozenset()
        if link.role in ("primary", ALIAS) and record is not None and self.mapping.give and not fact:
            data = told_data(record)
            data |= {name: STAND_IN for name in self.mapping.stand_in if empty(data.get(name))}
            projected, _ = self.mapping.project(data, values, self.context)
            projected = self.realm.seen(self.mapping, projected)
            if link.role == ALIAS:
                projected = {p: v for p, v in projected.items() if p in self.mapping.everywhere}
            owed = {p: (values[p], v) for p, v in projected.items() if p in values and values[p] != v and p not in unseen}
            waiting = undecided(self.mapping, link, record, owed, self.context) if owed else waiting
        if link.state == "gone":
            unseen[""] = (None, None)  # it is there again
        version, status = (record.version, record.data.get("status")) if record else (0, None)
        apart = otherwise(self.hub, link, values, record, self.mapping, self.context) if link.role == ALIAS and record and not fact else {}
        apart = {path: values for path, values in apart.items() if path not in unseen}
        only = self._alone(link, values, record)
        if not unseen and not owed and not apart and not only:
            return None
        asked = frozenset(
            path for path, (_, wanted) in owed.items() if asked_for(self.mapping, path, link.sent.get(path), wanted, self.context)
        )
        return _Differs(link, version, as_seconds(read.modified), unseen, owed, waiting, status, asked, apart, only)

    def _alone(self, link: Link, values: Mapping[str, Json], record: Record | None) -> dict[str, Json]:
        if record is None or link.state != "live":
            return {}
        held = {path: there for path, there in values.items() if link.base.get(path) == there}  # what the hub has seen
        return alone(link, held, record, self.mapping, rules_for(self.hub, self.mapping, self.system, self.context))

    def _unseen(self, link: Link, values: Mapping[str, Json]) -> dict[str, tuple[Json, Json]]:
        """Paths that hold what the hub has not seen: (there, what it knew). Of a fact only what is told of it later can be."""
        about = self.hub.resource(self.system, self.mapping.resource)
        if link.entity in FACTS and not about.moves_on:
            return {p: (v, None) for p, v in completing(link, readable(link, values), about.later).items()}
        return {p: (v, link.base[p]) for p, v in values.items() if p in link.base and link.base[p] != v}

    def _judge(
        self, found: Sequence[_Differs], strange: Sequence[tuple[str, float | None]], deliveries: Mapping[str, Mapping[str, Json]]
    ) -> None:
        if not found and not strange:
            return
        ids = [one.link.external_id or "" for one in found] + [external_id for external_id, _ in strange]
        with self.hub.store.read_intake() as at:
            hinted = inbox.hinted(at, self.system, self.mapping.resource, ids) if self.at_work else set()
            held = inbox.kept_back(at, self.braked, self.system, ids)
            swept = inbox.get_cursor(at, self.system, self.mapping.resource)["swept_at"]
        polled = float(swept or 0.0) if self.at_work else float("inf")

        def unheard(external_id: str | None, busy: bool, newer: bool) -> str:
            """Why the hub may not have taken what is there."""
            return BRAKED if external_id in held else "under way" if busy else "newer than the last poll" if newer else ""

        for external_id, modified in strange:
            newer = modified is not None and modified > polled
            copied = "copy of a document that is not there" if self.hub.original_of(self.system, self.mapping.resource) else ""
            if reason := unheard(external_id, external_id in hinted, newer) or copied:
                self.report.explain(self.system, self.mapping.entity, reason)
            else:
                self.report.strangers.append(self._where(external_id, "", STRANGER))
        for one in found:
            link, delivery = one.link, deliveries.get(one.link.record_id, {})
            moved = link.intent is not None or max(link.looked_at, link.wrote_at) > self.started
            busy = self.at_work and (moved or link.external_id in hinted)
            newer = one.modified is not None and one.modified > polled
            place = self._where(link.external_id or "", link.record_id, "") | {"version": one.version}
            for path, (there, known) in one.unseen.items():
                reason = unheard(link.external_id, busy, newer)
                self._tell(reason, place | {"kind": CHANGED, "path": path, "there": there, "wanted": known}, {})
            for path, (there, wanted) in one.apart.items():
                self.report.second.append(place | {"kind": SECOND, "path": path, "there": there, "wanted": wanted})
                self.report.explain(self.system, self.mapping.entity, SECOND)
            for path, there in one.alone.items():
                self.report.alone.append(place | {"kind": ALONE, "path": path, "there": there, "wanted": None})
                self.report.explain(self.system, self.mapping.entity, ALONE)
            for path, (there, wanted) in one.owed.items():
                differs = place | {"kind": OWED, "path": path, "there": there, "wanted": wanted}
                disputed = any(f.field in self.asked.get(link.record_id, ()) for f in self.mapping.by_path.get(path, ()))
                early = "not readable yet" if path in one.waiting else "in conflict" if disputed else ""
                reason = early or self._reason(link, delivery, differs, one.status, one.asked)
                self._tell(reason or ("under way" if busy else ""), differs, delivery)

    def _tell(self, reason: str, differs: dict[str, Json], delivery: Mapping[str, Json]) -> None:
        """A difference is drift, or it has a reason."""
        if reason:
            self.report.explain(self.system, self.mapping.entity, reason)
        else:
            told = {"state": delivery["state"], "why": delivery["error_text"]} if delivery.get("error_text") else {}
            self.report.drift.append(differs | told)

    def _reason(self, link: Link, delivery: Mapping[str, Json], differs: dict[str, Json], status: Json, asked: frozenset[str]) -> str:
        """Why a path may differ: what the system made of the value, frozen, set aside, tolerated, skipped, or still under way."""
        path, there = differs["path"], differs["there"]
        if link.base.get(path) == there and path in asked:
            return "stored in its own form"
        if path in link.frozen:
            return ERASED if link.frozen[path] == ERASED else "frozen"
        if path in link.set_aside:
            return "set aside"
        policies = [self.hub.settings.policy(self.mapping.entity, f.field) for f in self.mapping.by_path.get(path, ())]
        owners = [p.owners(status) for p in policies if p.elsewhere == "tolerate"]
        if path in self.mapping.once or any(names and differs["system"] not in names for names in owners):
            return "tolerated"
        state = delivery.get("state", "")
        if state == "skipped":
            return "not passed on"
        return "under way" if state in OPEN else ""
