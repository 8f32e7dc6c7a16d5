"""How deliveries end: what an error means for the delivery, its link and its system; and what needs no write at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from connectors.errors import ConnectorError, Exists, Missing, Rejected, Settled, Unauthorized, Unavailable, Unknown
from hub import audit
from hub.entities import FIELDS
from hub.storage import brakes, states
from hub.storage import links as link_rows
from hub.storage.links import Link
from hub.sync import aliases
from hub.sync.batch import RawLook
from hub.sync.draft import Draft
from hub.sync.faults import is_fault, told
from hub.sync.intent import forget_intent
from hub.sync.losses import lose
from hub.sync.made import in_the_way
from hub.sync.scale import Braked
from hub.sync.target import Target
from retry_queue.contract import Again, Bury, Done, Doubt, Ending, Failure, Skip

Json = Any


class Endings:
    """Ends the deliveries of one system."""

    def __init__(self, target: Target) -> None:
        self.target, self.hub, self.system = target, target.hub, target.system

    def end(self, endings: Iterable[tuple[Draft, Ending | None]]) -> None:
        """End deliveries that need no write; what the system holds already is remembered as said."""
        now = self.hub.clock()
        ended = [(draft, ending) for draft, ending in endings if ending is not None]
        if not ended:
            return
        agreed = {d.link.id: d.agreed for d, ending in ended if d.agreed and d.link is not None and isinstance(ending, (Done, Bury))}
        over = [d.delivery.record_id for d, ending in ended if isinstance(ending, (Done, Skip, Bury))]
        with self.hub.store.state() as at:
            links = link_rows.by_ids(at, agreed)
            for link in links:
                link.sent |= agreed[link.id]
            link_rows.save(at, links)
            self.hub.outbox.end_all(at, [(draft.delivery, ending) for draft, ending in ended], now=now)
            self._wake(at, over)

    def _wake(self, at: Connection, over: Sequence[str]) -> None:
        """What waited for these records to come here is looked at again: whether they are there now, or will not come."""
        self.hub.outbox.wake(at, now=self.hub.clock(), record_ids=self.hub.outbox.waiting_for(at, self.system, over))

    def gone(self, drafts: list[Draft], asked: float) -> None:
        """Objects that were not there any more when their system was ``asked``: contributions kept, no writes, no second create."""
        if not drafts:
            return
        try:
            with self.hub.store.state() as at:
                links = [link for d in drafts if d.link and (link := link_rows.by_id(at, d.link.id))]
                for link in links:
                    forget_intent(link)
                lose(self.hub, at, links, asked=asked)
        except Braked as stopped:
            self.stop(stopped, drafts)
            return
        self.end([(d, aliases.NEXT if d.second else Skip("the object there is gone")) for d in drafts])

    def stop(self, stopped: Braked, drafts: Sequence[Draft]) -> None:
        """Too much changes alike: a person is asked, and these are not written meanwhile."""
        with self.hub.store.write() as at:
            brakes.ask(at, stopped.question.as_row(), now=self.hub.clock())
        self.end([(d, Again(Failure(""), after=1.0, counts=False)) for d in drafts])

    def refused(self, draft: Draft, error: ConnectorError) -> None:
        """A write that brought an error instead of an object."""
        now = self.hub.clock()
        adopt = isinstance(error, Exists) and draft.creates
        with self.hub.store.state() as at:
            link = link_rows.by_id(at, draft.link.id) if draft.link else None
            ending = self._ending(draft, link, error)
            if link is not None:
                if not isinstance(error, Unknown):
                    forget_intent(link)
                    made_without = isinstance(error, Rejected) and isinstance(ending, Again)
                    if link.state == "creating" and not isinstance(error, Unavailable) and not made_without:
                        link_rows.remove(at, [link.id])
                        link = None
                if link is not None:
                    link_rows.save(at, [link])
            outcome = f"{type(error).__name__} {error.code}".strip()
            audit.write(at, [self.target.audited("write.outcome", draft, outcome, None, None)], now=now)
            if not adopt:
                self.hub.outbox.end(at, draft.delivery, ending, now=now)
                if isinstance(ending, (Skip, Bury)):
                    self._wake(at, [draft.delivery.record_id])
        if adopt:
            self._adopt(draft, failure_of(error))

    def _adopt(self, draft: Draft, failure: Failure) -> None:
        """The vendor holds such a person already: that object is looked at, and identification links it, or else a person decides; the same create
        would be refused again. What cannot be seen is looked for later."""
        started, resource = self.hub.clock(), draft.mapping.resource if draft.mapping else ""
        try:
            with told(self.target.connector, self.system, resource, "adopt.escaped"):
                found = in_the_way(self.hub, self.system, resource, draft)
            self.target.absorb([RawLook(self.system, resource, r.data, r.representation, started) for r in found])
        except Braked as stopped:
            self.stop(stopped, [draft])
            return
        except ConnectorError:
            found = []
        with self.hub.store.read() as at:
            linked = link_rows.primaries(at, self.system, [draft.delivery.record_id])
        unlinked = Bury(failure) if found else Again(failure)
        self.end([(draft, Again(Failure(""), after=0.0, counts=False) if linked else unlinked)])

    def _ending(self, draft: Draft, link: Link | None, error: ConnectorError) -> Ending:
        failure = failure_of(error)
        if isinstance(error, Unknown) and is_fault(error):
            return Doubt(failure, None, counts=True)
        if isinstance(error, Unknown):
            settles = float(link.intent["settles"]) if link and link.intent else 30.0
            return Doubt(failure, min(settles, 5.0))
        if isinstance(error, (Unavailable, Unauthorized)):
            return put_off(error)
        if isinstance(error, Missing) and link is not None:
            link.state, link.looked_at = "gone", max(link.looked_at, link.intent["at"] if link.intent else 0.0)
            return aliases.NEXT if draft.second else Skip("the object there is gone")
        if isinstance(error, Settled):
            return Skip(f"settled: {error.message}")
        path = next((p for p in draft.writes if error.field and (p == error.field or p.endswith(f".{error.field}"))), "")
        if path and link is not None and len(draft.writes) > 1 and (not draft.creates or may_lack(draft, path, error)):
            link.set_aside[path] = {"value": draft.writes[path], "code": error.code, "text": error.kept}
            return Again(failure, after=0.0)
        if draft.second and link is not None:  # the record's other objects are told first; then it is laid before a person
            link.set_aside |= {path: {"value": value, "code": error.code, "text": error.kept} for path, value in draft.writes.items()}
            return aliases.NEXT
        return Bury(failure)

    def failed(self, error: ConnectorError) -> None:
        """What an error says of the whole system: paused without credentials, an outage counted for the breaker. A fault of the connector's code
        over one object says nothing."""
        if is_fault(error):
            return
        with self.hub.store.write() as at:
            states.trouble(at, self.system, error, now=self.hub.clock(), by="write")


def may_lack(draft: Draft, path: str, error: ConnectorError) -> bool:
    """Whether a customer may be made without a path that the system refuses: it is not required, and by another key she is still found. Documents
    and facts are told whole, or not at all."""
    mapping = draft.mapping
    if mapping is None or mapping.entity != "customer" or isinstance(error, Exists):
        return False
    refused = {f.field for f in mapping.by_path.get(path, ())}
    left = {f.field for other in draft.writes if other != path for f in mapping.by_path.get(other, ())}
    keys = {name for name, info in FIELDS["customer"].items() if info.match}
    return not refused & set(mapping.requires) and bool(left & keys)


def put_off(error: ConnectorError) -> Ending:
    """An outage costs no attempts: the delivery comes back when the system may be called again. A fault of the connector's code costs one."""
    if is_fault(error):
        return Again(failure_of(error))
    after = getattr(error, "retry_after", None) or (60.0 if isinstance(error, Unauthorized) else 3.0)
    return Again(failure_of(error), after=after, counts=False)


def failure_of(error: ConnectorError) -> Failure:
    """An error as the queue shows it."""
    return Failure(type(error).__name__, error.code, error.field, error.kept)
