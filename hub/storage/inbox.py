"""The inbox: committed hints and looks that are not merged yet, and the cursors of polls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, func, literal_column, or_, select, text, update

from hub.storage.tables import cursor, inbox
from hub.storage.upsert import insert_into
from retry_queue.tokens import token

NEVER = 1e12  # due at a moment that does not come: held back
LIVE, LOAD, KEPT = 0, 1, 2  # now; after those, of first loads and backfills; collected, and kept until its first load identifies
PRIORITIES = (LIVE, LOAD)  # what is worked on whenever it is due
KEEPING = 7_305_212  # the advisory lock of PostgreSQL under which kept rows come and their place ends its first load


@dataclass(frozen=True, slots=True)
class Item:
    """One row. kind: hint | look | fact | deleted."""

    id: int
    system: str
    resource: str
    external_id: str
    kind: str
    representation: str
    data: Mapping[str, Any] | None
    looked_at: float
    since: float
    received_at: float
    attempts: int
    run: str = ""  # the run that reads it; empty: a change of the day


def put(at: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows {system, resource, external_id, kind, representation, data, looked_at, received_at, due_at, priority}.
    Hints collapse only into unclaimed ones."""
    if not rows:
        return
    full = [
        {"representation": "", "data": None, "priority": 0, "attempts": 0, "since": 0.0, "run": ""}
        | dict(row)
        | {"dedup_key": f"{row['system']}|{row['resource']}|{row['external_id']}" if row["kind"] == "hint" else None}
        for row in rows
    ]
    at.execute(insert_into(at, inbox).on_conflict_do_nothing(), full)


def claim(at: Connection, system: str, *, limit: int, lease: float, now: float) -> list[Item]:
    """Claim due rows of a system, live before backfill; a lapsed claim is free again."""
    ids: list[int] = []
    for priority in PRIORITIES:
        if len(ids) < limit:
            query = _due(priority, system, now).order_by(inbox.c.due_at, inbox.c.id).limit(limit - len(ids))
            if at.dialect.name == "postgresql":
                query = query.with_for_update(skip_locked=True)
            ids += at.execute(query).scalars()
    return _claimed(at, ids, now + lease)


def _claimed(at: Connection, ids: Sequence[int], until: float) -> list[Item]:
    if not ids:
        return []
    claim = token()
    at.execute(update(inbox).where(inbox.c.id.in_(ids)).values(claim=claim, claim_until=until))
    claimed = select(*(inbox.c[name] for name in Item.__dataclass_fields__)).where(inbox.c.id.in_(ids), inbox.c.claim == claim)
    return [Item(*row) for row in at.execute(claimed.order_by(inbox.c.id)).all()]


