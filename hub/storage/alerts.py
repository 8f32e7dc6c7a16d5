"""Alerts and the messages about them, and when each store was last heard of."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, func, insert, or_, select, update

from hub.storage.tables import alert, alert_message, delivery, store_seen
from hub.storage.upsert import insert_into
from retry_queue.tables import FAILING_ROWS, which

Json = Any
OPENED, CLOSED = "opened", "closed"
WAITING, SENDING, SENT, FAILED, DROPPED, UNKNOWN = "waiting", "sending", "sent", "failed", "dropped", "unknown"
HEARD = (SENT, SENDING, UNKNOWN)  # a receiver of the opening in one of these may know of it, and is owed the end


@dataclass(frozen=True, slots=True)
class Message:
    """What one receiver is owed of one alert. ``event``: opened | closed."""

    alert_id: str
    event: str
    receiver: str
    attempts: int


def open_keys(at: Connection) -> set[str]:
    """Keys of the states that are open."""
    return set(at.execute(select(alert.c.key).where(alert.c.closed_at.is_(None))).scalars())


def open_one(at: Connection, kind: str, subject: str, details: Json, *, now: float) -> str | None:
    """The id of the alert now opened, or None where the state is open already: one statement, so that of two processes one opens it."""
    ident = uuid.uuid4().hex
    row = {"id": ident, "key": f"{kind}:{subject}", "kind": kind, "subject": subject, "details": details, "opened_at": now}
    made = at.execute(insert_into(at, alert).values(**row).on_conflict_do_nothing())
    return ident if made.rowcount else None


def close_one(at: Connection, key: str, *, now: float) -> str | None:
    """The id of the alert now closed, or None where none was open."""
    closing = update(alert).where(alert.c.key == key, alert.c.closed_at.is_(None)).values(closed_at=now)
    return at.execute(closing.returning(alert.c.id)).scalar()


def acknowledge(at: Connection, ident: str, who: str, *, now: float) -> bool:
    """Whether this call was the first to acknowledge the alert. Those who were not told of its opening yet need not be any more."""
    mine = update(alert).where(alert.c.id == ident, alert.c.acknowledged_at.is_(None)).values(acknowledged_at=now, acknowledged_by=who)
    if not at.execute(mine).rowcount:
        return False
    drop(at, ident)
    return True


def get(at: Connection, ident: str) -> dict[str, Json] | None:
    row = at.execute(select(alert).where(alert.c.id == ident)).mappings().first()
    return dict(row) if row else None


def listed(at: Connection, *, closed: int = 0) -> list[dict[str, Json]]:
    """Open alerts, newest first, then up to ``closed`` of those that are over; each with its ``messages``."""
    found = [
        dict(row) for row in at.execute(select(alert).where(alert.c.closed_at.is_(None)).order_by(alert.c.opened_at.desc())).mappings()
    ]
    if closed:
        over = select(alert).where(alert.c.closed_at.is_not(None)).order_by(alert.c.closed_at.desc()).limit(closed)
        found += [dict(row) for row in at.execute(over).mappings()]
    told: dict[str, list[dict[str, Json]]] = {row["id"]: [] for row in found}
    for row in at.execute(
        select(alert_message).where(alert_message.c.alert_id.in_(list(told))).order_by(alert_message.c.due_at)
    ).mappings():
        told[row["alert_id"]].append(dict(row))
    return [row | {"messages": told[row["id"]]} for row in found]


def owe(at: Connection, ident: str, event: str, receivers: Iterable[str], *, due: float) -> None:
    rows = [
        {"alert_id": ident, "event": event, "receiver": r, "state": WAITING, "due_at": due, "attempts": 0, "error": ""} for r in receivers
    ]
    if rows:
        at.execute(insert(alert_message), rows)


def drop(at: Connection, ident: str) -> None:
    """Nobody is told of the opening any more who has not been told yet."""
    m = alert_message.c
    at.execute(update(alert_message).where(m.alert_id == ident, m.event == OPENED, m.state == WAITING).values(state=DROPPED))


def heard(at: Connection, ident: str) -> list[str]:
    """Receivers who know, or may know, that the alert was opened."""
    m = alert_message.c
    return sorted(at.execute(select(m.receiver).where(m.alert_id == ident, m.event == OPENED, m.state.in_(HEARD))).scalars())


def due(at: Connection, *, now: float, limit: int = 50) -> list[Message]:
    """Messages whose time has come, oldest first. The end of a state is not told while its beginning is being told."""
    m, other = alert_message.c, alert_message.alias("other")
    beginning = select(other.c.alert_id).where(
        other.c.alert_id == m.alert_id, other.c.receiver == m.receiver, other.c.event == OPENED, other.c.state == SENDING
    )
    free = or_(m.event == OPENED, ~beginning.exists())
    query = select(m.alert_id, m.event, m.receiver, m.attempts).where(m.state == WAITING, m.due_at <= now, free)
    return [Message(*row) for row in at.execute(query.order_by(m.due_at).limit(limit))]


def claim(at: Connection, message: Message, *, now: float) -> bool:
    """Whether this process is the one to send the message. Committed before it is sent: killed then, it is never sent again."""
    mine = and_(_row(message), alert_message.c.state == WAITING)
    return bool(at.execute(update(alert_message).where(mine).values(state=SENDING, claimed_at=now, attempts=message.attempts + 1)).rowcount)


def finish(at: Connection, message: Message, state: str, *, error: str = "", due: float | None = None) -> None:
    """What came of a message that this process has claimed. ``due``: when it is to be tried again."""
    values: dict[str, Json] = {"state": state, "error": error[:300]} | ({"due_at": due} if due is not None else {})
    at.execute(update(alert_message).where(_row(message), alert_message.c.state == SENDING).values(**values))


def give_up(at: Connection, *, before: float) -> int:
    """Messages claimed by a process that ended since: whether they went out is unknown, so they are not sent again."""
    m = alert_message.c
    return at.execute(update(alert_message).where(m.state == SENDING, m.claimed_at < before).values(state=UNKNOWN)).rowcount


def _row(message: Message) -> Any:
    m = alert_message.c
    return and_(m.alert_id == message.alert_id, m.event == message.event, m.receiver == message.receiver)


def dead_letters(at: Connection) -> dict[str, int]:
    """System -> deliveries given up. Its cost follows what fails, by the index over the failing rows."""
    d = delivery.c
    given_up = func.sum(case((d.state == "dead", 1), else_=0))
    return {system: int(count) for system, count in at.execute(select(d.system, given_up).where(which(FAILING_ROWS)).group_by(d.system))}


def saw_stores(at: Connection, seen: Mapping[str, float]) -> None:
    """Something new came from these stores at these times; an older time changes nothing. One statement for all."""
    if not seen:
        return
    statement = insert_into(at, store_seen)
    newer = statement.on_conflict_do_update(
        index_elements=[store_seen.c.store], set_={"at": statement.excluded.at}, where=statement.excluded.at > store_seen.c.at
    )
    at.execute(newer, [{"store": store, "at": seen[store]} for store in sorted(seen)])


def stores_seen(at: Connection, stores: Sequence[str]) -> dict[str, float]:
    """Store -> when something last came from it."""
    return dict(at.execute(select(store_seen.c.store, store_seen.c.at).where(store_seen.c.store.in_(list(stores)))).tuples().all())
