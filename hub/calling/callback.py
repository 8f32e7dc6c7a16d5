"""Call-backs that people order: an exchange rings an employee, then the customer. An order is a fact, made once under the key of who asked; what was
ordered and not answered for is never ordered again by itself, and the conversation that it leads to is a call of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jmespath
from sqlalchemy import Connection

from hub import audit
from hub.app import Hub
from hub.calling.book import consent_of
from hub.calling.case import moment
from hub.language import N_
from hub.language.refused import Refused
from hub.storage import directories, states
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link, new_id
from hub.storage.records import Record
from hub.sync.absorb import Absorber
from hub.sync.asked import ident_of
from hub.sync.batch import Absorbed
from hub.sync.follow import follow
from hub.sync.statement import HUB
from mappings import nested

Json = Any
CALL, EMPLOYEE = "call", "employee"
RINGS = "call: customer"  # the side effect of a write that rings somebody


@dataclass(frozen=True, slots=True)
class Wish:
    """Who is to be rung. ``key``: of the page or the request that asks, so that the same one asks once. ``customer``: a record's id, or empty.
    ``asked``: whether the customer asked for it herself, so that her no to marketing is no hindrance."""

    key: str
    agent: str
    phone: str
    customer: str = ""
    asked: bool = False


def exchange_of(hub: Hub) -> str:
    """The system that rings whom it is told to, where a route lets calls that are wanted pass to it; else empty."""
    for system in hub.takers(CALL):
        mapping = hub.giving(system, CALL)
        create = hub.resource(system, mapping.resource).operations.get("create") if mapping else None
        if create and RINGS in create.side_effects:
            return system
    return ""


def agents(at: Connection, system: str) -> dict[str, str]:
    """Employee -> name, of those whom the exchange can ring."""
    values = [one for one in directories.values(at, EMPLOYEE) if one.active]
    return {one.value: one.ru for one in values if any(twin.active for twin in one.twins.get(system, ()))}


def order(hub: Hub, wish: Wish, *, actor: str) -> tuple[str, bool]:
    """The id of the call that is ordered, and whether it was ordered now: the same key is one order. Raises Refused, and nobody is rung."""
    system, now = exchange_of(hub), hub.clock()
    ident, absorbed = ident_of("callback", wish.key), Absorbed()
    said = {"direction": "out", "phone": wish.phone, "agent": wish.agent, "customer": wish.customer, "start": moment(now), "wanted": True}
    said = {name: value for name, value in said.items() if value}
    with hub.store.state() as at:
        if record_rows.load(at, [ident]):
            return ident, False
        _check(hub, at, system, wish, said)
        record_rows.add(at, [Record(ident, CALL, 0, {}, {}, None, now, now)])
        words = {name: {"v": value, "t": now} for name, value in said.items()}
        link_rows.add(at, [Link(new_id(), HUB, CALL, "", ident, ident, role="hand", contribution=words)])
        audit.write(at, [audit.Entry("operator.callback", actor, system, CALL, ident, wish.customer, "ordered", None, said)], now=now)
        Absorber(hub).remerge_within(at, [ident], absorbed)
    follow(hub, absorbed)
    return ident, True


def _check(hub: Hub, at: Connection, system: str, wish: Wish, said: Mapping[str, Json]) -> None:
    if not system:
        raise Refused(
            N_("no exchange rings anybody: routes.call of the configuration lets no wanted call pass to one (docs/connectors/mango.md)")
        )
    state = states.get(at, system)
    if state["mode"] == "observe" or state["paused"]:
        raise Refused(N_("%(system)s is observed or paused, so that nobody is rung: set it to live on the page of systems"), system=system)
    if wish.agent not in agents(at, system):
        raise Refused(
            N_("%(agent)s has no internal number in %(system)s: match the employee under Directories"), agent=wish.agent, system=system
        )
    for route in hub.settings.routes[CALL]:
        passes = route.take and (not route.when or jmespath.search(route.when, nested(said)))
        mapping = hub.giving(route.system, CALL) if passes and route.system != system else None
        if mapping and "outcome" not in mapping.requires:
            raise Refused(
                N_("%(system)s would be told of a call that has not been: write when: outcome in its routes.call"), system=route.system
            )
        if not passes and route.system == system:
            raise Refused(N_("the route of calls to %(system)s does not let a wanted call pass: %(rule)s"), system=system, rule=route.when)
    person = record_rows.load(at, [wish.customer]).get(wish.customer) if wish.customer else None
    if person is not None and consent_of(person.data) is False and not wish.asked:
        raise Refused(N_("the customer said no to calls, and is not called"))
    if person is not None and not _hers(person.data, wish.phone):
        raise Refused(N_("%(phone)s is no number of this customer"), phone=wish.phone)


def _hers(data: Mapping[str, Json], phone: str) -> bool:
    return any(one.get("number") == phone and not one.get("invalid") for one in data.get("phones") or ())
