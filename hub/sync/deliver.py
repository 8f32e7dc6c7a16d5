"""The giving half of the engine: deliveries claimed, looked at, planned, written and ended, one system at a time.

Intents are committed before the call and outcomes after it, in small groups: a crash repeats at most one group, and never blindly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog

from connectors.contract import Fetches, Finds, LooksUp, Outcome, Write
from connectors.errors import ConnectorError, Missing, Rejected, Settled, Unauthorized, Unavailable, Unknown
from hub import audit
from hub.app import Hub
from hub.storage import inbox, reviews, states
from hub.storage import links as link_rows
from hub.storage.links import Link, new_id
from hub.sync.absorb import Absorber, RawLook
from hub.sync.context import BatchContext
from hub.sync.draft import Draft, Drafter
from hub.sync.intent import close_intent, open_intent
from hub.sync.observe import Look, observe
from hub.sync.rules import rules_for
from retry_queue.contract import Again, Bury, Delivery, Done, Doubt, Ending, Failure, Skip, Wait

log = structlog.get_logger()
Json = Any
CLAIM, GROUP = 60, 20
LEASE = 45.0  # a killed process's work is free again within a minute
EMPTY = frozenset({"", None})


class Deliverer:
    """Drains the deliveries of one system."""

    def __init__(self, hub: Hub, system: str) -> None:
        self.hub, self.system = hub, system
        self.connector = hub.connectors[system]
        self.absorber = Absorber(hub)

    def drain(self, *, limit: int = CLAIM) -> int:
        """Work through one batch of due deliveries. Returns how many were ended; 0 when there is nothing to do or nothing may be done."""
        if not self._may():
            return 0
        with self.hub.store.write() as at:
            lease = states.take_lease(at, self.system, now=self.hub.clock(), seconds=LEASE)
        if lease is None:
            return 0
        try:
            with self.hub.store.write() as at:
                claimed = self.hub.outbox.claim(at, self.system, limit=limit, lease=LEASE, now=self.hub.clock())
            if claimed:
                self._work(claimed)
            return len(claimed)
        finally:
            with self.hub.store.write() as at:
                states.drop_lease(at, self.system, lease)

    def _may(self) -> bool:
        """Live, not paused, breaker closed, and every system's first load merged: before that a create could be a duplicate."""
        with self.hub.store.read() as at:
            state = states.get(at, self.system)
        if state["mode"] != "live" or state["paused"] or state["breaker_until"] > self.hub.clock():
            return False
        with self.hub.store.read_intake() as at:
            cursors, loading = inbox.cursors(at), inbox.loading(at)
        loaded = all(cursors.get((s, r), {}).get("loaded_at") for s in self.hub.settings.systems for r in self.hub.resources(s))
        return loaded and not loading

    # one batch --------------------------------------------------------------------------------------------

    def _work(self, claimed: list[Delivery]) -> None:
        drafts = self._drafts(claimed)
        missing = self._ask_lookups()
        if missing:
            drafts = self._drafts(claimed)
        if stale := [d for d in drafts if d.look and d.ending is None]:
            seen = self._look(stale)
            again = self._drafts([d.delivery for d in stale if d.delivery.id in seen])
            drafts = [d for d in drafts if not d.look or d.ending is not None] + [self._after_look(d) for d in again]
        self._end([(d, d.ending) for d in drafts if d.ending is not None])
        order: dict[str, list[Draft]] = {}
        for draft in drafts:
            if draft.ending is None and draft.mapping is not None:
                order.setdefault(draft.mapping.resource, []).append(draft)
        for resource, group in order.items():
            for start in range(0, len(group), GROUP):
                self._write(resource, group[start : start + GROUP])

    def _drafts(self, deliveries: list[Delivery]) -> list[Draft]:
        with self.hub.store.read() as at:
            drafter = Drafter(self.hub, at, self.system, self.hub.clock())
            drafts = drafter.drafts(deliveries)
            self._missing = set(drafter.context.missing)
        return drafts

    def _ask_lookups(self) -> bool:
        """Ask the vendor for lookups that planning did not find; True when something was learnt."""
        forward: dict[str, list[str]] = {}
        for name, direction, value in self._missing:
            if direction == "forward":
                forward.setdefault(name, []).append(value)
        if not forward or not isinstance(self.connector, LooksUp):
            return False
        for name, keys in forward.items():
            try:
                found = self.connector.lookup(name, keys)
            except ConnectorError as error:
                self._failed(error)
                return False
            with self.hub.store.write() as at:
                reviews.learn_lookups(at, self.system, [(name, key, found.get(key)) for key in keys], now=self.hub.clock())
        return True

    def _look(self, drafts: list[Draft]) -> set[str]:
        """Fetch the objects of the drafts (those with open creates are searched for) and absorb what they show. Returns ids of deliveries that were looked at."""
        seen: set[str] = set()
        by_resource: dict[str, list[Draft]] = {}
        for draft in drafts:
            if draft.link is not None:
                by_resource.setdefault(draft.link.resource, []).append(draft)
        for resource, group in by_resource.items():
            started = self.hub.clock()
            try:
                known = [d for d in group if d.link and d.link.external_id]
                opened = [d for d in group if d.link and not d.link.external_id]
                found = (
                    list(self.connector.fetch(resource, [d.link.external_id or "" for d in known if d.link]))
                    if known and isinstance(self.connector, Fetches)
                    else []
                )
                there = {remote.id for remote in found}
                found += self._search(resource, opened)
            except ConnectorError as error:
                self._failed(error)
                self._end([(d, self._put_off(error)) for d in group])
                continue
            self.absorber.absorb([RawLook(self.system, resource, remote.data, remote.representation, started) for remote in found])
            gone = [d for d in known if d.link and d.link.external_id not in there]
            self._gone(gone)
            seen |= {d.delivery.id for d in group} - {d.delivery.id for d in gone}
        return seen

    def _search(self, resource: str, opened: list[Draft]) -> list[Any]:
        """Objects that open creates may have made."""
        operation = self.hub.resource(self.system, resource).operations.get("create")
        if not opened or operation is None or not isinstance(self.connector, Finds):
            return []
        if operation.find_by == "email":
            values = [e["address"] for d in opened if d.record for e in d.record.data.get("emails") or ()]
        else:
            values = [d.delivery.record_id for d in opened]
        return list(self.connector.find(resource, operation.find_by or "hub", values))

    def _after_look(self, draft: Draft) -> Draft:
        """An intent that is still open after a look: wait until it cannot act any more, then say it again."""
        link = draft.link
        if link is None or not draft.look:
            return draft
        draft.look = False
        if link.intent is None:
            return draft
        due = link.intent["at"] + link.intent["settles"]
        if self.hub.clock() < due:
            draft.ending = Doubt(Failure("Unknown", "", "", "the answer was lost; looked up again soon"), max(0.5, due - self.hub.clock()))
            return draft
        link.intent = None
        with self.hub.store.read() as at:
            drafter = Drafter(self.hub, at, self.system, self.hub.clock())
            if draft.mapping and draft.record:
                drafter._plan(draft, draft.mapping, draft.record, link)
        draft.look = False
        return draft

    def _gone(self, drafts: list[Draft]) -> None:
        """Objects that are not there any more: contributions kept, no writes, no second create."""
        if not drafts:
            return
        with self.hub.store.state() as at:
            for draft in drafts:
                if draft.link is not None:
                    draft.link.state, draft.link.intent = "gone", None
            link_rows.save(at, [d.link for d in drafts if d.link is not None])
        self._end([(d, Skip("the object there is gone")) for d in drafts])

    # writing -----------------------------------------------------------------------------------------------

    def _write(self, resource: str, drafts: list[Draft]) -> None:
        drafts = self._intend(resource, drafts)
        if not drafts:
            return
        with self.hub.store.write() as at:
            holding = self.hub.outbox.mark_left(at, [d.delivery for d in drafts], now=self.hub.clock())
        drafts = [d for d in drafts if d.delivery.id in holding]
        started = self.hub.clock()
        outcomes = self._call(resource, drafts)
        for draft, outcome in zip(drafts, outcomes, strict=True):
            try:
                self._settle(draft, outcome, started)
            except Exception:  # one answer of an odd shape must not cost the group its outcomes
                log.exception("outcome.unreadable", system=self.system, record=draft.delivery.record_id)
                self._end([(draft, Doubt(Failure("Unknown", "answer", "", "the answer could not be read"), 5.0))])

    def _call(self, resource: str, drafts: list[Draft]) -> list[Outcome]:
        """The vendor's answers. Whatever a connector lets escape means that the effect is not known."""
        try:
            return self.connector.write(resource, [self._request(d) for d in drafts])
        except Exception as error:
            log.exception("write.escaped", system=self.system, resource=resource)
            return [Outcome(error=Unknown(f"{type(error).__name__} after the request may have left")) for _ in drafts]

    def _intend(self, resource: str, drafts: list[Draft]) -> list[Draft]:
        """Commit what is about to be written, and the audit rows of the intent. Drops drafts whose link moved meanwhile."""
        manifest = self.hub.resource(self.system, resource)
        now = self.hub.clock()
        kept = []
        with self.hub.store.state() as at:
            rows = []
            for draft in drafts:
                if draft.link is None:
                    if link_rows.primaries(at, self.system, [draft.delivery.record_id]):
                        self.hub.outbox.end(at, draft.delivery, Again(Failure(""), after=0.0, counts=False), now=now)
                        continue
                    entity, record_id = draft.delivery.entity, draft.delivery.record_id
                    draft.link = Link(new_id(), self.system, entity, resource, None, record_id, state="creating", create_key=record_id)
                    link_rows.add(at, [draft.link])
                else:
                    draft.repeated = draft.creates
                    current = link_rows.by_id(at, draft.link.id)
                    if current is None or current.write_gen != draft.link.write_gen or current.looked_at > draft.link.looked_at:
                        self.hub.outbox.end(at, draft.delivery, Again(Failure(""), after=0.0, counts=False), now=now)
                        continue
                    current.intent = None
                    draft.link = current
                operation = manifest.operations.get("create" if draft.creates else "update")
                draft.link.sent |= draft.agreed
                before = {path: draft.link.base.get(path) for path in draft.writes}
                open_intent(
                    draft.link, dict(draft.writes), draft.times, now=now, settles_after=operation.settles_after if operation else 30.0
                )
                link_rows.save(at, [draft.link])
                rows.append(self._audit("write.intent", draft, "", before, draft.writes))
                kept.append(draft)
            audit.write(at, rows, now=now)
        return kept

    def _audit(self, action: str, draft: Draft, outcome: str, before: Json, after: Json) -> audit.Entry:
        d = draft.delivery
        return audit.Entry(action, "hub", d.system, d.entity, d.record_id, f"version {d.wanted}", outcome, before, after)

    def _request(self, draft: Draft) -> Write:
        assert draft.mapping is not None and draft.link is not None
        nested = draft.mapping.nest(draft.writes)
        if draft.creates:
            return Write(draft.delivery.record_id, None, {**draft.mapping.create, **nested})
        return Write(draft.delivery.record_id, draft.link.external_id, nested, held=draft.mapping.nest(draft.link.base))

    # outcomes ------------------------------------------------------------------------------------------------

    def _settle(self, draft: Draft, outcome: Outcome, started: float) -> None:
        if outcome.error is not None:
            self._refused(draft, outcome.error)
            return
        assert outcome.remote is not None and draft.mapping is not None and draft.link is not None
        now, remote = self.hub.clock(), outcome.remote
        edited = False
        with self.hub.store.state() as at:
            link = link_rows.by_id(at, draft.link.id) or draft.link
            context = BatchContext(at, self.system, self._zone())
            view = self.hub.resource(self.system, link.resource).representations
            shown = view.get(remote.representation) or view["fetch"]
            read = draft.mapping.read(dict(remote.data), shown.carries, shown.lacks, shown.absent_is_empty, context)
            rules = rules_for(self.hub, draft.mapping, self.system, context)
            created = link.external_id is None
            if created:
                twin = link_rows.by_external(at, self.system, link.resource, [remote.id]).get(remote.id)
                link.external_id, link.state = (None, "gone") if twin else (remote.id, "live")
            sent = dict(link.intent["values"]) if link.intent else dict(draft.writes)
            if link.intent is None:
                open_intent(link, dict(draft.writes), draft.times, now=started, settles_after=0.0)
            edited = bool(close_intent(link, {p: v for p, v in read.values.items() if p in sent}, rules, now=now))
            earlier = self._made_before(draft, read.values, rules, link) if created else False
            others = {p: v for p, v in read.values.items() if p not in sent}
            seen = observe(link, Look(others, now, None, mine=True), rules, now=now)
            link_rows.save(at, [link])
            audit.write(at, [self._audit("write.outcome", draft, "ok", None, None)], now=now)
            states.call_succeeded(at, self.system, now=now)
            states.count(at, writes=1, creates=int(created))
            ending = Again(Failure(""), after=0.0, counts=False) if earlier else draft.afterwards or Done()
            self.hub.outbox.end(at, draft.delivery, ending, now=now)
            if created:
                self._wake(at, draft, now)
        if edited or seen.changed:
            self.absorber.remerge([draft.delivery.record_id])

    def _made_before(self, draft: Draft, stored: dict[str, Json], rules: Any, link: Link) -> bool:
        """A repeated create may answer with the object that the first try made, as it was then: what differs is not a stored form of
        what was sent now, and is written next. True when there is such a path."""
        if not draft.repeated:
            return False
        stale = [p for p, value in draft.writes.items() if p in stored and not rules.alike(p, stored[p], value)]
        for path in stale:
            link.sent[path] = stored[path]
        return bool(stale)

    def _zone(self) -> Any:
        from hub.app import timezone_of

        return timezone_of(self.hub.settings.systems[self.system])

    def _wake(self, at: Any, draft: Draft, now: float) -> None:
        """Deliveries that waited for this object go on."""
        assert draft.link is not None
        waiting = self.hub.outbox.waiting_for(at, self.system, draft.delivery.record_id)
        self.hub.outbox.wake(at, now=now, record_ids=waiting)
        reviews.take_waiting(at, "ref", draft.delivery.entity, draft.link.external_id or "", self.system)

    def _refused(self, draft: Draft, error: ConnectorError) -> None:
        now = self.hub.clock()
        adopt = isinstance(error, Rejected) and draft.creates and "email-exists" in error.code
        with self.hub.store.state() as at:
            link = link_rows.by_id(at, draft.link.id) if draft.link else None
            ending = self._ending(draft, link, error)
            if link is not None:
                if not isinstance(error, Unknown):
                    link.intent = None
                    if link.state == "creating" and not isinstance(error, Unavailable):
                        link_rows.remove(at, [link.id])
                        link = None
                if link is not None:
                    link_rows.save(at, [link])
            audit.write(at, [self._audit("write.outcome", draft, f"{type(error).__name__} {error.code}".strip(), None, None)], now=now)
            self.hub.outbox.end(at, draft.delivery, Again(Failure(""), after=1.0, counts=True) if adopt else ending, now=now)
        self._failed(error)
        if adopt:
            self._adopt(draft)

    def _adopt(self, draft: Draft) -> None:
        """The vendor holds this person already: look at that object, identification links it."""
        if draft.mapping is None or draft.record is None or not isinstance(self.connector, Finds):
            return
        started = self.hub.clock()
        emails = [e["address"] for e in draft.record.data.get("emails") or ()]
        try:
            found = self.connector.find(draft.mapping.resource, "email", emails)
        except ConnectorError:
            return
        self.absorber.absorb([RawLook(self.system, draft.mapping.resource, r.data, r.representation, started) for r in found])

    def _ending(self, draft: Draft, link: Link | None, error: ConnectorError) -> Ending:
        failure = Failure(type(error).__name__, error.code, error.field, error.message)
        if isinstance(error, Unknown):
            settles = float(link.intent["settles"]) if link and link.intent else 30.0
            return Doubt(failure, min(settles, 5.0))
        if isinstance(error, (Unavailable, Unauthorized)):
            return self._put_off(error)
        if isinstance(error, Missing) and link is not None:
            link.state = "gone"
            return Skip("the object there is gone")
        if isinstance(error, Settled):
            return Skip(f"settled: {error.message}")
        path = next((p for p in draft.writes if error.field and (p == error.field or p.endswith(f".{error.field}"))), "")
        if path and link is not None and link.external_id and len(draft.writes) > 1:
            link.set_aside[path] = {"value": draft.writes[path], "code": error.code, "text": error.message}
            return Again(failure, after=0.0)
        return Bury(failure)

    def _put_off(self, error: ConnectorError) -> Ending:
        """An outage costs no attempts: the delivery comes back when the system may be called again."""
        after = getattr(error, "retry_after", None) or (60.0 if isinstance(error, Unauthorized) else 3.0)
        return Again(Failure(type(error).__name__, error.code, error.field, error.message), after=after, counts=False)

    def _failed(self, error: ConnectorError) -> None:
        now = self.hub.clock()
        with self.hub.store.write() as at:
            if isinstance(error, Unauthorized):
                states.set_values(at, self.system, paused=f"unauthorized: {error.message}"[:300])
            elif isinstance(error, (Unavailable, Unknown)) and error.code != "limit":
                states.call_failed(at, self.system, error.message, now=now, retry_after=getattr(error, "retry_after", None))

    def _end(self, endings: Sequence[tuple[Draft, Ending | None]]) -> None:
        """End deliveries that need no write; what the system holds already is remembered as said."""
        now = self.hub.clock()
        with self.hub.store.state() as at:
            for draft, ending in endings:
                if ending is None:
                    continue
                if draft.agreed and draft.link is not None and isinstance(ending, (Done, Bury)):
                    link = link_rows.by_id(at, draft.link.id)
                    if link is not None:
                        link.sent |= draft.agreed
                        link_rows.save(at, [link])
                self.hub.outbox.end(at, draft.delivery, ending, now=now)
                if isinstance(ending, (Skip, Bury)):
                    self.hub.outbox.wake(at, now=now, record_ids=self.hub.outbox.waiting_for(at, self.system, draft.delivery.record_id))


__all__ = ["Deliverer", "Wait"]
