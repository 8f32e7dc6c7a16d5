"""First loads: systems that are connected together are collected before anything of them is identified, so that it does not matter which
object came first. Identification then goes through the resources in one order (entities as they refer to each other, systems as they are
trusted) and through each resource in the order of its objects' ids.

What is collected waits in the inbox, as rows that are KEPT there: a killed process loses nothing, and memory does not grow with the load.
A system that is down or slow is waited for within bounds; then it makes a first load of its own, later, and delays itself alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.config.sections.first_load import Patience
from hub.entities import FIELDS
from hub.storage import inbox
from hub.storage.inbox import Item
from hub.sync.references import References

Place = tuple[str, str]  # system, resource
STAGES = {entity: number for number, entity in enumerate(FIELDS)}  # customers, then orders and receipts, then calls


@dataclass(frozen=True, slots=True)
class Loading:
    """One resource and its first load. ``wave``: with which others it is loaded. ``collected_at``: when the last of it came, None while
    some is to come. ``moved_at``: when its last page came. ``identified``: it is over."""

    place: Place
    stage: int
    wave: float
    collected_at: float | None
    moved_at: float | None
    identified: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What may be done now: resources to identify, in this order within each wave; systems that are not waited for any longer."""

    identify: tuple[Place, ...] = ()
    leave_out: frozenset[str] = frozenset()


def next_step(loading: Sequence[Loading], patience: Patience, now: float) -> Step:
    """``loading``: resources in load order. Pure."""
    identify: list[Place] = []
    leave_out: set[str] = set()
    for wave in sorted({one.wave for one in loading if not one.identified}):
        stage = min(one.stage for one in loading if one.wave == wave and not one.identified)
        mine = [one for one in loading if one.wave == wave and one.stage <= stage]
        missing = [one for one in mine if one.collected_at is None]
        if not missing:
            identify.append(next(one.place for one in mine if not one.identified))
            continue
        late = {one.place[0] for one in missing}
        since = max((one.collected_at for one in mine if one.collected_at is not None and one.place[0] not in late), default=None)
        if since is not None and all(now >= until(one, since, patience) for one in missing):
            leave_out |= late
    return Step(tuple(identify), frozenset(leave_out))


def until(one: Loading, since: float, patience: Patience) -> float:
    """How long the others, collected at ``since``, wait for this one."""
    return min(max(since, one.moved_at or since) + patience.idle, since + patience.longest)


def order_of(hub: Hub) -> list[tuple[int, Place]]:
    """(stage, place) of everything there is to load, in load order: a system whose objects others name comes before these."""
    references = References.of(hub)
    trust = {system: number for number, system in enumerate(hub.settings.trust)}
    found = []
    for system in hub.settings.systems:
        for number, resource in enumerate(hub.resources(system)):
            entity = hub.resource(system, resource).entity
            rank = (references.depth(system, entity), trust.get(system, len(trust)), number)
            found.append((STAGES[entity], rank, (system, resource)))
    return [(stage, place) for stage, _, place in sorted(found)]


def unidentified(hub: Hub, cursors: Mapping[Place, Mapping[str, Any]]) -> list[tuple[int, Place]]:
    """(stage, place) whose first load is not identified yet, in load order."""
    return [(stage, place) for stage, place in order_of(hub) if not cursors.get(place, {}).get("identified_at")]


def held_back(hub: Hub, cursors: Mapping[Place, Mapping[str, Any]], system: str) -> bool:
    """Whether writes to a system wait for a first load: its own, or that of a system that is loaded together with it. Before that a create
    could be a duplicate."""
    waves = {cursors.get((system, resource), {}).get("wave") for resource in hub.resources(system)}
    return any(cursors.get(place, {}).get("wave") in waves for _, place in unidentified(hub, cursors))


class FirstLoad:
    """The first loads of one hub, as the database has them."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def open_places(self) -> frozenset[Place]:
        """Resources whose unknown objects are collected and not identified yet."""
        with self.hub.store.read_intake() as at:
            return frozenset(place for _, place in unidentified(self.hub, inbox.cursors(at)))

    def due(self, at: Connection, now: float) -> bool:
        """Whether there is something to identify, or a system to leave out, now."""
        step = self._step(at, now)
        return bool(step.identify or step.leave_out)

    def claim(self, *, limit: int, lease: float) -> list[Item]:
        """The next objects to identify, all of one resource; none where nothing may be identified now."""
        store, now = self.hub.store, self.hub.clock()
        with store.read_intake() as at:
            if not unidentified(self.hub, inbox.cursors(at)):
                return []
        with store.intake() as at:
            while True:
                step = self._step(at, now)
                if step.leave_out:
                    self.leave_out(at, step.leave_out)
                    continue
                ended = False
                for system, resource in step.identify:
                    if items := inbox.claim_kept(at, system, resource, limit=limit, lease=lease, now=now):
                        return items
                    ended = inbox.end_first_load(at, system, resource, now=now) or ended
                if not ended:
                    return []

    def leave_out(self, at: Connection, systems: frozenset[str]) -> None:
        """Systems that the others wait for no longer: each makes a first load of its own from here on."""
        wave = self.hub.clock()
        for _, (system, resource) in unidentified(self.hub, inbox.cursors(at)):
            if system in systems:
                inbox.set_cursor(at, system, resource, wave=wave)

    def _step(self, at: Connection, now: float) -> Step:
        cursors = inbox.cursors(at)
        if not unidentified(self.hub, cursors):
            return Step()
        loading = [self._loading(at, stage, place, cursors.get(place, {})) for stage, place in order_of(self.hub)]
        return next_step(loading, self.hub.settings.first_load, now)

    def _loading(self, at: Connection, stage: int, place: Place, row: Mapping[str, Any]) -> Loading:
        loaded, identified = row.get("loaded_at"), bool(row.get("identified_at"))
        whole = identified or (loaded and not inbox.left(at, inbox.LOAD, *place))  # what a list did not show whole is fetched first
        collected = float(loaded or row.get("identified_at") or 0.0) if whole else None
        return Loading(place, stage, row.get("wave") or 0.0, collected, row.get("moved_at"), identified)
