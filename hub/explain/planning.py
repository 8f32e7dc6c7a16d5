"""What would be written, without writing it: the preview of a replay, and the plan of a whole system before it goes live.

The same drafts as the engine's, thought through in batches: memory does not grow with the number of records, and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import structlog
from sqlalchemy import Connection

from connectors.errors import ConnectorError
from hub.app import Hub
from hub.storage import views, walks
from hub.sync.draft import Draft, Drafter
from hub.sync.effects import loud
from hub.sync.looking import ask_lookups
from retry_queue.contract import Bury, Delivery, Skip, Wait
from retry_queue.outbox import as_delivery

log = structlog.get_logger()
Json = Any
BATCH = 500
CREATES, CHANGES, LINKED, WAITS, SKIPPED, REFUSED, BUSY = (
    "creates",
    "changes",
    "linked",
    "waits",
    "not_passed_on",
    "refused",
    "being_written",
)
KINDS = (CREATES, CHANGES, LINKED, WAITS, SKIPPED, REFUSED, BUSY)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One remote path that would be written. ``fields``: the canonical fields it holds."""

    path: str
    fields: tuple[str, ...]
    old: Json
    new: Json


@dataclass(frozen=True, slots=True)
class Planned:
    """What one record comes to in one system. ``kind``: one of KINDS. ``reason``: for what is skipped or refused. ``on``: what it waits for.
    ``ambiguous``: the record stands in an undecided pair of duplicates. ``effects``: what a write would set off that people notice."""

    system: str
    entity: str
    record_id: str
    kind: str
    data: Mapping[str, Json]
    external_id: str = ""
    changes: tuple[FieldChange, ...] = ()
    reason: str = ""
    blamed: str = ""  # the field that is refused
    code: str = ""  # what programs may go by: the rule that keeps it back, the code of what is refused
    on: Mapping[str, Json] = field(default_factory=dict)
    ambiguous: bool = False
    effects: tuple[str, ...] = ()


def think(hub: Hub, at: Connection, system: str, deliveries: Sequence[Delivery], mode: str = "") -> list[Planned]:
    """What deliveries of one system come to, in their order. ``mode``: as if the system were in it."""
    drafts = Drafter(hub, at, system, hub.clock(), mode).drafts(list(deliveries))
    return [replace(planned(draft), effects=loud(hub, system, draft) if draft.ending is None or draft.owed else ()) for draft in drafts]


def planned(draft: Draft) -> Planned:
    """A draft as people are told of it."""
    d = draft.delivery
    ident = (draft.link.external_id or "") if draft.link else ""
    told = Planned(d.system, d.entity, d.record_id, LINKED, draft.record.data if draft.record else {}, ident)
    if isinstance(draft.ending, Skip):
        return replace(told, kind=SKIPPED, reason=draft.ending.reason, code=draft.ending.reason)
    if isinstance(draft.ending, Wait):
        return replace(told, kind=WAITS, on=draft.ending.on)
    if draft.link is not None and draft.link.intent is not None:
        return replace(told, kind=BUSY)
    if draft.unasked:  # what it will be the system says once it may be asked
        lacking = draft.afterwards.failure.field if isinstance(draft.afterwards, Bury) else ""
        return replace(told, kind=CREATES if draft.creates else CHANGES, blamed=lacking)
    if isinstance(draft.ending, Bury):
        failure = draft.ending.failure
        return replace(told, kind=REFUSED, reason=failure.text, blamed=failure.field, code=failure.code)
    if draft.owed:
        return replace(told, kind=CREATES if draft.creates else CHANGES, changes=tuple(_changes(draft)))
    return told


def _changes(draft: Draft) -> Iterator[FieldChange]:
    base = draft.link.base if draft.link else {}
    for path, value in draft.writes.items():
        fields = tuple(f.field for f in draft.mapping.by_path.get(path, ())) if draft.mapping else ()
        yield FieldChange(path, fields, base.get(path), value)


