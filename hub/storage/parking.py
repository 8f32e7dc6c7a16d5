"""Objects that could not be read at all: no id, no shape. Kept for somebody to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from hub.storage.tables import parked

LOOKED_THROUGH = 200  # the newest ones of the same reason that an object is compared with


def park(at: Connection, row: Mapping[str, Any]) -> None:
    """Keep ``row`` (system, resource, reason, data, at). One that lies there already is seen again, not kept twice: a sweep meets a broken
    object every time."""
    same = [parked.c[name] == row[name] for name in ("system", "resource", "reason")]
    last = at.execute(select(parked.c.id, parked.c.data).where(*same).order_by(parked.c.id.desc()).limit(LOOKED_THROUGH)).all()
    known = next((one.id for one in last if one.data == row["data"]), None)
    if known is None:
        at.execute(insert(parked).values(**row))
    else:
        at.execute(update(parked).where(parked.c.id == known).values(at=row["at"]))
