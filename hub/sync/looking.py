"""Before a write: drafts thought through, lookups asked, objects read again, lost creates searched for."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

from connectors.contract import Fetches, Foresees, LooksUp, Remote
from connectors.errors import ConnectorError
from connectors.escaped import ESCAPED
from hub.app import Hub
from hub.language import both
from hub.storage import links as link_rows
from hub.storage import reviews
from hub.storage.links import Link
from hub.sync.aliases import NEXT
from hub.sync.batch import Absorbed, RawLook
from hub.sync.draft import Draft, Drafter
from hub.sync.endings import Endings, put_off
from hub.sync.faults import apart, is_fault, told
from hub.sync.intent import let_go
from hub.sync.made import LOST, intended, made_by
from hub.sync.pilot import LEFT_OUT
from hub.sync.rules import rules_for
from hub.sync.scale import Braked
from hub.sync.target import Target
from retry_queue.contract import URGENT, Again, Bury, Delivery, Doubt, Ending, Failure
from retry_queue.runs import reopen

Json = Any
SECOND_SEARCH = 2.0  # seconds between the two searches for a lost create
PLANNED_FROM = (
    "record_id",
    "role",
    "state",
    "base",
    "sent",
    "frozen",
    "set_aside",
    "intent",
    "write_gen",
)  # of a link, what a draft rests on
LOOKED_UP = Failure("Unknown", "", "", both("ответ потерялся; хаб скоро проверит ещё раз", "the answer was lost; looked up again soon"))
NOT_TOLD = (
    "ответ на создание потерялся, а спросить систему о нём нельзя",
    "the answer to a create was lost, and the vendor cannot be asked for it",
)
Missing = Set[tuple[str, str, str]]


def fetch_confirmed(connector: Fetches, resource: str, ids: Sequence[str]) -> list[Remote]:
    """The objects that exist. Ids that a batch did not bring are asked for once more: only a missing that is confirmed counts as gone."""
    found = list(connector.fetch(resource, ids))
    missing = sorted(set(ids) - {remote.id for remote in found})
    return found + (list(connector.fetch(resource, missing)) if missing else [])


def ask_lookups(hub: Hub, system: str, missing: Missing) -> bool:
    """Ask the vendor for lookups that planning did not find; True when it was asked. Raises ConnectorError."""
    connector = hub.connectors[system]
    forward: dict[str, list[str]] = {}
    for name, direction, value in missing:
        if direction == "forward":
            forward.setdefault(name, []).append(value)
    if not forward or not isinstance(connector, LooksUp):
        return False
    for name, keys in forward.items():
        with told(connector, system, name, "lookup.escaped"):
            found = connector.lookup(name, keys)
        with hub.store.write() as at:
            reviews.learn_lookups(at, system, [(name, key, found.get(key)) for key in keys], now=hub.clock())
    return True


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
        kept = [d for d in stale if d.delivery.id in seen and not d.look]
        looked = {d.link.id for d in stale if d.link is not None}
        again, _ = self._drafts([d.delivery for d in stale if d.delivery.id in seen and d.look])
        for draft in again:  # the object is as it should be, and another one of the record is not
            if draft.look and draft.link is not None and draft.link.id not in looked:
                draft.look, draft.ending = False, NEXT
        others = [d for d in drafts if d.delivery.id not in {one.delivery.id for one in stale}]
        return others + kept + [self._after_look(d) for d in again]

    def _drafts(self, deliveries: list[Delivery]) -> tuple[list[Draft], Missing]:
        with self.hub.store.read() as at:
            drafter = Drafter(self.hub, at, self.system, self.hub.clock())
            drafts = drafter.drafts(deliveries)
        if drafter.lacking.first:
            with self.hub.store.write() as at:
                reopen(at, self.hub.outbox.table, self.system, LEFT_OUT, "", now=self.hub.clock(), record_ids=sorted(drafter.lacking.first))
        return drafts, drafter.context.missing

    def _looked_up(self, claimed: list[Delivery]) -> list[Draft]:
        """Drafts with every lookup asked. A list stops at the first line that it cannot write, so each round may name new lookups. Where
        the vendor does not answer, what would be written waits: goods that nobody could ask for are not goods that it does not know."""
        drafts, missing = self._drafts(claimed)
        asked = set[tuple[str, str, str]]()  # each once, however long the answers take
        try:
            while ask_lookups(self.hub, self.system, missing - asked):
                asked |= missing
                drafts, missing = self._drafts(claimed)
        except ConnectorError as error:
            if is_fault(error) and len(claimed) > 1:
                return [draft for one in claimed for draft in self._looked_up([one])]
            self.endings.failed(error)
            waits = {d.delivery.id for d in drafts if isinstance(d.afterwards, Bury) or d.ending is None}
            self.endings.end([(d, put_off(error)) for d in drafts if d.delivery.id in waits])
            return [d for d in drafts if d.delivery.id not in waits]
        return drafts

    def _look(self, drafts: list[Draft]) -> set[str]:
        """Fetch the objects of the drafts (those with open creates are searched for) and absorb what they show. Returns ids of deliveries that
        were looked at. A draft whose object is as it was known needs no look any more, and no second thought."""
        seen: set[str] = set()
        by_resource: dict[str, list[Draft]] = {}
        for draft in drafts:
            if draft.link is not None:
                by_resource.setdefault(draft.link.resource, []).append(draft)
        for resource, group in by_resource.items():
            together, suspects = apart(group)
            for some in ([together] if together else []) + [[one] for one in suspects]:
                seen |= self._look_at(resource, some)
        return seen

    def _look_at(self, resource: str, group: list[Draft]) -> set[str]:
        """The same for the drafts of one resource. Where the connector's code fails over several, each is looked at alone."""
        started = self.hub.clock()
        known = [d for d in group if d.link and d.link.external_id]
        opened = [d for d in group if d.link and not d.link.external_id]
        try:
            with told(self.connector, self.system, resource, "look.escaped"):
                found = self._fetch(resource, [d.link.external_id or "" for d in known if d.link])
                there = {remote.id for remote in found}
                found += made_by(self.hub, self.system, resource, opened)
        except ConnectorError as error:
            if is_fault(error) and len(group) > 1:
                return {ident for one in group for ident in self._look_at(resource, [one])}
            self.endings.failed(error)
            self.endings.end([(d, put_off(error)) for d in group])
            return set()
        try:
            shown = self.target.absorb([RawLook(self.system, resource, r.data, r.representation, started) for r in found])
        except Braked as stopped:
            self.endings.stop(stopped, group)
            return set()
        for draft in known:
            self._keep(draft, shown)
        gone = [d for d in known if d.link and d.link.external_id not in there]
        self.endings.gone(gone, started)
        return {d.delivery.id for d in group} - {d.delivery.id for d in gone}

    def _keep(self, draft: Draft, shown: Absorbed) -> None:
        """Let a draft stand whose object was seen as the draft took it to be."""
        before = draft.link
        now = shown.as_known.get(before.id) if before is not None else None
        if before is None or now is None or shown.lookups or shown.unknown or not draft.writes:
            return
        if all(getattr(now, name) == getattr(before, name) for name in PLANNED_FROM):
            draft.link, draft.look = now, False

    def _fetch(self, resource: str, ids: list[str]) -> list[Remote]:
        return fetch_confirmed(self.connector, resource, ids) if ids and isinstance(self.connector, Fetches) else []

    def _after_look(self, draft: Draft) -> Draft:
        """A draft whose object was looked at. An intent that is open even so waits until it cannot act any more, and is then said again."""
        link = draft.link
        if link is None or not draft.look:
            return draft
        draft.look = False
        if link.intent is None:
            return draft
        if draft.creates:
            return self._lost_create(draft, link)
        due = float(link.intent["at"] + link.intent["settles"])
        if self.hub.clock() < due:
            hurried = draft.delivery.lane == URGENT and self._let_go(draft, link)
            draft.ending = Again(Failure(""), after=0.0, counts=False) if hurried else self._doubt(draft, due)
            return draft
        draft.writes = {path: value for path, value in link.intent["values"].items() if path in link.doubt}
        draft.times = {path: at for path, at in link.intent["times"].items() if path in link.doubt}
        draft.afterwards = Again(Failure(""), after=0.0, counts=False)
        if not draft.writes:
            draft.ending = self._doubt(draft, self.hub.clock() + 1.0)
        return draft

    def _let_go(self, draft: Draft, link: Link) -> bool:
        """Plan a refusal anew though a write of the same object was lost sight of a moment ago."""
        assert draft.mapping is not None
        with self.hub.store.state() as at:
            current = link_rows.by_id(at, link.id)
            if current is None or current.intent != link.intent:
                return False
            rules = rules_for(self.hub, draft.mapping, self.system, Drafter(self.hub, at, self.system, self.hub.clock()).context)
            if given_up := let_go(current, rules):
                link_rows.save(at, [current])
        return given_up

    def _lost_create(self, draft: Draft, link: Link) -> Draft:
        """A create whose answer was lost and whose object was searched for and not found: made again where the vendor tells repeats
        apart, or once two searches after it can have settled found nothing; else a person decides."""
        assert link.intent is not None
        operation = self.hub.resource(self.system, link.resource).operations.get("create")
        repeat = operation.repeat if operation else "never"
        due, now = float(link.intent["at"] + link.intent["settles"]), self.hub.clock()
        if repeat not in ("safe", "keyed"):
            if now < due:
                draft.ending = self._doubt(draft, due)
                return draft
            if repeat == "never":
                draft.ending = Bury(Failure("Unknown", LOST, "", both(*NOT_TOLD)))
                return draft
            if not link.intent.get("searched"):
                self._note_search(link, now)
                draft.ending = self._doubt(draft, now + SECOND_SEARCH)
                return draft
            draft.ending = self._untold(draft, link)
            if draft.ending is not None:
                return draft
        link.intent = None
        with self.hub.store.read() as at:
            Drafter(self.hub, at, self.system, now).replan(draft)
        draft.look = False
        return draft

    def _untold(self, draft: Draft, link: Link) -> Ending | None:
        """A person decides where no look-up could have found what a create may have made. None: it was not made."""
        if not isinstance(self.connector, Foresees) or link.intent is None:
            return None
        try:
            with told(self.connector, self.system, link.resource, "untold.escaped"):
                why = self.connector.untold(link.resource, intended(draft), link.intent.get("foreseen"))
        except ConnectorError as error:
            self.endings.failed(error)
            return put_off(error)
        return Bury(Failure("Unknown", LOST, "", why)) if why else None

    def _note_search(self, link: Link, now: float) -> None:
        with self.hub.store.state() as at:
            current = link_rows.by_id(at, link.id)
            if current is not None and current.intent is not None:
                current.intent["searched"] = now
                link_rows.save(at, [current])

    def _doubt(self, draft: Draft, until: float) -> Doubt:
        """To be looked up again; why the answer is not known is still told where it was the connector's own fault."""
        last = draft.delivery
        told_of = Failure(last.error_class, ESCAPED, "", last.error_text) if last.error_code == ESCAPED else LOOKED_UP
        return Doubt(told_of, max(0.5, until - self.hub.clock()))
