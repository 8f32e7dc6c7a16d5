"""The read side of the dashboard, the CLI and the API: questions asked of the tables, answered as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from hub.storage.tables import audit, audit_body, delivery, duplicate, field_problem, link, match_key, parked, record, system_state

Json = Any
FAILING = ("retrying", "dead", "unknown")


def matrix(at: Connection) -> dict[tuple[str, str], dict[str, int]]:
    """(system, entity) -> {state: deliveries, "links": n}."""
    cells: dict[tuple[str, str], dict[str, int]] = {}
    query = select(delivery.c.system, delivery.c.entity, delivery.c.state, func.count()).group_by(
        delivery.c.system, delivery.c.entity, delivery.c.state
    )
    for system, entity, state, count in at.execute(query):
        cells.setdefault((system, entity), {})[state] = count
    for system, entity, count in at.execute(select(link.c.system, link.c.entity, func.count()).group_by(link.c.system, link.c.entity)):
        cells.setdefault((system, entity), {})["links"] = count
    return cells


def systems(at: Connection) -> list[dict[str, Json]]:
    return [dict(row) for row in at.execute(select(system_state).order_by(system_state.c.system)).mappings()]


def totals(at: Connection) -> dict[str, int]:
    """Records by entity, and what waits for a person."""
    found: dict[str, int] = dict(at.execute(select(record.c.entity, func.count()).group_by(record.c.entity)).tuples().all())
    for name, table in (("duplicates", duplicate), ("field_problems", field_problem), ("parked", parked)):
        found[name] = int(at.execute(select(func.count()).select_from(table)).scalar_one())
    return found


def problems(at: Connection) -> list[dict[str, Json]]:
    """Deliveries that fail for the same reason, and fields that could not be used, most first."""
    d = delivery.c
    query = (
        select(
            d.system,
            d.entity,
            d.error_class,
            d.error_code,
            d.error_field,
            func.max(d.error_text).label("text"),
            func.count().label("count"),
            func.min(d.changed_at).label("since"),
        )
        .where(d.state.in_(FAILING), d.error_class != "")
        .group_by(d.system, d.entity, d.error_class, d.error_code, d.error_field)
    )
    found = [dict(row) | {"kind": "delivery"} for row in at.execute(query).mappings()]
    f = field_problem.c
    fields = select(f.system, f.entity, f.code, f.field, func.max(f.ru).label("ru"), func.max(f.en).label("en"), func.count().label("count"), func.min(f.opened_at).label("since"), func.min(f.record_id).label("record_id")).group_by(f.system, f.entity, f.code, f.field)  # fmt: skip
    for row in at.execute(fields).mappings():
        found.append(
            {"kind": "field", "error_class": "Field", "error_code": row["code"], "error_field": row["field"], "text": row["ru"], **row}
        )
    return sorted(found, key=lambda row: -row["count"])


def queue(
    at: Connection, *, system: str = "", state: str = "", entity: str = "", code: str = "", limit: int = 100
) -> list[dict[str, Json]]:
    """Deliveries, newest change first."""
    d = delivery.c
    wanted = [
        column == value for column, value in ((d.system, system), (d.state, state), (d.entity, entity), (d.error_code, code)) if value
    ]
    query = select(delivery).where(and_(True, *wanted)).order_by(d.changed_at.desc()).limit(limit)
    return [dict(row) for row in at.execute(query).mappings()]


def search(at: Connection, text: str, phones: list[str], *, limit: int = 50) -> list[dict[str, Json]]:
    """Records by id, match key (phone, e-mail, card), remote id or order number."""
    text = text.strip()
    if not text:
        return []
    keys = [text.casefold(), *phones]
    ids = set(at.execute(select(match_key.c.record_id).where(match_key.c.value.in_(keys)).limit(limit)).scalars())
    ids |= set(at.execute(select(link.c.record_id).where(link.c.external_id == text).limit(limit)).scalars())
    ids.add(text)
    number = f'"number":"{text}"'
    query = (
        select(record)
        .where(or_(record.c.id.in_(ids), and_(record.c.entity == "order", record.c.data.contains(number, autoescape=True))))
        .limit(limit)
    )
    if any(c in text for c in '"\\'):
        query = select(record).where(record.c.id.in_(ids)).limit(limit)
    return [dict(row) for row in at.execute(query).mappings()]


def record_page(at: Connection, record_id: str) -> dict[str, Json] | None:
    """Everything about one record: itself, links, deliveries, problems of its fields, time line."""
    row = at.execute(select(record).where(record.c.id == record_id)).mappings().first()
    if row is None:
        return None
    links = [
        dict(x)
        for x in at.execute(select(link).where(link.c.record_id == record_id).order_by(link.c.system, link.c.role.desc())).mappings()
    ]
    deliveries = {x["system"]: dict(x) for x in at.execute(select(delivery).where(delivery.c.record_id == record_id)).mappings()}
    wrong = [dict(x) for x in at.execute(select(field_problem).where(field_problem.c.record_id == record_id)).mappings()]
    query = select(audit, audit_body.c.before, audit_body.c.after).outerjoin(audit_body, audit_body.c.audit_id == audit.c.id).where(audit.c.record_id == record_id).order_by(audit.c.id.desc()).limit(50)  # fmt: skip
    line = [dict(x) for x in at.execute(query).mappings()]
    return {"record": dict(row), "links": links, "deliveries": deliveries, "problems": wrong, "timeline": line}


def open_ids(at: Connection, filters: Mapping[str, str], states: tuple[str, ...]) -> list[str]:
    """Ids of deliveries in these states that match system, entity, error code and field."""
    columns = {
        "system": delivery.c.system,
        "entity": delivery.c.entity,
        "code": delivery.c.error_code,
        "field": delivery.c.error_field,
        "id": delivery.c.id,
    }
    wanted = [columns[name] == value for name, value in filters.items() if value and name in columns]
    return list(at.execute(select(delivery.c.id).where(delivery.c.state.in_(states), and_(True, *wanted)).limit(5000)).scalars())
