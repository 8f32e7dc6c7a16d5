"""Who is to be called, where no vendor's webhook says it: members of a segment, owners of carts, a person's list. Each becomes a request under an id that follows from
who asked for whom, so that asking again asks for nothing new; the task is made in the same transaction (:mod:`hub.sync.asked`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from hub import audit
from hub.app import Hub
from hub.calling.book import open_tasks
from hub.calling.case import moment
from hub.config.sections.campaigns import Campaign, Cart
from hub.config.settings import zone
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage import walks
from hub.storage.links import Link, new_id
from hub.storage.records import Record
from hub.sync import memberships
from hub.sync.absorb import Absorber
from hub.sync.asked import REQUEST, ident_of
from hub.sync.batch import Absorbed
from hub.sync.context import STAND_IN
from hub.sync.follow import follow
from hub.sync.statement import HUB

Json = Any
CHUNK = 200
OLDEST = 2 * 86_400.0  # seconds; an older cart is no news
SHOWN = 5  # kinds of goods that the seller reads of


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody who is to be called. ``key``: what makes it another request than any other of the campaign."""

    key: str
    campaign: str
    reason: str
    customer: str = ""
    phone: str = ""
    store: str = ""
    comment: str = ""
    not_before: str = ""

    @property
    def ident(self) -> str:
        return ident_of(self.campaign, self.key)


def ask(hub: Hub, wanted: Sequence[Wanted], *, actor: str) -> int:
    """Ask for those who were not asked for yet. Returns how many that were."""
    count = 0
    for start in range(0, len(wanted), CHUNK):
        count += _ask(hub, {one.ident: one for one in wanted[start : start + CHUNK]}, actor)
    return count


def _ask(hub: Hub, wanted: dict[str, Wanted], actor: str) -> int:
    absorbed, now = Absorbed(), hub.clock()
    with hub.store.state() as at:
        there = record_rows.load(at, wanted)
        new = {ident: one for ident, one in wanted.items() if ident not in there}
        record_rows.add(at, [Record(ident, REQUEST, 0, {}, {}, None, now, now) for ident in new])
        link_rows.add(at, [_word(ident, one, now) for ident, one in new.items()])
        entries = [audit.Entry("calls.request", actor, HUB, REQUEST, ident, one.campaign, one.reason) for ident, one in new.items()]
        audit.write(at, entries, now=now)
        Absorber(hub).remerge_within(at, new, absorbed)
    follow(hub, absorbed)
    return len(new)


def _word(ident: str, one: Wanted, now: float) -> Link:
    said = {name: value for name, value in asdict(one).items() if value and name != "key"} | {"start": moment(now)}
    words = {name: {"v": value, "t": now} for name, value in said.items()}
    return Link(new_id(), HUB, REQUEST, "", ident, ident, role="hand", contribution=words)


def of_segments(hub: Hub) -> int:
    """Ask for the members of the segments that campaigns name; who left and entered again is asked for again."""
    found: list[Wanted] = []
    with hub.store.read() as at:
        for campaign in hub.settings.campaigns.values():
            if campaign.segment:
                found += _members(at, campaign, memberships.segment_of(*campaign.segment))
    return ask(hub, found, actor="segment") if found else 0


def _members(at: Connection, campaign: Campaign, segment: str) -> Iterable[Wanted]:
    after = ""
    while ids := memberships.members(at, segment, after=after, limit=CHUNK):
        for one in record_rows.load(at, ids).values():
            key = f"{segment}|{one.id}|{one.data.get('since') or ''}"
            yield Wanted(key, campaign.name, "segment", customer=str(one.data["customer"]))
        after = ids[-1]


def of_carts(hub: Hub) -> int:
    """Ask for the owners of carts that nobody touched for so long: each once a day, and nobody who has a task already."""
    found: list[Wanted] = []
    with hub.store.read() as at:
        for campaign in hub.settings.campaigns.values():
            if campaign.cart:
                found += _carts(hub, at, campaign, campaign.cart, campaign.cart.minutes)
        busy = {one.data.get("customer") for one in open_tasks(at).values()} if found else set()
    return ask(hub, [one for one in found if one.customer not in busy], actor="cart") if found else 0


