"""The write itself: intents committed before the call, outcomes after it, in small groups: a crash repeats at most one group, and never blindly."""

from __future__ import annotations

from typing import Any

import structlog

from connectors import deadline
from connectors.contract import Fetches, Outcome, Remote, Write
from connectors.errors import ConnectorError, Unauthorized, Unavailable, Unknown
from hub import audit
from hub.storage import inbox, naming, receipts, reviews, states
from hub.storage import links as link_rows
from hub.storage.links import Link, new_id
from hub.sync.draft import Draft
from hub.sync.endings import Endings
from hub.sync.erased import readable
from hub.sync.intent import close_intent, open_intent
from hub.sync.known import known_since
from hub.sync.observe import Look, Rules, Seen, observe
from hub.sync.rules import rules_for
from hub.sync.target import Target
from mappings import Read
from retry_queue.contract import BULK, Again, Done, Doubt, Failure

log = structlog.get_logger()
Json = Any
ANSWER = 5.0  # seconds of the lease kept for committing what an answer says


class Writer:
    """Writes groups of drafts to one system."""

    def __init__(self, target: Target, endings: Endings) -> None:
        self.target, self.endings = target, endings
        self.hub, self.system, self.connector = target.hub, target.system, target.connector
        self.written: list[Draft] = []  # what the system took, until somebody counts it

    def write(self, resource: str, drafts: list[Draft]) -> None:
        """Say what is about to be written, call, and keep what came of it."""
        drafts = self._intend(resource, drafts)
        if not drafts:
            return
        with self.hub.store.state() as at:
            holding = self.hub.outbox.mark_left(at, [d.delivery for d in drafts], now=self.hub.clock())
        drafts = [d for d in drafts if d.delivery.id in holding]
        if not drafts:
            return
        started = self.hub.clock()
        with deadline.within(self.hub.outbox.time_left([d.delivery for d in drafts]) - ANSWER):
            outcomes = self._read_back(resource, drafts, self._call(resource, drafts))
        for draft, outcome in zip(drafts, outcomes, strict=True):
            try:
                self._keep(draft, outcome, started)
            except Exception:  # one answer of an odd shape must not cost the group its outcomes
                log.exception("outcome.unreadable", system=self.system, record=draft.delivery.record_id)
                self.endings.end([(draft, Doubt(Failure("Unknown", "answer", "", "the answer could not be read"), 5.0))])
        if trouble := next((o.error for o in outcomes if isinstance(o.error, (Unauthorized, Unavailable, Unknown))), None):
            self.endings.failed(trouble)  # once: a group that goes out in one call fails in one call

    def _call(self, resource: str, drafts: list[Draft]) -> list[Outcome]:
        """The vendor's answers. Whatever a connector lets escape means that the effect is not known."""
        try:
            return self.connector.write(resource, [self._request(d) for d in drafts])
        except Exception as error:
            log.exception("write.escaped", system=self.system, resource=resource)
            return [Outcome(error=Unknown(f"{type(error).__name__} after the request may have left")) for _ in drafts]

    def _read_back(self, resource: str, drafts: list[Draft], outcomes: list[Outcome]) -> list[Outcome]:
        """Answers that do not show what was written are completed by reading the objects once more; where that fails, what was stored
        is not known, and the intent stays open until a later look tells."""
        blind = [o.remote.id for d, o in zip(drafts, outcomes, strict=True) if o.remote is not None and self._hides(d, o.remote)]
        if not blind or not isinstance(self.connector, Fetches):
            return outcomes
        try:
            found = {remote.id: remote for remote in self.connector.fetch(resource, blind)}
        except ConnectorError as error:
            self.endings.failed(error)
            found = {}
        unread = Outcome(error=Unknown("the answer does not show what was stored"))
        return [
            outcome
            if outcome.remote is None or outcome.remote.id not in blind
            else Outcome(found[outcome.remote.id])
            if outcome.remote.id in found
            else unread
            for outcome in outcomes
        ]

    def _hides(self, draft: Draft, remote: Remote) -> bool:
        """Whether the representation leaves out a path that was written and that a fetch would show."""
        assert draft.mapping is not None
        views = self.hub.resource(self.system, draft.mapping.resource).representations
        shown, fetched = views.get(remote.representation) or views["fetch"], views["fetch"]
        return any(
            not draft.mapping.carries(p, shown.carries, shown.lacks) and draft.mapping.carries(p, fetched.carries, fetched.lacks)
            for p in draft.writes
        )

    def _intend(self, resource: str, drafts: list[Draft]) -> list[Draft]:
        """Commit what is about to be written, and the audit rows of the intent. Drops drafts whose link moved meanwhile."""
        manifest = self.hub.resource(self.system, resource)
        now = self.hub.clock()
        kept = []
        with self.hub.store.state() as at:
            rows = []
            for draft in drafts:
                link = self._current(at, resource, draft)
                if link is None:
                    self.hub.outbox.end(at, draft.delivery, Again(Failure(""), after=0.0, counts=False), now=now)
                    continue
                draft.link = link
                if draft.creates and draft.record is not None:
                    draft.since = known_since(draft.record, link_rows.by_records(at, [draft.record.id])[draft.record.id])
                operation = manifest.operations.get("create" if draft.creates else "update")
                link.sent |= draft.agreed
                before = {path: link.base.get(path) for path in draft.writes}
                open_intent(link, dict(draft.writes), draft.times, now=now, settles_after=operation.settles_after if operation else 30.0)
                link_rows.save(at, [link])
                rows.append(self.target.audited("write.intent", draft, "", before, draft.writes))
                kept.append(draft)
            audit.write(at, rows, now=now)
        return kept

    def _current(self, at: Any, resource: str, draft: Draft) -> Link | None:
        """The link as it is now, a new one for a create; None where it moved since the draft was made."""
        if draft.link is None:
            if link_rows.primaries(at, self.system, [draft.delivery.record_id]):
                return None
            entity, record_id = draft.delivery.entity, draft.delivery.record_id
            made = Link(new_id(), self.system, entity, resource, None, record_id, state="creating", create_key=record_id)
            link_rows.add(at, [made])
            return made
        draft.repeated = draft.creates
        current = link_rows.by_id(at, draft.link.id)
        if current is None or current.write_gen != draft.link.write_gen or current.looked_at > draft.link.looked_at:
            return None
        current.intent = None
        return current

    def _request(self, draft: Draft) -> Write:
        assert draft.mapping is not None and draft.link is not None
        nested, quiet = draft.mapping.nest(draft.writes), draft.delivery.lane == BULK
        if draft.creates:
            return Write(draft.delivery.record_id, None, {**draft.mapping.create, **nested}, quiet=quiet, since=draft.since)
        return Write(draft.delivery.record_id, draft.link.external_id, nested, held=draft.mapping.nest(draft.link.base), quiet=quiet)

    # what came of it -----------------------------------------------------------------------------------------

    def _keep(self, draft: Draft, outcome: Outcome, started: float) -> None:
        if outcome.error is not None:
            self.endings.refused(draft, outcome.error)
            return
        assert outcome.remote is not None
        self.written.append(draft)
        now = self.hub.clock()
        with self.hub.store.state() as at:
            link, created, moved, earlier = self._learn(at, draft, outcome.remote, started, now)
            link_rows.save(at, [link])
            audit.write(at, [self.target.audited("write.outcome", draft, "ok", None, None)], now=now)
            states.call_succeeded(at, self.system, now=now)
            states.count(at, writes=1, creates=int(created))
            ending = Again(Failure(""), after=0.0, counts=False) if earlier else draft.afterwards or Done()
            self.hub.outbox.end(at, draft.delivery, ending, now=now)
            woken = self._wake(at, draft, link, now) if created else []
        if moved or woken:
            self.target.remerge([draft.delivery.record_id, *woken], run=draft.delivery.run)
        if created and link.external_id:
            self._receipts(draft, link.external_id)

    def _learn(self, at: Any, draft: Draft, remote: Remote, started: float, now: float) -> tuple[Link, bool, bool, bool]:
        """What the answer says: the link as it is now, whether it was created, whether the record must be merged again,
        and whether the answer is that of an earlier try."""
        assert draft.mapping is not None and draft.link is not None
        link = link_rows.by_id(at, draft.link.id) or draft.link
        context = self.target.context(at)
        view = self.hub.resource(self.system, link.resource).representations
        shown = view.get(remote.representation) or view["fetch"]
        read: Read = draft.mapping.read(dict(remote.data), shown.carries, shown.lacks, shown.absent_is_empty, context)
        shown_values = readable(link, read.values)
        rules = rules_for(self.hub, draft.mapping, self.system, context)
        created = link.external_id is None
        if created:
            twin = link_rows.by_external(at, self.system, link.resource, [remote.id]).get(remote.id)
            link.external_id, link.state = (None, "gone") if twin else (remote.id, "live")
        sent = dict(link.intent["values"]) if link.intent else dict(draft.writes)
        if link.intent is None:
            open_intent(link, dict(draft.writes), draft.times, now=started, settles_after=0.0)
        edited = close_intent(link, {p: v for p, v in shown_values.items() if p in sent}, rules, now=now)
        earlier = made_before(draft, shown_values, rules, link) if created else False
        others = {p: v for p, v in shown_values.items() if p not in sent}
        seen: Seen = observe(link, Look(others, now, None, whole=False, mine=True), rules)
        fetched = view["fetch"]
        if not created and not draft.mapping.hidden(shown.carries, shown.lacks, fetched):
            link.whole_at = max(link.whole_at, started)  # it shows all: what differs later was edited after the request left
        return link, created, bool(edited) or seen.changed, earlier

    def _wake(self, at: Any, draft: Draft, link: Link, now: float) -> list[str]:
        """Deliveries that waited for this object go on, and what went without it is owed again. Returns the records that named it and could not be read so far."""
        waiting = self.hub.outbox.waiting_for(at, self.system, draft.delivery.record_id)
        self.hub.outbox.wake(at, now=now, record_ids=waiting)
        without = naming.standing(at, self.system, draft.delivery.entity, [draft.delivery.record_id])
        self.hub.outbox.open(at, without, now=now, lane=draft.delivery.lane, run=draft.delivery.run)
        return reviews.take_waiting(at, "ref", draft.delivery.entity, link.external_id or "", self.system)

    def _receipts(self, draft: Draft, external_id: str) -> None:
        """Receipts that name the order just made are looked at again."""
        with self.hub.store.read() as at:
            found = receipts.waiting_for(at, self.system, draft.delivery.entity, [external_id])
        now = self.hub.clock()
        rows = [{"system": s, "resource": r, "external_id": i, "kind": "hint", "looked_at": now, "received_at": now, "due_at": now} for s, r, i in found]  # fmt: skip
        if rows:
            with self.hub.store.intake() as at:
                inbox.put(at, rows)


def made_before(draft: Draft, stored: dict[str, Json], rules: Rules, link: Link) -> bool:
    """A repeated create may answer with the object that the first try made, as it was then: what differs is not a stored form of
    what was sent now, and is written next. True when there is such a path."""
    if not draft.repeated:
        return False
    stale = [p for p, value in draft.writes.items() if p in stored and not rules.alike(p, stored[p], value)]
    for path in stale:
        link.sent[path] = stored[path]
    return bool(stale)
