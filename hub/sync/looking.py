"""Before a write: drafts thought through, lookups asked, objects read again, lost creates searched for."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from connectors.contract import Fetches, Finds, FindsCreated, LooksUp, Remote, Write
from connectors.errors import ConnectorError
from hub.storage import reviews
from hub.sync.absorb import RawLook
from hub.sync.draft import Draft, Drafter
from hub.sync.endings import Endings, put_off
from hub.sync.target import Target
from retry_queue.contract import Bury, Delivery, Doubt, Failure

Json = Any
Missing = Set[tuple[str, str, str]]


class Looker:
    """Drafts the deliveries of one system from what it holds now."""

    def __init__(self, target: Target, endings: Endings) -> None:
        self.target, self.endings = target, endings
        self.hub, self.system, self.connector = target.hub, target.system, target.connector

    def ready(self, claimed: list[Delivery]) -> list[Draft]:
        """Drafts of the deliveries, planned from fresh looks where a write needs one. Deliveries whose system did not answer are ended here."""
        drafts = self._looked_up(claimed)
        stale = [d for d in drafts if d.look and d.ending is None]
        if not stale:
            return drafts
        seen = self._look(stale)
        again, _ = self._drafts([d.delivery for d in stale if d.delivery.id in seen])
        return [d for d in drafts if not d.look or d.ending is not None] + [self._after_look(d) for d in again]

    def _drafts(self, deliveries: list[Delivery]) -> tuple[list[Draft], Missing]:
        with self.hub.store.read() as at:
            drafter = Drafter(self.hub, at, self.system, self.hub.clock())
            return drafter.drafts(deliveries), drafter.context.missing

    def _looked_up(self, claimed: list[Delivery]) -> list[Draft]:
        """Drafts with every lookup asked. A list stops at the first line that it cannot write, so each round may name new lookups. Where
        the vendor does not answer, what could not be written waits: that is no fault of the record's."""
        drafts, missing = self._drafts(claimed)
        try:
            while self._ask_lookups(missing):
                drafts, missing = self._drafts(claimed)
        except ConnectorError as error:
            self.endings.failed(error)
            self.endings.end([(d, put_off(error)) for d in drafts if isinstance(d.afterwards, Bury)])
            return [d for d in drafts if not isinstance(d.afterwards, Bury)]
        return drafts

    def _ask_lookups(self, missing: Missing) -> bool:
        """Ask the vendor for lookups that planning did not find; True when something was learnt. Raises ConnectorError."""
        forward: dict[str, list[str]] = {}
        for name, direction, value in missing:
            if direction == "forward":
                forward.setdefault(name, []).append(value)
        if not forward or not isinstance(self.connector, LooksUp):
            return False
        for name, keys in forward.items():
            found = self.connector.lookup(name, keys)
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
            known = [d for d in group if d.link and d.link.external_id]
            opened = [d for d in group if d.link and not d.link.external_id]
            try:
                found = self._fetch(resource, [d.link.external_id or "" for d in known if d.link])
                there = {remote.id for remote in found}
                found += self._search(resource, opened)
            except ConnectorError as error:
                self.endings.failed(error)
                self.endings.end([(d, put_off(error)) for d in group])
                continue
            self.target.absorber.absorb([RawLook(self.system, resource, remote.data, remote.representation, started) for remote in found])
            gone = [d for d in known if d.link and d.link.external_id not in there]
            self.endings.gone(gone)
            seen |= {d.delivery.id for d in group} - {d.delivery.id for d in gone}
        return seen

    def _fetch(self, resource: str, ids: list[str]) -> list[Remote]:
        return list(self.connector.fetch(resource, ids)) if ids and isinstance(self.connector, Fetches) else []

    def _search(self, resource: str, opened: list[Draft]) -> list[Remote]:
        """Objects that open creates may have made."""
        operation = self.hub.resource(self.system, resource).operations.get("create")
        if opened and isinstance(self.connector, FindsCreated):
            return self.connector.find_created(resource, [intended(d) for d in opened])
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
            Drafter(self.hub, at, self.system, self.hub.clock()).replan(draft)
        draft.look = False
        return draft


def intended(draft: Draft) -> Write:
    """The create whose answer was lost, as it was sent."""
    values = draft.link.intent["values"] if draft.link and draft.link.intent else {}
    return Write(draft.delivery.record_id, None, draft.mapping.nest(values) if draft.mapping else {})
