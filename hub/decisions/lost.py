"""What a person says of a create whose answer was lost and of which nobody else can tell whether it was done: found there, or not done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from connectors.contract import Fetches
from connectors.errors import ConnectorError
from hub import audit
from hub.app import Hub
from hub.language import N_
from hub.language.refused import Refused
from hub.storage import links as link_rows
from hub.storage import views
from hub.storage.links import Link
from hub.sync.made import LOST

Json = Any


def found(hub: Hub, delivery: str, number: str, *, actor: str) -> None:
    """It was done, and is the object of this number there. Raises Refused."""
    with hub.store.read() as at:
        row, link = _of(at, delivery)
    connector = hub.connectors.get(row["system"])
    try:
        there = bool(number) and isinstance(connector, Fetches) and bool(connector.fetch(link.resource, [number]))
    except ConnectorError as error:
        raise Refused(N_("%(system)s does not answer: %(text)s. Try again"), system=row["system"], text=error.message) from error
    if not there:
        raise Refused(N_("%(system)s has nothing of the number %(number)s"), system=row["system"], number=number or "—")
    with hub.store.state() as at:
        row, link = _of(at, delivery)
        if link_rows.by_external(at, link.system, link.resource, [number]):
            raise Refused(N_("the number %(number)s of %(system)s belongs to another record already"), system=row["system"], number=number)
        values = dict((link.intent or {}).get("values", {}))
        link.external_id, link.state, link.intent = number, "live", None
        link.base, link.sent = link.base | values, link.sent | values
        link_rows.save(at, [link])
        _again(hub, at, row, "found", actor, number)


def not_done(hub: Hub, delivery: str, *, actor: str) -> None:
    """It was not done: it is made now. Raises Refused."""
    with hub.store.state() as at:
        row, link = _of(at, delivery)
        link_rows.remove(at, [link.id])
        _again(hub, at, row, "not done", actor, "")


def _of(at: Connection, delivery: str) -> tuple[Mapping[str, Json], Link]:
    row = next(iter(views.queue(at, id=delivery, limit=1)), None)
    if row is None or row["state"] != "dead" or row["error_code"] != LOST:
        raise Refused(N_("delivery %(delivery)s: no answer of it is lost that a person must look for"), delivery=delivery)
    link = link_rows.primaries(at, row["system"], [row["record_id"]]).get(row["record_id"])
    if link is None or link.external_id:
        raise Refused(N_("delivery %(delivery)s: no answer of it is lost that a person must look for"), delivery=delivery)
    return row, link


def _again(hub: Hub, at: Connection, row: Mapping[str, Json], outcome: str, actor: str, number: str) -> None:
    entry = audit.Entry("operator.lost answer", actor, row["system"], row["entity"], row["record_id"], number, outcome)
    audit.write(at, [entry], now=hub.clock())
    hub.outbox.replay(at, [row["id"]], now=hub.clock())
