"""Phones, e-mail addresses and cards that customers had once, as keyed digests: what is given to a person once is not given again under a key that moved.

A row is written for whoever loses a key, for those who have it beside them, and for whoever gets it later, so that all who ever shared it are found from
each other. A person who is erased leaves rows that need no record: since when she was known (``system`` empty), and registered in each system.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, insert, select

from hub.storage import tombstones
from hub.storage.links import made_at
from hub.storage.records import CHUNK, Moved, holders
from hub.storage.tables import link, match_key, past_key
from hub.storage.tombstones import KEY

KINDS = ("phone", "email", "card")
WAYS = (
    {kind: kind for kind in KINDS} | {f"second_{kind}": kind for kind in KINDS} | {"former_card": "card"}
)  # kind of a match key -> what it is a key of
CUSTOMER = "customer"
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands in the table."""

    digest: str
    record_id: str
    kind: str
    system: str = ""
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Sharer:
    """A record that has, or had, a key of a ``kind`` which another has, or had. ``since``: of an erased person, since when she was known, or registered
    in ``system``."""

    record_id: str
    kind: str
    system: str = ""
    since: float | None = None


def moved(at: Connection, secret: str, keys: Moved) -> None:
    """Note the keys that customers have just lost, or got after others had lost them."""
    lost, gained = ({(record_id, WAYS[way], value) for record_id, way, value in some if way in WAYS} for some in (keys.lost, keys.gained))
    noted = {_digest(secret, kind, value) for _, kind, value in lost}
    noted |= _noted(at, {_digest(secret, kind, value) for _, kind, value in gained})
    beside = _holders(at, {(kind, value) for _, kind, value in lost}, most=CHUNK)
    rows = lost | gained | {(record_id, *key) for key, ids in beside.items() for record_id in ids}
    add(at, [Row(digest, r, kind) for r, kind, value in rows if (digest := _digest(secret, kind, value)) in noted])


def sharing(at: Connection, secret: str, records: Iterable[str], *, most: int) -> list[Sharer]:
    """Other records that ever had a key of these; a key of more than ``most`` records says nothing of anybody."""
    mine = set(records)
    now = _held(at, mine)
    held = _holders(at, now, most=most)
    found = {Sharer(other, kind) for (kind, _), ids in held.items() if len(ids) <= most for other in ids}
    p = past_key.c
    digests = {_digest(secret, *key) for key in now} | set(at.execute(select(p.digest).where(p.record_id.in_(mine))).scalars())
    for digest in sorted(digests):
        rows = at.execute(select(p.record_id, p.kind, p.system, p.since).where(p.digest == digest)).tuples().all()
        found |= {Sharer(*row) for row in rows} if len({row[0] for row in rows}) <= most else set()
    return sorted((one for one in found if one.record_id not in mine), key=lambda one: (one.record_id, one.kind, one.system))


def outlive(at: Connection, secret: str, records: Iterable[str], since: float, there: Mapping[str, float]) -> None:
    """Before these records, of one person, are erased: keep of their keys since when she is known, and since when she was registered ``there``, by system."""
    ids = sorted(set(records))
    p = past_key.c
    keys = {(_digest(secret, kind, value), kind) for kind, value in _held(at, ids)}
    keys |= set(at.execute(select(p.digest, p.kind).where(p.record_id.in_(ids))).tuples())
    at.execute(delete(past_key).where(p.record_id.in_(ids)))
    moments = {"": since, **there}
    add(at, [Row(digest, ids[0], kind, system, moment) for digest, kind in keys for system, moment in moments.items()])


def lasting(at: Connection) -> list[Row]:
    """All rows, as they go on without the records and links of this database: another is about to be put in its place."""
    p, found = past_key.c, list[Row]()
    for row in (Row(*one) for one in at.execute(select(p.digest, p.record_id, p.kind, p.system, p.since)).tuples()):
        found.append(row if row.since is not None else replace(row, since=made_at(row.record_id)))
    there = select(p.digest, p.record_id, p.kind, link.c.system, link.c.id).where(link.c.record_id == p.record_id, p.system == "")
    for digest, record_id, kind, system, ident in at.execute(
        there.order_by(link.c.id.desc())
    ).tuples():  # the first object there comes last
        found.append(Row(digest, record_id, kind, system, made_at(ident)))
    return found


def _held(at: Connection, records: Iterable[str]) -> set[Key]:
    """(kind, value) of what these records have now."""
    k = match_key.c
    mine = (k.record_id.in_(sorted(records)), k.entity == CUSTOMER, k.kind.in_(WAYS))
    return {(WAYS[way], value) for way, value in at.execute(select(k.kind, k.value).where(*mine)).tuples()}


def _holders(at: Connection, keys: Iterable[Key], *, most: int) -> dict[Key, set[str]]:
    """(kind, value) -> the records that have it now, in whatever way."""
    found: dict[Key, set[str]] = {}
    wanted = {(way, value) for kind, value in keys for way, of in WAYS.items() if of == kind}
    for (way, value), ids in holders(at, CUSTOMER, wanted, most=most).items():
        found.setdefault((WAYS[way], value), set()).update(ids)
    return found


def _digest(secret: str, kind: str, value: str) -> str:
    return tombstones.digest(secret, (KEY, kind, value))


def _noted(at: Connection, digests: Iterable[str]) -> set[str]:
    """Those that stand here already."""
    wanted, found = sorted(set(digests)), set[str]()
    if not wanted or at.execute(select(past_key.c.digest).limit(1)).first() is None:
        return found
    for start in range(0, len(wanted), CHUNK):
        found |= set(at.execute(select(past_key.c.digest).where(past_key.c.digest.in_(wanted[start : start + CHUNK]))).scalars())
    return found


def add(at: Connection, rows: Iterable[Row]) -> None:
    """Insert the rows that are new; of two for one place the last."""
    fresh, p = {(row.digest, row.record_id, row.system): row for row in rows}, past_key.c
    digests = sorted({digest for digest, _, _ in fresh})
    for start in range(0, len(digests), CHUNK):
        some = p.digest.in_(digests[start : start + CHUNK])
        for known in at.execute(select(p.digest, p.record_id, p.system).where(some)).tuples():
            fresh.pop(known, None)
    if fresh:
        at.execute(insert(past_key), [{name: getattr(row, name) for name in Row.__slots__} for row in fresh.values()])
