"""From the inbox into the engine: hints are fetched, looks absorbed; what turns out to be missing is asked for and merged again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog

from connectors.contract import Fetches, Remote
from connectors.errors import ConnectorError
from hub.app import Hub
from hub.language import both
from hub.storage import brakes, inbox, parking, receipts, reviews, states
from hub.storage import links as link_rows
from hub.storage.inbox import Item
from hub.sync import runs
from hub.sync.absorb import Absorber
from hub.sync.batch import RawLook
from hub.sync.faults import is_fault, note, told
from hub.sync.first_load import FirstLoad
from hub.sync.follow import follow
from hub.sync.fulfilment import withdraws
from hub.sync.late_keys import join
from hub.sync.looking import fetch_confirmed
from hub.sync.losses import lose
from hub.sync.revisions import in_force
from hub.sync.scale import IN, Braked
from hub.sync.vendor_merge import reunite

log = structlog.get_logger()
Json = Any
BATCH = 250  # more than the brakes let through by default, so that a storm that has come in as one is stopped as one
LEASE = 45.0
ALARM = "alarm:"  # what rows are held by while their system's base is in doubt; the system's name follows
DAY = 86_400.0
EXCHANGED = 7200.0  # the same where orders go by files: by what its base calls an order it is known once its next exchange has shown it
OVERDUE = 60.0  # seconds after which the order that a receipt names is asked for once more
OUTAGE, FAULTY = (
    60.0,
    3600.0,
)  # seconds after which an object is asked for again at the latest: its system did not answer, the connector's code failed over it
RECHECK = 10.0  # seconds after which a lookup that found nothing is asked again


class Intake:
    """Works through the inbox."""

    def __init__(self, hub: Hub) -> None:
        self.hub, self.absorber, self.first_load = hub, Absorber(hub), FirstLoad(hub)

    def run(self, limit: int = BATCH) -> int:
        """One batch of due rows of each system, then one of what a first load collected. Returns how many were taken. A row goes only after its
        merge is committed."""
        with self.hub.store.read_intake() as at:
            systems = inbox.due(at, now=self.hub.clock())
        return sum(self.take(system, limit) for system in systems) + self.identify(limit)

    def take(self, system: str, limit: int = BATCH) -> int:
        """One batch of a system's due rows. Those of others do not wait for it: it may ask its vendor."""
        return self._due(system, limit) if in_force(self.hub) else 0

    def identify(self, limit: int = BATCH) -> int:
        """One batch of what a first load collected."""
        return self._collected(limit) if in_force(self.hub) else 0

    def _collected(self, limit: int) -> int:
        items = self.first_load.claim(limit=limit, lease=LEASE)
        if items:
            looks = [RawLook(i.system, i.resource, i.data or {}, i.representation, i.looked_at, i.since) for i in items]
            run = next((i.run for i in items if i.run), "") or self._reading()
            absorbed = self.absorber.absorb(looks, run=run, weigh=False, loading=True)
            follow(self.hub, absorbed, run=run)
            if absorbed.paired:
                join(self.hub)
            with self.hub.store.intake() as at:
                inbox.done(at, [i.id for i in items])
        return len(items)

    def _reading(self) -> str:
        with self.hub.store.write() as at:
            return runs.reading(at, now=self.hub.clock())

    def _due(self, system: str, limit: int) -> int:
        with self.hub.store.intake() as at:
            items = inbox.claim(at, system, limit=limit, lease=LEASE, now=self.hub.clock())
        if not items:
            return 0
        items, away = self._of_removed(items)
        taken, items = len(items), self._not_held(items)
        for run in dict.fromkeys(i.run for i in items):
            self._take([i for i in items if i.run == run], run)
        return taken + away

    def _take(self, items: list[Item], run: str) -> None:
        """Rows of one run, or changes of the day. Where too much changes alike, the rows of that system and entity are held back for a
        person, and the rest is taken."""
        while items:
            try:
                self._absorb(items, run)
                return
            except Braked as stopped:
                items = self._hold(items, stopped)

    def _absorb(self, items: list[Item], run: str) -> None:
        looks = [
            RawLook(i.system, i.resource, i.data or {}, i.representation, i.looked_at, i.since) for i in items if i.kind in ("look", "fact")
        ]
        done = [i.id for i in items if i.kind in ("look", "fact")]
        for (system, resource), hints in _grouped(items).items():
            fetched, later = self._fetch(system, resource, hints)
            for ident, longest in later.items():
                self._postpone([i for i in hints if i.external_id == ident], longest)
            looks += fetched
            done += [i.id for i in hints if i.external_id not in later]
        decided = self._decided(run)
        kept = self.first_load.open_places()
        absorbed = self.absorber.absorb(looks, run=run, weigh=not decided, disregard=decided == runs.REPAIR, kept=kept)
        follow(self.hub, absorbed, run=run)
        for (system, resource), hints in _grouped(items).items():
            moved = {i.external_id for i in hints if (system, resource, i.external_id) not in absorbed.called_as_before}
            reunite(self.hub, system, resource, moved)  # who shows nothing new neither vanished nor took another in
        if absorbed.paired:
            join(self.hub)
        with self.hub.store.intake() as at:
            inbox.done(at, done)

    def _postpone(self, hints: Sequence[Item], longest: float) -> None:
        """Back in 2, 4, 8 ... seconds."""
        until = self.hub.clock() + min(longest, 2.0 ** min(20, hints[0].attempts + 1))
        with self.hub.store.intake() as at:
            inbox.postpone(at, [i.id for i in hints], until=until)

    def _decided(self, run: str) -> str:
        """What a person has decided of these rows: taken though they are many, or put right; empty where nobody was asked."""
        if not run:
            return ""
        with self.hub.store.read() as at:
            kind = str(runs.by_ids(at, [run]).get(run, {}).get("kind", ""))
        return kind if kind in (runs.APPROVED, runs.REPAIR) else ""

    def _entity(self, item: Item) -> str:
        mapping = self.hub.mapping(item.system, item.resource)
        return mapping.entity if mapping else ""

    def _not_held(self, items: list[Item]) -> list[Item]:
        """The rows without those of a system and entity whose brake is on: what is like a storm waits with it."""
        items = self._not_alarmed(items)
        with self.hub.store.read() as at:
            held = {(row["system"], row["entity"]): row["id"] for row in brakes.undecided(at) if row["way"] == IN}
            known = runs.by_ids(at, sorted({i.run for i in items if i.run})) if held else {}
        if not held:
            return items
        decided = {i.id for i in items if known.get(i.run, {}).get("kind") in (runs.APPROVED, runs.REPAIR)}
        for place, brake in held.items():
            mine = [i.id for i in items if (i.system, self._entity(i)) == place and i.id not in decided]
            if mine:
                with self.hub.store.intake() as at:
                    inbox.hold(at, mine, brake)
        return [i for i in items if (i.system, self._entity(i)) not in held or i.id in decided]

    def _not_alarmed(self, items: list[Item]) -> list[Item]:
        """The rows without those of systems whose base is not the one that it was: nothing of it is merged before a person has looked."""
        with self.hub.store.read() as at:
            known = states.all_states(at)
        for system in {i.system for i in items if known.get(i.system, {}).get("alarm")}:
            with self.hub.store.intake() as at:
                inbox.hold(at, [i.id for i in items if i.system == system], f"{ALARM}{system}")
        return [i for i in items if not known.get(i.system, {}).get("alarm")]

    def _hold(self, items: list[Item], stopped: Braked) -> list[Item]:
        """Ask a person, and keep back the rows that the question is about. Returns the others."""
        question = stopped.question
        with self.hub.store.write() as at:
            brake = brakes.ask(at, question.as_row(), now=self.hub.clock())
        log.warning("brake.on", system=question.system, entity=question.entity, kind=question.kind, field=question.field)
        mine = [i.id for i in items if (i.system, self._entity(i)) == (question.system, question.entity)]
        with self.hub.store.intake() as at:
            inbox.hold(at, mine, brake)
        return [i for i in items if i.id not in set(mine)]

    def _of_removed(self, items: list[Item]) -> tuple[list[Item], int]:
        """Rows of systems that the configuration does not name any more are dropped; such a system is listed from the beginning should it
        come back, so that nothing they said is missed. Returns the other rows, and how many went."""
        gone = [i for i in items if i.system not in self.hub.settings.systems]
        if gone:
            with self.hub.store.intake() as at:
                for system, resource in sorted({(i.system, i.resource) for i in gone}):
                    inbox.begin_again(at, system, resource)
                inbox.done(at, [i.id for i in gone])
        return [i for i in items if i.system in self.hub.settings.systems], len(gone)

    def _fetch(self, system: str, resource: str, hints: Sequence[Item]) -> tuple[list[RawLook], dict[str, float]]:
        """The objects that hints speak of, and the ids of those of which the system could not be asked, each with the seconds after which it is
        asked again at the latest. What is not there is marked gone."""
        connector = self.hub.connectors.get(system)
        if connector is None or not isinstance(connector, Fetches) or resource not in connector.manifest.resources:
            return [], {}
        if not connector.manifest.resources[resource].fetched:  # no method returns it: that says nothing of whether it is there
            return [], {}
        started, ids = self.hub.clock(), list(dict.fromkeys(i.external_id for i in hints))
        found, later = self._asked(system, connector, resource, ids)
        if gone := set(ids) - {remote.id for remote in found} - later.keys():
            with self.hub.store.state() as at:
                lost = lose(self.hub, at, list(link_rows.by_external(at, system, resource, gone).values()), asked=started)
            with self.hub.store.intake() as at:
                inbox.forget_kept(at, system, resource, sorted(gone))
            if voided := [x.record_id for x in lost if withdraws(x)]:
                follow(self.hub, self.absorber.remerge(voided))
        return [RawLook(system, resource, remote.data, remote.representation, started) for remote in found], later

    def _asked(self, system: str, connector: Fetches, resource: str, ids: Sequence[str]) -> tuple[list[Remote], dict[str, float]]:
        """What there is of these objects, and what is to be asked for later (as above). An object over which the connector's own code fails is kept
        for somebody to look at, and holds up no other."""
        try:
            with told(connector, system, resource, "fetch.escaped"):
                return fetch_confirmed(connector, resource, ids), {}
        except ConnectorError as error:
            if is_fault(error) and len(ids) > 1:
                parts = [self._asked(system, connector, resource, [ident]) for ident in ids]
                return [one for found, _ in parts for one in found], {ident: most for _, later in parts for ident, most in later.items()}
            note("fetch", system, resource, error)
            with self.hub.store.write() as at:
                if is_fault(error):
                    reason = both(f"{ids[0]}: {error.russian}", f"{ids[0]}: {error.message}")
                    parking.park(
                        at, {"system": system, "resource": resource, "reason": reason, "data": {"id": ids[0]}, "at": self.hub.clock()}
                    )
                else:
                    states.trouble(at, system, error, now=self.hub.clock())
            return [], dict.fromkeys(ids, FAULTY if is_fault(error) else OUTAGE)

    def recheck(self, *, after: float = RECHECK) -> int:
        """Ask once more for lookups that records have waited for longer than ``after`` seconds: the system did not answer then, or did
        not know yet. What is still not found is a problem of its field, by name. Returns how many records were merged again."""
        now = self.hub.clock()
        self._orders_of_receipts(now)
        join(self.hub)
        with self.hub.store.read() as at:
            ids = reviews.waiting_longer(at, "lookup", before=now - after)
        if ids:
            follow(self.hub, self.absorber.remerge(ids, overdue=True))
        return len(ids)

    def _orders_of_receipts(self, now: float) -> None:
        """Orders that receipts have waited for: those that the system itself does not know are told so, and their receipts let in as
        purchases of their own; the others are looked at again."""
        with self.hub.store.read() as at:
            overdue = receipts.overdue(at, before=now - OVERDUE)
            late = set(receipts.overdue(at, before=now - EXCHANGED))
        for system, entity, order in overdue:
            if (system, entity, order) not in late and any(
                self.hub.resource(system, m.resource).laid_out for m in self.hub.spoken(system, entity)
            ):
                continue
            connector = self.hub.connectors.get(system)
            if not isinstance(connector, Fetches):
                continue
            mine = self.hub.spoken(system, entity)
            asked = [m.resource for m in mine if m.give and not self.hub.original_of(system, m.resource)]  # a copy of nothing is no order
            try:
                with told(connector, system, ", ".join(asked), "fetch.escaped"):
                    there = any(fetch_confirmed(connector, resource, [order]) for resource in asked)
            except ConnectorError:
                continue
            with self.hub.store.write() as at:
                receipts.asked(at, system, entity, order, now=now if there else now + DAY)
                if not there:
                    receipts.set_absent(at, system, entity, order, now=now)
                hints = [(r, order) for r in asked] if there else [one[1:] for one in receipts.waiting_for(at, system, entity, [order])]
            row = {"system": system, "kind": "hint", "looked_at": now, "received_at": now, "due_at": now}
            with self.hub.store.intake() as at:
                inbox.put(at, [row | {"resource": resource, "external_id": ident} for resource, ident in hints])


def release_alarmed(hub: Hub) -> None:
    """Let what an alarm held back go on, once a person has looked at the base."""
    with hub.store.read() as at:
        calm = [name for name, state in states.all_states(at).items() if not state.get("alarm")]
    with hub.store.read_intake() as at:
        waiting = [name for name in calm if inbox.held(at, f"{ALARM}{name}", limit=1)]
    for name in waiting:
        with hub.store.intake() as at:
            inbox.release(at, f"{ALARM}{name}", "", now=hub.clock())


def _grouped(items: Sequence[Item]) -> dict[tuple[str, str], list[Item]]:
    groups: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        if item.kind in ("hint", "deleted"):
            groups.setdefault((item.system, item.resource), []).append(item)
    return groups
