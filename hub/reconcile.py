"""verify: every object of every system compared with its record. Drift is a difference with no reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.contract import Fetches, Remote
from hub.app import Hub, timezone_of
from hub.storage import conflicts, views
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link
from hub.sync.context import STAND_IN, BatchContext
from hub.sync.observe import empty
from hub.sync.sums import told_data
from hub.sync.undecided import undecided
from mappings import Mapping

Json = Any
BY_ID = 100  # objects asked for by id in one call
UNDER_WAY = ("pending", "leased", "waiting", "retrying", "unknown")


@dataclass(slots=True)
class Report:
    """``objects``: "system entity" -> objects seen. ``drift``: paths that differ with no reason; ``lost``: linked objects that are not there
    any more; ``strangers``: objects that no link knows. ``explained``: "system entity" -> reason -> paths that differ and may."""

    objects: dict[str, int] = field(default_factory=dict)
    drift: list[dict[str, Json]] = field(default_factory=list)
    lost: list[dict[str, Json]] = field(default_factory=list)
    strangers: list[dict[str, Json]] = field(default_factory=list)
    explained: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def agrees(self) -> bool:
        return not (self.drift or self.lost or self.strangers)

    def table(self) -> Iterator[dict[str, Json]]:
        """One row for each system and entity: objects, drift (objects), lost, strangers, explained."""
        for place, count in self.objects.items():
            system, _, entity = place.partition(" ")

            def mine(rows: list[dict[str, Json]], system: str = system, entity: str = entity) -> int:
                return len({row["id"] for row in rows if (row["system"], row["entity"]) == (system, entity)})

            yield {
                "system": system,
                "entity": entity,
                "objects": count,
                "drift": mine(self.drift),
                "lost": mine(self.lost),
                "strangers": mine(self.strangers),
                "explained": self.explained.get(place, {}),
            }


def verify(hub: Hub, systems: Sequence[str] = ()) -> Report:
    """Sweep the systems (all without names). Raises ConnectorError where a system does not answer."""
    report = Report()
    for system in systems or hub.settings.systems:
        for resource in hub.resources(system):
            mapping = hub.mapping(system, resource)
            if mapping is not None and mapping.give:
                _sweep(hub, system, mapping, report)
    return report


def _sweep(hub: Hub, system: str, mapping: Mapping, report: Report) -> None:
    seen: set[str] = set()
    with hub.store.read() as at:
        known = link_rows.external_ids(at, system, mapping.resource)
    for objects in _objects(hub, system, mapping, sorted(known)):
        mine = [o for o in objects if mapping.applies(dict(o.data))]
        seen |= {o.id for o in mine}
        _page(hub, system, mapping, mine, report)
    place = f"{system} {mapping.entity}"
    report.objects[place] = report.objects.get(place, 0) + len(seen)
    with hub.store.read() as at:
        known = link_rows.external_ids(at, system, mapping.resource)
    report.lost += [{"system": system, "entity": mapping.entity, "id": i} for i in sorted(_missing(hub, system, mapping, known - seen))]


def _objects(hub: Hub, system: str, mapping: Mapping, known: list[str]) -> Iterator[Sequence[Remote]]:
    """All objects of a resource; where the vendor has no list of them, those that links know, by id."""
    connector = hub.connectors[system]
    if hub.resource(system, mapping.resource).listed or not isinstance(connector, Fetches):
        yield from (page.objects for page in connector.changes(mapping.resource, {}))
        return
    for start in range(0, len(known), BY_ID):
        yield connector.fetch(mapping.resource, known[start : start + BY_ID])


def _missing(hub: Hub, system: str, mapping: Mapping, ids: set[str]) -> set[str]:
    """Those of the ids that the system itself does not know: what was made during the sweep is not lost."""
    connector = hub.connectors[system]
    if not ids or not isinstance(connector, Fetches):
        return ids
    wanted = sorted(ids)
    for start in range(0, len(wanted), BY_ID):
        ids = ids - {remote.id for remote in connector.fetch(mapping.resource, wanted[start : start + BY_ID])}
    return ids


def _page(hub: Hub, system: str, mapping: Mapping, objects: list[Remote], report: Report) -> None:
    with hub.store.read() as at:
        context = BatchContext(at, system, timezone_of(hub.settings.systems[system]))
        links = link_rows.by_external(at, system, mapping.resource, [o.id for o in objects])
        records = record_rows.load(at, [x.record_id for x in links.values()])
        asked = conflicts.fields(at, records)
        deliveries = {row["record_id"]: row for row in views.queue(at, system=system, records=list(records), limit=len(records))}
        view = hub.resource(system, mapping.resource).representations["list"]
        for remote in objects:
            link = links.get(remote.id)
            where = {"system": system, "entity": mapping.entity, "id": remote.id}
            if link is None:
                report.strangers.append(where)
                continue
            if link.role != "primary" or link.state == "stand_in" or link.record_id not in records:
                continue
            values = mapping.read(dict(remote.data), view.carries, view.lacks, view.absent_is_empty, context).values
            data = told_data(records[link.record_id])
            data |= {name: STAND_IN for name in mapping.stand_in if empty(data.get(name))}
            projected, _ = mapping.project(data, values, context)
            differing = [path for path, value in projected.items() if path in values and values[path] != value]
            waiting = undecided(mapping, link, records[link.record_id], differing, context)
            for path in differing:
                differs = where | {"record": link.record_id, "path": path, "there": values[path], "wanted": projected[path]}
                disputed = any(f.field in asked.get(link.record_id, ()) for f in mapping.by_path.get(path, ()))
                early = "not readable yet" if path in waiting else "in conflict" if disputed else ""
                reason = early or _reason(
                    hub, mapping, link, deliveries.get(link.record_id, {}), differs, records[link.record_id].data.get("status")
                )
                _judge(reason, deliveries.get(link.record_id, {}), differs, report)


def _judge(reason: str, delivery: dict[str, Json], differs: dict[str, Json], report: Report) -> None:
    """A difference is drift, or it has a reason."""
    if reason:
        counts = report.explained.setdefault(f"{differs['system']} {differs['entity']}", {})
        counts[reason] = counts.get(reason, 0) + 1
    else:
        report.drift.append(differs | ({"why": f"{delivery['state']}: {delivery['error_text']}"} if delivery.get("error_text") else {}))


def _reason(hub: Hub, mapping: Mapping, link: Link, delivery: dict[str, Json], differs: dict[str, Json], status: Json) -> str:
    """Why a path may differ: what the system made of the value, frozen, set aside, tolerated, skipped, or still under way."""
    path, there, wanted = differs["path"], differs["there"], differs["wanted"]
    if link.sent.get(path) == wanted and link.base.get(path) == there:
        return "stored in its own form"
    if path in link.frozen:
        return "frozen"
    if path in link.set_aside:
        return "set aside"
    policies = [hub.settings.policy(mapping.entity, f.field) for f in mapping.by_path.get(path, ())]
    owners = [p.owners(status) for p in policies if p.elsewhere == "tolerate"]
    if any(names and differs["system"] not in names for names in owners):
        return "tolerated"
    state = delivery.get("state", "")
    if state == "skipped":
        return "not passed on"
    return "under way" if state in UNDER_WAY else ""
