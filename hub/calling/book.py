"""What the call loop knows when it decides: open tasks with their customers, purchases and contacts, and who works where. Reads, and decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.calling.case import Book, Case, Working, seconds
from hub.calling.limits import Known
from hub.calling.staff import present, working
from hub.config.sections.campaigns import EVER, Campaign
from hub.config.settings import zone
from hub.entities.call import is_wanted
from hub.storage import inbox, key_index
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.records import Record
from hub.sync import memberships
from hub.sync.context import STAND_IN
from hub.sync.search_keys import plain_keys
from mappings.phones import is_dummy

Json = Any
CALLS = ("marketing", "call")  # purpose and channel of the consent to be called
MOST = 500  # orders and contacts of one customer that are looked at
TASK, CUSTOMER = "call_task", "customer"
CLOSED, CALLED = "closed_day", "called_day"


def read(hub: Hub, at: Connection, read_at: float | None) -> Book:
    """The book of this moment."""
    now = hub.clock()
    tasks = open_tasks(at)
    staff = working(hub, at, now)
    closed, called = (counted_today(hub, at, staff, now, kind) for kind in (CLOSED, CALLED))
    return Book(now, _cases(hub, at, tasks), staff, present(hub, at, now), closed, called, read_at)


def open_tasks(at: Connection) -> dict[str, Record]:
    return record_rows.load(at, key_index.holders(at, TASK, "task", "open"))


def purchases_read_at(hub: Hub, cursors: Mapping[tuple[str, str], Mapping[str, Json]], at: Connection) -> float | None:
    """The moment up to which every system that tells of purchases was read, and what it told is merged; None where one was not read yet."""
    places = [(s, m.resource) for s in hub.settings.systems if hub.gives(s, "order") for m in hub.spoken(s, "order")]
    read_at = [cursors.get(place, {}).get("swept_at") for place in places]
    if None in read_at:
        return None
    waits = [inbox.oldest_of(at, s, r) for s, r in places]
    known: list[float] = [hub.clock(), *(one for one in [*read_at, *waits] if one is not None)]
    return min(known)


@dataclass(frozen=True, slots=True)
class _History:
    """What happened with the customers of open tasks: customer -> records that name her. ``guests``: orders that bear a phone of hers and name nobody.
    ``first``: (customer, campaign) -> when the campaign first asked for her."""

    orders: Mapping[str, Sequence[Record]]
    guests: Mapping[str, Sequence[Record]]
    calls: Mapping[str, Sequence[Record]]
    messages: Mapping[str, Sequence[Record]]
    groups: Mapping[str, Sequence[Record]]
    first: Mapping[tuple[str, str], float]

    @classmethod
    def of(cls, hub: Hub, at: Connection, people: Mapping[str, Record]) -> _History:
        grouped = any(one.segment for one in hub.settings.campaigns.values())
        return cls(
            orders=_of(at, "order", people),
            guests=_of_guests(at, people),
            calls=_of(at, "call", people),
            messages=_of(at, "message", people),
            groups=_of(at, memberships.MEMBERSHIP, people) if grouped else {},
            first=_first_asked(at, people),
        )


def _cases(hub: Hub, at: Connection, tasks: Mapping[str, Record]) -> dict[str, Case]:
    people = record_rows.load(at, {whom for one in tasks.values() if (whom := one.data.get(CUSTOMER))} - {STAND_IN})
    history = _History.of(hub, at, people)
    gone = link_rows.gone(at, [ident for ident, one in tasks.items() if one.data.get("title")])
    return {
        ident: _case(hub, task, people.get(str(task.data.get(CUSTOMER) or "")), history, gone=ident in gone)
        for ident, task in sorted(tasks.items())
    }


def _case(hub: Hub, task: Record, person: Record | None, history: _History, *, gone: bool) -> Case:
    name = str(task.data.get("campaign") or "")
    campaign = hub.settings.campaigns.get(name) or Campaign(name)
    bought = _purchases(hub, [*history.orders.get(person.id, ()), *history.guests.get(person.id, ())]) if person is not None else []
    last = bought[-1] if bought else {}
    store = str(task.data.get("store") or (person and person.data.get("store")) or last.get("store") or campaign.call_centre)
    case = Case(
        task,
        campaign,
        person,
        Known(person=False),
        last=last or None,
        store=store,
        former=str(last.get("seller") or ""),
        gone=gone,
        zone=zone(hub.settings.zone_of(store)),
    )
    if person is not None:
        ended = [(_ended(one), one.data) for one in history.calls.get(person.id, ()) if not is_wanted(one.data)]
        case.calls = sorted(ended, key=lambda pair: pair[0])
        case.known = _known(case, person, history)
    return case


def _known(case: Case, person: Record, history: _History) -> Known:
    """What decides about the task of a customer; calls and messages are counted since her campaign first asked for her, unless it counts all."""
    task, campaign = case.task.data, case.campaign
    since = 0.0 if campaign.counted == EVER else history.first.get((person.id, campaign.name), case.asked)
    in_segment = campaign.segment is None or _belongs(history.groups.get(person.id, ()), campaign.segment)
    return Known(
        phone=phone_of(person.data),
        consent=consent_of(person.data),
        bought_at=seconds_of(case.last),
        calls=max(sum(end >= since for end, _ in case.calls), int(task.get("tries") or 0)),
        messages=sum((seconds(one.data.get("start")) or 0.0) >= since for one in history.messages.get(person.id, ())),
        left=task.get("reason") == "segment" and not in_segment,
    )


def _of(at: Connection, entity: str, people: Iterable[str]) -> dict[str, list[Record]]:
    """Customer -> the records of an entity that name her."""
    held = record_rows.holders(at, entity, {(CUSTOMER, ident) for ident in people}, most=MOST)
    known = record_rows.load(at, {one for found in held.values() for one in found})
    return {ident: [known[one] for one in found if not known[one].merged_into] for (_, ident), found in held.items()}


def _of_guests(at: Connection, people: Mapping[str, Record]) -> dict[str, list[Record]]:
    """Customer -> orders that name nobody and bear a phone of hers: who orders without signing in has ordered. Of a phone that several have, for each:
    to be called for nothing is worse than not to be called."""
    whose: dict[tuple[str, str], set[str]] = defaultdict(set)
    for ident, person in people.items():
        for number in numbers_of(person.data):
            for key in plain_keys("order", {"contact.phone": number}):
                whose[key].add(ident)
    held = record_rows.holders(at, "order", whose, most=MOST)
    known = record_rows.load(at, {one for found in held.values() for one in found})
    found: dict[str, list[Record]] = defaultdict(list)
    for key, idents in held.items():
        guests = [one for ident in idents if not (one := known[ident]).merged_into and one.data.get(CUSTOMER) in (None, "", STAND_IN)]
        for whom in whose[key]:
            found[whom] += guests
    return found


def _belongs(groups: Iterable[Record], segment: tuple[str, str]) -> bool:
    return any((one.data.get("source"), one.data.get("segment")) == segment and one.data.get("member") for one in groups)


def _first_asked(at: Connection, people: Iterable[str]) -> dict[tuple[str, str], float]:
    """(customer, campaign) -> when the campaign first asked for her."""
    found: dict[tuple[str, str], float] = {}
    for ident, requests in _of(at, "call_request", people).items():
        for one in requests:
            key = (ident, str(one.data.get("campaign")))
            found[key] = min(found.get(key, float("inf")), seconds(one.data.get("start")) or one.created_at)
    return found


def _purchases(hub: Hub, orders: Sequence[Record]) -> list[dict[str, Json]]:
    """Orders that count as bought, oldest first. A cart, and what was cancelled, is none."""
    none = set(hub.settings.loyalty.undone) | {
        status for one in hub.settings.campaigns.values() if one.cart for status in one.cart.statuses
    }
    made = [
        {"at": moment, "total": one.data.get("total"), "store": one.data.get("store"), "seller": one.data.get("seller")}
        for one in orders
        if one.data.get("status") not in none
        and (moment := next((t for name in ("receipt.time", "created", "paid") if (t := seconds(one.data.get(name)))), one.created_at))
    ]
    return sorted(made, key=lambda one: one["at"])


def counted_today(hub: Hub, at: Connection, staff: Mapping[str, Working], now: float, kind: str) -> dict[str, int]:
    """Seller -> tasks closed on this day of his store: all of them (``CLOSED``), or those that came to something (``CALLED``)."""
    days = {name: datetime.fromtimestamp(now, UTC).astimezone(zone(hub.settings.zone_of(one.store))).date() for name, one in staff.items()}
    values = {f"{name}|{day}": name for name, day in days.items()}
    return {values[value]: count for value, count in key_index.counts(at, TASK, kind, values).items()}


def phone_of(data: Mapping[str, Json]) -> str:
    return next(iter(numbers_of(data)), "")


def numbers_of(data: Mapping[str, Json]) -> list[str]:
    """Phones at which a customer is reached, the first one first."""
    return [one["number"] for one in data.get("phones") or () if not one.get("invalid") and not is_dummy(one["number"])]


def consent_of(data: Mapping[str, Json]) -> bool | None:
    """The strictest word about calls, of whatever brand."""
    said = [one.get("value") for one in data.get("consents") or () if (one.get("purpose"), one.get("channel")) == CALLS]
    return False if False in said else True if True in said else None


def _ended(call: Record) -> float:
    return (seconds(call.data.get("start")) or call.created_at) + float(call.data.get("duration") or 0)


def seconds_of(last: Mapping[str, Json] | None) -> float | None:
    return float(last["at"]) if last else None
