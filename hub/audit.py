"""The audit log: rows for the intent and the outcome of every remote write and for every operator action (I7).

A row's digest covers its salt, its facts and its values; values lie beside it, so that they can be erased while the chain still
proves the rest. A single sealer chains digests in blocks.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select, update

from hub.storage.tables import audit, audit_block, audit_body

Json = Any
FACTS = ("at", "actor", "action", "system", "entity", "record_id", "cause", "outcome")


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


def digest(salt: str, facts: Mapping[str, Json], before: Json, after: Json) -> str:
    """SHA-256 over salt, facts and a digest of the values."""
    values = hashlib.sha256(salt.encode() + orjson.dumps([before, after], option=orjson.OPT_SORT_KEYS)).hexdigest()
    return hashlib.sha256(orjson.dumps([salt, [facts[name] for name in FACTS], values])).hexdigest()


def write(at: Connection, entries: Sequence[Entry], *, now: float) -> None:
    """Append rows in the caller's transaction."""
    for entry in entries:
        facts = {name: now if name == "at" else getattr(entry, name) for name in FACTS}
        salt = os.urandom(16).hex()
        row = facts | {"salt": salt, "digest": digest(salt, facts, entry.before, entry.after)}
        number = at.execute(insert(audit).values(**row)).inserted_primary_key
        if number and (entry.before is not None or entry.after is not None):
            at.execute(insert(audit_body).values(audit_id=number[0], before=entry.before, after=entry.after))


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


def verify(at: Connection) -> list[str]:
    """What does not hold: a changed or missing row, a broken chain. Values erased by law are no error."""
    wrong = []
    previous = ""
    for block in at.execute(select(audit_block).order_by(audit_block.c.id)).mappings():
        rows = at.execute(select(audit, audit_body.c.before, audit_body.c.after, audit_body.c.audit_id).outerjoin(audit_body, audit_body.c.audit_id == audit.c.id).where(audit.c.block == block["id"]).order_by(audit.c.id)).mappings().all()  # fmt: skip
        for row in rows:
            if row["audit_id"] is not None and digest(row["salt"], dict(row), row["before"], row["after"]) != row["digest"]:
                wrong.append(f"row {row['id']}: its values or facts are not those that were written")
        chained = hashlib.sha256("\n".join([previous, *(row["digest"] for row in rows)]).encode()).hexdigest()
        if chained != block["digest"] or block["previous"] != previous:
            wrong.append(f"block {block['id']}: the chain is broken")
        previous = block["digest"]
    return wrong
