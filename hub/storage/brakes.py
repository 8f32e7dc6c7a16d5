"""Rows of brakes (questions to a person), of what runs weigh, and of the hourly tallies. Each statement follows an index: none reads a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from hub.storage.links import new_id
from hub.storage.tables import brake, link, tally, weighed
from hub.storage.upsert import insert_into

Json = Any
Key = tuple[str, str]  # kind, field
WITHDRAWN = "withdrawn"  # the answer to a question about which nothing is left to decide


def ask(at: Connection, question: Mapping[str, Json], *, now: float) -> str:
    """Open a brake, or return the open one of the same system, entity, way and run: one storm is one question."""
    b = brake.c
    same = (b.decision == "", *(b[name] == question[name] for name in ("system", "entity", "way", "run")))
    held = at.execute(select(b.id).where(*same).limit(1)).scalar()
    if held:
        return str(held)
    ident = new_id()
    at.execute(insert(brake).values(id=ident, opened_at=now, decision="", actor="", until=0.0, **question))
    return ident


def undecided(at: Connection, system: str = "") -> list[dict[str, Json]]:
    """Open questions, oldest first; of one system, or of all."""
    query = select(brake).where(brake.c.decision == "").order_by(brake.c.opened_at)
    return [dict(row) for row in at.execute(query.where(brake.c.system == system) if system else query).mappings()]


def get(at: Connection, ident: str) -> dict[str, Json] | None:
    row = at.execute(select(brake).where(brake.c.id == ident)).mappings().first()
    return dict(row) if row else None


def latest(at: Connection, *, limit: int = 50) -> list[dict[str, Json]]:
    """Questions and answers, newest first."""
    return [dict(row) for row in at.execute(select(brake).order_by(brake.c.opened_at.desc()).limit(limit)).mappings()]


def of_run(at: Connection, run: str, system: str, entity: str, way: str) -> dict[str, Json] | None:
    """The newest question about a run in one place."""
    b = brake.c
    query = select(brake).where(b.system == system, b.run == run, b.entity == entity, b.way == way).order_by(b.opened_at.desc()).limit(1)
    row = at.execute(query).mappings().first()
    return dict(row) if row else None


def refused(at: Connection, run: str) -> dict[str, Json] | None:
    """The newest question about a run, where it was answered with no."""
    row = at.execute(select(brake).where(brake.c.run == run).order_by(brake.c.opened_at.desc()).limit(1)).mappings().first()
    return dict(row) if row and row["decision"] == "refuse" else None


def decide(at: Connection, ident: str, decision: str, actor: str, *, now: float, until: float = 0.0) -> bool:
    """Answer an open question; False where somebody has answered it. The sample goes: it holds people's values."""
    values = {"decision": decision, "actor": actor, "decided_at": now, "until": until, "sample": []}
    return bool(at.execute(update(brake).where(brake.c.id == ident, brake.c.decision == "").values(**values)).rowcount)


def withdraw(at: Connection, ids: Sequence[str], *, now: float) -> int:
    """Close open questions of which nothing is left to decide: no answer would do anything. Returns how many."""
    b = brake.c
    values = {"decision": WITHDRAWN, "actor": "hub", "decided_at": now, "sample": []}
    return int(at.execute(update(brake).where(b.id.in_(list(ids)), b.decision == "").values(**values)).rowcount)


def allowed(at: Connection, system: str, *, now: float) -> set[tuple[str, str, str, str]]:
    """(entity, way, kind, field) of storms that a person has let through and that are not over."""
    b = brake.c
    query = select(b.entity, b.way, b.kind, b.field).where(b.system == system, b.decision == "approve", b.until > now)
    return {(row.entity, row.way, row.kind, row.field) for row in at.execute(query)}


def counted(at: Connection, system: str, entity: str, way: str, hour: int) -> dict[Key, int]:
    """(kind, field) -> objects that changed alike in this hour."""
    t = tally.c
    query = select(t.kind, t.field, t.count).where(t.system == system, t.entity == entity, t.way == way, t.hour == hour)
    return {(kind, field): count for kind, field, count in at.execute(query)}


def count(at: Connection, system: str, entity: str, way: str, hour: int, figures: Mapping[Key, int]) -> None:
    """Add to an hour's tallies."""
    for (kind, field), number in sorted(figures.items()):
        row = {"system": system, "entity": entity, "way": way, "hour": hour, "kind": kind, "field": field, "count": number}
        statement = insert_into(at, tally).values(**row)
        keys = [tally.c[name] for name in ("system", "entity", "way", "hour", "kind", "field")]
        at.execute(statement.on_conflict_do_update(index_elements=keys, set_={"count": tally.c.count + number}))


def usual(at: Connection, system: str, entity: str, way: str, kind: str, name: str, *, before: int) -> int:
    """What a busy hour of the days kept holds of one kind of change: the third busiest hour ``before`` this one, so that neither one storm nor
    two make a habit. 0 where there were fewer."""
    t = tally.c
    same = (t.system == system, t.entity == entity, t.way == way, t.kind == kind, t.field == name, t.hour < before)
    return int(at.execute(select(t.count).where(*same).order_by(t.count.desc()).limit(1).offset(2)).scalar() or 0)


def objects(at: Connection, system: str, resources: Sequence[str]) -> int:
    """How many objects of these resources a system has, as far as links know. Read from an index alone."""
    c = link.c
    query = select(func.count()).select_from(link).where(c.system == system, c.resource.in_(list(resources)), c.external_id.is_not(None))
    return int(at.execute(query).scalar_one())


def weigh(at: Connection, run: str, system: str, entity: str, state: str, counts: Mapping[str, Json], after: str = "") -> None:
    """Keep how far a run is counted in one place, and what was found."""
    values = {"state": state, "counts": dict(counts), "after": after}
    statement = insert_into(at, weighed).values(run=run, system=system, entity=entity, **values)
    at.execute(statement.on_conflict_do_update(index_elements=[weighed.c.run, weighed.c.system, weighed.c.entity], set_=values))
