"""Lists that people decide by or look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, or_, select, text

from hub.storage.tables import (
    OPEN_CONFLICTS,
    OPEN_DUPLICATES,
    conflict,
    duplicate,
    parked,
    user,
)

Json = Any


def duplicates(at: Connection, *, record_id: str = "", limit: int = 200) -> list[dict[str, Json]]:
    """Undecided pairs of records that may be one, newest first."""
    query = select(duplicate).where(text(OPEN_DUPLICATES)).order_by(duplicate.c.opened_at.desc()).limit(limit)
    if record_id:
        query = query.where(or_(duplicate.c.record_a == record_id, duplicate.c.record_b == record_id))
    return [dict(row) for row in at.execute(query).mappings()]


def in_doubt(at: Connection, record_ids: Sequence[str]) -> set[str]:
    """Those of the records that stand in an undecided pair."""
    pair = (duplicate.c.record_a, duplicate.c.record_b)
    query = select(*pair).where(duplicate.c.decision.is_(None), or_(*(column.in_(list(record_ids)) for column in pair)))
    return {one for row in at.execute(query) for one in row} & set(record_ids)


def conflicts(at: Connection, *, limit: int = 200) -> list[dict[str, Json]]:
    """Fields whose policy asks a person, not answered yet."""
    query = select(conflict).where(text(OPEN_CONFLICTS)).order_by(conflict.c.opened_at.desc()).limit(limit)
    return [dict(row) for row in at.execute(query).mappings()]


def parked_objects(at: Connection, *, limit: int = 100) -> list[dict[str, Json]]:
    """Objects that could not even be identified, newest first."""
    return [dict(row) for row in at.execute(select(parked).order_by(parked.c.id.desc()).limit(limit)).mappings()]


def people(at: Connection) -> list[dict[str, Json]]:
    """Who may sign in; passwords stay out."""
    return [dict(row) for row in at.execute(select(user.c.name, user.c.role, user.c.active).order_by(user.c.name)).mappings()]
