"""Rows of audiences: one for each audience and system that it goes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from hub.storage.tables import audience

Json = Any
Row = dict[str, Json]
NEW: Row = {"place": {}, "state": "none", "figures": {}, "size": None, "matched": None, "error": None, "uploaded_at": None, "due_at": 0.0, "next_at": 0.0}  # fmt: skip


def get(at: Connection, name: str, system: str) -> Row:
    """A row; a new one where there is none yet."""
    row = at.execute(select(audience).where(audience.c.name == name, audience.c.system == system)).mappings().first()
    return dict(row) if row else {"name": name, "system": system, **NEW}


def listed(at: Connection) -> dict[tuple[str, str], Row]:
    """(audience, system) -> row, of all that there are."""
    return {(row["name"], row["system"]): dict(row) for row in at.execute(select(audience)).mappings()}


def put(at: Connection, name: str, system: str, **values: Json) -> None:
    """Change a row, or make it."""
    done = at.execute(update(audience).where(audience.c.name == name, audience.c.system == system).values(values))
    if not done.rowcount:
        at.execute(insert(audience).values({"name": name, "system": system, **NEW, **values}))


def again(at: Connection, name: str, system: str) -> None:
    """A list is made at the next look, whenever it would be due."""
    put(at, name, system, due_at=0.0, next_at=0.0)


def held(row: Mapping[str, Json]) -> bool:
    """Whether the system has a list of this audience, as far as the hub knows."""
    return bool(row["place"]) and row["state"] != "none"
