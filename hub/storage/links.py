"""Links as the sync rule sees them, and their rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import uuid_utils
from sqlalchemy import BindParameter, Connection, Select, bindparam, delete, insert, select, update

from hub.storage.tables import delivery
from hub.storage.tables import link as table
from retry_queue.many import execute_many

Json = Any
CHUNK = 400


@dataclass(slots=True)
class Link:
    """What the hub remembers of one remote object.

    ``base``: path -> value the system was last seen to hold. ``sent``: path -> value last asked for. ``times``: path -> time of the
    edit whose value the base holds. ``contribution``: path -> {"v": value, "t": time or None for a baseline, "ops": [[before, after, time]],
    "span": [the look before the edit, the one that showed it], "seen": when the first of the edits was seen}.
    ``intent``: {"values": {path: value}, "times": {path: time}, "at": time, "key": ...} while a write is in flight.
    ``doubt``: path -> [[value, time]] seen while an intent was open. ``dropped``: path -> [value, until].
    ``written``: path -> time of our last write of it, of the last minutes. ``replaced``: {"since": the look before our last write,
    "values": {path: what it showed}}. ``flips``: path -> [[value, time]]. ``frozen`` and ``set_aside``: path -> reason / {"value", "code", "text"}.
    """

    id: str
    system: str
    entity: str
    resource: str
    external_id: str | None
    record_id: str
    role: str = "primary"  # primary | alias | fulfilment | copy
    state: str = "live"  # creating | live | archived | gone | out_of_scope
    base: dict[str, Json] = field(default_factory=dict)
    sent: dict[str, Json] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
    contribution: dict[str, dict[str, Json]] = field(default_factory=dict)
    intent: dict[str, Json] | None = None
    doubt: dict[str, list[Json]] = field(default_factory=dict)
    dropped: dict[str, list[Json]] = field(default_factory=dict)
    flips: dict[str, list[Json]] = field(default_factory=dict)
    frozen: dict[str, str] = field(default_factory=dict)
    set_aside: dict[str, dict[str, Json]] = field(default_factory=dict)
    written: dict[str, float] = field(default_factory=dict)
    looked_at: float = 0.0
    whole_at: float = 0.0  # the last look that showed every path
    wrote_at: float = 0.0
    write_gen: int = 0
    create_key: str | None = None
    modified: float | None = None  # the newest time of the object by the vendor's own clock
    replaced: dict[str, Json] | None = None
    refs: list[list[str]] = field(default_factory=list)  # [kind, value]: the object's own names, and the objects of others that it names


COLUMNS = tuple(f.name for f in fields(Link))
WHOLE = select(*(table.c[name] for name in COLUMNS))  # a row is a Link's arguments, in order
SOME: BindParameter[str] = bindparam("some", expanding=True)  # statements are built once: building one costs as much as a row of its answer
BY_ID = WHOLE.where(table.c.id.in_(SOME))
BY_OBJECT = WHOLE.where(table.c.external_id.in_(SOME), table.c.system == bindparam("system"), table.c.resource == bindparam("resource"))
BY_RECORD = WHOLE.where(table.c.record_id.in_(SOME), table.c.id.not_in(bindparam("known", expanding=True)))
BY_RECORD_THERE = BY_RECORD.where(table.c.system == bindparam("system"))
PRIMARY = WHOLE.where(table.c.record_id.in_(SOME), table.c.system == bindparam("system"), table.c.role == "primary")
CREATING = WHOLE.where(table.c.record_id.in_(SOME), table.c.system == bindparam("system"), table.c.state == "creating")
GONE = WHOLE.where(table.c.record_id.in_(SOME), table.c.state == "gone")
THERE = select(table.c.id).where(
    table.c.record_id == delivery.c.record_id, table.c.system == delivery.c.system, table.c.external_id.is_not(None)
)
OWED = (
    delivery.c.record_id.in_(SOME),
    delivery.c.system.in_(bindparam("systems", expanding=True)),
    delivery.c.state.in_(("pending", "leased")),
)
MAKING = select(delivery.c.record_id).where(*OWED, ~THERE.exists())
ADD = insert(table)
SAVE = update(table).where(table.c.id == bindparam("key")).values({name: bindparam(name) for name in COLUMNS if name != "id"})
TIMES = ("looked_at", "whole_at", "modified")
SEEN = update(table).where(table.c.id == bindparam("key")).values({name: bindparam(name) for name in TIMES})


LEFT = ("gone", "out_of_scope")  # states of an object beside which the system may get another one of the record


def new_id() -> str:
    """A UUIDv7 as text: sorted by time of making."""
    return str(uuid_utils.uuid7())


def made_at(ident: str) -> float | None:
    """When an id was made, in seconds since the epoch; None for one that does not carry its time."""
    try:
        found = uuid.UUID(ident)
    except ValueError:
        return None
    return (found.int >> 80) / 1000.0 if found.version == 7 else None


def _many(at: Connection, query: Select[Any], values: Iterable[str], **named: str) -> list[Link]:
    """The links that a query of ``some`` values and of others finds."""
    found: list[Link] = []
    wanted = sorted(set(values))
    for start in range(0, len(wanted), CHUNK):
        found += [Link(*row) for row in at.execute(query, {"some": wanted[start : start + CHUNK]} | named).all()]
    return found


def by_external(at: Connection, system: str, resource: str, ids: Iterable[str]) -> dict[str, Link]:
    """External id -> link."""
    found = _many(at, BY_OBJECT, ids, system=system, resource=resource)
    return {link.external_id or "": link for link in found}


def by_records(at: Connection, record_ids: Iterable[str], *, saved: Iterable[Link] = (), system: str = "") -> dict[str, list[Link]]:
    """Record id -> its links in all systems or in one, in id order. ``saved``: links as the caller has just saved them, not to be read again."""
    grouped: dict[str, list[Link]] = {record_id: [] for record_id in record_ids}
    held = {link.id: link for link in saved if link.record_id in grouped}
    others = _others(at, sorted(grouped), held, system)
    for link in sorted([*held.values(), *others], key=lambda x: x.id):
        grouped[link.record_id].append(link)
    return grouped


def _others(at: Connection, record_ids: Sequence[str], held: Mapping[str, Link], system: str) -> list[Link]:
    """Links of these records but for those held: most records of a batch have no other."""
    mine: dict[str, list[str]] = {}
    for link in held.values():
        mine.setdefault(link.record_id, []).append(link.id)
    found: list[Link] = []
    for start in range(0, len(record_ids), CHUNK):
        chunk = record_ids[start : start + CHUNK]
        known = [link_id for record_id in chunk for link_id in mine.get(record_id, ())]
        query, there = (BY_RECORD_THERE, {"system": system}) if system else (BY_RECORD, {})
        found += [Link(*row) for row in at.execute(query, {"some": chunk, "known": known} | there).all()]
    return found


def primaries(at: Connection, system: str, record_ids: Iterable[str]) -> dict[str, Link]:
    """Record id -> the system's primary link: see `primary`."""
    return {x.record_id: x for x in sorted(_many(at, PRIMARY, record_ids, system=system), key=lambda x: x.state not in LEFT)}


