"""Who is to be called, where no vendor's webhook says it: members of a segment, a person's list. Each becomes a request under an id that follows from
who asked for whom, so that asking again asks for nothing new; the task is made in the same transaction (:mod:`hub.sync.asked`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection

from hub import audit
from hub.app import Hub
from hub.calling.case import moment
from hub.sections.campaigns import Campaign
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link, new_id
from hub.storage.records import Record
from hub.sync import memberships
from hub.sync.absorb import Absorbed, Absorber
from hub.sync.asked import REQUEST, ident_of
from hub.sync.follow import follow
from hub.sync.statement import HUB

CHUNK = 500


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


# members of segments ---------------------------------------------------------------------------------------------------


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


# a person's list -------------------------------------------------------------------------------------------------------


def customer_of(at: Connection, kind: str, value: str) -> str | None:
    """The one customer who holds a key (phone, email, card); None where nobody or several do."""
    held = record_rows.holders(at, "customer", [(kind, value)], most=1).get((kind, value), [])
    people = [one for one in record_rows.load(at, held).values() if not one.merged_into]
    return people[0].id if len(people) == 1 else None
