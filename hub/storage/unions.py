"""Pairs of records that may be one, what was decided of them, and the steps that merged or split records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from hub.storage.tables import duplicate, union_step

Json = Any
SAME, DIFFERENT, SUPERSEDED = "same", "different", "superseded"
CHUNK = 400


def open_pairs(at: Connection, *, after: str = "", limit: int = 20_000) -> list[dict[str, Json]]:
    """Undecided pairs in the order of their ids, after one."""
    query = select(duplicate).where(duplicate.c.decision.is_(None), duplicate.c.id > after).order_by(duplicate.c.id).limit(limit)
    return [dict(row) for row in at.execute(query).mappings()]


def pair(at: Connection, ident: str) -> dict[str, Json] | None:
    row = at.execute(select(duplicate).where(duplicate.c.id == ident)).mappings().first()
    return dict(row) if row else None


def between(at: Connection, a: str, b: str) -> dict[str, Json] | None:
    """The pair of two records, whichever is named first."""
    first, second = sorted((a, b))
    row = at.execute(select(duplicate).where(duplicate.c.record_a == first, duplicate.c.record_b == second)).mappings().first()
    return dict(row) if row else None


def pairs_of(at: Connection, record_id: str) -> list[dict[str, Json]]:
    """Undecided pairs in which a record stands."""
    one = or_(duplicate.c.record_a == record_id, duplicate.c.record_b == record_id)
    return [dict(row) for row in at.execute(select(duplicate).where(one, duplicate.c.decision.is_(None))).mappings()]


def told_later(at: Connection, reason: str, *, limit: int = 200) -> list[dict[str, Json]]:
    """Undecided pairs that are there for this reason and were never made one: what was taken back is a person's."""
    d, s = duplicate.c, union_step.c
    before = select(s.id).where(s.kept.in_((d.record_a, d.record_b)), s.other.in_((d.record_a, d.record_b))).exists()
    query = select(duplicate).where(d.reason == reason, d.decision.is_(None), ~before).order_by(d.id).limit(limit)
    return [dict(row) for row in at.execute(query).mappings()]


def explain(at: Connection, ident: str, reason: str) -> None:
    """Tell a person why the pair is asked about."""
    at.execute(update(duplicate).where(duplicate.c.id == ident).values(reason=reason))


def drop(at: Connection, ident: str) -> None:
    """The two have nothing in common any more: there is nothing to ask."""
    at.execute(delete(duplicate).where(duplicate.c.id == ident))


def decide(at: Connection, ids: Sequence[str], decision: str | None, *, actor: str, now: float) -> None:
    """Note what pairs are; None opens them again."""
    values = {"decision": decision, "decided_by": actor if decision else None, "decided_at": now if decision else None}
    for start in range(0, len(ids), CHUNK):
        at.execute(update(duplicate).where(duplicate.c.id.in_(ids[start : start + CHUNK])).values(**values))


def apart(at: Connection, limit: int = 50) -> list[dict[str, Json]]:
    """The pairs kept apart last, newest first."""
    query = select(duplicate).where(duplicate.c.decision == DIFFERENT).order_by(duplicate.c.decided_at.desc()).limit(limit)
    return [dict(row) for row in at.execute(query).mappings()]


def add_step(at: Connection, row: dict[str, Json]) -> None:
    at.execute(insert(union_step).values(**row))


def step(at: Connection, ident: str) -> dict[str, Json] | None:
    row = at.execute(select(union_step).where(union_step.c.id == ident)).mappings().first()
    return dict(row) if row else None


def steps(at: Connection, *, limit: int = 50) -> list[dict[str, Json]]:
    """The latest merges and splits that stand, newest first."""
    query = select(union_step).where(union_step.c.undone_at.is_(None)).order_by(union_step.c.at.desc()).limit(limit)
    return [dict(row) for row in at.execute(query).mappings()]


def together(at: Connection, actor: str, moment: float) -> tuple[list[str], list[str]]:
    """(merges that stand, the last first; pairs kept apart) of one answer to many: they bear the same moment."""
    u, d = union_step.c, duplicate.c
    merges = select(u.id).where(u.at == moment, u.actor == actor, u.undone_at.is_(None)).order_by(u.id.desc())
    pairs = select(d.id).where(d.decided_at == moment, d.decided_by == actor, d.decision == DIFFERENT).order_by(d.id)
    return list(at.execute(merges).scalars()), list(at.execute(pairs).scalars())


def undone(at: Connection, ident: str, *, now: float) -> None:
    at.execute(update(union_step).where(union_step.c.id == ident).values(undone_at=now))


def family(at: Connection, record_id: str) -> set[str]:
    """The record and all that were ever merged with it or split from it, whether that stands or was taken back."""
    s, found, new = union_step.c, set[str](), {record_id}
    while new:
        found |= new
        pairs = at.execute(select(s.kept, s.other).where(or_(s.kept.in_(new), s.other.in_(new)))).tuples()
        new = {one for pair in pairs for one in pair} - found
    return found
