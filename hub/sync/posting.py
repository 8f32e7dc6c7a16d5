"""Facts for the loyalty service, made of merged orders in the transaction that merged them: an order that is paid and its purchase are one
commit, whatever is killed. What is owed says :mod:`hub.sync.ledger`; here are the rows around it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from hub.app import Hub
from hub.entities.loyalty_operation import PURCHASE
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link, new_id
from hub.storage.records import Record
from hub.sync.context import STAND_IN
from hub.sync.ledger import owed
from hub.sync.statement import HUB

log = structlog.get_logger()
Json = Any
ENTITY, ORDER = "loyalty_operation", "order"
SPACE = uuid.UUID("7c1f4f2a-3d0e-5b8e-9f63-2f7a5a0d6c11")  # under which a fact's id follows from its order: made anew, it is the same
MOST = 1000  # facts of one order


class Poster:
    """Works within one transaction."""

    def __init__(self, hub: Hub, at: Connection, now: float) -> None:
        self.hub, self.at, self.now = hub, at, now
        self.loyalty = hub.settings.loyalty
        self.on = bool(self.loyalty.start_date) and bool(hub.takers(ENTITY))

    def post(self, records: Iterable[Record]) -> list[str]:
        """Make the facts that these orders owe now; the ids of their records, which are to be merged next. Of an order that does not add up
        nothing is said: it has a problem of its own."""
        orders = [one for one in records if self.on and self._counts(one)]
        if not orders:
            return []
        held = record_rows.holders(self.at, ENTITY, {(ORDER, one.id) for one in orders}, most=MOST)
        known = record_rows.load(self.at, {ident for found in held.values() for ident in found})
        made: list[Record] = []
        links: list[Link] = []
        for order in orders:
            ids = set(held.get((ORDER, order.id), ()))
            facts = [known[ident] for number in range(len(ids)) if (ident := _ident(order.id, number)) in ids]
            if not facts and str(order.data.get("paid") or self._today()) < self.loyalty.start_date:
                continue
            try:
                new = owed(order.id, order.data, [one.data | {"id": one.id} for one in facts], self.loyalty.undone)
            except (ArithmeticError, KeyError, TypeError) as error:
                log.warning("loyalty.unreadable", record=order.id, error=type(error).__name__)
                continue
            before = facts[-1].id if facts else ""
            for number, data in enumerate(new, start=len(facts)):
                record, link = self._fact(order, data, number, before)
                made.append(record)
                links.append(link)
                before = record.id
        record_rows.add(self.at, made)
        link_rows.add(self.at, links)
        return [one.id for one in made]

    def _counts(self, record: Record) -> bool:
        data = record.data
        somebody = data.get("customer") not in (None, "", STAND_IN)
        return record.entity == ORDER and somebody and self.loyalty.is_posted_here(data.get("channel"), data.get("store"))

    def _fact(self, order: Record, data: Mapping[str, Json], number: int, before: str) -> tuple[Record, Link]:
        """A record whose only word is the hub's own. It goes ``after`` the one before it: of two returns of one line under way at once, nobody
        could tell whose a found one is."""
        ident = _ident(order.id, number)
        moment = order.data.get("paid") if data["kind"] == PURCHASE and not number else None
        said = {**data, "customer": order.data["customer"], "start": moment or self._today()} | ({"after": before} if before else {})
        words = {name: {"v": value, "t": self.now} for name, value in said.items()}
        link = Link(new_id(), HUB, ENTITY, "", ident, ident, role="hand", contribution=words)
        return Record(ident, ENTITY, 0, {}, {}, None, self.now, self.now), link

    def _today(self) -> str:
        return datetime.fromtimestamp(self.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ident(order_id: str, number: int) -> str:
    """The id of an order's fact of that number."""
    return str(uuid.uuid5(SPACE, f"{order_id}:{number}"))
