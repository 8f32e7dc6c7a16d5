"""The outbox in SQL: open, claim under a fencing lease, end by compare-and-set. Every statement takes the caller's connection."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, case, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from retry_queue.backoff import Backoff
from retry_queue.contract import BULK, CLAIMABLE, LIVE, Again, Bury, Delivery, Done, Doubt, Ending, Failure, Skip, Wait

BULK_FLOOR = 0.2  # share of a claim kept for the bulk lane, so that backfills never starve


class Outbox:
    """Operations on the ``delivery`` table."""

    def __init__(self, table: Table, backoff: Backoff | None = None) -> None:
        self.table = table
        self.backoff = backoff or Backoff()

    def open(self, at: Connection, wanted: Iterable[tuple[str, str, str, int]], *, now: float, lane: str = LIVE) -> int:
        """Open or re-open deliveries for (system, entity, record id, record version). A leased one only learns the version;
        a dead one is opened again, since the change may have mended it. Returns how many were named."""
        rows = [
            {
                "id": uuid.uuid4().hex,
                "system": system,
                "entity": entity,
                "record_id": record_id,
                "state": "pending",
                "lane": lane,
                "wanted": version,
                "planned": 0,
                "attempts": 0,
                "next_attempt_at": now,
                "error_class": "",
                "error_code": "",
                "error_field": "",
                "error_text": "",
                "reason": "",
                "opened_at": now,
                "changed_at": now,
            }
            for system, entity, record_id, version in wanted
        ]
        if not rows:
            return 0
        at.execute(self._opening(at.dialect.name), rows)
        return len(rows)

    def _opening(self, dialect: str) -> Any:
        """The upsert of one row: compiled once, executed for all rows of a batch."""
        insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
        statement = insert(self.table)
        fresh, old = statement.excluded, self.table.c
        busy = _is(old.state, "leased", "unknown")
        return statement.on_conflict_do_update(
            index_elements=[self.table.c.system, self.table.c.record_id],
            set_={
                "wanted": case((fresh.wanted > old.wanted, fresh.wanted), else_=old.wanted),
                "state": case((busy, old.state), else_="pending"),
                "lane": case((and_(old.lane == LIVE, _is(old.state, "pending", "retrying", "waiting")), LIVE), else_=fresh.lane),
                "attempts": case((or_(busy, old.state == "retrying"), old.attempts), else_=0),
                "next_attempt_at": case((or_(busy, old.state == "retrying"), old.next_attempt_at), else_=fresh.next_attempt_at),
                "opened_at": case((_is(old.state, "done", "skipped", "dead"), fresh.opened_at), else_=old.opened_at),
                "changed_at": fresh.changed_at,
            },
        )

    def claim(self, at: Connection, system: str, *, limit: int, lease: float, now: float, entities: Sequence[str] = ()) -> list[Delivery]:
        """Claim due rows of a system, live lane first with a floor for bulk; each carries a fresh token in ``lease``."""
        bulk_share = max(1, int(limit * BULK_FLOOR))
        live = self._due(at, system, LIVE, limit, now, entities)
        bulk = self._due(at, system, BULK, limit, now, entities)
        chosen = live[: limit - min(bulk_share, len(bulk))]
        chosen += bulk[: limit - len(chosen)]
        if not chosen:
            return []
        token = uuid.uuid4().hex
        at.execute(
            update(self.table)
            .where(self.table.c.id.in_(chosen), self.table.c.state.in_(CLAIMABLE))
            .values(state="leased", lease=token, lease_until=now + lease, left_at=None, planned=self.table.c.wanted, changed_at=now)
        )
        rows = at.execute(select(self.table).where(self.table.c.lease == token)).mappings()
        return [as_delivery(row) for row in rows]

    def _due(self, at: Connection, system: str, lane: str, limit: int, now: float, entities: Sequence[str]) -> list[str]:
        query = (
            select(self.table.c.id)
            .where(
                self.table.c.system == system,
                self.table.c.state.in_(CLAIMABLE),
                self.table.c.lane == lane,
                self.table.c.next_attempt_at <= now,
            )
            .order_by(self.table.c.next_attempt_at)
            .limit(limit)
        )
        if entities:
            query = query.where(self.table.c.entity.in_(entities))
        if at.dialect.name == "postgresql":
            query = query.with_for_update(skip_locked=True)
        return list(at.execute(query).scalars())

    def mark_left(self, at: Connection, deliveries: Sequence[Delivery], *, now: float) -> set[str]:
        """Say that the requests of these are about to leave. Returns the ids whose lease still holds: only those may be sent."""
        tokens = {d.lease for d in deliveries}
        mine = and_(
            self.table.c.id.in_([d.id for d in deliveries]),
            self.table.c.lease.in_(tokens),
            self.table.c.state == "leased",
            self.table.c.lease_until > now,
        )
        at.execute(update(self.table).where(mine).values(left_at=now))
        return set(at.execute(select(self.table.c.id).where(mine)).scalars())

    def end(self, at: Connection, delivery: Delivery, ending: Ending, *, now: float) -> bool:
        """End an attempt by compare-and-set on the lease; False: the lease was lost, someone else owns the row.
        A row whose ``wanted`` moved meanwhile becomes pending again instead of done."""
        mine = and_(self.table.c.id == delivery.id, self.table.c.lease == delivery.lease, self.table.c.state == "leased")
        values = self._values(delivery, ending, now)
        moved = self.table.c.wanted != delivery.wanted
        if isinstance(ending, (Done, Skip, Bury)):
            values["state"] = case((moved, "pending"), else_=values["state"])
            values["next_attempt_at"] = now
        values |= {"lease": None, "lease_until": None, "left_at": None, "changed_at": now}
        return bool(at.execute(update(self.table).where(mine).values(values)).rowcount)

    def _values(self, delivery: Delivery, ending: Ending, now: float) -> dict[str, Any]:
        match ending:
            case Done(reason):
                return {"state": "done", "attempts": 0, "waits_for": None, "reason": reason} | _error(Failure(""))
            case Skip(reason):
                return {"state": "skipped", "attempts": 0, "waits_for": None, "reason": reason} | _error(Failure(""))
            case Bury(failure):
                return {"state": "dead", "attempts": delivery.attempts + 1} | _error(failure)
            case Wait(on, after):
                return {"state": "waiting", "waits_for": dict(on), "next_attempt_at": now + after} | _error(Failure(""))
            case Doubt(failure, after):
                return {"state": "unknown", "attempts": delivery.attempts + 1, "next_attempt_at": now + after} | _error(failure)
            case Again(failure, after, counts):
                attempts = delivery.attempts + int(counts)
                if counts and self.backoff.exhausted(attempts):
                    return {"state": "dead", "attempts": attempts} | _error(failure)
                delay = after if after is not None else self.backoff.delay(max(1, attempts))
                return {"state": "retrying", "attempts": attempts, "next_attempt_at": now + delay} | _error(failure)

    def expire(self, at: Connection, *, now: float) -> int:
        """Give back rows whose lease ended: as ``unknown`` where the request had left, else as pending. Also wakes waiting rows that are due."""
        late = and_(self.table.c.state == "leased", self.table.c.lease_until < now)
        back = at.execute(
            update(self.table)
            .where(late)
            .values(
                state=case((self.table.c.left_at.is_not(None), "unknown"), else_="pending"),
                lease=None,
                lease_until=None,
                next_attempt_at=now,
                changed_at=now,
            )
        ).rowcount
        self.wake(at, now=now, due_only=True)
        return int(back)

    def wake(self, at: Connection, *, now: float, record_ids: Sequence[str] = (), due_only: bool = False) -> int:
        """Put waiting rows back to pending: those of the records, or those whose re-check is due."""
        which = self.table.c.state == "waiting"
        which = and_(which, self.table.c.next_attempt_at <= now) if due_only else and_(which, self.table.c.record_id.in_(record_ids))
        return int(at.execute(update(self.table).where(which).values(state="pending", next_attempt_at=now, changed_at=now)).rowcount)

    def waiting_for(self, at: Connection, system: str, record_id: str) -> list[str]:
        """Records whose deliveries to the system wait for this record's object."""
        t = self.table.c
        rows = at.execute(select(t.record_id, t.waits_for).where(t.system == system, t.state == "waiting"))
        return [waiting for waiting, on in rows if on and on.get("ref") == record_id]

    def replay(self, at: Connection, ids: Sequence[str], *, now: float, lane: str = LIVE) -> int:
        """Put dead, skipped, done, waiting or retrying rows back to pending. ``unknown`` ones are not touched: they are looked up first."""
        which = and_(self.table.c.id.in_(ids), self.table.c.state.in_(("dead", "skipped", "done", "waiting", "retrying")))
        return int(
            at.execute(
                update(self.table).where(which).values(state="pending", attempts=0, lane=lane, next_attempt_at=now, changed_at=now)
            ).rowcount
        )

    def skip(self, at: Connection, ids: Sequence[str], reason: str, *, now: float) -> int:
        """Stop trying, with a person's reason."""
        which = and_(self.table.c.id.in_(ids), self.table.c.state.in_(("pending", "retrying", "waiting", "dead")))
        return int(at.execute(update(self.table).where(which).values(state="skipped", reason=reason, changed_at=now)).rowcount)

    def counts(self, at: Connection) -> dict[tuple[str, str, str], int]:
        """(system, entity, state) -> rows."""
        t = self.table.c
        rows = at.execute(select(t.system, t.entity, t.state, func.count()).group_by(t.system, t.entity, t.state))
        return {(system, entity, state): count for system, entity, state, count in rows}

    def due(self, at: Connection, *, now: float) -> dict[str, int]:
        """System -> deliveries that could be claimed now."""
        t = self.table.c
        query = select(t.system, func.count()).where(t.state.in_(CLAIMABLE), t.next_attempt_at <= now).group_by(t.system)
        return dict(at.execute(query).tuples().all())


def _is(column: Any, *values: str) -> Any:
    """``column IN values`` in a form that may be executed for many rows at once."""
    return or_(*(column == value for value in values))


def as_delivery(row: Mapping[str, Any] | Any) -> Delivery:
    return Delivery(**dict(row))


def _error(failure: Failure) -> dict[str, str]:
    return {"error_class": failure.kind, "error_code": failure.code, "error_field": failure.field, "error_text": failure.text[:2000]}
