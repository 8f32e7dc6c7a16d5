"""Facts follow their customers: what is not posted goes to whom its order belongs now; what is posted, to those alone whom a person has made one
with its customer, or taken apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from hub.app import Hub
from hub.storage import links as link_rows
from hub.storage import unions
from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync.context import STAND_IN
from hub.sync.statement import HUB


class Following:
    """Works within one transaction."""

    def __init__(self, hub: Hub, at: Connection, now: float) -> None:
        self.hub, self.at, self.now = hub, at, now

    def follow(self, orders: Sequence[Record], facts: Mapping[str, Sequence[Record]]) -> list[str]:
        """Let the facts of orders name the customers that the orders have now; a return, that of its purchase. Returns the ids of those that
        do so anew."""
        told = {one.id: one.data.get("customer") or None for order in orders for one in facts[order.id]}
        strays = [one.id for order in orders for one in facts[order.id] if told[one.id] != of(order)]
        links = link_rows.by_records(self.at, strays)
        moved = dict[str, Link]()
        for order in orders:
            for fact in facts[order.id]:
                wanted = told.get(fact.data.get("purchase", ""), of(order))
                if told[fact.id] != wanted and fact.id in links and self._may(links[fact.id], told[fact.id], wanted):
                    word = next(x for x in links[fact.id] if x.system == HUB)
                    word.contribution["customer"] = {"v": wanted, "t": self.now}
                    told[fact.id], moved[fact.id] = wanted, word
        link_rows.save(self.at, list(moved.values()))
        return list(moved)

    def _may(self, links: Sequence[Link], before: str | None, now: str | None) -> bool:
        """Whether a fact may be another's: until a system has it, or may have it; later, where the two are one by a person's word."""
        if not any(x.system != HUB and (x.external_id or x.intent is not None) for x in links):
            return True
        return before is not None and now in unions.family(self.at, before)


def of(order: Record) -> str | None:
    """Whose an order is; None: nobody's."""
    return None if order.data.get("customer") in (None, "", STAND_IN) else str(order.data["customer"])
