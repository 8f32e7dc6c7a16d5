"""What a delivery comes to: nothing to do, something to wait for, or a write. Reads the database, changes nothing, calls nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub, timezone_of
from hub.entities import FACTS
from hub.language import both
from hub.storage import awaited, conflicts, offers, restoration, stand_ins, views
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync import aliases
from hub.sync.context import NO_STAND_IN, STAND_IN, BatchContext
from hub.sync.copies import COPY
from hub.sync.fulfilment import FULFILMENT
from hub.sync.lacking import RECHECK, Lacking
from hub.sync.nobody import unreachable
from hub.sync.observe import empty
from hub.sync.pilot import LEFT_OUT, LEFT_OUT_FACT, Piloted
from hub.sync.plan import asked_for, plan
from hub.sync.realms import REASON, Realm
from hub.sync.references import OWN, References
from hub.sync.sums import told_data
from hub.sync.told import optional, times_of, tolerated, unrouted
from hub.sync.undecided import undecided
from mappings import HUB_KEY, FieldProblem
from mappings import Mapping as CompiledMapping
from retry_queue.contract import BULK, Again, Bury, Delivery, Done, Ending, Failure, Skip, Wait

Json = Any
FRESH = 5.0  # a look of the last seconds is as good as a new one
REST = 15.0  # seconds for which a run lets an object be while its record is still being made in another system
UNSAID = "not said yet whether it means nobody"
MADE_THERE = "the system makes its own"
NOBODY_STANDS = (
    "заказ без покупателя, а система его требует; покупателя, который значит «никто» (stand_ins), в ней нет",
    "the order has no customer and the system requires one; it has none that means nobody (stand_ins)",
)
NOT_TAKEN = (
    "Забирают раз за разом и не загружают, а другие загрузили. Посмотрите журнал обмена с сайтом в 1С; исправите — загрузится само",
    "fetched again and again and never loaded, while others were. See the log of the exchange in 1C; once mended there, it goes by itself",
)
FETCHED = 3600.0  # seconds after which what the vendor has not fetched is looked at again; it is woken when it has
DOUBTED = 60.0  # seconds until a record in doubt is looked at again


@dataclass(slots=True)
class Draft:
    """One delivery thought through. ``ending``: it needs no write. ``look``: its object must be looked at first.
    ``afterwards``: how it ends once what can be written is written (a field that cannot go is told, not lost)."""

    delivery: Delivery
    mapping: CompiledMapping | None = None
    record: Record | None = None
    link: Link | None = None
    writes: dict[str, Json] = field(default_factory=dict)
    agreed: dict[str, Json] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
    ending: Ending | None = None
    look: bool = False
    afterwards: Ending | None = None
    repeated: bool = False  # a create that may have been done already
    since: float = 0.0  # of a create: when what is created was first known
    foreseen: Json = None  # of a create: what will tell whether it was done
    others: dict[str, str] = field(default_factory=dict)  # system -> id of the same record's object there
    unasked: bool = False  # what it seems to lack was never asked of the system

    @property
    def creates(self) -> bool:
        return self.link is None or self.link.external_id is None

    @property
    def second(self) -> bool:
        """Whether it is of an alias, and not of the object that the record is written to."""
        return self.link is not None and self.link.role == aliases.ALIAS

    @property
    def quiet(self) -> bool:
        """Whether it is written so that people notice nothing, where the vendor has a way."""
        return self.delivery.lane == BULK or bool(self.delivery.run) or self.second

    @property
    def owed(self) -> bool:
        """Whether something is to be written: now, or once its object has rested."""
        return bool(self.writes) and (self.ending is None or isinstance(self.ending, Again))


class Drafter:
    """Drafts the deliveries of one system within one transaction."""

    def __init__(self, hub: Hub, at: Connection, system: str, now: float, mode: str = "") -> None:
        """``mode``: as if the system were in it; empty: as it is."""
        self.hub, self.at, self.system, self.now = hub, at, system, now
        self.context = BatchContext(at, system, timezone_of(hub.settings.systems[system]), now)
        self.conflicts: dict[str, set[str]] = {}
        self.chosen: set[str] | None = None  # records that a pilot writes; None: all
        self.pilot = Piloted.of(hub, at, system, mode)
        self.lacking = Lacking(at, system, now, hub.settings.reference_wait)
        self.references, self.met = References.of(hub), set[str]()
        self.realm = Realm(hub, system)
        self.unsaid: set[str] = set()  # customers with a usual name of nobody, of whom nobody has said yet whether they are a person
        self.making: set[str] = set()  # records of a run that other systems are about to be given
        self.doubt: set[str] = set()  # since a restore: records that may be another one's twin
        self.routes = {entity: next((r for r in routes if r.system == system), None) for entity, routes in hub.settings.routes.items()}

    def drafts(self, deliveries: list[Delivery]) -> list[Draft]:
        ids = [d.record_id for d in deliveries]
        records, links = record_rows.load(self.at, ids), link_rows.by_records(self.at, ids, system=self.system)
        self.conflicts = conflicts.fields(self.at, ids)
        self._expect(records.values())
        self.realm.expect(self.at, records.values())
        self.chosen = self.pilot.choose(self.at, list(records.values())) if self.pilot else None
        self.lacking.piloted = self.chosen is not None
        restored = restoration.current(self.at)
        self.doubt = views.in_doubt(self.at, restored.doubt) if restored is not None and restored.doubt else set()
        self.met = self._about_to_meet([r for r in records.values() if not links[r.id]])
        self.unsaid = stand_ins.asked_by_name(self.at, [r.id for r in records.values() if self._may_be_nobody(r) and not links[r.id]])
        again = [d.record_id for d in deliveries if d.lane == BULK and links[d.record_id]]
        self.making = link_rows.being_made(self.at, [name for name in self.hub.settings.systems if name != self.system], again)
        return [self._draft(d, records.get(d.record_id), links[d.record_id]) for d in deliveries]

    @staticmethod
    def _may_be_nobody(record: Record) -> bool:
        return record.entity == "customer" and not record.merged_into and unreachable(record.data)

    def _about_to_meet(self, records: Iterable[Record]) -> set[str]:
        """Records not known in this system that an object of it names, which waits to be looked at: nothing is made for them meanwhile."""
        ids = [r.id for r in records if (self.system, r.entity) in self.references.by]
        called = record_rows.keys_of(self.at, ids, OWN)
        wanted = {name for mine in called.values() for name in mine}
        names = {one.value for one in awaited.of(self.at, awaited.NAMES, "", wanted, system=self.system)}
        return {record_id for record_id, mine in called.items() if mine & names}

    def _expect(self, records: Iterable[Record]) -> None:
        """Ask at once for all objects that these records name."""
        named: dict[str, set[str]] = {}
        for record in records:
            mapping = self.hub.giving(self.system, record.entity)
            for _, field_name, entity in mapping.refs if mapping else ():
                if isinstance(of := record.data.get(field_name), str):
                    named.setdefault(entity, set()).add(of)
        for entity, ids in named.items():
            self.context.expect_refs_back(entity, ids)

    def _draft(self, delivery: Delivery, record: Record | None, links: list[Link]) -> Draft:
        mapping = self.hub.giving(self.system, delivery.entity)
        link = link_rows.primary(links)
        draft = Draft(delivery, mapping, record, link)
        if record is None or record.merged_into:
            draft.ending = Done("the record is merged into another")
        elif mapping is None:
            draft.ending = Skip("not mapped")
        elif link is None and any(x.role in (FULFILMENT, COPY) or not self._writable(x) for x in links):
            draft.ending = Skip("made there and only read from there")
        elif link is not None and link.state in ("gone", "out_of_scope", "archived", "stand_in"):
            draft.ending = Skip(f"the object there is {link.state}")
        elif link is not None and link.external_id and (link.entity in FACTS or self._told_once(link)):
            draft.ending = Done()
        elif link is not None and not self._writable(link):
            draft.ending = Skip("made there and only read from there")
        elif link is None and record.entity == "customer" and not record.data:
            draft.ending = Skip("nothing is known of it: it means nobody")
        elif link is None and record.id in self.unsaid:
            draft.ending = Skip(UNSAID)
        elif record.entity in FACTS and link is None and str(record.data.get("start") or "~") < self.hub.settings.history_from:
            draft.ending = Skip(f"from before {self.hub.settings.history_from}")
        elif self.realm.shuts_out(record, link):
            draft.ending = Skip(REASON)
        elif self._left_out(record):
            draft.ending = Skip(LEFT_OUT_FACT if record.entity in FACTS else LEFT_OUT)
        else:
            self._plan(draft, mapping, record, link)
        return self._with_aliases(draft, links)

    def _with_aliases(self, draft: Draft, links: list[Link]) -> Draft:
        """The draft where no alias is owed anything. Else it has them come after its own write, and where it has none to make gives way to the first of them.
        What one of them refused is laid before a person once all others were told."""
        mapping, record = draft.mapping, draft.record
        if mapping is None or record is None or record.merged_into or isinstance(draft.ending, Again) or self._left_out(record):
            return draft
        refused: Ending | None = None
        for link in aliases.told(links, mapping):
            if not self._writable(link) or self.realm.shuts_out(record, link) or self.hub.resource(self.system, link.resource).laid_out:
                continue
            second = Draft(draft.delivery, mapping, record, link, afterwards=aliases.NEXT)
            self._plan_alias(second, mapping, record, link)
            if isinstance(second.afterwards, Bury):
                refused = refused or Bury(aliases.named(second.afterwards.failure, link))
                second.afterwards = aliases.NEXT
            if second.look or second.writes:
                draft.afterwards = aliases.NEXT
                return draft if draft.ending is None else second
        if refused is not None and draft.ending is None:
            draft.afterwards = draft.afterwards or refused
        elif isinstance(draft.ending, Done):
            draft.ending = refused or draft.ending
        return draft

    def _plan_alias(self, draft: Draft, mapping: CompiledMapping, record: Record, link: Link) -> None:
        if link.intent is not None:
            draft.look = True
            return
        projected, _ = mapping.project(self._data(mapping, record, link), link.base, self.context)
        projected = {path: value for path, value in self.realm.seen(mapping, projected).items() if path in mapping.everywhere}
        self._when(draft, mapping, unread=self._compare(draft, mapping, record, projected))

    def _left_out(self, record: Record) -> bool:
        """Whether a pilot does not write the record."""
        return self.chosen is not None and record.id not in self.chosen

    def replan(self, draft: Draft) -> None:
        """Plan a draft again, from its link as it is in memory now."""
        if draft.mapping is not None and draft.record is not None:
            self._plan(draft, draft.mapping, draft.record, draft.link)

    def _told_once(self, link: Link) -> bool:
        """Whether the system is told of such a record once and shows it never: of a task what became of it."""
        manifest = self.hub.resource(self.system, link.resource)
        return not manifest.fetched and "update" not in manifest.operations

    def _writable(self, link: Link) -> bool:
        return self.hub.resource(self.system, link.resource).writable

    def _plan(self, draft: Draft, mapping: CompiledMapping, record: Record, link: Link | None) -> None:
        if link is not None and link.intent is not None:
            draft.look = True
            return
        data = self._data(mapping, record, link)
        if (ending := self._unplanned(draft, mapping, record, data)) is not None:
            draft.ending = ending
            return
        projected, problems = mapping.project(data, link.base if link else {}, self.context)
        waits = [p for p in problems if p.needs and p.needs[0] == "ref_back"]
        if waits:
            if self._held_up(draft, mapping, waits):
                return
            projected, problems = self._without(draft, mapping, data, waits)
            if nobody := [
                p.field for p in problems if draft.creates and p.field in mapping.requires and p.needs and p.needs[2] == STAND_IN
            ]:
                draft.ending = Bury(Failure("BadValue", NO_STAND_IN, nobody[0], both(*NOBODY_STANDS)))
                return
        projected, problems = self.realm.seen(mapping, projected), [p for p in problems if self.realm.sees(mapping, p.field)]
        unread = self._compare(draft, mapping, record, projected)
        known = {w.field for w in waits}
        if self._buried(draft, mapping, [p for p in problems if p.field not in known and not optional(self.hub, self.system, p)]):
            return
        self._when(draft, mapping, unread=unread)

    def _when(self, draft: Draft, mapping: CompiledMapping, *, unread: bool) -> None:
        """Whether a draft that was compared must wait until its object has rested, is looked at first, or is over."""
        link = draft.link
        rest = self._rest(draft, link) if link is not None and draft.writes else 0.0
        if rest > 0:
            draft.ending = Again(Failure(""), after=rest, counts=False)
        elif link is not None and link.external_id and (draft.writes or unread) and self.now - link.whole_at > FRESH:
            draft.look = True
        elif not draft.writes:
            draft.ending = draft.afterwards or self._unfetched(draft, mapping) or Done()

    def _rest(self, draft: Draft, link: Link) -> float:
        """Seconds until the object may be written. Each system adds something to what a run makes in it (a number, a price of delivery): the others are
        told all of it at once, where they need not wait long for it."""
        since, least = link.wrote_at, self.hub.connectors[self.system].manifest.min_write_interval
        if link.external_id and link.record_id in self.making:
            since, least = max(since, draft.delivery.opened_at), max(least, REST)
        return since + least - self.now

    def _data(self, mapping: CompiledMapping, record: Record, link: Link | None) -> dict[str, Json]:
        """What the record tells this system."""
        data = told_data(record)
        data |= {name: STAND_IN for name in mapping.stand_in if empty(data.get(name))}
        if mapping.adopted_path and link is not None and link.external_id and not link.create_key:
            data[HUB_KEY] = record.id  # made elsewhere: the hub key stands beside the object's own
        return data

    def _unplanned(self, draft: Draft, mapping: CompiledMapping, record: Record, data: Mapping[str, Json]) -> Ending | None:
        """Why nothing is created for the record, or not now; None where it is planned."""
        if draft.link is None:
            if reason := unrouted(self.routes.get(draft.delivery.entity), data):
                return Skip(reason)
            if "create" not in self.hub.resource(self.system, mapping.resource).operations:
                return Skip(MADE_THERE)
            if record.id in self.doubt:
                return Wait({"ref": record.id, "entity": record.entity, "field": "restored"}, DOUBTED)
            if record.id in self.met:
                return Again(Failure(""), after=RECHECK, counts=False)
        lacking = [name for name in mapping.requires if empty(data.get(name))]
        return Skip(f"not applicable: no {', '.join(lacking)}") if draft.creates and lacking else None

    def _held_up(self, draft: Draft, mapping: CompiledMapping, waits: list[FieldProblem]) -> bool:
        """Whether the draft ends here since objects that it names are not in the system."""
        if self.hub.resource(self.system, mapping.resource).one_by_one:  # money goes to nobody in place of somebody
            draft.ending = self.lacking.of_money(mapping.entity, waits)
        else:
            draft.ending = self.lacking.patience(draft.delivery, waits)
        if draft.ending is not None:
            return True
        if unheard := [p.field for p in waits if draft.creates and p.field in mapping.requires and p.field not in mapping.stand_in]:
            draft.ending = Skip(f"not applicable: no {', '.join(unheard)}")  # it is owed again once that is there
            return True
        return False

    def _without(
        self, draft: Draft, mapping: CompiledMapping, data: dict[str, Json], waits: list[FieldProblem]
    ) -> tuple[dict[str, Json], list[FieldProblem]]:
        """The projection without objects that are not there, or with the stand-in for them; they come afterwards."""
        draft.afterwards = self.lacking.later(waits)
        for p in waits:
            data[p.field] = STAND_IN if p.field in mapping.stand_in else None
        awaited_fields = {p.field for p in waits}
        left = {k: v for k, v in data.items() if v is not None or k not in awaited_fields}
        return mapping.project(left, draft.link.base if draft.link else {}, self.context)

    def _compare(self, draft: Draft, mapping: CompiledMapping, record: Record, projected: Mapping[str, Json]) -> bool:
        """Put into the draft what is to be written and what agrees. Returns whether something that decides was not read yet."""
        link = draft.link
        found = plan(link, projected, tolerated=tolerated(self.hub, self.system, mapping, record), write_only=mapping.write_only)
        if link is not None:
            lists = [p for p, value in found.writes.items() if isinstance(value, list)]
            found.settle(p for p in lists if asked_for(mapping, p, link.sent.get(p), found.writes[p], self.context))
            asked = self.conflicts.get(record.id, set())
            held = {p for p in found.writes if any(f.field in asked for f in mapping.by_path.get(p, ()))}
            found.hold(undecided(mapping, link, record, found.writes, self.context) | held)
        if link is not None and (aside := [p for p, why in found.excluded.items() if why == "set_aside"]):
            refused = link.set_aside[aside[0]]
            draft.afterwards = Bury(Failure("Rejected", str(refused.get("code") or ""), aside[0], str(refused.get("text") or "")))
        draft.writes, draft.agreed = found.writes, found.agreed
        draft.times = times_of(mapping, record, found.writes)
        return "unread" in found.excluded.values()

    def _buried(self, draft: Draft, mapping: CompiledMapping, refused: list[FieldProblem]) -> bool:
        """Tell the fields that cannot go once the rest is written. Returns whether without them nothing may be created."""
        if not refused:
            return False
        first = refused[0]
        draft.afterwards = Bury(Failure("BadValue", first.code, first.field, both(first.message_ru, first.message_en)))
        draft.unasked = any(p.needs and (p.needs[1], "forward", p.needs[2]) in self.context.unasked for p in refused)
        if draft.creates and any(p.field in ("lines", *mapping.requires) for p in refused):
            draft.ending = draft.afterwards
            return True
        return False

    def _unfetched(self, draft: Draft, mapping: CompiledMapping) -> Ending | None:
        """What the record waits for where it was laid out, and the vendor has not fetched it, or does not take it."""
        if not self.hub.resource(self.system, mapping.resource).laid_out:
            return None
        record_id = draft.delivery.record_id
        match offers.standing(self.at, self.system, [record_id]).get(record_id):
            case "owed":
                return Wait({"fetched": self.system}, FETCHED)
            case "refused":
                return Bury(Failure("Rejected", "exchange", "", both(*NOT_TAKEN)))
        return None
