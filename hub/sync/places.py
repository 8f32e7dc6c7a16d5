"""Before the first purchase of a place, which is a channel and a store, is posted: does somebody else tell the loyalty service of the same receipts? Two
who post make every receipt earn twice. Where foreign sales are found, a person decides who posts; until then nothing of the place goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from connectors.contract import Posting, SeesPostings, Write
from connectors.errors import ConnectorError
from hub.app import timezone_of
from hub.entities.loyalty_operation import PURCHASE
from hub.language import both
from hub.storage import brakes, walks
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.sync.context import BatchContext
from hub.sync.draft import Draft
from hub.sync.endings import Endings, put_off
from hub.sync.faults import told
from hub.sync.ledger import owed
from hub.sync.posting import somebody
from hub.sync.scale import POST, Example, Question
from hub.sync.target import Target
from mappings import Mapping as CompiledMapping
from retry_queue.contract import Again, Ending, Failure, Skip

Json = Any
POSTED, CODE = "posted", "posted_elsewhere"
HUB = "hub"  # who answers where nothing foreign was found
LOOKED_AT, AMONG = 10, 300  # receipts of a place that are looked for, of the orders that changed last
AGAIN = 300.0  # seconds until what waits is drafted again
REFUSED = "somebody else posts here, a person has decided"


def place_of(data: Mapping[str, Json]) -> str:
    """The place of an order or a fact."""
    return f"{data.get('channel') or ''}|{data.get('store') or ''}"


class Places:
    """Of one loyalty service."""

    def __init__(self, target: Target, endings: Endings) -> None:
        self.target, self.endings = target, endings
        self.hub, self.system, self.connector = target.hub, target.system, target.connector

    def allowed(self, drafts: Sequence[Draft]) -> list[Draft]:
        """The drafts that may be written; the others are ended."""
        if not isinstance(self.connector, SeesPostings):
            return list(drafts)
        kept = []
        for draft in drafts:
            ending = self._ending(draft, self.connector) if draft.ending is None and self._first(draft) else None
            if ending is not None:
                self.endings.end([(draft, ending)])
            else:
                kept.append(draft)
        return kept

    def _first(self, draft: Draft) -> bool:
        """Whether a draft is a purchase of a place of which it is not known yet who posts."""
        made = draft.record is not None and draft.record.data.get("kind") == PURCHASE and draft.creates
        return made and draft.record is not None and self._key(place_of(draft.record.data)) not in self.hub.cache

    def _key(self, place: str) -> tuple[str, str, str]:
        return (POST, self.system, place)

    def _ending(self, draft: Draft, connector: SeesPostings) -> Ending | None:
        assert draft.record is not None and draft.mapping is not None
        place = place_of(draft.record.data)
        with self.hub.store.read() as at:
            asked = brakes.of_run(at, place, self.system, draft.record.entity, POST)
        try:
            decision = asked["decision"] if asked else self._look(draft, draft.mapping, place, connector)
        except ConnectorError as error:
            self.endings.failed(error)
            return put_off(error)
        if decision == "approve":
            self.hub.cache[self._key(place)] = True
            return None
        if decision == "refuse":
            return Skip(REFUSED)
        where = place.replace("|", " ")
        text = both(f"{where}: эти же чеки проводит кто-то ещё", f"{where}: somebody else posts the same receipts")
        return Again(Failure("Foreign", CODE, "store", text), after=AGAIN, counts=False)

    def _look(self, draft: Draft, mapping: CompiledMapping, place: str, connector: SeesPostings) -> str:
        """Ask the service. Returns the answer: nobody else posts here, or empty: a person is asked. Raises ConnectorError."""
        with self.hub.store.read() as at:
            receipts = self._receipts(at, mapping, place)
        assert draft.record is not None
        mine = Write(str(draft.record.data.get("order")), None, mapping.nest(draft.writes))
        with told(self.connector, self.system, mapping.resource, "posted.escaped"):
            found = connector.posted(mapping.resource, [mine, *(one for one in receipts if one.key != mine.key)])
        with self.hub.store.write() as at:
            ours = link_rows.by_external(at, self.system, mapping.resource, [one.id for one in found])
            foreign = {one.id: one for one in found if one.id not in ours}
            ident = brakes.ask(at, self._question(at, mapping.entity, place, list(foreign.values())).as_row(), now=self.hub.clock())
            if not foreign:
                brakes.decide(at, ident, "approve", HUB, now=self.hub.clock())
        return "" if foreign else "approve"

    def _question(self, at: Connection, entity: str, place: str, found: Sequence[Posting]) -> Question:
        orders = record_rows.load(at, [one.key for one in found])
        sample = [
            Example(one.key, one.id, (("number", orders[one.key].data.get("number") if one.key in orders else None, one.text),))
            for one in found
        ]
        return Question(self.system, entity, POST, POSTED, place, len(found), 0, 0, place, [one.as_data() for one in sample[:LOOKED_AT]])

    def _receipts(self, at: Connection, mapping: CompiledMapping, place: str) -> list[Write]:
        """Purchases of the last orders of the place, as they would be posted; those of customers whom the service does not know are none."""
        context = BatchContext(at, self.system, timezone_of(self.hub.settings.systems[self.system]), self.hub.clock())
        found: list[Write] = []
        for order in record_rows.load(at, walks.changed_last(at, "order", limit=AMONG)).values():
            if len(found) == LOOKED_AT or order.merged_into or not somebody(order) or place_of(order.data) != place:
                continue
            try:
                facts = owed(order.id, order.data, [], self.hub.settings.loyalty.undone)
            except (ArithmeticError, KeyError, TypeError):
                continue
            for fact in (one for one in facts if one["kind"] == PURCHASE):
                said = {**fact, "customer": order.data["customer"], "start": order.data.get("paid") or order.data.get("created")}
                values, problems = mapping.project(said, {}, context)
                if not problems and said["start"]:
                    found.append(Write(order.id, None, mapping.nest(values)))
        return found
