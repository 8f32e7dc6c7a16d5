"""Records and links gone through in the order of their ids, a piece at a time: nobody holds a long transaction, and a killed walk goes on."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from hub.storage.tables import link, record


def records(at: Connection, entity: str, *, after: str, limit: int) -> list[tuple[str, int]]:
    """(id, version) of the next records of an entity that are not merged into others."""
    r = record.c
    query = select(r.id, r.version).where(r.entity == entity, r.merged_into.is_(None), r.id > after)
    return [(ident, version) for ident, version in at.execute(query.order_by(r.id).limit(limit)).tuples()]


def touched_since(at: Connection, moment: float, *, but: Iterable[str], after: str, limit: int) -> list[str]:
    """Ids of the next records, of all entities ``but`` some, that changed since a moment."""
    r = record.c
    query = select(r.id).where(r.updated_at >= moment, r.id > after, r.entity.not_in(sorted(but)))
    return list(at.execute(query.order_by(r.id).limit(limit)).scalars())


def links(at: Connection, entity: str, *, after: str, limit: int) -> list[str]:
    """Ids of the next links of an entity whose objects are there."""
    x = link.c
    query = select(x.id).where(x.entity == entity, x.state.in_(("live", "archived")), x.id > after)
    return list(at.execute(query.order_by(x.id).limit(limit)).scalars())


def newest(at: Connection, entity: str, *, limit: int) -> list[str]:
    """Ids of the records of an entity that were made last."""
    r = record.c
    return list(at.execute(select(r.id).where(r.entity == entity).order_by(r.created_at.desc(), r.id).limit(limit)).scalars())


def changed_last(at: Connection, entity: str, *, limit: int) -> list[str]:
    """Ids of the records of an entity that changed last."""
    r = record.c
    return list(at.execute(select(r.id).where(r.entity == entity).order_by(r.updated_at.desc()).limit(limit)).scalars())


def left_alone(at: Connection, entity: str, *, made_after: float, before: float) -> list[str]:
    """Ids of the records of an entity that were made after a moment of the wall's clock, which their ids begin with, and that nobody touched since
    ``before``."""
    r, digits = record.c, f"{int(made_after * 1000):012x}"
    query = select(r.id).where(r.entity == entity, r.id > f"{digits[:8]}-{digits[8:]}", r.updated_at <= before)
    return list(at.execute(query).scalars())


def count(at: Connection, entity: str) -> int:
    """How many records an entity has, merged ones too."""
    return int(at.execute(select(func.count()).select_from(record).where(record.c.entity == entity)).scalar_one())


def entities(at: Connection) -> list[str]:
    """Entities of which there are records."""
    return list(at.execute(select(record.c.entity).distinct()).scalars())


def everything(at: Connection, *, after: str, limit: int) -> list[tuple[str, str]]:
    """(id, entity) of the next records of all entities that are not merged into others."""
    r = record.c
    query = select(r.id, r.entity).where(r.id > after, r.merged_into.is_(None))
    return [(ident, entity) for ident, entity in at.execute(query.order_by(r.id).limit(limit)).tuples()]


def versions(at: Connection, ids: Iterable[str]) -> dict[str, int]:
    """Record id -> its version."""
    r = record.c
    return dict(at.execute(select(r.id, r.version).where(r.id.in_(list(ids)))).tuples().all())
