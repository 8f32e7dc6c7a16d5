"""Deliveries of one run (a backfill, a replay, a go-live ...) as a whole: read in order, moved, refused. Each statement follows the index of
open deliveries, so its cost is that of the run and not of the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, select, update

from retry_queue.contract import BULK, Delivery
from retry_queue.outbox import as_delivery
from retry_queue.tables import OPEN_ROWS, which


def of_run(at: Connection, table: Table, system: str, run: str, entity: str, *, after: str = "", limit: int = 500) -> list[Delivery]:
    """Open deliveries of a run to one system, of one entity, in id order after ``after``."""
    t = table.c
    mine = (t.system == system, t.run == run, t.entity == entity, t.id > after, which(OPEN_ROWS))
    return [as_delivery(row) for row in at.execute(select(table).where(*mine).order_by(t.id).limit(limit)).mappings()]


def going_on(at: Connection, table: Table, run: str, systems: Sequence[str]) -> bool:
    """Whether a run has deliveries that are not ended."""
    t = table.c
    return any(at.execute(select(t.id).where(t.system == one, t.run == run, which(OPEN_ROWS)).limit(1)).first() for one in systems)


def adopt(at: Connection, table: Table, system: str, run: str, *, now: float, entity: str = "", only_of: str | None = None) -> int:
    """Make what waits to be written to a system part of a run, as if it had been opened now. ``only_of``: only what this run opened.
    What is being written, or looked up, stays as it is. Returns how many."""
    t = table.c
    mine: list[Any] = [t.system == system, which(OPEN_ROWS), t.state.in_(("pending", "retrying", "waiting"))]
    mine += [t.entity == entity] if entity else []
    mine += [t.run == only_of] if only_of is not None else []
    values = {"run": run, "lane": BULK, "opened_at": now, "next_attempt_at": now, "attempts": 0, "changed_at": now}
    return int(at.execute(update(table).where(*mine).values(state="pending", waits_for=None, waits_on=None, **values)).rowcount)


def refuse(at: Connection, table: Table, system: str, run: str, entity: str, reason: str, *, now: float) -> int:
    """Give up what a run would write to a system, for a person's reason. Returns how many."""
    t = table.c
    mine = (t.system == system, t.run == run, t.entity == entity, which(OPEN_ROWS), t.state.in_(("pending", "retrying", "waiting")))
    values = {"state": "skipped", "reason": reason, "waits_for": None, "waits_on": None, "changed_at": now}
    return int(at.execute(update(table).where(*mine).values(**values)).rowcount)


def reopen(at: Connection, table: Table, system: str, reason: str, run: str, *, now: float, record_ids: Sequence[str] | None = None) -> int:
    """Put back what was skipped for a reason that does not hold any more. Returns how many."""
    t = table.c
    mine: list[Any] = [t.system == system, t.state == "skipped", t.reason == reason]
    mine += [] if record_ids is None else [t.record_id.in_(list(record_ids))]
    values = {"run": run, "opened_at": now, "next_attempt_at": now, "attempts": 0, "changed_at": now, "reason": ""}
    lane = {"lane": BULK} if run else {}
    return int(at.execute(update(table).where(*mine).values(state="pending", **values, **lane)).rowcount)
