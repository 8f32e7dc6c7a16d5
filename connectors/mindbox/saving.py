"""Customers and orders written to Mindbox, and looked for where a queue has taken them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from connectors.contract import Fetches, Finds, Outcome, Remote, Write
from connectors.errors import ConnectorError, Exists, Missing, Rejected, Unknown
from connectors.mindbox import orders, shape
from connectors.mindbox.api import Api, status_of
from connectors.mindbox.shape import Names

Json = Any
Row = dict[str, Json]
CUSTOMER, ORDER = "customer", "order"
THERE = frozenset({"Found", "Created", "Changed", "Updated", "NotChanged", "Processed", "Success", "Merged", ""})
TRIES = (0.0, 0.5, 1.0, 2.0)  # seconds before each look for what was queued
FLAT = {"mobilePhone": {CUSTOMER: "phone"}, "email": {CUSTOMER: "mail"}, "discountCard": {CUSTOMER: "card"}}


class Reads(Fetches, Finds, Protocol):
    """What the connector reads by id and by the hub's key."""


class Saving:
    """Writes one object a call. ``reads``: how it is looked at afterwards; ``sleep``: waits between two looks, seconds."""

    def __init__(self, api: Api, names: Names, reads: Reads, sleep: Callable[[float], None]) -> None:
        self.api, self.names, self.reads, self.sleep = api, names, reads, sleep

    def one(self, resource: str, write: Write) -> Outcome:
        """The object as it is there after the write; where that cannot be read now, its id."""
        try:
            ident = self._save_customer(write) if resource == CUSTOMER else self._save_order(write)
        except ConnectorError as error:
            error.field = _path(resource, error.field)
            return Outcome(error=error)
        try:
            return Outcome(next(iter(self.reads.fetch(resource, [ident])), None) or Remote(ident, {"id": ident}, "answer"))
        except ConnectorError:
            return Outcome(Remote(ident, {"id": ident}, "answer"))

    def _save_customer(self, write: Write) -> str:
        """Create or edit. Refused for the ids of other systems, which may be another profile's, it is said again without them."""
        what = "create_customer" if write.id is None else "edit_customer"
        try:
            body = self.api.write(what, {"customer": shape.sent(write, self.names)}, safe=write.id is not None)
            again = status_of(body, CUSTOMER) == "Ambiguous"
        except Rejected as error:
            again = error.field.startswith("ids")
            if not again or not write.others:
                raise
        if again and write.others:
            body = self.api.write(what, {"customer": shape.sent(write, self.names, others=False)}, safe=write.id is not None)
        status = status_of(body, CUSTOMER)
        if status == "AlreadyExists":
            raise Exists("there is a customer with this phone, e-mail or card", code="exists", field="mobilePhone")
        if status == "NotFound":
            raise Missing("there is no such customer", code=status)
        if status not in THERE:
            raise Rejected(f"the customer was not written: {status}", code=status)
        made = str(((body.get("customer") or {}).get("ids") or {}).get("mindboxId") or "") or write.id
        return made if made and not self.api.operations[what].queued else self._queued(CUSTOMER, write, made)

    def _save_order(self, write: Write) -> str:
        """The order as a whole, or its status alone. A price that the vendor counts otherwise is a refusal, wherever it is said."""
        raw, buyer = self._as_it_is(write) if write.id is not None else ({}, {})
        if orders.status_alone(write):
            body = self.api.write("change_status", orders.statuses(write, raw), safe=True)
            what = "change_status"
        else:
            what, key = "save_order", write.key if write.id is None else ""
            body = self.api.write(what, orders.saved(write, raw, buyer, self.names), transaction=key, safe=True)
        status = status_of(body, ORDER)  # none where this transaction was done before: the order is looked up
        if status == "PriceHasBeenChanged":
            text = str(body["order"].get("statusDescription") or "the price is counted otherwise there")
            raise Rejected(text, code=status, field="totalPrice")
        if status not in THERE:
            raise Rejected(f"the order was not written: {status}", code=status)
        made = str(((body.get("order") or {}).get("ids") or {}).get("mindboxId") or "") or write.id
        return made if made and not self.api.operations[what].queued else self._queued(ORDER, write, made)

    def _as_it_is(self, write: Write) -> tuple[Row, Row]:
        """An order and its customer, as operations answer: a save replaces the whole. Raises Missing."""
        body = self.api.read("get_order", {"order": {"ids": {"mindboxId": int(write.id or 0)}}})
        if status_of(body, ORDER) == "NotFound":
            raise Missing("there is no such order", code="NotFound")
        return dict(body["order"]), dict(body.get("customer") or {})

    def _queued(self, resource: str, write: Write, ident: str | None) -> str:
        """The id of what a queue, or an operation that returns no block, was told. Raises Unknown where it is not seen: it may come yet."""
        for wait in TRIES:
            self.sleep(wait)
            found = self.reads.fetch(resource, [ident]) if ident else self.reads.find(resource, "hub", [write.key])
            if found and (write.id is None or _shows(found[0].data, write.data)):
                return found[0].id
        raise Unknown("queued, and not seen there yet", code="queued")


def _shows(there: Mapping[str, Json], wanted: Mapping[str, Json]) -> bool:
    """Whether an object shows what was written, as far as it can be compared: what a vendor spells otherwise counts as different."""
    return all(
        there.get(name) == value or (value in (None, "") and not there.get(name))
        for name, value in wanted.items()
        if not isinstance(value, dict)
    )


def _path(resource: str, field: str) -> str:
    """The written path that the vendor's field speaks of."""
    head = field.partition(".")[0]
    if resource == ORDER and head == "lines":
        return "status" if "status" in field else "lines"
    return FLAT.get(head, {}).get(resource, field)