def primary(links: Iterable[Link]) -> Link | None:
    """Which of a record's links to one system is written: the object that is there, where another one was deleted before it was made."""
    return min((x for x in links if x.role == "primary"), key=lambda x: x.state in LEFT, default=None)


def gone(at: Connection, record_ids: Iterable[str]) -> set[str]:
    """Those of the records whose object is there no longer in some system."""
    return {x.record_id for x in _many(at, GONE, record_ids)}


def creating(at: Connection, system: str, record_ids: Sequence[str]) -> dict[str, Link]:
    """Record id -> link that waits for its remote id."""
    return {x.record_id: x for x in _many(at, CREATING, record_ids, system=system)}


def being_made(at: Connection, systems: Sequence[str], record_ids: Sequence[str]) -> set[str]:
    """Those of the records that one of these systems has nothing of and is about to be given."""
    found = set[str]()
    for start in range(0, len(record_ids), CHUNK):
        found |= set(at.execute(MAKING, {"some": record_ids[start : start + CHUNK], "systems": systems}).scalars())
    return found


def by_id(at: Connection, link_id: str) -> Link | None:
    return next(iter(_many(at, BY_ID, [link_id])), None)


def by_ids(at: Connection, link_ids: Iterable[str]) -> list[Link]:
    """In the order of their ids."""
    return sorted(_many(at, BY_ID, link_ids), key=lambda link: link.id)


