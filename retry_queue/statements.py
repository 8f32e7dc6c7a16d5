"""The outbox's statements that run for every row. Each is built once for a table: building one costs as much as a row of its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, and_, bindparam, case, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from retry_queue.contract import LIVE, URGENT
from retry_queue.tables import CLAIMABLE_ROWS, which


def opening(table: Table, dialect: str) -> Any:
    """The upsert of one row. What is leased or unknown keeps its state and its turn, and learns that there is more to do."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(table)
    fresh, old = statement.excluded, table.c
    busy = _is(old.state, "leased", "unknown")
    waits = _is(old.state, "pending", "retrying", "waiting")
    urgent = or_(fresh.lane == URGENT, and_(old.lane == URGENT, or_(waits, busy)))
    of_the_day = and_(old.lane == LIVE, waits)
    later = or_(old.state == "leased", and_(_is(old.state, "retrying", "unknown"), fresh.lane != URGENT))
    return statement.on_conflict_do_update(
        index_elements=[table.c.system, table.c.record_id],
        set_={
            "wanted": case((fresh.wanted > old.wanted, fresh.wanted), else_=old.wanted),
            "planned": 0,
            "state": case((busy, old.state), else_="pending"),
            "lane": case((urgent, URGENT), (of_the_day, LIVE), else_=fresh.lane),
            "run": case((of_the_day, old.run), else_=fresh.run),
            "attempts": case((or_(busy, old.state == "retrying"), old.attempts), else_=0),
            "next_attempt_at": case((later, old.next_attempt_at), else_=fresh.next_attempt_at),
            "opened_at": case((_is(old.state, "done", "skipped", "dead"), fresh.opened_at), else_=old.opened_at),
            "changed_at": fresh.changed_at,
        },
    )


def claimable(table: Table) -> Any:
    """Ids of what is due in one lane of a system (``its_system``, ``its_lane``, ``now``), the longest due first, ``most`` of them."""
    t = table.c
    due = (
        t.system == bindparam("its_system"),
        t.lane == bindparam("its_lane"),
        which(CLAIMABLE_ROWS),
        t.next_attempt_at <= bindparam("now"),
    )
    return select(t.id).where(*due).order_by(t.next_attempt_at).limit(bindparam("most"))


def not_held(table: Table, held: Sequence[tuple[str, str]]) -> list[Any]:
    """Conditions that leave out what is held back: (run, entity) pairs; ``*``: whatever run."""
    t = table.c
    free: list[Any] = [t.entity != entity for run, entity in held if run == "*"]
    free += [or_(t.run != run, t.entity != entity) if entity else t.run != run for run, entity in held if run != "*"]
    return free


def ending(table: Table, names: Sequence[str], final: bool) -> Any:
    """The end of one attempt, with values of these names. ``final``: where more was asked for since the claim, the row becomes pending instead."""
    t = table.c
    values: dict[str, Any] = {name: bindparam(f"new_{name}", type_=t[name].type) for name in names}
    mine = and_(t.id == bindparam("its_id"), t.lease == bindparam("its_lease"), t.state == "leased")
    if final:
        moved = or_(t.wanted != bindparam("its_wanted"), t.planned != bindparam("its_planned"))
        now = bindparam("new_changed_at", type_=t.changed_at.type)
        instead = {"state": "pending", "attempts": 0, "next_attempt_at": now}
        values |= {name: case((moved, value), else_=values[name]) for name, value in instead.items()}
    return update(table).where(mine).values(values)


def _is(column: Any, *values: str) -> Any:
    """``column`` is one of these. Spelt out, since a statement with an expanding list of values is compiled anew for every row."""
    return or_(*(column == value for value in values))