def are_waiting(hub: Hub) -> bool:
    """Whether there are carts whose owners are to be asked for, now or when their time has come."""
    with hub.store.read() as at:
        found = [one for c in hub.settings.campaigns.values() if c.cart for one in _carts(hub, at, c, c.cart, 0.0)]
        busy = {one.data.get("customer") for one in open_tasks(at).values()} if found else set()
        there = record_rows.load(at, [one.ident for one in found])
    return any(one.ident not in there and one.customer not in busy for one in found)


def _carts(hub: Hub, at: Connection, campaign: Campaign, cart: Cart, minutes: float) -> Iterable[Wanted]:
    """Carts of the last days, which the ids of records tell, since they begin with the time of their making."""
    now = hub.clock()
    ids = walks.left_alone(at, "order", made_after=now - OLDEST, before=now - minutes * 60)
    for one in record_rows.load(at, ids).values():
        if one.data.get("status") in cart.statuses and not one.merged_into and (person := _buyer(at, one.data)):
            yield of_cart(
                hub, campaign, person, basket(one.data.get("lines") or (), one.data.get("total")), store=str(one.data.get("store") or "")
            )


def of_cart(hub: Hub, campaign: Campaign, customer: str, comment: str, *, store: str = "") -> Wanted:
    """A cart of somebody: one request of a customer and a day of the shop, however many carts she leaves."""
    day = datetime.fromtimestamp(hub.clock(), UTC).astimezone(zone(hub.settings.timezone)).date()
    return Wanted(f"cart|{customer}|{day}", campaign.name, "cart", customer=customer, store=store, comment=comment)


def touched(hub: Hub, campaign: Campaign, customer: str, comment: str) -> None:
    """A cart that the site's own script tells of: it counts as abandoned once nothing more was told of it for so long. Told again before its task
    was given out, it waits anew, and its task tells what lies in it now."""
    assert campaign.cart is not None
    not_before = moment(hub.clock() + campaign.cart.minutes * 60)
    one = replace(of_cart(hub, campaign, customer, comment), not_before=not_before)
    if ask(hub, [one], actor="api"):
        return
    absorbed, ident = Absorbed(), ident_of(one.ident)
    with hub.store.state() as at:
        task = record_rows.load(at, [ident]).get(ident)
        if task is not None and task.data.get("state") == "open" and not task.data.get("title"):
            word = next(x for x in link_rows.by_records(at, [ident])[ident] if x.system == HUB)
            word.contribution |= {
                name: {"v": value, "t": hub.clock()} for name, value in (("not_before", not_before), ("comment", comment)) if value
            }
            link_rows.save(at, [word])
            Absorber(hub).remerge_within(at, [ident], absorbed)
    follow(hub, absorbed)


def basket(lines: Iterable[Mapping[str, Json]], total: Json) -> str:
    """What lies in a cart, in one line for the seller."""
    names = [f"{one.get('name') or one.get('sku')} × {Decimal(str(one.get('quantity') or 1)).normalize():f}" for one in lines]
    more = f" и ещё {len(names) - SHOWN}" if len(names) > SHOWN else ""
    return f"В корзине: {', '.join(names[:SHOWN])}{more}" + (f", на {total} ₽" if total else "") if names else ""


def _buyer(at: Connection, order: Mapping[str, Json]) -> str | None:
    """Whose a cart is: the customer whom it names, else the one who has its phone."""
    whom, phone = order.get("customer"), order.get("contact.phone")
    if whom and whom != STAND_IN:
        return str(whom)
    return customer_of(at, "phone", str(phone)) if phone else None


def customer_of(at: Connection, kind: str, value: str) -> str | None:
    """The one customer who holds a key (phone, email, card); None where nobody or several do."""
    held = record_rows.holders(at, "customer", [(kind, value)], most=1).get((kind, value), [])
    people = [one for one in record_rows.load(at, held).values() if not one.merged_into]
    return people[0].id if len(people) == 1 else None
