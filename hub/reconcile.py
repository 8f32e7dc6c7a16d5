"""verify: every object of every live system compared with its record. Drift is a difference with no reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.contract import Fetches, Remote
from hub.app import Hub, timezone_of
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link
from hub.sync.context import STAND_IN, BatchContext
from hub.sync.observe import empty
from hub.sync.undecided import undecided
from mappings import Mapping

Json = Any
BY_ID = 100


@dataclass(slots=True)
class Report:
    """Counts by (system, entity), and samples of what differs."""

    objects: dict[str, int] = field(default_factory=dict)
    drift: list[dict[str, Json]] = field(default_factory=list)
    lost: list[dict[str, Json]] = field(default_factory=list)
    strangers: list[dict[str, Json]] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        return not (self.drift or self.lost or self.strangers)


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
    report.objects[f"{system} {mapping.entity}"] = len(seen)
    with hub.store.read() as at:
        known = link_rows.external_ids(at, system, mapping.resource)
    report.lost += [{"system": system, "entity": mapping.entity, "id": i} for i in known - seen]


def _objects(hub: Hub, system: str, mapping: Mapping, known: list[str]) -> Iterator[Sequence[Remote]]:
    """All objects of a resource; where the vendor has no list of them, those that links know, by id."""
    connector = hub.connectors[system]
    if hub.resource(system, mapping.resource).listed or not isinstance(connector, Fetches):
        yield from (page.objects for page in connector.changes(mapping.resource, {}))
        return
    for start in range(0, len(known), BY_ID):
        yield connector.fetch(mapping.resource, known[start : start + BY_ID])


def _page(hub: Hub, system: str, mapping: Mapping, objects: list[Remote], report: Report) -> None:
    with hub.store.read() as at:
        context = BatchContext(at, system, timezone_of(hub.settings.systems[system]))
        links = link_rows.by_external(at, system, mapping.resource, [o.id for o in objects])
        records = record_rows.load(at, [x.record_id for x in links.values()])
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
            data = dict(records[link.record_id].data)
            data |= {name: STAND_IN for name in mapping.stand_in if empty(data.get(name))}
            projected, _ = mapping.project(data, values, context)
            differing = [path for path, value in projected.items() if path in values and not _agrees(link, path, value, values[path])]
            waiting = undecided(mapping, link, records[link.record_id], differing, context)
            for path, value in projected.items():
                if path in differing and path not in waiting:
                    report.drift.append(where | {"record": link.record_id, "path": path, "there": values[path], "wanted": value})


def _agrees(link: Link, path: str, wanted: Json, there: Json) -> bool:
    """The system holds the value, or what it made of it; frozen and set-aside paths are explained elsewhere."""
    if there == wanted or path in link.frozen or path in link.set_aside:
        return True
    return bool(link.sent.get(path) == wanted and link.base.get(path) == there)
