"""Objects that mean nobody ("Retail buyer"): proposed by the hub, decided by people. A person's word stands above the configuration."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select, update

from hub.storage.tables import link, match_key
from hub.storage.tables import stand_in as table
from hub.storage.upsert import insert_into

Json = Any
PROPOSED, EMPTYING, NOBODY, PERSON = "proposed", "emptying", "nobody", "person"  # emptying: nobody, and its orders are being told so
NAME, RECEIPTS = "name", "receipts"  # why one is proposed
CHUNK = 400


def decided(at: Connection, system: str, ids: Iterable[str]) -> dict[str, bool]:
    """External id -> whether a person said that it means nobody; those of which nothing was said are left out."""
    wanted, found = sorted(set(ids)), dict[str, bool]()
    for start in range(0, len(wanted), CHUNK):
        mine = (table.c.system == system, table.c.external_id.in_(wanted[start : start + CHUNK]), table.c.state != PROPOSED)
        found |= {ident: state != PERSON for ident, state in at.execute(select(table.c.external_id, table.c.state).where(*mine)).tuples()}
    return found


def asked_by_name(at: Connection, record_ids: Collection[str]) -> set[str]:
    """Those of the customers of which an object bears a usual name of nobody, and of whom nobody has said yet what they are."""
    same = (link.c.system == table.c.system, link.c.external_id == table.c.external_id, link.c.entity == "customer")
    wanted, found = sorted(record_ids), set[str]()
    for start in range(0, len(wanted), CHUNK):
        open_ = (table.c.state == PROPOSED, table.c.why == NAME, link.c.record_id.in_(wanted[start : start + CHUNK]))
        found |= set(at.execute(select(link.c.record_id).select_from(table).join(link, and_(*same)).where(*open_)).scalars())
    return found


def propose(at: Connection, objects: Sequence[tuple[str, str]], name: str, why: str, *, receipts: int = 0, now: float) -> int:
    """Put objects (system, external id) of one customer before a person; what is decided stays decided. Returns how many are new."""
    rows = [{"system": s, "external_id": i, "name": name, "state": PROPOSED, "why": why, "receipts": receipts, "found_at": now, "decided_by": ""} for s, i in objects]  # fmt: skip
    return sum(at.execute(insert_into(at, table).values(**row).on_conflict_do_nothing()).rowcount for row in rows)


def counted(at: Connection, receipts: Mapping[tuple[str, str], int]) -> None:
    """Keep how many receipts name these objects now."""
    for (system, ident), number in receipts.items():
        at.execute(update(table).where(table.c.system == system, table.c.external_id == ident).values(receipts=number))


def decide(at: Connection, objects: Sequence[tuple[str, str]], state: str, name: str, *, actor: str, now: float) -> None:
    """Note what a person says of objects, proposed or not."""
    propose(at, objects, name, "", now=now)
    for system, ident in objects:
        which = update(table).where(table.c.system == system, table.c.external_id == ident)
        at.execute(which.values(state=state, decided_by=actor, decided_at=now))


def set_state(at: Connection, objects: Iterable[tuple[str, str]], state: str) -> None:
    for system, ident in objects:
        at.execute(update(table).where(table.c.system == system, table.c.external_id == ident).values(state=state))


def listing(at: Connection, *states: str) -> list[dict[str, Json]]:
    """Rows with the ``record_id`` of their link ("" where there is no record), those with most receipts first."""
    same = and_(link.c.system == table.c.system, link.c.external_id == table.c.external_id, link.c.entity == "customer")
    query = select(table, func.coalesce(link.c.record_id, "").label("record_id")).select_from(table.outerjoin(link, same))
    query = query.where(table.c.state.in_(states)) if states else query
    return [dict(row) for row in at.execute(query.order_by(table.c.receipts.desc(), table.c.system, table.c.external_id)).mappings()]


def busy(at: Connection, over: int) -> dict[str, int]:
    """Customers that more than ``over`` orders name, with how many do."""
    k = match_key.c
    many = select(k.value, func.count()).where(k.entity == "order", k.kind == "customer").group_by(k.value).having(func.count() > over)
    return {str(value): int(number) for value, number in at.execute(many).tuples()}


def forget_link(at: Connection, link_id: str) -> None:
    """An object that meant nobody without ever having been a record is met anew."""
    at.execute(delete(link).where(link.c.id == link_id))
