"""The write itself: intents committed before the call, outcomes after it, in small groups: a crash repeats at most one group, and never blindly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection

from connectors import deadline
from connectors.contract import Fetches, Foresees, Outcome, Remote, ResourceManifest, Write
from connectors.errors import ConnectorError, Unauthorized, Unavailable, Unknown
from connectors.escaped import escaped
from hub import audit
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link, new_id
from hub.sync.draft import Draft
from hub.sync.endings import Endings, failure_of, put_off
from hub.sync.faults import told
from hub.sync.intent import open_intent
from hub.sync.known import known_since
from hub.sync.outcomes import Outcomes
from hub.sync.target import Target
from hub.sync.welcome import WELCOME, WITHHELD, met_before, withheld
from retry_queue.contract import Again, Bury, Delivery, Ending, Failure

log = structlog.get_logger()
Json = Any
ANSWER = 5.0  # seconds of the lease kept for committing what an answer says


class Writer:
    """Writes groups of drafts to one system."""

    def __init__(self, target: Target, endings: Endings) -> None:
        self.target, self.endings, self.outcomes = target, endings, Outcomes(target, endings)
        self.hub, self.system, self.connector = target.hub, target.system, target.connector
        self.written: list[Draft] = []  # what the system took, until somebody counts it

    def write(self, resource: str, drafts: list[Draft]) -> None:
        """Say what is about to be written, call, and keep what came of it."""
        drafts = self._intend(resource, self._foresee(resource, drafts))
        if not drafts:
            return
        started = self.hub.clock()
        with deadline.within(self.hub.outbox.time_left([d.delivery for d in drafts]) - ANSWER):
            outcomes = self._read_back(resource, drafts, self._call(resource, drafts))
        self.written += self.outcomes.keep(list(zip(drafts, outcomes, strict=True)), started)
        if trouble := next((o.error for o in outcomes if isinstance(o.error, (Unauthorized, Unavailable, Unknown))), None):
            self.endings.failed(trouble)  # once: a group that goes out in one call fails in one call

    def _foresee(self, resource: str, drafts: list[Draft]) -> list[Draft]:
        """Ask what will tell whether creates were done, where the vendor can be asked. Drops the drafts of which it did not answer."""
        if not isinstance(self.connector, Foresees):
            return drafts
        kept = []
        for draft in drafts:
            try:
                with told(self.connector, self.system, resource, "foresee.escaped"):
                    draft.foreseen = self.connector.foresee(resource, self._request(draft)) if draft.creates else None
                kept.append(draft)
            except ConnectorError as error:
                self.endings.failed(error)
                self.endings.end([(draft, put_off(error) if isinstance(error, (Unavailable, Unauthorized)) else Bury(failure_of(error)))])
        return kept

    def _call(self, resource: str, drafts: list[Draft]) -> list[Outcome]:
        """The vendor's answers. Whatever a connector lets escape means that the effect is not known."""
        try:
            return self.connector.write(resource, [self._request(d) for d in drafts])
        except Exception as error:
            log.exception("write.escaped", system=self.system, resource=resource)
            return [Outcome(error=escaped(self.connector, error, Unknown)) for _ in drafts]

    def _read_back(self, resource: str, drafts: list[Draft], outcomes: list[Outcome]) -> list[Outcome]:
        """Answers that do not show what was written are completed by reading the objects once more; where that fails, what was stored
        is not known, and the intent stays open until a later look tells."""
        blind = [o.remote.id for d, o in zip(drafts, outcomes, strict=True) if o.remote is not None and self._hides(d, o.remote)]
        if not blind or not isinstance(self.connector, Fetches):
            return outcomes
        try:
            with told(self.connector, self.system, resource, "fetch.escaped"):
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
        """Commit what is about to be written, that its request leaves, and the audit rows of the intent. Drops drafts whose lease is over, and
        those whose link moved meanwhile."""
        manifest = self.hub.resource(self.system, resource)
        now = self.hub.clock()
        kept = []
        with self.hub.store.state() as at:
            rows = []
            holding = self.hub.outbox.mark_left(at, [d.delivery for d in drafts], now=now)
            drafts = [d for d in drafts if d.delivery.id in holding]
            links = {link.id: link for link in link_rows.by_ids(at, [d.link.id for d in drafts if d.link is not None])}
            made = link_rows.primaries(at, self.system, [d.delivery.record_id for d in drafts if d.link is None])
            moved: list[tuple[Delivery, Ending]] = []
            if manifest.by_several_ids:
                self._name(at, drafts)
            for draft in drafts:
                link = self._current(resource, draft, links, made)
                if link is None:
                    moved.append((draft.delivery, Again(Failure(""), after=0.0, counts=False)))
                    continue
                draft.link = link
                operation = manifest.operations.get("create" if draft.creates else "update")
                link.sent |= draft.agreed
                before = {path: link.base.get(path) for path in draft.writes}
                open_intent(link, dict(draft.writes), draft.times, now=now, settles_after=operation.settles_after if operation else 30.0)
                if draft.foreseen is not None and link.intent is not None:
                    link.intent["foreseen"] = draft.foreseen
                rows.append(self.target.audited("write.intent", draft, "", before, draft.writes))
                kept.append(draft)
            link_rows.add(at, [d.link for d in kept if d.link is not None and d.link.id not in links])
            link_rows.save(at, [d.link for d in kept if d.link is not None and d.link.id in links])
            rows += self._acquaint(at, kept, manifest)
            self.hub.outbox.end_all(at, moved, now=now)
            audit.write(at, rows, now=now)
        return kept

    def _acquaint(self, at: Connection, drafts: Sequence[Draft], manifest: ResourceManifest) -> list[audit.Entry]:
        """Since when each that is created is known. Returns why somebody who looks new is not welcomed."""
        effects = op.side_effects if (op := manifest.operations.get("create")) else ()
        new = [(d, d.record, d.link) for d in drafts if d.creates and d.record is not None and d.link is not None]
        links, refused = link_rows.by_records(at, [record.id for _, record, _ in new]), []
        for draft, record, link in new:
            own = known_since(record, links[record.id])
            met = met_before(self.hub, at, link) if effects and not draft.quiet else None
            draft.since = min(own, met.since) if met else own
            if met and WELCOME in effects and withheld(self.hub, self.system, own, draft.since):
                refused.append(audit.Entry(WITHHELD, "hub", self.system, record.entity, record.id, met.told(), "ok"))
        return refused

    def _current(self, resource: str, draft: Draft, links: Mapping[str, Link], made: Mapping[str, Link]) -> Link | None:
        """The link as it is now, a new one for a create; None where it moved since the draft was made, or somebody ``made`` one."""
        if draft.link is None:
            if draft.delivery.record_id in made:
                return None
            entity, record_id = draft.delivery.entity, draft.delivery.record_id
            return Link(new_id(), self.system, entity, resource, None, record_id, state="creating", create_key=record_id)
        draft.repeated = draft.creates
        current = links.get(draft.link.id)
        if current is None or current.write_gen != draft.link.write_gen or current.looked_at > draft.link.looked_at:
            return None
        current.intent = None
        return current

    def _name(self, at: Connection, drafts: list[Draft]) -> None:
        """What each draft's record is called in the other systems."""
        links = link_rows.by_records(at, [draft.delivery.record_id for draft in drafts])
        for draft in drafts:
            mine = [x for x in links[draft.delivery.record_id] if x.system != self.system and x.role == "primary" and x.state == "live"]
            if draft.second:  # what the record is called elsewhere is said of one object
                continue
            draft.others = {x.system: x.external_id for x in mine if x.external_id and x.entity == draft.delivery.entity}

    def _request(self, draft: Draft) -> Write:
        assert draft.mapping is not None
        nested, quiet = draft.mapping.nest(draft.writes), draft.quiet
        about = self._about(draft)
        if draft.link is None or draft.creates:
            key = (draft.link.create_key if draft.link else None) or draft.delivery.record_id
            data = {**draft.mapping.create, **nested}
            told = draft.record.data if draft.record else {}
            called = str(told.get("number") or told.get("own_number") or "")
            return Write(key, None, data, quiet=quiet, since=draft.since, about=about, others=draft.others, called=called)
        held = draft.mapping.nest(draft.link.base)
        return Write(draft.delivery.record_id, draft.link.external_id, nested, held=held, quiet=quiet, about=about, others=draft.others)

    def _about(self, draft: Draft) -> dict[str, Json]:
        """Records of the references that the object holds itself: a buyer who travels inside the order."""
        assert draft.mapping is not None
        embedded = self.hub.resource(self.system, draft.mapping.resource).embeds
        named = {name: str(draft.record.data[name]) for name in embedded if draft.record and draft.record.data.get(name)}
        if not named:
            return {}
        with self.hub.store.read() as at:
            found = record_rows.load(at, named.values())
        return {name: found[ident].data for name, ident in named.items() if ident in found}
