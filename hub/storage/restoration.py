"""What became of a restored backup: until its links are rebuilt and a person has agreed, the systems it holds are read and not written."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from hub.storage.tables import record
from hub.storage.tables import restoration as table

Json = Any
Stage = Literal["collecting", "identifying", "waiting", "over"]


@dataclass(slots=True)
class Restoration:
    """``restored_at`` and ``taken_at``: the hub's time of the restore and of its backup; ``made_after`` and ``made_before``: the clock on
    the wall then, which ids of records carry. ``held``: systems that are not written. ``doubt``: records that may be another one's twin and are
    created nowhere until a person decides. ``summary``: figures for people."""

    id: str
    restored_at: float
    taken_at: float
    made_after: float
    made_before: float
    stage: Stage = "collecting"
    held: list[str] = field(default_factory=list)
    doubt: list[str] = field(default_factory=list)
    summary: dict[str, Json] = field(default_factory=dict)

    @property
    def scanning(self) -> bool:
        """The systems are being read anew."""
        return self.stage in ("collecting", "identifying")


def current(at: Connection) -> Restoration | None:
    """The restore that is not over yet."""
    row = at.execute(select(table).where(table.c.stage != "over").order_by(table.c.restored_at.desc()).limit(1)).mappings().first()
    return Restoration(**row) if row else None


def begin(at: Connection, restored: Restoration) -> None:
    """An earlier one that was not over is: what it held is held by this one."""
    at.execute(update(table).where(table.c.stage != "over").values(stage="over"))
    at.execute(insert(table).values(**asdict(restored)))


def save(at: Connection, restored: Restoration) -> None:
    values = asdict(restored)
    at.execute(update(table).where(table.c.id == values.pop("id")).values(**values))


def came_back(at: Connection, restored: Restoration, entity: str, *, before: str) -> list[str]:
    """Ids of records that were made here since the restore, with ids from ``before`` it."""
    r = record.c
    since = r.updated_at >= restored.restored_at, r.created_at >= restored.restored_at
    return list(at.execute(select(r.id).where(r.entity == entity, *since, r.id < before).order_by(r.id)).scalars())


def holds(at: Connection, system: str) -> bool:
    """Whether a system is not to be written because of a restore."""
    found = current(at)
    return found is not None and system in found.held
