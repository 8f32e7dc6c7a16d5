"""The outbox in SQL: open, claim under a fencing lease, end by compare-and-set. Every statement takes the caller's connection."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, case, func, select, update

from retry_queue.backoff import Backoff
from retry_queue.contract import LANES, LIVE, URGENT, Bury, Delivery, Done, Ending, Failure, Skip, Wait
from retry_queue.endings import error, written
from retry_queue.many import execute_many
from retry_queue.statements import claimable, ending, not_held, opening
from retry_queue.tables import CLAIMABLE_ROWS, FAILING_ROWS, LEASED_ROWS, WAITING_ROWS, which
from retry_queue.tokens import token

BULK_FLOOR = 0.2  # share of a claim kept for the bulk lane, so that backfills never starve
REPLAYABLE = ("dead", "skipped", "done", "waiting", "retrying")
SKIPPABLE = ("pending", "retrying", "waiting", "dead")
DEFAULT = Backoff()
CHUNK = 500  # ids named in one statement


class Outbox:
    """Operations on the ``delivery`` table. ``backoffs``: system -> its own policy of retries. ``monotonic`` measures leases.
    ``ended`` counts this process's endings by system and kind."""

    def __init__(
        self, table: Table, backoffs: Mapping[str, Backoff] | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.table = table
        self.backoffs = backoffs or {}
        self.monotonic = monotonic
        self.ended: Counter[tuple[str, str]] = Counter()
        self._claimable = claimable(table)
        self._openings: dict[str, Any] = {}
        self._endings: dict[tuple[Sequence[str], bool], Any] = {}

    def open(self, at: Connection, wanted: Iterable[tuple[str, str, str, int]], *, now: float, lane: str = LIVE, run: str = "") -> int:
        """Open or re-open deliveries for (system, entity, record id, record version). A leased one only learns that there is more to do;
        a dead one is opened again, since the change may have mended it. ``run``: the run that asks for it. What is urgent is due at once, though it
        was to be tried again later, and stays urgent until it ends. Returns how many were named."""
        rows = [
            {
                "id": uuid.uuid4().hex,
                "system": system,
                "entity": entity,
                "record_id": record_id,
                "state": "pending",
                "lane": lane,
                "run": run,
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
        if at.dialect.name not in self._openings:
            self._openings[at.dialect.name] = opening(self.table, at.dialect.name)
        execute_many(at, self._openings[at.dialect.name], rows)
        return len(rows)

    def claim(
        self, at: Connection, system: str, *, limit: int, lease: float, now: float, without: Iterable[tuple[str, str]] = ()
    ) -> list[Delivery]:
        """Claim due rows of a system, urgent ones first, then the live lane with a floor for bulk; each carries a fresh token in ``lease``. ``without``: what is
        held back, as (run, entity); an empty entity stands for all of the run, ``*`` for every run."""
        held = list(without)
        deadline = self.monotonic() + lease  # measured before the rows are: never later than the lease in the database
        bulk_share = max(1, int(limit * BULK_FLOOR)) if limit > 1 else 0
        urgent, live, bulk = (self._due(at, system, lane, limit, now, held) for lane in LANES)
        chosen = [*urgent, *live][: max(len(urgent), limit - min(bulk_share, len(bulk)))]
        chosen += bulk[: limit - len(chosen)]
        if not chosen:
            return []
        values = {
            "state": "leased",
            "lease": token(),
            "lease_until": now + lease,
            "left_at": None,
            "waits_for": None,
            "waits_on": None,
        }
        claiming = update(self.table).where(self.table.c.id.in_(chosen)).values(**values, planned=self.table.c.wanted, changed_at=now)
        rows = {row["id"]: as_delivery(row, deadline) for row in at.execute(claiming.returning(self.table)).mappings()}
        return [rows[i] for i in chosen]

    def presses(self, at: Connection, system: str, *, now: float) -> bool:
        """Whether something urgent waits to be claimed."""
        return bool(self._due(at, system, URGENT, 1, now, ()))

    def _due(self, at: Connection, system: str, lane: str, limit: int, now: float, held: Sequence[tuple[str, str]]) -> list[str]:
        query = self._claimable.where(*not_held(self.table, held)) if held else self._claimable
        if at.dialect.name == "postgresql":
            query = query.with_for_update(skip_locked=True)
        return list(at.execute(query, {"its_system": system, "its_lane": lane, "now": now, "most": limit}).scalars())

    def due(
        self, at: Connection, systems: Iterable[str], *, now: float, without: Mapping[str, Sequence[tuple[str, str]]] | None = None
    ) -> set[str]:
        """Those of the systems that have something to claim now. ``without``: system -> what is held back there."""
        return {system for system, since in self.oldest(at, systems, without=without).items() if since <= now}

    def oldest(self, at: Connection, systems: Iterable[str], *, without: Mapping[str, Sequence[tuple[str, str]]] | None = None) -> dict[str, float]:  # fmt: skip
        """System -> when the first of its claimable deliveries comes due; systems without any are left out. In the order of the index,
        or PostgreSQL would rather walk through a million done rows until it meets one that is not."""
        t = self.table.c
        found: dict[str, float] = {}
        for system in systems:
            for lane in LANES:
                free = not_held(self.table, (without or {}).get(system, ()))
                first = select(t.next_attempt_at).where(t.system == system, t.lane == lane, which(CLAIMABLE_ROWS), *free)
                since = at.execute(first.order_by(t.next_attempt_at).limit(1)).scalar()
                if since is not None:
                    found[system] = min(since, found.get(system, since))
        return found

    def time_left(self, deliveries: Sequence[Delivery]) -> float:
        """Seconds for which all of their leases still hold, by the monotonic clock. A request must end within them."""
        return min((d.deadline for d in deliveries), default=0.0) - self.monotonic()

    def mark_left(self, at: Connection, deliveries: Sequence[Delivery], *, now: float) -> set[str]:
        """Say that the requests of these are about to leave. Returns the ids whose lease still holds: only those may be sent."""
        t = self.table.c
        claims: dict[str | None, list[str]] = {}
        for one in deliveries:
            if one.deadline > self.monotonic():
                claims.setdefault(one.lease, []).append(one.id)
        left: set[str] = set()
        for lease, ids in claims.items():  # what was claimed together bears one token
            for some in _chunks(sorted(ids)):
                mine = and_(t.id.in_(some), t.lease == lease, t.state == "leased", t.lease_until > now)
                left |= set(at.execute(update(self.table).where(mine).values(left_at=now).returning(t.id)).scalars())
        return left

    def end(self, at: Connection, delivery: Delivery, its_end: Ending, *, now: float) -> bool:
        """End one attempt, as :meth:`end_all` does; False: the lease was lost, someone else owns the row."""
        return self.end_all(at, [(delivery, its_end)], now=now) == 1

    def end_all(self, at: Connection, endings: Iterable[tuple[Delivery, Ending]], *, now: float) -> int:
        """End attempts, each by compare-and-set on its lease. Returns how many were ended; of the others the lease was lost, and someone
        else owns the row. Where there is more to do since the claim, a row becomes pending again instead of done, skipped, dead or waiting."""
        alike: dict[tuple[str, str, tuple[str, ...], bool], list[dict[str, Any]]] = {}
        for delivery, its_end in endings:
            backoff = self.backoffs.get(delivery.system, DEFAULT)
            values = {"next_attempt_at": now} | written(delivery, its_end, backoff, now)
            values |= {"lease": None, "lease_until": None, "left_at": None, "changed_at": now}
            its = {"its_id": delivery.id, "its_lease": delivery.lease, "its_wanted": delivery.wanted, "its_planned": delivery.planned}
            key = (delivery.system, type(its_end).__name__.lower(), tuple(sorted(values)), isinstance(its_end, (Done, Skip, Bury, Wait)))
            alike.setdefault(key, []).append(its | {f"new_{name}": value for name, value in values.items()})
        ended = 0
        for (system, kind, names, final), rows in alike.items():
            if (names, final) not in self._endings:
                self._endings[names, final] = ending(self.table, names, final)
            mine_still = execute_many(at, self._endings[names, final], sorted(rows, key=lambda row: str(row["its_id"])))
            self.ended += Counter({(system, kind): mine_still, (system, "lost"): len(rows) - mine_still})
            ended += mine_still
        return ended

    def expire(self, at: Connection, *, now: float) -> int:
        """Give back rows whose lease ended: as ``unknown`` where the request had left, else as pending. Also wakes waiting rows that are due."""
        t = self.table.c
        back = {
            "state": case((t.left_at.is_not(None), "unknown"), else_="pending"),
            "lease": None,
            "lease_until": None,
            "next_attempt_at": now,
            "changed_at": now,
        }
        given = at.execute(update(self.table).where(which(LEASED_ROWS), t.lease_until < now).values(back)).rowcount
        self._awake(at, t.next_attempt_at <= now, now)
        return int(given)

    def wake(self, at: Connection, *, now: float, record_ids: Sequence[str]) -> int:
        """Put the waiting rows of these records back to pending."""
        return sum(self._awake(at, self.table.c.record_id.in_(some), now) for some in _chunks(record_ids))

    def waiting_for(self, at: Connection, system: str, record_ids: Sequence[str]) -> list[str]:
        """Records whose deliveries to the system wait for the objects of these records."""
        t, found = self.table.c, list[str]()
        for some in _chunks(record_ids):
            waiting = select(t.record_id).where(t.system == system, t.waits_on.in_(some), which(WAITING_ROWS))
            found += at.execute(waiting).scalars()
        return found

    def _awake(self, at: Connection, these: Any, now: float) -> int:
        values = {"state": "pending", "waits_for": None, "waits_on": None, "next_attempt_at": now, "changed_at": now}
        return int(at.execute(update(self.table).where(which(WAITING_ROWS), these).values(values)).rowcount)

    def replay(self, at: Connection, ids: Sequence[str], *, now: float, lane: str = LIVE, run: str = "") -> int:
        """Put dead, skipped, done, waiting or retrying rows back to pending. ``unknown`` ones are not touched: they are looked up first."""
        values = {"attempts": 0, "lane": lane, "run": run, "next_attempt_at": now, "waits_for": None, "waits_on": None}
        return self._put(at, ids, REPLAYABLE, {"state": "pending", "changed_at": now} | values)

    def reopen(self, at: Connection, system: str, code: str, *, now: float) -> None:
        """The system has what it lacked: deliveries that were given up for want of it, with an error of this code, are owed again."""
        t = self.table.c
        dead = (which(FAILING_ROWS), t.system == system, t.state == "dead", t.error_code == code)
        rows = at.execute(
            select(t.entity, t.record_id).where(*dead).order_by(t.entity, t.error_class).limit(5000)
        ).all()  # in the order of the index of failures
        self.open(at, [(system, entity, record_id, 0) for entity, record_id in rows], now=now)

    def hurry(self, at: Connection, system: str, code: str, *, now: float) -> int:
        """Let what is tried again later because of an error of this code be tried now."""
        t = self.table.c
        these = (t.system == system, t.error_code == code, t.state == "retrying")
        return int(at.execute(update(self.table).where(*these).values(next_attempt_at=now)).rowcount)

    def skip(self, at: Connection, ids: Sequence[str], reason: str, *, now: float) -> int:
        """Stop trying, with a person's reason."""
        values = {"reason": reason, "waits_for": None, "waits_on": None}
        return self._put(at, ids, SKIPPABLE, {"state": "skipped", "changed_at": now} | values)

    def bury(self, at: Connection, ids: Sequence[str], failure: Failure, *, now: float) -> int:
        """Lay rows that nobody works on before a person, who replays or skips them."""
        values = {"waits_for": None, "waits_on": None, "changed_at": now} | error(failure)
        return self._put(at, ids, ("pending", "retrying", "waiting"), {"state": "dead"} | values)

    def disown(self, at: Connection, ids: Sequence[str], failure: Failure, *, now: float) -> int:
        """Lay rows before a person that had counted as done: the system said later that they are not."""
        return self._put(at, ids, ("done",), {"state": "dead", "changed_at": now, "attempts": 1} | error(failure))

    def _put(self, at: Connection, ids: Sequence[str], states: Sequence[str], values: dict[str, Any]) -> int:
        t = self.table.c
        return sum(
            at.execute(update(self.table).where(t.id.in_(some), t.state.in_(states)).values(values)).rowcount
            for some in _chunks(sorted(ids))
        )

    def counts(self, at: Connection) -> dict[tuple[str, str, str], int]:
        """(system, entity, state) -> rows."""
        t = self.table.c
        rows = at.execute(select(t.system, t.entity, t.state, func.count()).group_by(t.system, t.entity, t.state))
        return {(system, entity, state): count for system, entity, state, count in rows}


def abandon(at: Connection, table: Table, mark: str) -> None:
    """Let the leases of a process that is known to be dead end now; what had left stays in doubt. ``mark``: what its tokens begin with."""
    held = table.c.lease.startswith(mark, autoescape=True)
    at.execute(update(table).where(which(LEASED_ROWS), held).values(lease_until=0.0))


def as_delivery(row: Mapping[str, Any] | Any, deadline: float = 0.0) -> Delivery:
    return Delivery(**dict(row), deadline=deadline)


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
