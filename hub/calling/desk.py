"""The call loop at work: reads the book, acts on what is decided, and asks the systems about a customer anew before a task of hers is given out.

Whatever is killed, the next step decides again from what is committed: a task's change, and what it says of its customer, are one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection

from connectors.contract import Fetches
from connectors.errors import ConnectorError
from hub import audit
from hub.app import Hub
from hub.calling import book as books
from hub.calling.book import CALLS
from hub.calling.case import Book, Case
from hub.calling.decide import Decisions, awaits, decide
from hub.storage import inbox
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync.absorb import Absorber
from hub.sync.batch import Absorbed, RawLook
from hub.sync.faults import told
from hub.sync.follow import follow
from hub.sync.looking import fetch_confirmed
from hub.sync.manual import set_within
from hub.sync.observe import TICK
from hub.sync.statement import HUB

log = structlog.get_logger()
Json = Any
CHUNK = 200  # tasks of one transaction
AT_ONCE = 50  # customers looked at anew in one step: a system that answers slowly holds up no more than these
ACTOR = "calls"


def step(hub: Hub) -> int:
    """Everything that is to be done about open tasks now. Returns how many of them changed."""
    if not hub.settings.campaigns:
        return 0
    before = read(hub)
    found = _decided(hub, before)
    count = _act(hub, before, found)
    if wanted := found.offers[:AT_ONCE]:
        asked = _look_anew(hub, [before.cases[ident] for ident in wanted])
        after = read(hub)
        count += _act(hub, after, _decided(hub, after, frozenset(asked)))
    return count


def deal(hub: Hub) -> int:
    """What of it asks no system: tasks closed, and dealt. Returns how many of them changed."""
    return _act(hub, book := read(hub), _decided(hub, book))


def is_busy(hub: Hub) -> bool:
    """Whether anything is to be done about open tasks now, or soon: a call or a mark that waits for its word."""
    if not hub.settings.campaigns:
        return False
    found = _decided(hub, book := read(hub))
    return bool(found.changes or found.offers or any(case.marked_at is not None or awaits(case) for case in book.cases.values()))


def read(hub: Hub) -> Book:
    with hub.store.read_intake() as at:
        read_at = books.purchases_read_at(hub, inbox.cursors(at), at)
    with hub.store.read() as at:
        return books.read(hub, at, read_at)


def _decided(hub: Hub, book: Book, given: frozenset[str] = frozenset()) -> Decisions:
    return decide(book, hub.settings.stores, hub.settings.timezone, given)


def _look_anew(hub: Hub, cases: Sequence[Case]) -> list[str]:
    """Fetch the customers of these tasks from every system that holds them. Returns the tasks whose customers could be asked about everywhere."""
    with hub.store.read() as at:
        links = link_rows.by_records(at, {case.customer.id for case in cases if case.customer})
    places: dict[tuple[str, str], list[Link]] = {}
    for link in (one for found in links.values() for one in found):
        connector = hub.connectors.get(link.system)
        if (
            link.state == "live"
            and link.external_id
            and isinstance(connector, Fetches)
            and hub.resource(link.system, link.resource).fetched
        ):
            places.setdefault((link.system, link.resource), []).append(link)
    silent: set[str] = set()
    for (system, resource), found in places.items():
        started = hub.clock()
        try:
            with told(hub.connectors[system], system, resource, "fetch.escaped"):
                shown = fetch_confirmed(hub.connectors[system], resource, [link.external_id or "" for link in found])  # type: ignore[arg-type]
        except ConnectorError as error:
            log.warning("calls.unasked", system=system, error=type(error).__name__)
            silent |= {link.record_id for link in found}
            continue
        looks = [RawLook(system, resource, one.data, one.representation, started) for one in shown]
        follow(hub, Absorber(hub).absorb(looks, weigh=False))
    return [case.task.id for case in cases if case.customer and case.customer.id not in silent]


def _act(hub: Hub, book: Book, made: Decisions) -> int:
    """Write down what is decided, in short transactions: whoever else merges waits for each."""
    ids = list(made.changes)
    return sum(_write(hub, book, made, ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK))


def _write(hub: Hub, book: Book, made: Decisions, ids: Sequence[str]) -> int:
    """What moved since the book was read is left to the next step."""
    absorbed, now = Absorbed(), hub.clock()
    with hub.store.state() as at:
        records = record_rows.load(at, ids)
        still = [ident for ident, one in records.items() if one.version == book.cases[ident].task.version]
        for ident in still:
            _tell_customer(hub, at, book.cases[ident], made, absorbed)
        links = link_rows.by_records(at, still)
        words = [_said(links[ident], made.changes[ident], now) for ident in still]
        link_rows.save(at, words)
        audit.write(at, [_entry(records[ident], made.changes[ident]) for ident in still], now=now)
        Absorber(hub).remerge_within(at, still, absorbed)
    follow(hub, absorbed)
    return len(still)


def _said(links: Iterable[Link], values: Mapping[str, Json], now: float) -> Link:
    """The hub's word with the new values, later than what anybody said before. What no system shows yet, and is closed, is shown in none."""
    mine = list(links)
    word = next(one for one in mine if one.system == HUB)
    if values.get("closed_at") and all(one.system == HUB for one in mine):
        values = {**values, "title": None}
    at = max([now, *(e["t"] + TICK for one in mine for e in one.contribution.values() if e.get("t"))])
    word.contribution |= {name: {"v": value, "t": at} for name, value in values.items()}
    return word


def _entry(record: Record, values: Mapping[str, Json]) -> audit.Entry:
    why = str(values.get("closed_reason") or values.get("outcome") or ("offered" if values.get("offered_at") else "dealt"))
    before = {name: record.data.get(name) for name in values}
    return audit.Entry("calls.task", ACTOR, HUB, record.entity, record.id, why, "ok", before, dict(values))


def _tell_customer(hub: Hub, at: Connection, case: Case, made: Decisions, absorbed: Absorbed) -> None:
    """What a call said of the customer herself holds everywhere: no calls, or not at this number."""
    if case.customer is None:
        return
    data, moment = case.customer.data, made.now(case, "outcome_at")
    if case.task.id in made.refused and books.consent_of(data) is not False:
        purpose, channel = CALLS
        kept = [one for one in data.get("consents") or () if (one.get("purpose"), one.get("channel")) != CALLS]
        brands = {one.get("brand") for one in data.get("consents") or () if (one.get("purpose"), one.get("channel")) == CALLS} or {None}
        no = {"purpose": purpose, "channel": channel, "value": False, "source": "call", "time": moment}
        said = [*kept, *({**no, **({"brand": brand} if brand else {})} for brand in sorted(brands, key=str))]
        set_within(hub, at, case.customer.id, "consents", said, absorbed, actor=ACTOR, reason=case.task.id)
    number = case.data.get("phone")
    if case.task.id in made.wrong and any(one.get("number") == number and not one.get("invalid") for one in data.get("phones") or ()):
        phones = [{**one, "invalid": True} if one.get("number") == number else one for one in data["phones"]]
        set_within(hub, at, case.customer.id, "phones", phones, absorbed, actor=ACTOR, reason=case.task.id)
