"""verify: every object of every system compared with its record, and the other way round."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from connectors.contract import Fetches, Remote
from hub.app import Hub
from hub.storage import links as link_rows
from hub.storage import verifications
from hub.verify.comparison import IN_FLIGHT, Comparison
from hub.verify.report import ABSENT, LOST, Report
from mappings import Mapping as CompiledMapping

Json = Any
BY_ID = 100  # objects asked for by id in one call


def verify(hub: Hub, systems: Sequence[str] = (), *, pause: Callable[[], object] | None = None) -> Report:
    """Sweep the systems (all without names). ``pause``: of a hub that is at work. Once all is swept it waits a moment, and what differs is looked at
    once more: an edit that is on its way is no drift. Raises ConnectorError where a system does not answer."""
    places = [(system, mapping) for system in systems or hub.settings.systems for resource in hub.resources(system)
              if (mapping := hub.mapping(system, resource)) is not None and hub.resource(system, resource).seen]  # fmt: skip
    parts = [_swept(hub, system, mapping) for system, mapping in places]
    if pause is not None and not all(part.agrees for part in parts):
        pause()
        looked = zip(places, parts, strict=True)
        parts = [part if part.agrees else _once_more(hub, *place, part) for place, part in looked]
    whole = Report()
    for part in parts:
        whole.add(part)
    return whole


def _swept(hub: Hub, system: str, mapping: CompiledMapping, *, at_work: bool = False) -> Report:
    """What one resource shows."""
    report = Report()
    _sweep(hub, system, mapping, report, at_work=at_work)
    for rows in lacking(hub, system, mapping.entity) if mapping.give else ():
        report.absent += rows
    return report


def _once_more(hub: Hub, system: str, mapping: CompiledMapping, first: Report) -> Report:
    """What still differs of what differed, while the hub works. Where nothing can be fetched by id, all of the resource is swept again."""
    connector, resource = hub.connectors[system], mapping.resource
    if not isinstance(connector, Fetches) or not hub.resource(system, resource).fetched:
        return _swept(hub, system, mapping, at_work=True)
    now, shown = Report(), set[str]()
    ids = sorted({row["id"] for row in (*first.drift, *first.strangers)})
    for start in range(0, len(ids), BY_ID):
        started, some = hub.clock(), connector.fetch(resource, ids[start : start + BY_ID])
        shown |= {remote.id for remote in some}
        Comparison(hub, system, mapping, now, started, at_work=True).page([one for one in some if mapping.applies(dict(one.data))])
    with hub.store.read() as at:
        known = link_rows.external_ids(at, system, resource)
    gone = ({row["id"] for row in first.lost} | set(ids) - shown) & known
    lost = [_lost(system, mapping.entity, ident) for ident in sorted(missing(hub, system, resource, gone))]
    lacked = {row["record"] for row in first.absent}
    absent = [row for rows in lacking(hub, system, mapping.entity) for row in rows if row["record"] in lacked] if lacked else []
    left = Report(first.objects, now.drift, lost, now.strangers, absent, first.explained, first.second, first.alone)
    for reason in IN_FLIGHT:
        for _ in range(now.explained.get(f"{system} {mapping.entity}", {}).get(reason, 0)):
            left.explain(system, mapping.entity, reason)
    return left


def _sweep(hub: Hub, system: str, mapping: CompiledMapping, report: Report, *, at_work: bool) -> None:
    seen: set[str] = set()
    with hub.store.read() as at:
        known = link_rows.external_ids(at, system, mapping.resource)
    for started, objects in _objects(hub, system, mapping, sorted(known)):
        mine = [o for o in objects if mapping.applies(dict(o.data))]
        seen |= {o.id for o in mine}
        Comparison(hub, system, mapping, report, started, at_work=at_work).page(mine)
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
    last, more = "", True
    while more:
        with hub.store.read() as at:
            rows, last, more = verifications.unheld(at, system, entity, after=last)
        if rows:
            place = {"system": system, "entity": entity, "id": "", "kind": ABSENT}
            yield [place | {"record": record_id, "version": version} for record_id, version in rows]
