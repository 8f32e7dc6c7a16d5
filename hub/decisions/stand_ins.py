"""Customers that mean nobody: found among those that the systems have, put before a person, and decided. Pages and commands show this.

One decision holds for every object of the record, in all systems; it counts at once and can be turned round at any time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from hub import audit
from hub.app import Hub
from hub.language import N_
from hub.language.refused import Refused
from hub.storage import inbox, naming, unions, walks
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage import revisions as revision_rows
from hub.storage import stand_ins as rows
from hub.storage.links import Link
from hub.storage.stand_ins import EMPTYING, NAME, NOBODY, PERSON, PROPOSED, RECEIPTS
from hub.sync.absorb import Absorber
from hub.sync.batch import Absorbed
from hub.sync.context import NO_STAND_IN
from hub.sync.follow import follow
from hub.sync.nobody import is_standard, title
from hub.sync.recognised import RETAIL
from hub.sync.uniting import settled

Json = Any
MANY = 50  # receipts above which a customer is asked about
CHUNK = 200
HERE = ("live", "archived", "stand_in")
Decision = str  # nobody | person


@dataclass(frozen=True, slots=True)
class StandIn:
    """One question or answer: a customer, its objects (system, external id), why it is asked, and how many receipts name it."""

    record_id: str
    name: str
    state: str
    why: str
    receipts: int
    objects: tuple[tuple[str, str], ...]
    decided_by: str = ""
    decided_at: float | None = None


def discover(hub: Hub, more: Callable[[], bool] = lambda: True, *, names: bool = True) -> int:
    """Look for customers that seem to mean nobody, and keep them as questions: those with a usual name of nobody (``names``: all customers
    are gone through for these; each new one is looked at when it comes anyway), and those with more than 50 receipts. Returns how many
    are new."""
    found = 0
    for record_id, number in _busy(hub):
        found += _propose(hub, record_id, RECEIPTS, number)
    for record_id in _so_called(hub, more) if names else ():
        found += _propose(hub, record_id, NAME, 0)
    return found


def _busy(hub: Hub) -> list[tuple[str, int]]:
    with hub.store.read() as at:
        return [(one, count) for one, number in rows.busy(at, MANY).items() if (count := _receipts(at, one, number)) > MANY]


def _receipts(at: Connection, record_id: str, number: int) -> int:
    """How many of a customer's ``number`` orders are receipts. Of very many a part is looked at, and the rest taken to be like it."""
    ids = naming.page(at, "customer", record_id)
    orders = record_rows.load(at, ids).values()
    retail = len([one for one in orders if one.entity == "order" and one.data.get("channel") == RETAIL])
    return retail if len(ids) >= number else round(number * retail / len(ids))


def _so_called(hub: Hub, more: Callable[[], bool]) -> Iterator[str]:
    """Records of which an object is called so."""
    after = ""
    while more():
        with hub.store.read() as at:
            links = link_rows.by_ids(at, walks.links(at, "customer", after=after, limit=CHUNK))
            data = {ident: one.data for ident, one in record_rows.load(at, [link.record_id for link in links]).items()}
        for link in links:
            mapping = hub.mapping(link.system, link.resource) if link.system in hub.settings.systems else None
            known = data.get(link.record_id, {})
            if mapping is not None and is_standard(title(mapping, link.base, known), known):
                yield link.record_id
        if len(links) < CHUNK:
            return
        after = links[-1].id


def _propose(hub: Hub, record_id: str, why: str, receipts: int) -> int:
    with hub.store.write() as at:
        links = _objects(hub, at, record_id)
        name = _name(hub, at, links)
        objects = _named(hub, links)
        if receipts:
            rows.counted(at, dict.fromkeys(objects, receipts))
        if any(rows.decided(at, system, [ident]) for system, ident in objects):
            return 0  # what a person said of one object was said of the customer, and of what was made elsewhere since
        return min(1, rows.propose(at, objects, name, why, receipts=receipts, now=hub.clock()))


def _objects(hub: Hub, at: Connection, record_id: str) -> list[Link]:
    found = link_rows.by_records(at, [record_id])[record_id]
    return [x for x in found if x.system in hub.settings.systems and x.external_id and x.state in HERE]


def _name(hub: Hub, at: Connection, links: Sequence[Link]) -> str:
    """What the first of the objects that has a name is called."""
    data = {ident: one.data for ident, one in record_rows.load(at, [x.record_id for x in links if x.record_id]).items()}
    for link in links:
        mapping = hub.mapping(link.system, link.resource) if link.system in hub.settings.systems else None
        if mapping is not None and (name := title(mapping, link.base, data.get(link.record_id, {}))):
            return name
    return ""


def listing(at: Connection, *states: str) -> list[StandIn]:
    """Questions and answers, one a customer, those with most receipts first."""
    found: dict[str, list[dict[str, Json]]] = {}
    for row in rows.listing(at, *states):
        found.setdefault(row["record_id"] or f"{row['system']} {row['external_id']}", []).append(row)
    return [_as_one(some) for some in found.values()]


def _as_one(some: list[dict[str, Json]]) -> StandIn:
    first, objects = some[0], tuple((row["system"], row["external_id"]) for row in some)
    name = next((row["name"] for row in some if row["name"]), "")
    state = NOBODY if first["state"] == EMPTYING else first["state"]
    return StandIn(first["record_id"], name, state, first["why"], first["receipts"], objects, first["decided_by"], first["decided_at"])


