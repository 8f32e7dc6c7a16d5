"""What goes on in every system, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, case, func, select, text

from hub.storage.tables import (
    OPEN_CONFLICTS,
    OPEN_DUPLICATES,
    conflict,
    delivery,
    duplicate,
    field_problem,
    link,
    parked,
    record,
    system_state,
)
from hub.storage.views.deliveries import UNFINISHED
from retry_queue.tables import FAILING_ROWS, which

Json = Any
FAILING = ("retrying", "dead", "unknown")
MOVING = ("pending", "leased", "retrying", "unknown")


@dataclass(slots=True)
class Cell:
    """One system and entity. ``states``: state -> deliveries that are not finished. ``oldest``: when the oldest delivery under way was
    opened; ``last``: when one was last done."""

    states: dict[str, int] = field(default_factory=dict)
    links: int = 0
    oldest: float | None = None
    last: float | None = None

    @property
    def failing(self) -> int:
        return sum(self.states.get(state, 0) for state in FAILING)

    @property
    def moving(self) -> int:
        return sum(self.states.get(state, 0) for state in ("pending", "leased"))


def matrix(at: Connection, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Cell]:
    """(system, entity) -> what goes on there. Costs what is not finished, not what was ever delivered."""
    d, cells = delivery.c, {}
    for system, entity in places:
        here = (
            d.system == system,
            d.entity == entity,
        )  # each a walk of delivery_cells; one query over all would read that index to its end
        last: float | None = at.execute(select(func.max(d.changed_at)).where(*here, d.state == "done")).scalar_one()
        cell = cells[system, entity] = Cell(last=last)
        open_ones = select(d.state, func.count(), func.min(d.opened_at)).where(*here, d.state.in_(sorted(UNFINISHED))).group_by(d.state)
        for state, count, opened in at.execute(open_ones):
            cell.states[state] = count
            if state in MOVING:
                cell.oldest = min(cell.oldest or opened, opened)
    return cells


def linked(at: Connection) -> dict[tuple[str, str], int]:
    """(system, entity) -> objects there that the hub knows. Reads an index of all of them to its end: to be asked seldom."""
    l = link.c  # noqa: E741
    grouped = select(l.system, l.entity, func.count()).where(l.external_id.is_not(None)).group_by(l.system, l.entity)
    return {(system, entity): count for system, entity, count in at.execute(grouped)}


def held(at: Connection) -> dict[str, int]:
    """Entity -> records of it. Reads an index of all of them to its end: to be asked seldom."""
    return dict(at.execute(select(record.c.entity, func.count()).group_by(record.c.entity)).tuples().all())


def systems(at: Connection) -> list[dict[str, Json]]:
    """The state rows of all systems; renewed credentials stay out."""
    columns = [c for c in system_state.c if c.name != "tokens"]
    return [dict(row) for row in at.execute(select(*columns).order_by(system_state.c.system)).mappings()]


def undecided(at: Connection) -> dict[str, int]:
    """What waits for a person: pairs that may be one, conflicts, fields that could not be used, objects that could not be identified."""
    asked = {
        "duplicates": select(func.count()).select_from(duplicate).where(text(OPEN_DUPLICATES)),
        "conflicts": select(func.count()).select_from(conflict).where(text(OPEN_CONFLICTS)),
        "field_problems": select(func.count()).select_from(field_problem),
        "parked": select(func.count()).select_from(parked),
    }
    return {name: int(at.execute(query).scalar_one()) for name, query in asked.items()}


def problems(at: Connection) -> list[dict[str, Json]]:
    """Deliveries that fail for the same reason, and fields that could not be used, most first. Each unknown value of a directory is a
    problem of its own: its text names it."""
    d = delivery.c
    same = (d.system, d.entity, d.error_class, d.error_code, d.error_field)
    named = case((d.error_code == "directory_no_twin", d.error_text), else_="")
    query = (
        select(*same, func.max(d.error_text).label("text"), func.count().label("count"), func.min(d.changed_at).label("since"))
        .where(which(FAILING_ROWS), d.error_class != "")
        .group_by(*same, named)
    )
    found = [dict(row) | {"kind": "delivery"} for row in at.execute(query).mappings()]
    f = field_problem.c
    value = case((f.code == "directory_unknown", f.ru), else_="")
    fields = select(
        f.system, f.entity, f.code, f.field, func.max(f.ru).label("ru"), func.max(f.en).label("en"), func.count().label("count"),
        func.min(f.opened_at).label("since"), func.min(f.record_id).label("record_id"),
    ).group_by(f.system, f.entity, f.code, f.field, value)  # fmt: skip
    for row in at.execute(fields).mappings():
        same_shape = {"kind": "field", "error_class": "Field", "error_code": row["code"], "error_field": row["field"], "text": row["ru"]}
        found.append(same_shape | dict(row))
    return sorted(found, key=lambda row: -row["count"])