def add(at: Connection, links: Sequence[Link]) -> None:
    execute_many(at, ADD, [as_row(link) for link in links])


def save(at: Connection, links: Sequence[Link]) -> None:
    """Write back whole rows (the caller holds the state transaction)."""
    execute_many(at, SAVE, [{("key" if name == "id" else name): getattr(link, name) for name in COLUMNS} for link in links])


def save_times(at: Connection, links: Iterable[Link]) -> None:
    """Write back when these links' objects were looked at, and nothing else (the caller holds the state transaction)."""
    execute_many(at, SEEN, [{"key": link.id} | {name: getattr(link, name) for name in TIMES} for link in links])


def external_ids(at: Connection, system: str, resource: str) -> set[str]:
    """Ids of the objects that live links of a resource name."""
    query = select(table.c.external_id).where(table.c.system == system, table.c.resource == resource, table.c.state == "live")
    return {str(found) for found in at.execute(query).scalars() if found}


def unseen(at: Connection, system: str, resource: str, *, after: float, before: float) -> list[Link]:
    """Live links of a resource whose objects were looked at last between two moments, the longest ago first."""
    t = table.c
    mine = (t.system == system, t.resource == resource, t.state == "live", t.looked_at > after, t.looked_at < before)
    return [Link(*row) for row in at.execute(WHOLE.where(*mine).order_by(t.looked_at, t.id)).all()]


def newest(at: Connection, system: str, resource: str, *, looked_after: float, limit: int) -> list[Link]:
    """Links of the newest objects of a resource that are there and were looked at after a moment."""
    mine = (table.c.system == system, table.c.resource == resource, table.c.state == "live", table.c.external_id.is_not(None))
    query = select(table.c.id).where(*mine, table.c.looked_at > looked_after).order_by(table.c.id.desc()).limit(limit)
    return by_ids(at, at.execute(query).scalars())


def named(at: Connection, system: str, entity: str, external_id: str) -> Link | None:
    """The link of an object, whatever resource it is of."""
    mine = (table.c.system == system, table.c.entity == entity, table.c.external_id == external_id)
    found = at.execute(select(table.c.id).where(*mine)).scalar()
    return by_id(at, found) if found else None


def live_ids(at: Connection, system: str, resource: str, *, after: str, limit: int) -> list[str]:
    """Ids of the objects that live links of a resource name, in their order after ``after``."""
    mine = (table.c.system == system, table.c.resource == resource, table.c.state == "live", table.c.external_id > after)
    return list(at.execute(select(table.c.external_id).where(*mine).order_by(table.c.external_id).limit(limit)).scalars())


def wrote(at: Connection, system: str, entity: str) -> bool:
    """Whether the system has ever taken a write of this entity from us."""
    mine = (table.c.system == system, table.c.entity == entity, table.c.write_gen > 0, table.c.wrote_at > 0.0)
    return at.execute(select(table.c.id).where(*mine).limit(1)).first() is not None


def live_bases(at: Connection, system: str, resource: str, *, after: str, limit: int) -> list[tuple[str, dict[str, Json]]]:
    """(id, base) of the objects that live links of a resource name, in the order of ids after ``after``."""
    mine = (table.c.system == system, table.c.resource == resource, table.c.state == "live", table.c.external_id > after)
    query = select(table.c.external_id, table.c.base).where(*mine).order_by(table.c.external_id).limit(limit)
    return [(str(ident), base) for ident, base in at.execute(query)]


def remove(at: Connection, ids: Sequence[str]) -> None:
    """Forget links of creates that the vendor refused: nothing exists there."""
    at.execute(delete(table).where(table.c.id.in_(ids)))


def as_row(link: Link) -> dict[str, Json]:
    return {name: getattr(link, name) for name in COLUMNS}


def any_before(at: Connection, system: str, resource: str, ident: str) -> bool:
    """Whether a system has a link of this resource that is older than a link of this id would be."""
    mine = (table.c.system == system, table.c.resource == resource, table.c.id < ident)
    return at.execute(select(table.c.id).where(*mine).limit(1)).first() is not None