def decide(hub: Hub, system: str, external_id: str, decision: Decision, *, actor: str) -> None:
    """``nobody``: the customer of this object is nobody; its orders are without customer from now on, and no system is told of it.
    ``person``: it is somebody, whatever it is called, and its orders are its own again. Raises Refused."""
    absorbed = Absorbed()
    with hub.store.state() as at:
        link = _link(hub, at, system, external_id)
        if decision == NOBODY:
            _nobody(hub, at, link, absorbed, actor)
        else:
            _person(hub, at, link, absorbed, actor)
    follow(hub, absorbed)
    if decision == PERSON and not link.record_id:
        _meet_anew(hub, link)
    settle(hub)


def _link(hub: Hub, at: Connection, system: str, external_id: str) -> Link:
    link = link_rows.named(at, system, "customer", external_id)
    if link is None or system not in hub.settings.systems:
        raise Refused(
            N_("%(system)s customer %(id)s: the hub knows no such object; `sverka stand-ins list` shows those to decide"),
            system=system,
            id=external_id,
        )
    return link


def _nobody(hub: Hub, at: Connection, link: Link, absorbed: Absorbed, actor: str) -> None:
    links = _all_of(at, link)
    settled(links)
    name, now = _name(hub, at, links), hub.clock()
    objects = _named(hub, links)
    for one in links:
        one.state = "stand_in" if one.state in HERE else one.state
    link_rows.save(at, links)
    for system in sorted({one.system for one in links}):
        hub.outbox.reopen(at, system, NO_STAND_IN, now=now)
    rows.decide(at, objects, EMPTYING if link.record_id else NOBODY, name, actor=actor, now=now)
    if link.record_id:
        pairs = [pair["id"] for pair in unions.pairs_of(at, link.record_id)]
        unions.decide(at, pairs, unions.SUPERSEDED, actor=actor, now=now)
        Absorber(hub).remerge_within(at, [link.record_id], absorbed)
    _audit(hub, at, link, NOBODY, name, actor)


def _person(hub: Hub, at: Connection, link: Link, absorbed: Absorbed, actor: str) -> None:
    links = _all_of(at, link)
    name = _name(hub, at, links)
    was = [x for x in links if x.state == "stand_in"]
    objects = _named(hub, links)
    for one in was:
        one.state = "live"
    if link.record_id:
        link_rows.save(at, was)
        Absorber(hub).remerge_within(at, [link.record_id], absorbed)
    elif was:
        rows.forget_link(at, link.id)
    rows.decide(at, objects, PERSON, name, actor=actor, now=hub.clock())
    for record in record_rows.load(at, [link.record_id] if link.record_id else []).values():  # it was kept from the others until now
        hub.outbox.open(at, [(system, record.entity, record.id, record.version) for system in hub.takers(record.entity)], now=hub.clock())
    if was:
        revision_rows.again(at)  # which orders named it is known to their links alone
    _audit(hub, at, link, PERSON, name, actor)


def _all_of(at: Connection, link: Link) -> list[Link]:
    """The links of its record; itself alone where it never had one."""
    return link_rows.by_records(at, [link.record_id])[link.record_id] if link.record_id else [link]


def _named(hub: Hub, links: Sequence[Link]) -> list[tuple[str, str]]:
    """(system, external id) of the objects of configured systems."""
    return [(x.system, x.external_id) for x in links if x.external_id and x.system in hub.settings.systems]


def _audit(hub: Hub, at: Connection, link: Link, decision: str, name: str, actor: str) -> None:
    entry = audit.Entry("operator.stand-in", actor, link.system, "customer", link.record_id, f"{link.external_id}", decision, None, {"name": name})  # fmt: skip
    audit.write(at, [entry], now=hub.clock())


def _meet_anew(hub: Hub, link: Link) -> None:
    """An object that was nobody from its first day has no record yet: it is fetched and identified like any other."""
    now = hub.clock()
    hint = {"system": link.system, "resource": link.resource, "external_id": link.external_id, "kind": "hint"}
    with hub.store.intake() as at:
        inbox.put(at, [hint | {"looked_at": now, "received_at": now, "due_at": now}])


def settle(hub: Hub, more: Callable[[], bool] = lambda: True) -> int:
    """Merge the orders again whose customer was decided to be nobody. Returns how many; a killed one goes on with the rest."""
    with hub.store.read() as at:
        waiting = listing(at, EMPTYING)
    count = 0
    for one in waiting:
        after = ""
        while more():
            with hub.store.read() as at:
                ids = naming.page(at, "customer", one.record_id, after=after, limit=CHUNK)
            if not ids:
                with hub.store.write() as at:
                    rows.set_state(at, one.objects, NOBODY)
                break
            follow(hub, Absorber(hub).remerge(ids))
            count, after = count + len(ids), ids[-1]
    return count


def unsettled(hub: Hub) -> bool:
    """Whether :func:`settle` has something to do."""
    with hub.store.read() as at:
        return bool(rows.listing(at, EMPTYING))


__all__ = ["NOBODY", "PERSON", "PROPOSED", "StandIn", "decide", "discover", "listing", "settle", "unsettled"]
