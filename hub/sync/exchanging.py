"""Files that a vendor brought are worked on: what they tell goes to the shelf and the inbox in small steps, each of which may be the last before
a kill; what cannot be read is laid before a person, and stops nothing beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

import structlog
from sqlalchemy import Connection

from connectors.exchange import Brought, Exchange, Exchanges, Unreadable
from hub import audit
from hub.app import Hub
from hub.storage import goods_names, inbox, offers, parking, states, uploads
from hub.storage import links as link_rows
from hub.sync import runs
from hub.sync.recovered import first_id

log = structlog.get_logger()
Json = Any
BATCH = 200  # things of one commit
LEASE = 120.0
LATER = "later:"  # what is held back while its exchange goes on; the system's name follows
SETTLED = 15.0  # seconds after its last request from which an exchange counts as over
QUIET = 120.0  # seconds without a further piece after which a file that nobody asks for is taken for whole: a node may be told not to ask
GOODS, UNKNOWN = "goods_by_sku", "sku_unknown"
RULE = "exchange"


def of(hub: Hub, system: str) -> Exchange | None:
    """The exchange of a system, or None where it has none."""
    connector = hub.connectors.get(system)
    return connector.exchange if isinstance(connector, Exchanges) else None


def due(hub: Hub, *, now: float) -> set[str]:
    """Systems that brought something."""
    exchanging = [system for system in hub.settings.systems if of(hub, system)]
    if not exchanging:
        return set()
    with hub.store.read_intake() as at:
        late = {system for system in exchanging if uploads.left_open(at, system, before=now - QUIET) or _over(at, system, now)}
        return (uploads.due(at, now=now) & set(exchanging)) | late


def _over(at: Connection, system: str, now: float) -> bool:
    """Whether what waited for the other files of its exchange need not wait any more."""
    return bool(inbox.held(at, f"{LATER}{system}", limit=1)) and not uploads.busy(at, system, since=now - SETTLED)


def work(hub: Hub, system: str, more: Callable[[], bool] = lambda: True) -> int:
    """Take in the files of a system in the order in which they came, until ``more`` says to stop. Returns how many are done."""
    exchange, done = of(hub, system), 0
    if exchange is None:
        return 0
    _close(hub, system, exchange)
    while more():
        with hub.store.intake() as at:
            row = uploads.claim(at, system, lease=LEASE, now=hub.clock())
        if row is None or not _File(hub, system, exchange, row).read(more):
            break
        done += 1
    with hub.store.intake() as at:
        uploads.tidy(at, now=hub.clock())
        if _over(at, system, hub.clock()):
            inbox.release(at, f"{LATER}{system}", None, now=hub.clock())
    return done


def _close(hub: Hub, system: str, exchange: Exchange) -> None:
    """Files that are whole though nobody has asked for them."""
    with hub.store.read_intake() as at:
        rows = uploads.left_open(at, system, before=hub.clock() - QUIET)
    for row in rows:
        try:
            accept(hub, exchange, row, row["name"])
        except (LookupError, Unreadable) as error:
            with hub.store.write() as at:
                _park(at, system, [Brought(trouble=f"{row['name']}: {error}")], now=hub.clock())
            with hub.store.intake() as at:
                uploads.drop(at, row)


def accept(hub: Hub, exchange: Exchange, row: Mapping[str, Any], name: str) -> None:
    """Note that a file, or what a name means inside of it, is whole and to be worked on. Raises Unreadable, and LookupError where an archive
    holds nothing of that name."""
    with uploads.opened(hub.store, row["id"]) as file:
        found = exchange.checked(file, name)
    with hub.store.intake() as at:
        for inner in found:
            uploads.ready(at, row, name, inner, now=hub.clock())


class _File:
    """One file that is taken in."""

    def __init__(self, hub: Hub, system: str, exchange: Exchange, row: Mapping[str, Any]) -> None:
        self.hub, self.system, self.exchange, self.row = hub, system, exchange, row
        self.position, self.troubles = int(row["position"]), int(row["troubles"])
        self.learned = self.position > 0  # by the worker before this one, perhaps
        self.repeats = bool(row["lapsed"])  # the next batch may be kept already, and nobody told to look at it
        self.runs: dict[str, dict[str, Json]] = {}

    def read(self, more: Callable[[], bool]) -> bool:
        """True once all of it is taken in."""
        with uploads.opened(self.hub.store, self.row["source"] or self.row["id"]) as file:
            things = islice(self.exchange.brought(file, self.row["inner"]), self.position, None)
            whole = False
            while not whole:
                batch: list[Brought] = []
                try:
                    batch += islice(things, BATCH)
                except Unreadable as error:  # it was read through before it was accepted: the disk, or another program, has spoilt it
                    batch.append(Brought(trouble=str(error)))
                    whole = True
                whole = whole or len(batch) < BATCH
                if not self._take(batch):
                    return False
                if not whole and not more():
                    with self.hub.store.intake() as at:
                        uploads.release(at, self.row)
                    return False
        if self.learned:
            self._reopen()
        with self.hub.store.intake() as at:
            uploads.finish(at, self.row)
        log.info("upload.read", system=self.system, things=self.position, troubles=self.troubles)
        return True

    def _take(self, batch: Sequence[Brought]) -> bool:
        """One commit in each database; after a kill between them the batch is told again, whether it is new or not. False where another worker
        has the file now."""
        now = self.hub.clock()
        unread = [one for one in batch if one.trouble]
        if any(one.full for one in batch):
            with self.hub.store.intake() as at:
                uploads.mark_full(at, self.system, self.row["session"])
        told: dict[str, list[Brought]] = {}
        for one in batch:
            if one.resource:
                told.setdefault(one.resource, []).append(one)
        moved: dict[tuple[str, str], bool] = {}  # -> whether it has to wait for other files of this exchange
        with self.hub.store.state() as at:
            _park(at, self.system, unread, now=now, name=self.row["inner"] or self.row["name"])
            for resource, things in told.items():
                moved |= self._show(at, resource, things, now)
            states.call_succeeded(at, self.system, now=now, by="read")
        self.repeats = False
        self.position, self.troubles = self.position + len(batch), self.troubles + len(unread)
        spoken = set(self.hub.resources(self.system))
        hint = {"system": self.system, "kind": "hint", "looked_at": now, "received_at": now, "due_at": now}
        with self.hub.store.intake() as at:
            told_of = [(place, waits) for place, waits in moved.items() if place[0] in spoken]
            late = {"held": f"{LATER}{self.system}", "due_at": inbox.NEVER}
            rows = [hint | {"resource": r, "external_id": n, "held": None} | (late if waits else {}) for (r, n), waits in told_of]
            inbox.put(at, [row | self._run(str(row["resource"])) for row in rows])
            return uploads.moved(at, self.row, self.position, self.troubles, until=now + LEASE)

    def _run(self, resource: str) -> dict[str, Json]:
        """What the first exchange of a resource brings, or one of all that there is, is a load, however much that is; others are changes of the
        day. The program marks the first portion alone of all that there is."""
        if resource not in self.runs:
            run = ""
            with self.hub.store.read_intake() as at:
                began = uploads.began(at, self.system, self.row["session"])
                full = uploads.is_full(at, self.system, self.row["session"])
            with self.hub.store.write() as at:
                if full or not link_rows.any_before(at, self.system, resource, first_id(began)):
                    run = runs.reading(at, now=self.hub.clock())
            self.runs[resource] = {"run": run, "priority": inbox.LOAD} if run else {"run": "", "priority": inbox.LIVE}
        return self.runs[resource]

    def _show(self, at: Connection, resource: str, things: Sequence[Brought], now: float) -> dict[tuple[str, str], bool]:
        """Keep what is told. Returns (resource, number) of what looks different now, and whether it is not to be looked at yet."""
        changed, met = offers.show(at, self.system, resource, things, now=now, everything=self.repeats)
        taken(self.hub, at, self.system, met, now=now)
        goods = {number: names for number, seen in changed.items() if (names := self.exchange.names(resource, number, seen)) is not None}
        if goods:
            goods_names.learn(at, self.system, goods, of=GOODS)
            self.learned = True
        found = {place: False for seen in changed.values() for place in offers.beside(seen)}
        return found | {(resource, number): self.exchange.incomplete(resource, number, seen) for number, seen in changed.items()}

    def _reopen(self) -> None:
        """What could not be given for want of goods is owed again, now that the vendor has brought some."""
        with self.hub.store.write() as at:
            self.hub.outbox.reopen(at, self.system, UNKNOWN, now=self.hub.clock())


def _park(at: Connection, system: str, things: Sequence[Brought], *, now: float, name: str = "") -> None:
    for one in things:
        where = ", ".join(filter(None, (name, f"строка {one.line}" if one.line else "")))
        reason = f"{where}: {one.trouble}" if where else one.trouble
        parking.park(at, {"system": system, "resource": one.resource or RULE, "reason": reason[:500], "data": {}, "at": now})


def taken(hub: Hub, at: Connection, system: str, rows: Sequence[tuple[str, str]], *, now: float) -> None:
    """The vendor has what these records' deliveries waited for."""
    if not rows:
        return
    entities = {resource: hub.resource(system, resource).entity for resource, _ in rows}
    entries = [audit.Entry("write.fetched", "hub", system, entities[resource], record_id, outcome="ok") for resource, record_id in rows]
    audit.write(at, entries, now=now)
    hub.outbox.open(at, [(system, entities[resource], record_id, 0) for resource, record_id in rows], now=now)


def reconsider(hub: Hub, at: Connection, system: str) -> None:
    """What was given once too often is thought through again: where others were taken meanwhile, a person is to look."""
    rows = offers.refused(at, system)
    wanted = [(system, hub.resource(system, resource).entity, record_id, 0) for resource, record_id in rows]
    hub.outbox.open(at, wanted, now=hub.clock())
