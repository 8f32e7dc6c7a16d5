"""The rows of runs: what is going on, and how far each is counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from hub.storage.links import new_id
from hub.storage.tables import run as table
from hub.storage.tables import weighed

Json = Any
BUILDING, OPEN, DONE = "building", "open", "done"


def begin(
    at: Connection,
    kind: str,
    *,
    now: float,
    system: str = "",
    entity: str = "",
    actor: str = "hub",
    building: bool = False,
    counts: Mapping[str, Json] | None = None,
) -> str:
    """A new run; its id. ``building``: its deliveries are still being opened, and none is written before :func:`built`."""
    ident = new_id()
    row = {"id": ident, "kind": kind, "system": system, "entity": entity, "started_at": now, "actor": actor}
    at.execute(insert(table).values(**row, counts=dict(counts or {}), state=BUILDING if building else OPEN))
    return ident


def built(at: Connection, ident: str) -> None:
    """All deliveries of the run are opened."""
    at.execute(update(table).where(table.c.id == ident, table.c.state == BUILDING).values(state=OPEN))


def finish(at: Connection, ident: str) -> None:
    """Nothing of the run is left to do."""
    at.execute(update(table).where(table.c.id == ident).values(state=DONE))


def going(at: Connection, *, kind: str = "") -> list[dict[str, Json]]:
    """Runs that are not done, oldest first."""
    query = select(table).where(table.c.state != DONE).order_by(table.c.started_at)
    return [dict(row) for row in at.execute(query.where(table.c.kind == kind) if kind else query).mappings()]


def by_ids(at: Connection, ids: list[str]) -> dict[str, dict[str, Json]]:
    """Run id -> its row."""
    return {row["id"]: dict(row) for row in at.execute(select(table).where(table.c.id.in_(ids))).mappings()} if ids else {}


def weights(at: Connection, ident: str) -> dict[tuple[str, str], dict[str, Json]]:
    """(system, entity) -> how far the run is counted there."""
    return {(row["system"], row["entity"]): dict(row) for row in at.execute(select(weighed).where(weighed.c.run == ident)).mappings()}
