"""Tasks as people look at them: each with its state and, in a word, why it is where it is; and what each seller has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.calling import book as books
from hub.calling.case import seconds
from hub.calling.staff import working
from hub.entities.call_task import OPEN
from hub.language import N_
from hub.storage import directories, walks
from hub.storage import records as record_rows
from hub.storage.records import Record

Json = Any
MOST = 200  # tasks of one look
REASONS = {
    "bought": N_("the customer bought"), "refused": N_("the customer refused"), "no_consent": N_("no consent to calls"),
    "limit": N_("called or written to often enough"), "invalid_phone": N_("no valid phone"), "nobody": N_("no such customer"),
    "open_already": N_("another task is open"), "left": N_("left the segment"), "late": N_("came to nothing in its time"),
    "by_hand": N_("closed by hand"),
}  # fmt: skip
OUTCOMES = {
    "talked": N_("talked"), "no_answer": N_("no answer"), "busy": N_("busy"), "call_later": N_("call later"), "wrong_number": N_("wrong number"),
    "refused": N_("refused"), "promised": N_("promised"), "bought": N_("bought"),
}  # fmt: skip
STATES = {"open": N_("open task"), "done": N_("done"), "cancelled": N_("cancelled")}


@dataclass(frozen=True, slots=True)
class Row:
    """One task. ``why``: a message of the catalogues."""

    id: str
    campaign: str
    customer: str
    person: str
    store: str
    seller: str
    state: str
    why: str
    tries: int
    asked: float | None
    outcome: str

    def as_json(self) -> dict[str, Json]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Load:
    """What one seller has. ``open``: tasks given out and not closed; ``waiting``: dealt, and not given out yet; ``closed``: today."""

    seller: str
    store: str
    open: int
    waiting: int
    closed: int
    cap: int


def tasks(hub: Hub, at: Connection, campaign: str = "", *, closed: bool = False) -> list[Row]:
    """Tasks, the newest first."""
    found = record_rows.load(at, walks.newest(at, "call_task", limit=MOST * 5)) if closed else books.open_tasks(at)
    mine = [one for one in found.values() if not campaign or one.data.get("campaign") == campaign]
    mine = sorted(mine, key=lambda one: (-(seconds(one.data.get("asked")) or one.created_at), one.id))[:MOST]
    people = record_rows.load(at, {str(one.data["customer"]) for one in mine if one.data.get("customer")})
    titles = {(name, value.value): value.ru for name in ("store", "employee") for value in directories.values(at, name)}
    return [_row(hub, one, people.get(str(one.data.get("customer") or "")), titles) for one in mine]


def _row(hub: Hub, task: Record, person: Record | None, titles: dict[tuple[str, str], str]) -> Row:
    data, of = task.data, person.data if person else {}
    name = " ".join(str(of[part]) for part in ("last_name", "first_name") if of.get(part)) or str(data.get("phone") or "—")
    store, seller = str(data.get("store") or ""), str(data.get("seller") or "")
    told = (titles.get(("store", store), store), titles.get(("employee", seller), seller))
    state = STATES.get(str(data.get("state")), str(data.get("state") or ""))
    return Row(
        task.id, str(data.get("campaign") or ""), name, person.id if person else "", *told, state, why(data, hub.clock()),
        int(data.get("tries") or 0), seconds(data.get("asked")), str(data.get("outcome") or ""),
    )  # fmt: skip


def why(data: dict[str, Json], now: float) -> str:
    """In a word why a task is where it is."""
    if data.get("closed_reason"):
        return REASONS.get(str(data["closed_reason"]), str(data["closed_reason"]))
    if data.get("state") != "open":
        return OUTCOMES.get(str(data.get("outcome")), "")
    if not data.get("store"):
        return N_("no store, and the campaign names no call centre")
    if not data.get("seller"):
        return N_("no seller of the store has room, or is there")
    if data.get("marked") or (data.get("stage") not in (None, OPEN) and data.get("offered_at")):
        return N_("marked by the seller, the outcome is awaited")
    if (seconds(data.get("not_before")) or 0.0) > now and data.get("tries"):
        return N_("to be called again later")
    return N_("with the seller") if data.get("offered_at") else N_("waits for the store's hours, or for fresh receipts")


def loads(hub: Hub, at: Connection, rows: Iterable[Record]) -> list[Load]:
    """What each seller who is there today has. ``rows``: open tasks."""
    staff, now = working(hub, at, hub.clock()), hub.clock()
    closed = books.counted_today(hub, at, staff, now, books.CLOSED)
    mine = [one.data for one in rows]
    return [
        Load(
            name, one.store,
            sum(d.get("seller") == name and bool(d.get("offered_at")) for d in mine),
            sum(d.get("seller") == name and not d.get("offered_at") for d in mine),
            closed.get(name, 0), one.cap,
        )
        for name, one in sorted(staff.items())
    ]  # fmt: skip
