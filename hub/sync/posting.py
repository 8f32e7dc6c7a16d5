"""Facts for the loyalty service, made of merged orders in the transaction that merged them: an order that is paid and its purchase are one
commit, whatever is killed. What is owed says :mod:`hub.sync.ledger`; here are the rows around it."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from hub.app import Hub
from hub.entities.loyalty_operation import PURCHASE, RETURN
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link, new_id
from hub.storage.records import Record
from hub.sync.context import STAND_IN
from hub.sync.following import Following
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
        """Make the facts that these orders owe now, and let those that they have follow their customers; the ids of the facts' records, which
        are to be merged next. Of an order that does not add up nothing is said: it has a problem of its own."""
        orders = [one for one in records if self.on and one.entity == ORDER and not one.merged_into]
        if not orders:
            return []
        held = record_rows.holders(self.at, ENTITY, {(ORDER, one.id) for one in orders}, most=MOST)
        known = record_rows.load(self.at, {ident for found in held.values() for ident in found})
        facts = {one.id: in_turn([known[ident] for ident in held.get((ORDER, one.id), ())]) for one in orders}
        moved = Following(self.hub, self.at, self.now).follow(orders, facts)
        made = [pair for one in orders if self._counts(one, facts[one.id]) for pair in self._owed(one, facts[one.id])]
        record_rows.add(self.at, [record for record, _ in made])
        link_rows.add(self.at, [link for _, link in made])
        return [*moved, *(record.id for record, _ in made)]

    def _counts(self, order: Record, facts: Sequence[Record]) -> bool:
        """Whether the hub tells of an order: of one whose purchase it told, and of a customer's that it posts, paid since the programme began."""
        return bool(facts) or (self._buys(order) and str(order.data.get("paid") or self._today()) >= self.loyalty.start_date)

    def _buys(self, order: Record) -> bool:
        return somebody(order) and self.loyalty.is_posted_here(order.data.get("channel"), order.data.get("store"))

    def _owed(self, order: Record, facts: Sequence[Record]) -> list[tuple[Record, Link]]:
        """New facts, each with the link that holds the hub's word. Of an order that is nobody's now, or that others post since, what the hub
        told of is given back and nothing more is bought."""
        try:
            new = owed(order.id, order.data, [one.data | {"id": one.id} for one in facts], self.loyalty.undone)
        except (ArithmeticError, KeyError, TypeError) as error:
            log.warning("loyalty.unreadable", record=order.id, error=type(error).__name__)
            return []
        taken, before = {one.id for one in facts}, facts[-1].id if facts else ""
        buyers = {one.id: one.data.get("customer") for one in facts}
        made = []
        for data in new if self._buys(order) else [one for one in new if one["kind"] == RETURN]:
            ident = _free(order.id, taken)
            buyer = buyers[data["purchase"]] if data["kind"] == RETURN else order.data["customer"]
            made.append(self._fact(ident, order, data | {"customer": buyer}, first=not taken, after=before))
            taken, before = taken | {ident}, ident
        return made

    def _fact(self, ident: str, order: Record, data: Mapping[str, Json], *, first: bool, after: str) -> tuple[Record, Link]:
        """A record whose only word is the hub's own. It goes ``after`` the one before it: of two returns of one line under way at once, nobody
        could tell whose a found one is."""
        moment = order.data.get("paid") if data["kind"] == PURCHASE and first else None
        said = {**data, "start": moment or self._today()} | ({"after": after} if after else {})
        words = {name: {"v": value, "t": self.now} for name, value in said.items()}
        link = Link(new_id(), HUB, ENTITY, "", ident, ident, role="hand", contribution=words)
        return Record(ident, ENTITY, 0, {}, {}, None, self.now, self.now), link

    def _today(self) -> str:
        return datetime.fromtimestamp(self.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def somebody(order: Record) -> bool:
    """Whether an order has a customer who is a person."""
    return order.data.get("customer") not in (None, "", STAND_IN)


def in_turn(facts: Sequence[Record]) -> list[Record]:
    """Facts of one order in the order of their making. Those of a receipt that was joined to it stand where their time puts them."""
    after = {one.id: str(one.data.get("after") or "") for one in facts}

    def depth(ident: str) -> int:
        steps = 0
        while (ident := after.get(ident, "")) in after:
            steps += 1
        return steps

    return sorted(facts, key=lambda one: (one.created_at, depth(one.id), one.id))


def _free(order_id: str, taken: Collection[str]) -> str:
    """The id of an order's next fact. It follows from the order and the number alone."""
    numbered = (str(uuid.uuid5(SPACE, f"{order_id}:{number}")) for number in itertools.count())
    return next(ident for ident in numbered if ident not in taken)