def ask(hub: Hub, rows: Sequence[Mapping[str, Json]]) -> None:
    """Ask the systems for what a plan of these deliveries lacks, such as goods added a moment ago. Who does not answer now is told of by
    the plan as it was."""
    for system in {row["system"] for row in rows} & hub.settings.systems.keys():
        mine = [as_delivery(row) for row in rows if row["system"] == system]
        asked = set[tuple[str, str, str]]()  # each once, however long the answers take
        try:
            while ask_lookups(hub, system, (missing := _lacking(hub, system, mine)) - asked):
                asked |= missing
        except ConnectorError as error:
            log.warning("preview.unanswered", system=system, error=type(error).__name__)


def _lacking(hub: Hub, system: str, deliveries: list[Delivery]) -> set[tuple[str, str, str]]:
    with hub.store.read() as at:
        drafter = Drafter(hub, at, system, hub.clock())
        drafter.drafts(deliveries)
    return drafter.context.missing


def preview(hub: Hub, at: Connection, ids: Sequence[str]) -> list[Planned]:
    """What a replay of these deliveries would write now."""
    rows = views.queue(at, id=list(ids), limit=len(ids)) if ids else []
    found: list[Planned] = []
    for system in dict.fromkeys(row["system"] for row in rows):
        if system in hub.settings.systems:
            found += think(hub, at, system, [as_delivery(row) for row in rows if row["system"] == system])
    return found


def plan(hub: Hub, systems: Sequence[str] = (), entities: Sequence[str] = (), mode: str = "") -> Iterator[Planned]:
    """Every record against every system that takes it, batch by batch; each batch reads in a transaction of its own. ``mode``: as if the
    systems were in it."""
    for entity in entities or hub.settings.routes:
        for system in hub.takers(entity):
            if not systems or system in systems:
                yield from _plan(hub, system, entity, mode)


def _plan(hub: Hub, system: str, entity: str, mode: str) -> Iterator[Planned]:
    last = ""
    while True:
        with hub.store.read() as at:
            rows = walks.records(at, entity, after=last, limit=BATCH)
            if not rows:
                return
            doubted = views.in_doubt(at, [record_id for record_id, _ in rows])
            found = think(hub, at, system, [_asked(hub, system, entity, *row) for row in rows], mode)
        yield from (replace(one, ambiguous=one.record_id in doubted) for one in found)
        last = rows[-1][0]


def _asked(hub: Hub, system: str, entity: str, record_id: str, version: int) -> Delivery:
    """A delivery that stands nowhere: the question alone."""
    now = hub.clock()
    empty: dict[str, Json] = {f.name: None for f in fields(Delivery)} | {"attempts": 0, "reason": ""}
    what = {"id": "", "system": system, "entity": entity, "record_id": record_id, "state": "pending", "lane": "bulk"}
    return Delivery(**empty | what | {"wanted": version, "planned": version, "next_attempt_at": now, "opened_at": now, "changed_at": now})


def count(
    plans: Iterator[Planned], *, samples: int = 5
) -> tuple[dict[tuple[str, str], dict[str, int]], dict[tuple[str, str, str], list[Planned]]]:
    """(system, entity) -> kind -> how many; (system, entity, kind) -> the first few, for kinds that a person looks at."""
    counts: dict[tuple[str, str], dict[str, int]] = {}
    shown: dict[tuple[str, str, str], list[Planned]] = {}
    for one in plans:
        cell = counts.setdefault((one.system, one.entity), dict.fromkeys((*KINDS, "ambiguous"), 0))
        cell[one.kind] += 1
        cell["ambiguous"] += one.ambiguous
        for kind in (one.kind, "ambiguous") if one.ambiguous else (one.kind,):
            some = shown.setdefault((one.system, one.entity, kind), [])
            if kind != LINKED and len(some) < samples:
                some.append(one)
    return counts, shown


__all__ = ["FieldChange", "Planned", "ask", "count", "plan", "planned", "preview", "think"]
