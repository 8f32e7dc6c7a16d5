"""Questions that mappings have while they decode and encode: what an object's id stands for, which object a record is, what a vendor's word means.
Asked for many at once where they can be: :class:`hub.sync.context.BatchContext` remembers the answers for a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select

from hub.storage.tables import directory_twin, link, lookup, match_key


def twins(at: Connection, system: str, name: str) -> Sequence[Any]:
    """``remote``, ``value``, ``active`` and ``title`` of a directory's words in a system; of several for one value the preferred one last."""
    t = directory_twin.c
    query = select(t.remote, t.value, t.active, t.title).where(t.name == name, t.system == system)
    return at.execute(query.order_by(t.preferred, t.remote)).all()


def linked(at: Connection, system: str, entity: str, external_ids: Sequence[str]) -> Sequence[Any]:
    """``external_id``, ``record_id`` and ``state`` of the links of these objects."""
    x = link.c
    query = select(x.external_id, x.record_id, x.state).where(x.system == system, x.entity == entity, x.external_id.in_(external_ids))
    return at.execute(query).all()


def called(at: Connection, entity: str, kind: str, values: Iterable[str]) -> dict[str, str]:
    """Value -> the record that is found by it."""
    k = match_key.c
    query = select(k.value, k.record_id).where(k.entity == entity, k.kind == kind, k.value.in_(list(values)))
    return dict(at.execute(query).tuples().all())


def objects(at: Connection, system: str, entity: str, record_ids: Sequence[str]) -> dict[str, str | None]:
    """Record -> its primary object in the system; of two the one that was linked first."""
    x = link.c
    mine = (x.record_id.in_(record_ids), x.system == system, x.entity == entity, x.role == "primary", x.state.in_(("live", "archived")))
    return dict(
        at.execute(select(x.record_id, x.external_id).where(*mine).order_by(x.id.desc())).tuples().all()
    )  # the later row of a record wins


def nobody(at: Connection, system: str, entity: str) -> str | None:
    """The object that stands for nobody in a system."""
    x = link.c
    mine = (x.system == system, x.entity == entity, x.state == "stand_in")
    return at.execute(select(x.external_id).where(*mine).order_by(x.id).limit(1)).scalar()


def key_of(at: Connection, system: str, name: str, remote: str) -> str | None:
    """What a lookup has for a remote value; None where it was never asked."""
    t = lookup.c
    return at.execute(select(t.key).where(t.system == system, t.name == name, t.remote == remote).limit(1)).scalar()


def of_key(at: Connection, system: str, name: str, key: str) -> Any:
    """``remote`` (None: the system has none) and ``asked_at`` of a lookup's key; None where it was never asked."""
    t = lookup.c
    return at.execute(select(t.remote, t.asked_at).where(t.system == system, t.name == name, t.key == key)).first()
