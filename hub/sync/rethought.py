"""A new revision thought through before it is put in force: which records would become others by it, without changing any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.storage import brakes, walks
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.records import Record
from hub.sync.gate import ASKED
from hub.sync.merge import merge
from hub.sync.observe import empty
from hub.sync.said import Statements
from hub.sync.scale import CHANGED, EMPTIED, MERGE, SAMPLES, Example, Question
from hub.sync.sums import DERIVED

Json = Any
CHUNK = 200
ENOUGH = 2000  # records beyond the measure after which nobody needs the exact number
GOOD_FOR = 86_400.0  # seconds that a person's yes to a revision stands


@dataclass(slots=True)
class Rethought:
    """What would become of one entity. ``records``: how many there are; ``changed``: become others; ``emptied``: field -> lose their value."""

    records: int = 0
    changed: int = 0
    emptied: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Example]] = field(default_factory=dict)  # field, or empty for all changes

    def keep(self, name: str, example: Example) -> None:
        kept = self.examples.setdefault(name, [])
        if len(kept) < SAMPLES:
            kept.append(example)


def cleared(hub: Hub, revision: str, *, again: bool) -> bool:
    """Whether a revision may be put in force: it changes no more than the brakes let through, or a person has said yes."""
    with hub.store.read() as at:
        entities = walks.entities(at)
        asked = [row for entity in entities if (row := brakes.of_run(at, revision, "", entity, MERGE))]
    answers = {row["decision"] for row in asked if row["decision"] != "approve" or row["decided_at"] > hub.clock() - GOOD_FOR}
    if "" in answers or ("refuse" in answers and not again):
        return False
    passed = {row["entity"] for row in asked if row["decision"] == "approve"} if "approve" in answers else set()
    questions = [q for entity in entities if entity not in passed for q in _asks(hub, revision, entity)]
    if questions:
        with hub.store.write() as at:
            for question, found in questions:
                brakes.weigh(at, revision, "", question.entity, ASKED, {"changed": found.changed, "emptied": dict(found.emptied)})
                brakes.ask(at, question.as_row(), now=hub.clock())
    return not questions


def _asks(hub: Hub, revision: str, entity: str) -> list[tuple[Question, Rethought]]:
    """What to ask a person about one entity, and all of what was found; nothing where it stays within the measure."""
    found, limits = think(hub, entity), hub.settings.brakes
    sizes = [(CHANGED, "", found.changed)] + [(EMPTIED, name, n) for name, n in found.emptied.items()]
    over = [(kind, name, n, limits.most(kind, found.records)) for kind, name, n in sizes if n > limits.most(kind, found.records)]
    if not over:
        return []
    kind, name, number, most = max(over, key=lambda one: (one[0] == EMPTIED, one[2]))
    sample = [one.as_data() for one in found.examples.get(name, ())]
    return [(Question("", entity, MERGE, kind, name, number, most, found.records, revision, sample), found)]


def think(hub: Hub, entity: str) -> Rethought:
    """Merge every record of an entity again in memory. Stops once far more has changed than anybody could let pass."""
    result = Rethought()
    with hub.store.read() as at:
        result.records = walks.count(at, entity)
    enough, last = hub.settings.brakes.most(CHANGED, result.records) + ENOUGH, ""
    while result.changed < enough:
        with hub.store.read() as at:
            ids = [ident for ident, _ in walks.records(at, entity, after=last, limit=CHUNK)]
            for record, after in _merged(hub, at, ids):
                _compare(result, record, after)
        if len(ids) < CHUNK:
            return result
        last = ids[-1]
    return result


def _merged(hub: Hub, at: Connection, ids: list[str]) -> Iterator[tuple[Record, dict[str, Json]]]:
    records, links, statements = record_rows.load(at, ids), link_rows.by_records(at, ids), Statements(hub, at)
    for record_id, record in records.items():
        said, _ = statements.of(record, links[record_id])
        yield record, merge(said, partial(hub.settings.policy, record.entity), statements.trust, record.data).data


def worked_out(record: Record) -> set[str]:
    """Fields that no system says: figures of calls and payments, what came back, a rounding. They are worked out anew once a revision is in force."""
    said = {name: record.provenance.get(name) or () for name in record.data}
    return {name for name, of in said.items() if not any(of[1:2]) or len(of) > DERIVED}


def _compare(result: Rethought, record: Record, after: dict[str, Json]) -> None:
    before, kept = record.data, worked_out(record)
    differ = [name for name in (before.keys() | after.keys()) - kept if before.get(name) != after.get(name)]
    if not differ:
        return
    example = Example(record.id, "", tuple((name, before.get(name), after.get(name)) for name in sorted(differ)))
    result.changed += 1
    result.keep("", example)
    for name in differ:
        if empty(after.get(name)) and not empty(before.get(name)):
            result.emptied[name] += 1
            result.keep(name, example)
