"""Rows whose time is over: which they are, and their end, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, select, tuple_

from hub.storage.tables import (
    alert,
    alert_message,
    audit,
    audit_block,
    audit_body,
    brake,
    conflict,
    drift,
    field_problem,
    lookup,
    parked,
    restoration,
    run,
    tally,
    weighed,
)

BATCH = 1000  # rows that one transaction deletes
CERTIFICATES = "operator.erase"  # audit rows whose values are kept: they say who was erased, and what still stands in the systems


@dataclass(frozen=True, slots=True)
class Aged:
    """One kind of rows. ``which``: the condition for those from before a moment. ``beside``: (table, its column) of rows that go along with the
    key of these."""

    table: Table
    which: Callable[[Connection, float], ColumnElement[bool]]
    beside: tuple[tuple[Table, str], ...] = ()

    def count(self, at: Connection, before: float) -> int:
        """How many there are."""
        return int(at.execute(select(func.count()).select_from(self.table).where(self.which(at, before))).scalar_one())

    def drop(self, at: Connection, before: float) -> int:
        """Delete one batch. Returns how many rows; fewer than BATCH: there are no more."""
        key = list(self.table.primary_key)
        rows = at.execute(select(*key).where(self.which(at, before)).limit(BATCH)).tuples().all()
        for table, name in self.beside if rows else ():
            at.execute(delete(table).where(table.c[name].in_([row[0] for row in rows])))
        if rows:
            one = key[0].in_([row[0] for row in rows]) if len(key) == 1 else tuple_(*key).in_(rows)
            at.execute(delete(self.table).where(one))
        return len(rows)


def _older(column: Any, *more: Any) -> Callable[[Connection, float], ColumnElement[bool]]:
    return lambda at, before: and_(column < before, *more)


def _values(at: Connection, before: float) -> ColumnElement[bool]:
    """Values beside audit rows of blocks that were sealed before: ids grow with time."""
    last = at.execute(select(func.max(audit_block.c.last_id)).where(audit_block.c.sealed_at < before)).scalar() or 0
    kept = select(audit.c.id).where(audit.c.action == CERTIFICATES)
    return and_(audit_body.c.audit_id <= int(last), audit_body.c.audit_id.not_in(kept))


def _answered(at: Connection, before: float) -> ColumnElement[bool]:
    """Conflicts decided before."""
    rows = at.execute(
        select(conflict.c.id, conflict.c.decided).where(conflict.c.opened_at < before, conflict.c.decided.is_not(None))
    ).tuples()
    return conflict.c.id.in_([ident for ident, decided in rows if float((decided or {}).get("at") or 0.0) < before][:BATCH])


def _hours(at: Connection, before: float) -> ColumnElement[bool]:
    return tally.c.hour < int(before // 3600)


KINDS: Mapping[str, Aged] = {
    "audit_values": Aged(audit_body, _values),
    "parked": Aged(parked, _older(parked.c.at)),
    "field_problems": Aged(field_problem, _older(field_problem.c.opened_at)),
    "drift": Aged(drift, _older(drift.c.found_at)),
    "runs": Aged(run, _older(run.c.started_at, run.c.state == "done"), ((weighed, "run"),)),
    "brakes": Aged(brake, _older(brake.c.decided_at, brake.c.decision != "")),
    "tallies": Aged(tally, _hours),
    "alerts": Aged(alert, _older(alert.c.closed_at), ((alert_message, "alert_id"),)),
    "conflicts": Aged(conflict, _answered),
    "lookups": Aged(lookup, _older(lookup.c.asked_at)),
    "restorations": Aged(restoration, _older(restoration.c.restored_at, restoration.c.stage == "over")),
}
