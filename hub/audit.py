"""The audit log: rows for the intent and the outcome of every remote write and for every operator action (I7).

A row's digest covers its salt, its facts and a digest of its values. The values lie beside it with a salt of their own: once both are erased,
what is left of them can be guessed by nobody, and the row's facts and the chain are still proven. A single sealer chains digests in blocks.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select, update

from hub.storage.tables import audit, audit_block, audit_body
from retry_queue.many import execute_many

Json = Any
NOTHING = ""  # the digest of the values of a row that never had any
CHANGED = "its values or facts are not those that were written"
FACTS = ("at", "actor", "action", "system", "entity", "record_id", "cause", "outcome")
APPEND = insert(audit).returning(audit.c.id, sort_by_parameter_order=True)
APPEND_BODY = insert(audit_body)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row to be written."""

    action: str
    actor: str = "hub"
    system: str = ""
    entity: str = ""
    record_id: str = ""
    cause: str = ""
    outcome: str = ""
    before: Json = None
    after: Json = None


def digest_of_values(salt: str, before: Json, after: Json) -> str:
    """SHA-256 over a salt and the values."""
    return hashlib.sha256(salt.encode() + orjson.dumps([before, after], option=orjson.OPT_SORT_KEYS)).hexdigest()


def digest(salt: str, facts: Mapping[str, Json], values: str) -> str:
    """SHA-256 over salt, facts and the digest of the values."""
    return hashlib.sha256(orjson.dumps([salt, [facts[name] for name in FACTS], values])).hexdigest()


def write(at: Connection, entries: Sequence[Entry], *, now: float) -> None:
    """Append rows in the caller's transaction."""
    if not entries:
        return
    rows, bodies = [], []
    for entry in entries:
        facts = {name: now if name == "at" else getattr(entry, name) for name in FACTS}
        salt, own = os.urandom(16).hex(), os.urandom(16).hex()
        told = entry.before is not None or entry.after is not None
        values = digest_of_values(own, entry.before, entry.after) if told else NOTHING
        rows.append(facts | {"salt": salt, "values_digest": values, "digest": digest(salt, facts, values)})
        bodies.append({"salt": own, "before": entry.before, "after": entry.after} if told else None)
    numbers = at.execute(APPEND, rows).scalars()
    execute_many(at, APPEND_BODY, [{"audit_id": number} | body for number, body in zip(numbers, bodies, strict=True) if body is not None])


def seal(at: Connection, *, now: float, limit: int = 1000) -> int:
    """Chain the rows that no block covers yet. Called by one process only, inside the state transaction. Returns rows sealed."""
    rows = at.execute(select(audit.c.id, audit.c.digest).where(audit.c.block.is_(None)).order_by(audit.c.id).limit(limit)).all()
    if not rows:
        return 0
    last = at.execute(select(audit_block.c.id, audit_block.c.digest).order_by(audit_block.c.id.desc()).limit(1)).first()
    number, previous = (last.id + 1, last.digest) if last else (1, "")
    chained = hashlib.sha256("\n".join([previous, *(row.digest for row in rows)]).encode()).hexdigest()
    block = {"id": number, "first_id": rows[0].id, "last_id": rows[-1].id, "sealed_at": now, "previous": previous, "digest": chained}
    at.execute(insert(audit_block).values(**block))
    at.execute(update(audit).where(audit.c.id.in_([row.id for row in rows])).values(block=number))
    return len(rows)


@dataclass(slots=True)
class Proof:
    """What a verification found. ``faults``: what does not hold. ``rows``: those that were proven. ``erased``: of these, how many have lost
    their values to a law or to the time for which values are kept; what they say besides is proven."""

    faults: list[str] = field(default_factory=list)
    rows: int = 0
    erased: int = 0


def prove(at: Connection) -> Proof:
    """Go through all sealed rows: a changed or missing row, changed values, a broken chain."""
    found, previous = Proof(), ""
    query = select(audit, audit_body.c.audit_id, audit_body.c.before, audit_body.c.after, audit_body.c.salt.label("own"))
    query = query.outerjoin(audit_body, audit_body.c.audit_id == audit.c.id)
    for block in at.execute(select(audit_block).order_by(audit_block.c.id)).mappings():
        rows = at.execute(query.where(audit.c.block == block["id"]).order_by(audit.c.id)).mappings().all()
        for row in rows:
            _prove(dict(row), found)
        chained = hashlib.sha256("\n".join([previous, *(row["digest"] for row in rows)]).encode()).hexdigest()
        if chained != block["digest"] or block["previous"] != previous:
            found.faults.append(f"block {block['id']}: the chain is broken")
        previous = block["digest"]
    return found


def _prove(row: Mapping[str, Json], found: Proof) -> None:
    values, there = row["values_digest"], row["audit_id"] is not None
    found.rows += 1
    if values is None:  # from before values had a salt of their own: without them nothing of the row can be told
        whole = digest(row["salt"], row, digest_of_values(row["salt"], row["before"], row["after"])) == row["digest"]
        found.erased += not there and not whole
        found.faults += [f"row {row['id']}: {CHANGED}"] if there and not whole else []
        return
    found.erased += values != NOTHING and not there
    changed = there and digest_of_values(row["own"], row["before"], row["after"]) != values
    if changed or digest(row["salt"], row, values) != row["digest"]:
        found.faults.append(f"row {row['id']}: {CHANGED}")


def verify(at: Connection) -> list[str]:
    """What does not hold. Values that are not kept any more are no fault."""
    return prove(at).faults
