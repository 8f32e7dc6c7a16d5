"""Whom does a system know already, by whatever key they ever had? A person is welcomed once for ever: however records are merged and taken apart, whatever
phone, e-mail address or card went from one record to another meanwhile, and after an erasure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from hub.app import Hub
from hub.storage import links as link_rows
from hub.storage import past_keys, unions
from hub.storage import records as record_rows
from hub.storage.links import Link, made_at
from hub.sync.identify import SHARED_LIMIT
from hub.sync.known import known_since

WELCOME = "points: welcome"  # the side effect of a create that gives somebody new points
WITHHELD = "welcome.withheld"  # the audit row that says why somebody who looks new is given none
THERE, KNOWN = "there", "known"


@dataclass(frozen=True, slots=True)
class Met:
    """Who is about to be created was met before. ``how``: as an object of the system, or otherwise. ``kind``: of the key that tells; empty: records that were one once.
    ``at``: when."""

    how: str
    kind: str
    at: float

    @property
    def since(self) -> float:
        """Since when they are known; 0.0: who had an object there is never new."""
        return 0.0 if self.how == THERE else self.at

    def told(self) -> str:
        """As the cause of an audit row."""
        return f"{self.how} {self.kind or 'record'} {self.at:.0f}"


def told_before(cause: str) -> Met:
    """What :meth:`Met.told` has said."""
    how, kind, at = cause.split()
    return Met(how, "" if kind == "record" else kind, float(at))


def met_before(hub: Hub, at: Connection, link: Link) -> Met | None:
    """How the person whom ``link`` is about to create was met before under another record: in the system, else anywhere. What was made there later than the link does
    not count: of two who are made at the same time one is the first."""
    family = unions.family(at, link.record_id)
    sharers = past_keys.sharing(at, hub.settings.secret_key, family, most=SHARED_LIMIT)
    kinds = dict.fromkeys(family - {link.record_id}, "")
    for one in sharers:
        kinds = dict.fromkeys(unions.family(at, one.record_id), one.kind) | kinds
    kinds.pop(link.record_id, None)
    links = link_rows.by_records(at, kinds)
    there = [(made_at(x.id) or 0.0, kinds[r]) for r, some in links.items() for x in some if x.system == link.system and x.id < link.id]
    there += [(one.since or 0.0, one.kind) for one in sharers if one.system == link.system]
    if there:
        moment, kind = min(there)
        return Met(THERE, kind, moment)
    known = _known(at, kinds, links) + [(one.since, one.kind) for one in sharers if one.since is not None]
    return Met(KNOWN, min(known)[1], min(known)[0]) if known else None


def _known(at: Connection, kinds: Mapping[str, str], links: Mapping[str, list[Link]]) -> list[tuple[float, str]]:
    return [(known_since(one, links[ident]), kinds[ident]) for ident, one in record_rows.load(at, kinds).items()]


def withheld(hub: Hub, system: str, own: float, since: float) -> bool:
    """Whether who is known ``since`` then gets no welcome, and would, were they known since their ``own`` record is."""
    if not hub.settings.loyalty.start_date:
        return False
    day = date.fromisoformat(hub.settings.loyalty.start_date)
    start = datetime.combine(day, datetime.min.time(), ZoneInfo(hub.settings.systems[system].timezone)).timestamp()
    return since < start <= own
