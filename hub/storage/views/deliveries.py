"""Deliveries, by a filter of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, TextClause, and_, func, select
from sqlalchemy.sql import ColumnElement

from hub.storage.tables import delivery, match_key
from retry_queue.contract import OPEN
from retry_queue.tables import UNFINISHED_ROWS, which

Json = Any
REPLAYABLE = ("dead", "skipped", "waiting", "retrying")
UNFINISHED = (*OPEN, "dead")
STATES = (*UNFINISHED, "done", "skipped")
COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "system": delivery.c.system,
    "entity": delivery.c.entity,
    "state": delivery.c.state,
    "error": delivery.c.error_class,
    "code": delivery.c.error_code,
    "field": delivery.c.error_field,
    "text": delivery.c.error_text,
    "id": delivery.c.id,
}


def chosen(filters: Mapping[str, Json]) -> ColumnElement[bool]:
    """The condition of a filter: text equals, a list or tuple contains; what is empty does not count. ``records``: ids of records."""
    states = filters.get("state") or ()
    unfinished = bool(states) and set(UNFINISHED).issuperset([states] if isinstance(states, str) else states)
    conditions: list[ColumnElement[bool] | TextClause] = [which(UNFINISHED_ROWS)] if unfinished else []
    for name, value in filters.items():
        if name == "records" and value is not None:
            conditions.append(delivery.c.record_id.in_(list(value)))
        elif name in COLUMNS and value:
            column = COLUMNS[name]
            if unfinished and name == "system":  # few rows among millions: not by the index of all rows of a system
                column = func.coalesce(column, "")
            conditions.append(column.in_(value) if isinstance(value, (list, tuple)) else column == value)
    return and_(True, *conditions)


def queue(at: Connection, *, limit: int | None = 100, offset: int = 0, **filters: Json) -> list[dict[str, Json]]:
    """Deliveries, newest change first."""
    query = select(delivery).where(chosen(filters)).order_by(delivery.c.changed_at.desc(), delivery.c.id).limit(limit).offset(offset)
    return [dict(row) for row in at.execute(query).mappings()]


def queue_count(at: Connection, *, most: int = 10_000, **filters: Json) -> int:
    """How many deliveries a filter finds; counted up to ``most``, so that a page stays quick over millions."""
    some = select(delivery.c.id).where(chosen(filters)).limit(most).subquery()
    return int(at.execute(select(func.count()).select_from(some)).scalar_one())


def open_ids(at: Connection, filters: Mapping[str, Json], states: Sequence[str], *, after: str = "", limit: int | None = 5000) -> list[str]:
    """Ids of deliveries in these states that a filter finds, in id order after ``after``."""
    which = (delivery.c.state.in_(states), delivery.c.id > after, chosen(filters))
    return list(at.execute(select(delivery.c.id).where(*which).order_by(delivery.c.id).limit(limit)).scalars())


def failed_naming(at: Connection, system: str, customer: str) -> list[str]:
    """Ids of deliveries to a system that did not get through, of records that name a customer."""
    k = match_key.c
    named = select(k.record_id).where(k.kind == "customer", k.value == customer)
    mine = (delivery.c.system == system, delivery.c.record_id.in_(named), delivery.c.state.in_(("dead", "retrying", "waiting")))
    return list(at.execute(select(delivery.c.id).where(*mine)).scalars())


def stuck(at: Connection) -> int:
    """How many deliveries wait for somebody whom their system has refused: nothing moves them before a person has."""
    one, other = delivery.alias(), delivery.alias()
    refused = (other.c.system == one.c.system, other.c.record_id == one.c.waits_on, other.c.state == "dead")
    return int(at.execute(select(func.count()).select_from(one, other).where(one.c.state == "waiting", *refused)).scalar() or 0)
