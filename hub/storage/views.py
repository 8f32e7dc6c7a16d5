"""The read side of the dashboard, the CLI and the API: questions asked of the tables, answered as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, TextClause, and_, case, func, or_, select, text, union_all
from sqlalchemy.sql import ColumnElement

from hub.storage.tables import (
    OPEN_CONFLICTS,
    OPEN_DUPLICATES,
    OPERATOR_ROWS,
    audit,
    audit_block,
    audit_body,
    conflict,
    delivery,
    directory,
    duplicate,
    field_problem,
    link,
    match_key,
    parked,
    record,
    system_state,
    user,
    waiting,
)
from retry_queue.tables import FAILING_ROWS, UNFINISHED_ROWS, which

Json = Any
FAILING = ("retrying", "dead", "unknown")
MOVING = ("pending", "leased", "retrying", "unknown")
REPLAYABLE = ("dead", "skipped", "waiting", "retrying")
SKIPPABLE = ("pending", "retrying", "waiting", "dead")
UNFINISHED = {"pending", "leased", "waiting", "retrying", "unknown", "dead"}
STATES = ("pending", "leased", "waiting", "retrying", "unknown", "dead", "done", "skipped")


# the overview ------------------------------------------------------------------------------------------


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


# the queue -----------------------------------------------------------------------------------------------

COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "system": delivery.c.system,
    "entity": delivery.c.entity,
    "state": delivery.c.state,
    "error": delivery.c.error_class,
    "code": delivery.c.error_code,
    "field": delivery.c.error_field,
    "id": delivery.c.id,
}


def chosen(filters: Mapping[str, Json]) -> ColumnElement[bool]:
    """The condition of a filter: text equals, a list or tuple contains; what is empty does not count. ``records``: ids of records."""
    states = filters.get("state") or ()
    unfinished = bool(states) and UNFINISHED.issuperset([states] if isinstance(states, str) else states)
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


def queue(at: Connection, *, limit: int = 100, offset: int = 0, **filters: Json) -> list[dict[str, Json]]:
    """Deliveries, newest change first."""
    query = select(delivery).where(chosen(filters)).order_by(delivery.c.changed_at.desc(), delivery.c.id).limit(limit).offset(offset)
    return [dict(row) for row in at.execute(query).mappings()]


def queue_count(at: Connection, *, most: int = 10_000, **filters: Json) -> int:
    """How many deliveries a filter finds; counted up to ``most``, so that a page stays quick over millions."""
    some = select(delivery.c.id).where(chosen(filters)).limit(most).subquery()
    return int(at.execute(select(func.count()).select_from(some)).scalar_one())


def open_ids(at: Connection, filters: Mapping[str, Json], states: Sequence[str], *, after: str = "", limit: int = 5000) -> list[str]:
    """Ids of deliveries in these states that a filter finds, in id order after ``after``."""
    which = (delivery.c.state.in_(states), delivery.c.id > after, chosen(filters))
    return list(at.execute(select(delivery.c.id).where(*which).order_by(delivery.c.id).limit(limit)).scalars())


def data_of(at: Connection, record_ids: Sequence[str]) -> dict[str, dict[str, Json]]:
    """Record id -> its data, for names beside rows of a list."""
    found: dict[str, dict[str, Json]] = {}
    wanted = sorted(set(record_ids))
    for start in range(0, len(wanted), 400):
        query = select(record.c.id, record.c.data).where(record.c.id.in_(wanted[start : start + 400]))
        found |= {row.id: row.data for row in at.execute(query)}
    return found


def entities_of(at: Connection, record_ids: Sequence[str]) -> list[dict[str, Json]]:
    """(id, entity) of records."""
    found: list[dict[str, Json]] = []
    wanted = sorted(set(record_ids))
    for start in range(0, len(wanted), 400):
        query = select(record.c.id, record.c.entity).where(record.c.id.in_(wanted[start : start + 400]))
        found += [dict(row) for row in at.execute(query).mappings()]
    return found


# one record -----------------------------------------------------------------------------------------------


def search(
    at: Connection,
    text: str,
    keys: Sequence[tuple[str, str]],
    *,
    entities: Sequence[str],
    places: Mapping[str, Sequence[str]],
    limit: int = 50,
) -> list[dict[str, Json]]:
    """Records by id, by key (``keys``: kind and value), or by remote id (``places``: system -> its resources), the newest of those that share
    a key. Every part is answered from an index, and reads ``limit`` rows of it at most: the same over a thousand records and over a million."""
    text = text.strip()
    if not text:
        return []
    ids = {text, *at.execute(_holding_any(keys, entities, limit)).scalars()} if keys and entities else {text}
    for system, resources in places.items():
        there = (link.c.system == system, link.c.resource.in_(list(resources)), link.c.external_id == text)
        ids |= {str(found) for found in at.execute(select(link.c.record_id).where(*there).limit(limit)).scalars()}
    query = select(record).where(record.c.id.in_(sorted(ids))).order_by(record.c.entity, record.c.updated_at.desc()).limit(limit)
    return [dict(row) for row in at.execute(query).mappings()]


def _holding_any(keys: Sequence[tuple[str, str]], entities: Sequence[str], limit: int) -> Any:
    """Ids of records under any of the keys: one walk of the index for each entity and key, from its newest end, never further than ``limit``."""
    k = match_key.c
    walks = [
        select(k.record_id).where(k.entity == entity, k.kind == kind, k.value == value).order_by(k.record_id.desc()).limit(limit).subquery()
        for entity in entities
        for kind, value in keys
    ]
    return union_all(*(select(walk.c.record_id) for walk in walks))


def days_of(at: Connection, number: str, among: Iterable[date], *, limit: int = 5) -> list[str]:
    """The latest of these days, as 2026-11-25, of which documents of this number are known. ``number``: as in the keys of kind receipt_day."""
    k, values = match_key.c, [f"{number}|{day.isoformat()}" for day in among]
    mine = (k.entity.in_(("order", "return")), k.kind == "receipt_day", k.value.in_(values))
    found = set(at.execute(select(k.value).where(*mine)).scalars())
    return [value.rpartition("|")[2] for value in sorted(found, reverse=True)[:limit]]


def holding(at: Connection, entity: str, kind: str, record_id: str, *, limit: int = 50) -> list[dict[str, Json]]:
    """The newest records of an entity that refer to this customer or product, which is the ``kind``."""
    mine = select(match_key.c.record_id).where(match_key.c.entity == entity, match_key.c.kind == kind, match_key.c.value == record_id)
    query = select(record).where(record.c.id.in_(mine)).order_by(record.c.id.desc()).limit(limit)
    return [dict(row) for row in at.execute(query).mappings()]


def record_page(at: Connection, record_id: str, *, lines: int = 100) -> dict[str, Json] | None:
    """Everything about one record: itself, links, deliveries by system, problems of its fields, what it waits for, time line."""
    row = at.execute(select(record).where(record.c.id == record_id)).mappings().first()
    if row is None:
        return None
    linked = select(link).where(link.c.record_id == record_id).order_by(link.c.system, link.c.role.desc())
    story = (
        select(audit, audit_body.c.before, audit_body.c.after)
        .outerjoin(audit_body, audit_body.c.audit_id == audit.c.id)
        .where(audit.c.record_id == record_id)
        .order_by(audit.c.id.desc())
        .limit(lines)
    )
    return {
        "record": dict(row),
        "links": [dict(x) for x in at.execute(linked).mappings()],
        "deliveries": {x["system"]: dict(x) for x in at.execute(select(delivery).where(delivery.c.record_id == record_id)).mappings()},
        "problems": [dict(x) for x in at.execute(select(field_problem).where(field_problem.c.record_id == record_id)).mappings()],
        "waiting": [dict(x) for x in at.execute(select(waiting).where(waiting.c.record_id == record_id)).mappings()],
        "duplicates": duplicates(at, record_id=record_id),
        "timeline": [dict(x) for x in at.execute(story).mappings()],
    }


def stands_in(at: Connection, record_id: str, system: str) -> bool:
    """Whether a system holds an object of the record."""
    there = (link.c.record_id == record_id, link.c.system == system, link.c.external_id.is_not(None))
    return at.execute(select(link.c.id).where(*there).limit(1)).first() is not None


def titles(at: Connection) -> dict[tuple[str, str], tuple[str, str]]:
    """(directory, canonical value) -> its titles in Russian and English."""
    t = directory.c
    return {(name, value): (ru, en) for name, value, ru, en in at.execute(select(t.name, t.value, t.title_ru, t.title_en))}


# lists for people -----------------------------------------------------------------------------------------------


def duplicates(at: Connection, *, record_id: str = "", limit: int = 200) -> list[dict[str, Json]]:
    """Undecided pairs of records that may be one, newest first."""
    query = select(duplicate).where(text(OPEN_DUPLICATES)).order_by(duplicate.c.opened_at.desc()).limit(limit)
    if record_id:
        query = query.where(or_(duplicate.c.record_a == record_id, duplicate.c.record_b == record_id))
    return [dict(row) for row in at.execute(query).mappings()]


def in_doubt(at: Connection, record_ids: Sequence[str]) -> set[str]:
    """Those of the records that stand in an undecided pair."""
    pair = (duplicate.c.record_a, duplicate.c.record_b)
    query = select(*pair).where(duplicate.c.decision.is_(None), or_(*(column.in_(list(record_ids)) for column in pair)))
    return {one for row in at.execute(query) for one in row} & set(record_ids)


def conflicts(at: Connection, *, limit: int = 200) -> list[dict[str, Json]]:
    """Fields whose policy asks a person, not answered yet."""
    query = select(conflict).where(text(OPEN_CONFLICTS)).order_by(conflict.c.opened_at.desc()).limit(limit)
    return [dict(row) for row in at.execute(query).mappings()]


def parked_objects(at: Connection, *, limit: int = 100) -> list[dict[str, Json]]:
    """Objects that could not even be identified, newest first."""
    return [dict(row) for row in at.execute(select(parked).order_by(parked.c.id.desc()).limit(limit)).mappings()]


def people(at: Connection) -> list[dict[str, Json]]:
    """Who may sign in; passwords stay out."""
    return [dict(row) for row in at.execute(select(user.c.name, user.c.role, user.c.active).order_by(user.c.name)).mappings()]


def audit_rows(at: Connection, *, before: int = 0, limit: int = 100, **filters: str) -> list[dict[str, Json]]:
    """Rows of the audit log with their values, newest first, those older than id ``before``. ``action`` may be a prefix (``operator.``)."""
    columns = {"actor": audit.c.actor, "system": audit.c.system, "entity": audit.c.entity, "record_id": audit.c.record_id}
    conditions: list[ColumnElement[bool] | TextClause] = [
        columns[name] == value for name, value in filters.items() if value and name in columns
    ]
    if action := filters.get("action"):
        conditions.append(audit.c.action.startswith(action, autoescape=True))
        conditions += [text(OPERATOR_ROWS)] if action.startswith("operator.") else []
    if before:
        conditions.append(audit.c.id < before)
    query = (
        select(audit, audit_body.c.before, audit_body.c.after).outerjoin(audit_body, audit_body.c.audit_id == audit.c.id).where(*conditions)
    )
    return [dict(row) for row in at.execute(query.order_by(audit.c.id.desc()).limit(limit)).mappings()]


def audit_since(at: Connection, after: int, *, limit: int = 1000) -> list[dict[str, Json]]:
    """Rows of the audit log with their values and the salt of these, oldest first from the one after id ``after``: a batch of an export."""
    beside = (audit_body.c.before, audit_body.c.after, audit_body.c.salt.label("values_salt"))
    query = select(audit, *beside).outerjoin(audit_body, audit_body.c.audit_id == audit.c.id)
    return [dict(row) for row in at.execute(query.where(audit.c.id > after).order_by(audit.c.id).limit(limit)).mappings()]


def audit_blocks(at: Connection) -> list[dict[str, Json]]:
    """The sealed blocks, oldest first."""
    return [dict(row) for row in at.execute(select(audit_block).order_by(audit_block.c.id)).mappings()]


def sealed(at: Connection) -> dict[str, Json]:
    """The last sealed block, or an empty mapping."""
    row = at.execute(select(audit_block).order_by(audit_block.c.id.desc()).limit(1)).mappings().first()
    return dict(row) if row else {}
