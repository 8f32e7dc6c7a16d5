"""What came of a write: what the answers of a group say of their objects, committed together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Connection

from connectors.contract import Outcome
from hub import audit
from hub.language import both
from hub.storage import inbox, naming, receipts, reviews, states
from hub.storage import links as link_rows
from hub.storage.links import Link
from hub.sync.context import BatchContext
from hub.sync.draft import FETCHED, Draft
from hub.sync.endings import Endings
from hub.sync.erased import readable
from hub.sync.follow import follow
from hub.sync.intent import close_intent, open_intent
from hub.sync.observe import Look, Rules, Seen, observe
from hub.sync.rules import rules_for
from hub.sync.target import Target
from mappings import Read
from retry_queue.contract import Again, Done, Doubt, Ending, Failure, Wait

log = structlog.get_logger()
Json = Any
Answered = tuple[Draft, Outcome]


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What the answer to a draft said. ``moved``: its record must be merged again."""

    draft: Draft
    link: Link
    created: bool
    moved: bool
    ending: Ending


def _of(one: _Learnt) -> tuple[str, str, str]:
    """(run, lane, entity) of its delivery: what is woken together."""
    return one.draft.delivery.run, one.draft.delivery.lane, one.draft.delivery.entity


class Outcomes:
    """Keeps the outcomes of writes to one system."""

    def __init__(self, target: Target, endings: Endings) -> None:
        self.target, self.endings = target, endings
        self.hub, self.system = target.hub, target.system

    def keep(self, answered: Sequence[Answered], started: float) -> list[Draft]:
        """Keep the outcomes of a group whose request left at ``started``. Returns the drafts that the system took."""
        for draft, outcome in answered:
            if outcome.error is not None:
                self._alone(draft, outcome, started)
        taken = [(draft, outcome) for draft, outcome in answered if outcome.error is None]
        try:
            return self._together(taken, started)
        except Exception as error:  # one answer of an odd shape must not cost the group its outcomes
            log.warning("outcomes.apart", system=self.system, error=type(error).__name__)
            return [draft for draft, outcome in taken if self._alone(draft, outcome, started)]

    def _alone(self, draft: Draft, outcome: Outcome, started: float) -> bool:
        try:
            if outcome.error is not None:
                self.endings.refused(draft, outcome.error)
            return bool(outcome.error is None and self._together([(draft, outcome)], started))
        except Exception:
            log.exception("outcome.unreadable", system=self.system, record=draft.delivery.record_id)
            self.endings.end(
                [(draft, Doubt(Failure("Unknown", "answer", "", both("ответ не удалось прочитать", "the answer could not be read")), 5.0))]
            )
            return False

    def _together(self, taken: Sequence[Answered], started: float) -> list[Draft]:
        """Commit what these answers say, and what it means for their records. Raises what one of them raises: then nothing of them is kept."""
        if not taken:
            return []
        now = self.hub.clock()
        with self.hub.store.state() as at:
            context = self.target.context(at)
            held = {link.id: link for link in link_rows.by_ids(at, [draft.link.id for draft, _ in taken if draft.link])}
            twins = self._twins(at, taken, held)
            learnt = [self._learn(draft, outcome, held, twins, context, started, now) for draft, outcome in taken]
            audit.write(at, [self.target.audited("write.outcome", one.draft, "ok", None, None) for one in learnt], now=now)
            states.call_succeeded(at, self.system, now=now)
            states.count(at, writes=len(learnt), creates=sum(one.created for one in learnt))
            link_rows.save(at, [one.link for one in learnt])
            self.hub.outbox.end_all(at, [(one.draft.delivery, one.ending) for one in learnt], now=now)
            merged: dict[str, list[str]] = {}
            for run, lane, entity in dict.fromkeys(_of(one) for one in learnt):
                mine = [one for one in learnt if _of(one) == (run, lane, entity)]
                woken = self._wake(at, [one for one in mine if one.created], entity, run, lane, now)
                if ids := [one.draft.delivery.record_id for one in mine if one.moved] + woken:
                    merged.setdefault(run, []).extend(ids)
            absorbed = {run: self.target.merged_within(at, ids, run=run) for run, ids in merged.items()}
            named = self._receipts(at, [one for one in learnt if one.created])
        for run, result in absorbed.items():
            follow(self.hub, result, run=run)
        if named:
            with self.hub.store.intake() as at:
                inbox.put(at, named)
        return [one.draft for one in learnt]

    def _learn(
        self,
        draft: Draft,
        outcome: Outcome,
        held: Mapping[str, Link],
        twins: set[tuple[str, str]],
        context: BatchContext,
        started: float,
        now: float,
    ) -> _Learnt:
        """What one answer says, put into the link as it is now. ``twins``: (resource, id) of objects that other links know already."""
        assert draft.mapping is not None and draft.link is not None and outcome.remote is not None
        remote, link = outcome.remote, held.get(draft.link.id) or draft.link
        view = self.hub.resource(self.system, link.resource).representations
        shown = view.get(remote.representation) or view["fetch"]
        read: Read = draft.mapping.read(dict(remote.data), shown.carries, shown.lacks, shown.absent_is_empty, context)
        shown_values = readable(link, read.values)
        rules = rules_for(self.hub, draft.mapping, self.system, context)
        created = link.external_id is None
        if created:
            link.external_id, link.state = (None, "gone") if (link.resource, remote.id) in twins else (remote.id, "live")
            twins.add((link.resource, remote.id))
        sent = dict(link.intent["values"]) if link.intent else dict(draft.writes)
        if link.intent is None:
            open_intent(link, dict(draft.writes), draft.times, now=started, settles_after=0.0)
        edited = close_intent(link, {p: v for p, v in shown_values.items() if p in sent}, rules, now=now)
        earlier = made_before(draft, shown_values, rules, link) if created else False
        others = {p: v for p, v in shown_values.items() if p not in sent}
        seen: Seen = observe(link, Look(others, now, None, whole=False), rules)
        anew = created and (draft.repeated or earlier)  # it may have been made by an earlier try
        if not anew and not draft.mapping.hidden(shown.carries, shown.lacks, view["fetch"]):
            link.whole_at = max(link.whole_at, started)  # it shows all: what differs later was edited after the request left
        ending = Again(Failure(""), after=0.0, counts=False) if earlier else draft.afterwards or self._done(draft)
        return _Learnt(draft, link, created, bool(edited) or seen.changed, ending)

    def _done(self, draft: Draft) -> Ending:
        """A document that was laid out is not with the vendor before it has fetched it."""
        assert draft.mapping is not None
        laid = self.hub.resource(self.system, draft.mapping.resource).laid_out
        return Wait({"fetched": self.system}, FETCHED) if laid else Done()

    def _twins(self, at: Connection, taken: Sequence[Answered], held: Mapping[str, Link]) -> set[tuple[str, str]]:
        """(resource, id) of objects just made that a link knows already."""
        made: dict[str, list[str]] = {}
        for draft, outcome in taken:
            link = held.get(draft.link.id, draft.link) if draft.link is not None else None
            if link is not None and link.external_id is None and outcome.remote is not None:
                made.setdefault(link.resource, []).append(outcome.remote.id)
        known = {resource: link_rows.by_external(at, self.system, resource, ids) for resource, ids in made.items()}
        return {(resource, ident) for resource, links in known.items() for ident in links}

    def _wake(self, at: Connection, made: Sequence[_Learnt], entity: str, run: str, lane: str, now: float) -> list[str]:
        """Deliveries that waited for these objects go on, and what went without them is owed again. Returns the records that named them and
        could not be read so far."""
        if not made:
            return []
        ids = [one.draft.delivery.record_id for one in made]
        self.hub.outbox.wake(at, now=now, record_ids=self.hub.outbox.waiting_for(at, self.system, ids))
        self.hub.outbox.open(at, naming.standing(at, self.system, entity, ids), now=now, lane=lane, run=run)
        facts = self.hub.facts_of(self.system, entity)
        self.hub.outbox.open(at, naming.owed_of(at, self.system, entity, ids, facts), now=now, lane=lane, run=run)
        return reviews.take_waiting_for(at, "ref", entity, [one.link.external_id or "" for one in made], self.system)

    def _receipts(self, at: Connection, made: Sequence[_Learnt]) -> list[dict[str, Json]]:
        """Inbox rows: receipts that name an order just made are looked at again."""
        now, named = self.hub.clock(), dict[str, list[str]]()
        for one in made:
            if one.link.external_id:
                named.setdefault(one.draft.delivery.entity, []).append(one.link.external_id)
        found = [row for entity, ids in named.items() for row in receipts.waiting_for(at, self.system, entity, ids)]
        return [{"system": s, "resource": r, "external_id": i, "kind": "hint", "looked_at": now, "received_at": now, "due_at": now} for s, r, i in found]  # fmt: skip


def made_before(draft: Draft, stored: Mapping[str, Json], rules: Rules, link: Link) -> bool:
    """A repeated create may answer with the object that the first try made, as it was then: what differs is not a stored form of
    what was sent now, and is written next. True when there is such a path."""
    if not draft.repeated:
        return False
    stale = [p for p, value in draft.writes.items() if p in stored and not rules.alike(p, stored[p], value)]
    for path in stale:
        link.sent[path] = stored[path]
    return bool(stale)
