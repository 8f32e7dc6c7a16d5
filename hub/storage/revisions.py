"""The row of the revision in force, and how far the run under it has come."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Connection, insert, select, update

from hub.storage.tables import revision as table

Json = Any


def latest(at: Connection) -> Json:
    """(id, summary) of the revision in force; None before the first. ``summary``: its ``parts``, and ``through``: the last record that the
    run over all records has brought under it, None where the run is over; ``run``: its id; ``anew``: a run that has none yet."""
    row = at.execute(select(table.c.id, table.c.summary).order_by(table.c.activated_at.desc()).limit(1)).first()
    return None if row is None else (row.id, orjson.loads(row.summary))


def activate(at: Connection, ident: str, summary: Json, *, now: float) -> None:
    """Put a revision in force, one of earlier times too."""
    values = {"activated_at": now, "summary": _text(summary)}
    if not at.execute(update(table).where(table.c.id == ident).values(values)).rowcount:
        at.execute(insert(table).values(id=ident, **values))


def go_on(at: Connection, ident: str, summary: Json) -> None:
    """How far the run under a revision has come."""
    at.execute(update(table).where(table.c.id == ident).values(summary=_text(summary)))


def again(at: Connection) -> bool:
    """Ask for a run over all records under the revision in force, in the caller's transaction: what a directory or a stand-in means was
    changed by a person. False where nothing was ever activated."""
    found = latest(at)
    if found is not None:
        go_on(at, found[0], found[1] | {"through": "", "run": "", "anew": True})
    return found is not None


def _text(summary: Json) -> str:
    return orjson.dumps(summary).decode()