def keep(at: Connection, system: str, resource: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add looks that wait for the identification of their first load; where that is over meanwhile they are worked on like others of it."""
    if rows:
        _keeping(at)
        priority = LOAD if get_cursor(at, system, resource)["identified_at"] else KEPT
        put(at, [dict(row) | {"priority": priority} for row in rows])


def claim_kept(at: Connection, system: str, resource: str, *, limit: int, lease: float, now: float) -> list[Item]:
    """Claim what a first load collected of one resource, in the order of the objects' ids, whatever the order in which they came; none
    while another worker has the first of it."""
    _keeping(at)
    free = or_(inbox.c.claim.is_(None), inbox.c.claim_until < now)
    query = select(inbox.c.id, free).where(_of(KEPT, system, resource)).order_by(inbox.c.external_id, inbox.c.id).limit(limit)
    rows = at.execute(query).all()
    if not rows or not rows[0][1]:
        return []
    return _claimed(at, [row[0] for row in rows if row[1]], now + lease)


def end_first_load(at: Connection, system: str, resource: str, *, now: float) -> bool:
    """Note that all that the first load of a resource collected is identified; False while some of it is not."""
    _keeping(at)
    if left(at, KEPT, system, resource):
        return False
    set_cursor(at, system, resource, identified_at=now)
    return True


def left(at: Connection, priority: int, system: str, resource: str) -> bool:
    """Whether there are rows of a load (LOAD or KEPT) of this resource."""
    return at.execute(select(inbox.c.id).where(_of(priority, system, resource)).limit(1)).first() is not None


def forget_kept(at: Connection, system: str, resource: str, ids: Sequence[str] | None = None) -> None:
    """Drop what is kept of a resource, or of these objects of it: it is read anew, or is not there any more."""
    which = _of(KEPT, system, resource)
    at.execute(delete(inbox).where(which if ids is None else and_(which, inbox.c.external_id.in_(list(ids)))))


def _of(priority: int, system: str, resource: str) -> Any:
    """Rows of a load: a range of its index, which is why the priority stands in the text of the statement."""
    return and_(inbox.c.priority == literal_column(str(priority)), inbox.c.system == system, inbox.c.resource == resource)


def _keeping(at: Connection) -> None:
    if at.dialect.name == "postgresql":
        at.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": KEEPING})


def free_claims(at: Connection, mark: str) -> None:
    """Let claims whose tokens begin with the mark of a process that is known to be dead end now."""
    at.execute(update(inbox).where(inbox.c.claim.startswith(mark, autoescape=True)).values(claim_until=0.0))


def done(at: Connection, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), 500):
        at.execute(delete(inbox).where(inbox.c.id.in_(ids[start : start + 500])))


def postpone(at: Connection, ids: Sequence[int], *, until: float) -> None:
    """Give rows back to be tried later. A hint for which an unclaimed twin has come meanwhile is simply dropped."""
    for row_id in ids:
        row = at.execute(select(inbox.c.dedup_key).where(inbox.c.id == row_id)).scalar()
        twin = row and at.execute(select(inbox.c.id).where(inbox.c.dedup_key == row, inbox.c.claim.is_(None))).first()
        if twin:
            at.execute(delete(inbox).where(inbox.c.id == row_id))
        else:
            values = {"claim": None, "claim_until": None, "due_at": until, "attempts": inbox.c.attempts + 1}
            at.execute(update(inbox).where(inbox.c.id == row_id).values(values))


def hold(at: Connection, ids: Sequence[int], brake: str) -> None:
    """Keep rows back until a person has answered the brake. What says nothing more than a row that is kept already is dropped: polls come by
    the same objects again and again meanwhile."""
    for start in range(0, len(ids), 500):
        _hold(at, ids[start : start + 500], brake)


def _hold(at: Connection, ids: Sequence[int], brake: str) -> None:
    names = ("id", "system", "resource", "external_id", "kind", "representation", "data", "dedup_key")
    rows = at.execute(select(*(inbox.c[name] for name in names)).where(inbox.c.id.in_(ids)).order_by(inbox.c.id)).all()
    shown = _shown(at, brake, [row.external_id for row in rows if row.kind == "look"])
    twins = inbox.c.dedup_key.in_([row.dedup_key for row in rows if row.dedup_key])
    hinted = set(at.execute(select(inbox.c.dedup_key).where(twins, inbox.c.claim.is_(None))).scalars())
    kept = []
    for row in rows:
        place, looks = (row.system, row.resource, row.external_id), (row.representation, row.data)
        if row.dedup_key in hinted or (row.kind == "look" and shown.get(place) == looks):
            continue
        kept.append(row.id)
        if row.dedup_key:
            hinted.add(row.dedup_key)
        elif row.kind == "look":
            shown[place] = looks
    done(at, [row.id for row in rows if row.id not in set(kept)])
    at.execute(update(inbox).where(inbox.c.id.in_(kept)).values(claim=None, claim_until=None, due_at=NEVER, priority=0, held=brake))


def _shown(at: Connection, brake: str, ids: Sequence[str]) -> dict[tuple[str, str, str], tuple[str, Any]]:
    """What the newest look that a brake keeps back of each of these objects shows."""
    names = ("system", "resource", "external_id", "representation", "data")
    mine = and_(inbox.c.held == brake, inbox.c.kind == "look", inbox.c.external_id.in_(ids))
    rows = at.execute(select(*(inbox.c[name] for name in names)).where(mine).order_by(inbox.c.id)).all()
    return {(row.system, row.resource, row.external_id): (row.representation, row.data) for row in rows}


def release(at: Connection, brake: str, run: str | None, *, now: float) -> int:
    """Let held rows go on, as part of a run; None: of that which they are of. Returns how many."""
    mine = update(inbox).where(inbox.c.held == brake).values(held=None, due_at=now, **({} if run is None else {"run": run}))
    return int(at.execute(mine).rowcount)


def held(at: Connection, brake: str, *, limit: int = 10_000) -> int:
    """How many rows a brake keeps back, counted up to ``limit``."""
    some = select(inbox.c.id).where(inbox.c.held == brake).limit(limit).subquery()
    return int(at.execute(select(func.count()).select_from(some)).scalar_one())


def kept_back(at: Connection, brakes: Sequence[str], system: str, external_ids: Sequence[str]) -> set[str]:
    """Those of the objects of which one of these brakes keeps back something that the system said."""
    if not brakes:
        return set()
    mine = (inbox.c.held.in_(list(brakes)), inbox.c.system == system, inbox.c.external_id.in_(list(external_ids)))
    return set(at.execute(select(inbox.c.external_id).where(*mine)).scalars())


def holding(at: Connection) -> list[str]:
    """What keeps rows back: ids of brakes, and alarms by their names."""
    return list(at.execute(select(inbox.c.held).where(inbox.c.held.is_not(None)).distinct().order_by(inbox.c.held)).scalars())


def depth(at: Connection, limit: int = 1_000_000) -> int:
    """How many rows there are, counted up to ``limit``: a first load keeps as many as there are objects."""
    some = select(literal_column("1").label("one")).select_from(inbox).limit(limit).subquery()
    return int(at.execute(select(func.count()).select_from(some)).scalar_one())


def moving(at: Connection, limit: int) -> int:
    """How many rows wait for nobody's answer, counted up to ``limit``."""
    some = select(literal_column("1").label("one")).select_from(inbox).where(inbox.c.held.is_(None)).limit(limit).subquery()
    return int(at.execute(select(func.count()).select_from(some)).scalar_one())


def loading(at: Connection) -> bool:
    """Whether rows of first loads or backfills are not merged yet."""
    return at.execute(select(inbox.c.id).where(inbox.c.priority >= LOAD).limit(1)).first() is not None


def due(at: Connection, *, now: float, priorities: Sequence[int] = PRIORITIES) -> list[str]:
    """Systems of which there are rows to take now. As quick over a million rows as over ten."""
    return sorted({system for p in priorities for system in _systems(at, p) if at.execute(_due(p, system, now).limit(1)).first()})


def claimed(at: Connection, *, now: float) -> bool:
    """Whether somebody has rows in hand: a worker, or one that was killed, whose claim has not lapsed yet."""
    return at.execute(select(inbox.c.id).where(inbox.c.claim.is_not(None), inbox.c.claim_until >= now).limit(1)).first() is not None


def _systems(at: Connection, priority: int) -> Iterator[str]:
    """Systems of the rows of one priority: each is found by a step in the index, whatever lies between."""
    last = at.execute(select(func.min(inbox.c.system)).where(inbox.c.priority == priority)).scalar()
    while last is not None:
        yield last
        last = at.execute(select(func.min(inbox.c.system)).where(inbox.c.priority == priority, inbox.c.system > last)).scalar()


def _due(priority: int, system: str, now: float) -> Any:
    """Free rows of one priority that are due: a range of the index, whatever else waits."""
    free = or_(inbox.c.claim.is_(None), inbox.c.claim_until < now)
    return select(inbox.c.id).where(inbox.c.priority == priority, inbox.c.system == system, inbox.c.due_at <= now, free)


def hinted(at: Connection, system: str, resource: str, ids: Sequence[str]) -> set[str]:
    """Those of the objects that a hint which nobody has claimed yet speaks of."""
    keys = {f"{system}|{resource}|{external_id}": external_id for external_id in ids}
    found: set[str] = set()
    for start in range(0, len(ids), 400):
        some = list(keys)[start : start + 400]
        found |= {
            keys[key] for key in at.execute(select(inbox.c.dedup_key).where(inbox.c.dedup_key.in_(some), inbox.c.claim.is_(None))).scalars()
        }
    return found


def waiting(at: Connection, system: str, resource: str, ids: Sequence[str]) -> set[str]:
    """Those of the objects of which something is not merged yet, held back or claimed though it be. Live rows are few and walked through; those
    of loads have an index."""
    found: set[str] = set()
    for start in range(0, len(ids), 400):
        these = and_(inbox.c.system == system, inbox.c.resource == resource, inbox.c.external_id.in_(list(ids)[start : start + 400]))
        for priority in (LIVE, LOAD, KEPT):
            mine = select(inbox.c.external_id).where(inbox.c.priority == literal_column(str(priority)), these)
            found |= set(at.execute(mine).scalars())
    return found


def oldest_of(at: Connection, system: str, resource: str) -> float | None:
    """Since when the first word of a resource has waited; None where none does."""
    mine = (inbox.c.system == system, inbox.c.resource == resource)
    return at.execute(select(func.min(inbox.c.received_at)).where(*mine)).scalar()


def span(at: Connection) -> tuple[int, int]:
    """The ids of the first and the last row; (0, 0) where nothing waits."""
    first, last = at.execute(select(func.min(inbox.c.id), func.max(inbox.c.id))).one()
    return int(first or 0), int(last or 0)


def oldest(at: Connection) -> float | None:
    """When the row that waits longest was received."""
    first = select(inbox.c.received_at).order_by(inbox.c.id).limit(1)  # ids grow with time
    return at.execute(first).scalar()


def get_cursor(at: Connection, system: str, resource: str) -> Mapping[str, Any]:
    """The row of a cursor; an empty one where there is none yet."""
    row = at.execute(select(cursor).where(cursor.c.system == system, cursor.c.resource == resource)).mappings().first()
    return (
        dict(row)
        if row
        else {
            "system": system,
            "resource": resource,
            "cursor": {},
            "loaded_at": None,
            "began_at": None,
            "swept_at": None,
            "polled_at": None,
            "moved_at": None,
            "wave": None,
            "identified_at": None,
            "objects": 0,
            "total": None,
            "error": None,
        }
    )


def set_cursor(at: Connection, system: str, resource: str, **values: Any) -> None:
    base = {"cursor": {}, "objects": 0} | values
    statement = insert_into(at, cursor).values(system=system, resource=resource, **base)
    at.execute(statement.on_conflict_do_update(index_elements=[cursor.c.system, cursor.c.resource], set_=values))


def begin_again(at: Connection, system: str, resource: str, **values: Any) -> None:
    """List a resource from its beginning. A first load that was not over yet begins anew."""
    if not get_cursor(at, system, resource)["identified_at"]:
        forget_kept(at, system, resource)
        values = {"loaded_at": None} | values
    set_cursor(at, system, resource, **{"cursor": {}, "began_at": None} | values)


def enrol(at: Connection, places: Sequence[tuple[str, str]], *, wave: float) -> None:
    """Resources (system, resource) that are new here begin their first load together: as one wave."""
    if places:
        rows = [{"system": s, "resource": r, "cursor": {}, "objects": 0, "wave": wave} for s, r in places]
        at.execute(insert_into(at, cursor).on_conflict_do_nothing(), rows)
        at.execute(update(cursor).where(cursor.c.wave.is_(None)).values(wave=wave))


def cursors(at: Connection) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(row["system"], row["resource"]): dict(row) for row in at.execute(select(cursor)).mappings()}
