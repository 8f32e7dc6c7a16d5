"""Documents that a vendor fetches by itself: laid out, given, taken; and what it showed of its objects last.

A document has a revision, which grows with every change of it. ``given`` and ``taken`` are the revisions that the vendor was handed last and that
it said to have: what is owed is a comparison of numbers, and an answer that was lost is made good by giving the same again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, update

from connectors.exchange import Brought, Laid
from hub.storage import goods_names
from hub.storage.engine import Store
from hub.storage.tables import offer
from hub.storage.upsert import insert_into

Json = Any
t = offer.c
CHUNK = 400
OWED = t.taken < t.revision
ERASED = "erased"  # in place of a session: nothing more is kept of it, whatever the vendor shows
BESIDE = "beside"  # in what is seen: other objects whose look depends on this one
DOUBTED = 2  # times a document was given and not taken, from which it goes apart
REFUSED = 8  # from which it counts as refused, where others were taken meanwhile: of a hundred it was the last time alone


class StoredShelf:
    """The shelf of one system (:class:`connectors.exchange.Shelf`)."""

    def __init__(self, store: Store, system: str) -> None:
        self.store, self.system = store, system

    def held(self, resource: str, key: str) -> Laid | None:
        with self.store.read() as at:
            row = at.execute(select(offer).where(t.system == self.system, t.resource == resource, t.record_id == key)).mappings().first()
        return as_laid(dict(row)) if row else None

    def lay(self, resource: str, key: str, numbers: Sequence[str], document: Mapping[str, Json], *, known: bool = False) -> Laid:
        with self.store.write() as at:
            mine = and_(t.system == self.system, t.resource == resource, t.record_id == key)
            row = at.execute(select(offer).where(mine)).mappings().first()
            if row is None and not (known and self._adopted(at, resource, key, numbers)):
                self._new(at, resource, key, numbers)
            if row is None or row["document"] != dict(document):
                news = {"document": dict(document), "revision": t.revision + 1, "laid_at": self.store.clock(), "tries": 0}
                at.execute(update(offer).where(mine).values(**news))
            found = dict(at.execute(select(offer).where(mine)).mappings().one())
        return as_laid(found)

    def _adopted(self, at: Connection, resource: str, key: str, numbers: Sequence[str]) -> bool:
        """Whether one of the numbers is of an object that the vendor has shown and that was no record's: it is this one's now."""
        theirs = (t.system == self.system, t.resource == resource, t.number.in_(list(numbers)), t.record_id.is_(None))
        return bool(at.execute(update(offer).where(*theirs).values(record_id=key)).rowcount)

    def _new(self, at: Connection, resource: str, key: str, numbers: Sequence[str]) -> None:
        for number in numbers:
            values = {"system": self.system, "resource": resource, "number": number, "record_id": key}
            if at.execute(insert_into(at, offer).values(**values).on_conflict_do_nothing().returning(t.number)).first():
                return
        raise LookupError("every number is another's")

    def goods(self, names: Sequence[str]) -> dict[str, str]:
        with self.store.read() as at:
            return goods_names.by_name(at, self.system, names)

    def names(self, goods: Sequence[str]) -> dict[str, str]:
        with self.store.read() as at:
            return goods_names.of_goods(at, self.system, goods)

    def heard(self) -> tuple[float | None, int]:
        with self.store.read() as at:
            last = at.execute(select(func.max(t.given_at)).where(t.system == self.system)).scalar()
            return last, int(at.execute(select(func.count()).where(t.system == self.system, OWED)).scalar_one())

    def numbered(self, resource: str, numbers: Sequence[str]) -> list[Laid]:
        with self.store.read() as at:
            return [as_laid(row) for row in rows_of(at, self.system, resource, numbers)]


def as_laid(row: Mapping[str, Json]) -> Laid:
    newest = row["taken"] == row["revision"] and (row["seen_at"] or 0.0) > (row["taken_at"] or 0.0)
    return Laid(row["number"], row["record_id"] or "", row["document"], row["seen"], newest)


def rows_of(at: Connection, system: str, resource: str, numbers: Sequence[str]) -> list[Mapping[str, Json]]:
    found: list[Mapping[str, Json]] = []
    for start in range(0, len(numbers), CHUNK):
        which = (t.system == system, t.resource == resource, t.number.in_(numbers[start : start + CHUNK]))
        found += [dict(row) for row in at.execute(select(offer).where(*which)).mappings()]
    return found


def give(at: Connection, system: str, session: str, most: int, *, now: float) -> list[Laid]:
    """What the vendor is to have, for a session: at most so many, the oldest first. What it did not take twice goes apart from the others, in
    turns with them and in ever smaller parts, so that one document that it cannot load keeps back no other, and stands alone in the end."""
    tries = at.execute(select(func.min(t.tries)).where(t.system == system, OWED, t.tries >= DOUBTED)).scalar()
    query = select(offer).where(t.system == system, OWED).order_by(t.laid_at, t.number)
    if tries is not None and _turn_of_doubted(at, system):
        chosen = query.where(t.tries == tries).limit(max(1, most >> (int(tries) - 1)))
    else:
        chosen = query.where(t.tries < DOUBTED).limit(most)
    rows = [dict(row) for row in at.execute(chosen).mappings()]
    for row in rows:
        mine = (t.system == system, t.resource == row["resource"], t.number == row["number"])
        news = {"given": row["revision"], "given_at": now, "session": session, "tries": t.tries + 1}
        at.execute(update(offer).where(*mine).values(**news))
    return [as_laid(row) for row in rows]


def _turn_of_doubted(at: Connection, system: str) -> bool:
    """Whether what was not taken twice goes now: it does where nothing else waits, or where the others went last."""
    others = at.execute(select(t.number).where(t.system == system, OWED, t.tries < DOUBTED).limit(1)).first()
    given = select(func.max(t.given_at)).where(t.system == system)
    last = at.execute(given).scalar() or 0.0
    return others is None or last > (at.execute(given.where(OWED, t.tries > DOUBTED)).scalar() or 0.0)


def take(at: Connection, system: str, session: str, *, now: float) -> list[tuple[str, str]]:
    """The vendor has what it was given in this session. Returns (resource, record) of what it has now."""
    mine = and_(t.system == system, t.session == session, t.taken < t.given)
    return _taken(at, mine, now)


def show(
    at: Connection, system: str, resource: str, things: Sequence[Brought], *, now: float, everything: bool = False
) -> tuple[dict[str, Mapping[str, Json]], list[tuple[str, str]]]:
    """Keep what the vendor shows of its objects. Returns what of it is new, or ``everything`` (number -> all that is seen), and (resource, record) of what the vendor
    has though it never said so: it was given that, and shows it."""
    held = {row["number"]: row for row in rows_of(at, system, resource, list({one.number for one in things}))}
    seen: dict[str, dict[str, Json]] = {}
    for one in things:
        before = seen.get(one.number) or (held.get(one.number) or {}).get("seen") or {}
        seen[one.number] = (dict(one.seen) if one.whole else over(before, one.seen)) | _beside(before, one.beside)
    erased = {number for number, row in held.items() if row["session"] == ERASED}
    news = {n: data for n, data in seen.items() if n not in erased and (everything or data != (held.get(n) or {}).get("seen"))}
    _keep(at, system, resource, {n: data for n, data in seen.items() if n not in erased}, now)
    mine = and_(t.system == system, t.resource == resource, t.number.in_([one.number for one in things if one.proves]), t.taken < t.given)
    return dict(news), _taken(at, mine, t.given_at)


def _keep(at: Connection, system: str, resource: str, seen: Mapping[str, Mapping[str, Json]], now: float) -> None:
    statement = insert_into(at, offer)
    fresh = {"seen": statement.excluded.seen, "seen_at": statement.excluded.seen_at}
    rows = [{"system": system, "resource": resource, "number": n, "seen": dict(data), "seen_at": now} for n, data in seen.items()]
    if rows:
        at.execute(statement.on_conflict_do_update(index_elements=[t.system, t.resource, t.number], set_=fresh), rows)


def over(held: Mapping[str, Json], news: Mapping[str, Json]) -> dict[str, Json]:
    """``news`` over ``held``; objects are united, lists and words replaced."""
    both = dict(held)
    for name, value in news.items():
        before = both.get(name)
        both[name] = over(before, value) if isinstance(value, Mapping) and isinstance(before, Mapping) else value
    return both


def _beside(held: Mapping[str, Json], more: Sequence[tuple[str, str]]) -> dict[str, Json]:
    """Objects whose look depends on this one: once met, for good."""
    known = {tuple(one) for one in held.get(BESIDE) or ()} | set(more)
    return {BESIDE: sorted(map(list, known))} if known else {}


def beside(seen: Mapping[str, Json]) -> list[tuple[str, str]]:
    return [(resource, number) for resource, number in seen.get(BESIDE) or ()]


def _taken(at: Connection, mine: Any, when: Any) -> list[tuple[str, str]]:
    rows = [(row.resource, row.record_id) for row in at.execute(select(t.resource, t.record_id).where(mine, t.record_id.is_not(None)))]
    at.execute(update(offer).where(mine).values(taken=t.given, taken_at=when, tries=0))
    return rows


def standing(at: Connection, system: str, record_ids: Iterable[str]) -> dict[str, str]:
    """Records whose newest document the vendor does not have: ``owed``, or ``refused`` where it took others meanwhile and not this one."""
    ids, found = list(record_ids), {}
    last = at.execute(select(func.max(t.taken_at)).where(t.system == system)).scalar() or 0.0
    for start in range(0, len(ids), CHUNK):
        which = (t.system == system, OWED, t.record_id.in_(ids[start : start + CHUNK]))
        for row in at.execute(select(t.record_id, t.tries, t.laid_at).where(*which)):
            found[row.record_id] = "refused" if row.tries >= REFUSED and last > row.laid_at else "owed"
    return found


def refused(at: Connection, system: str) -> list[tuple[str, str]]:
    """(resource, record) of what was just given once too often."""
    which = (t.system == system, OWED, t.tries == REFUSED, t.record_id.is_not(None))
    return [(row.resource, row.record_id) for row in at.execute(select(t.resource, t.record_id).where(*which))]


def forget(at: Connection, record_ids: Sequence[str], objects: Sequence[tuple[str, str]] = ()) -> int:
    """Leave of these records, and of these objects (system, number), nothing but their numbers, which no other order may ever bear."""
    named: list[Any] = [t.record_id.in_(list(record_ids[start : start + CHUNK])) for start in range(0, len(record_ids), CHUNK)]
    named += [and_(t.system == system, t.number == number) for system, number in objects]
    said = or_(t.document.is_not(None), t.seen.is_not(None))
    empty = {"document": None, "seen": None, "taken": t.revision, "session": ERASED}
    return sum(at.execute(update(offer).where(which, said).values(**empty)).rowcount for which in named)
