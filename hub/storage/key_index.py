"""The index of match keys asked by one key: who holds it, and how many."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from hub.storage.tables import match_key


def holders(at: Connection, entity: str, kind: str, value: str, *, after: str = "", limit: int | None = None) -> list[str]:
    """Ids of the records that hold a key, in their order: all of them, or the next ``limit`` past one."""
    k = match_key.c
    mine = (k.entity == entity, k.kind == kind, k.value == value, k.record_id > after)
    return list(at.execute(select(k.record_id).where(*mine).order_by(k.record_id).limit(limit)).scalars())


def counts(at: Connection, entity: str, kind: str, values: Iterable[str]) -> dict[str, int]:
    """Value -> how many records hold it as a key of this kind; values that nobody holds are left out."""
    k = match_key.c
    query = select(k.value, func.count()).where(k.entity == entity, k.kind == kind, k.value.in_(list(values))).group_by(k.value)
    return dict(at.execute(query).tuples().all())
