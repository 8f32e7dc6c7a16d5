"""Merge with its rows around it: contributions of all links of the touched records decoded, merged, compared, saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.config.settings import zone
from hub.storage import alerts, conflicts, past_keys, reviews
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync import memberships, own_number, paid, returned
from hub.sync.aliases import ALIAS, keys_there
from hub.sync.consents import refused
from hub.sync.contacts import Contacts
from hub.sync.context import STAND_IN, BatchContext, canonical_text, last_part
from hub.sync.erased import ERASED
from hub.sync.floor import orderable_either_way
from hub.sync.goods import HERE, KEYED, LATER, PLACE, PRODUCT, STOCK
from hub.sync.heard import heard
from hub.sync.identify import TOLD_LATER, match_keys
from hub.sync.merge import Merged, merge
from hub.sync.recognised import BEARS, bearing, whose
from hub.sync.references import References
from hub.sync.said import Statements
from hub.sync.search_keys import search_keys, second_keys
from hub.sync.shelf import Shelf
from hub.sync.statement import HUB, Said
from hub.sync.sums import settle
from hub.sync.undecided import later
from mappings import FieldProblem
from mappings import Mapping as CompiledMapping
from mappings.cards import folded_card

Json = Any


@dataclass(slots=True)
class MergedBatch:
    """(record, whether its data moved, system that changed it), references to objects that no link knows, and what is to be merged next:
    what bears a card or phone which customers have gained or lost, orders of which something was brought back, products whose stocks, and
    customers whose calls or messages have moved."""

    records: list[tuple[Record, bool, str]] = field(default_factory=list)
    missing_refs: set[tuple[str, str, str]] = field(default_factory=set)
    following: set[str] = field(default_factory=set)
    paired: bool = False  # a product has gained a key that another has, or a stock the place of another
    refused: set[str] = field(default_factory=set)  # customers who do not want to be spoken to any more, in one way or another


def overtaken(link: Link, problem: FieldProblem, merged: Merged) -> bool:
    """Whether nobody needs the value that cannot be used: another has been said of its field since. What waits for a meaning still waits."""
    entry = link.contribution.get(problem.path)
    return problem.needs is None and entry is not None and later(merged.provenance.get(problem.field), entry["t"])


class Merger:
    """Merges records within one transaction."""

    def __init__(self, hub: Hub, at: Connection, now: float) -> None:
        self.hub, self.at, self.now = hub, at, now
        self.statements = Statements(hub, at)
        self.contexts, self.references, self.shelf = self.statements.contexts, References.of(hub), Shelf(hub.settings, at)
        self.contacts = Contacts(hub.settings, at)
        self.bear = [entity for entity in BEARS if hub.settings.routes.get(entity)]
        self.edited: dict[str, list[tuple[str, str]]] = {}  # record id -> (link id, path) that users of its systems edited
        self.floor = 0  # of these, how many may be ordered either way
        self.asking: dict[str, bool] = {}
        self.named: set[str] = set()  # records that are called by new names: they are given their keys anew
        self.overdue = False  # what these records wait for was asked for and not found, more than once: it is told
        self.rekey = False  # records that did not change are given their keys anew too: what keys are made of may have changed

    def context(self, system: str) -> BatchContext:
        return self.statements.context(system)

    def merge(self, touched: Mapping[str, str], saved: Iterable[Link] = ()) -> MergedBatch:
        """Merge records again from their contributions. ``touched``: record id -> system that changed it. ``saved``: links as the caller
        has just saved them."""
        result = MergedBatch()
        ids = [r for r in touched if r and r != STAND_IN]
        records = record_rows.load(self.at, ids)
        self.contacts.forget(set(ids) - records.keys())
        links = link_rows.by_records(self.at, ids, saved=saved)
        self.statements.expect(link for of_record in links.values() for link in of_record)
        waits: list[tuple[str, str, str, str, str, str]] = []
        problems: list[dict[str, Json]] = []
        settled: dict[str, Merged] = {}
        disputes: dict[str, dict[str, list[Json]]] = {}
        named = set[str]()  # records whose system names an object that is not known yet: whose they are it will tell
        returns = self._returns(records)
        for record_id in sorted(records):
            record = records[record_id]
            said, found = self.statements.of(record, links[record_id])
            problems += [row for link in links[record_id] for row in self._frozen(link, record)]
            self._count_floor(record, links[record_id], said)
            merged, unsettled = self._settled(record, links[record_id], said, returns.get(record_id, ()))
            problems += unsettled
            for link, problem in found:
                waits += self._waits(link, problem, record, result)
                named |= {record.id} if problem.needs and problem.needs[0] == "ref" else set()
                problems += [] if overtaken(link, problem, merged) else self._problem(link, problem, record)
            settled[record.id] = merged
            if merged.conflicts or self._asks(record.entity):
                disputes[record.id] = merged.conflicts
        self._recognise(records, {ident: one for ident, one in settled.items() if ident not in named})
        self.shelf.count(records, settled)
        self.contacts.count(records, settled, anew=self.rekey)
        moved = self._save(records, links, settled, touched, result)
        conflicts.keep(self.at, disputes, now=self.now)
        alerts.saw_stores(self.at, heard((r for r in moved if r.version == 1), now=self.now))
        reviews.set_waiting(self.at, ids, waits, now=self.now)
        reviews.set_problems(self.at, ids, problems)
        return result

    def _recognise(self, records: Mapping[str, Record], settled: Mapping[str, Merged]) -> None:
        """Receipts, calls and messages that name nobody are their owner's by the card or phone that they bear."""
        nameless = {ident: (records[ident].entity, merged.data) for ident, merged in settled.items() if records[ident].entity in BEARS}
        for ident, person in whose(self.at, nameless, self.hub.settings.phone_is_person).items() if nameless else ():
            settled[ident].data["customer"] = person
            settled[ident].provenance["customer"] = ["", "", None]

    def _save(self, records: Mapping[str, Record], links: Mapping[str, list[Link]], settled: Mapping[str, Merged], touched: Mapping[str, str], result: MergedBatch) -> list[Record]:  # fmt: skip
        """Keep what has moved, with the keys that it is found by now. Returns the records saved."""
        keys: dict[str, dict[str, set[tuple[str, str]]]] = {}
        moved, turned = list[Record](), set[tuple[str, str]]()
        for record_id, merged in settled.items():
            record = records[record_id]
            changed = merged.data != record.data or record.version == 0
            if changed and record.entity == returned.RETURN:
                result.following |= {str(of["order"]) for of in (record.data, merged.data) if of.get("order")}
            if changed and record.entity == "customer" and refused(record.data.get("consents"), merged.data.get("consents")):
                result.refused.add(record_id)
            if changed:
                self.contacts.moved(record.data, merged.data, record.entity)
                record.data, record.version, record.updated_at = merged.data, record.version + 1, self.now
            if changed or self.rekey or merged.spellings or record.id in self.named or self._speak_alone(record, links[record_id]):
                mine = self._keys(record, links[record_id], merged.spellings)
                keys.setdefault(record.entity, {})[record.id] = mine
                if record.entity == "customer" and record.version == 1:  # those of a new one may stand there already
                    turned |= mine
            if changed or merged.provenance != record.provenance:
                record.provenance = merged.provenance
                moved.append(record)
            result.records.append((record, changed, touched[record_id]))
        record_rows.save(self.at, moved)
        for entity, of_records in keys.items():
            altered = record_rows.set_keys(self.at, entity, of_records)
            found = {(kind, value) for _, kind, value in altered.gained | altered.lost}
            if entity == "customer":
                turned |= found
                past_keys.moved(self.at, self.hub.settings.secret_key, altered)
            result.paired |= self._alike(entity, found) and entity == PRODUCT or entity == STOCK and self._crowded(altered.gained)
        result.following |= bearing(self.at, turned, self.bear) | (self.shelf.of(moved) - settled.keys()) | self.contacts.following()
        return moved

    def _alike(self, entity: str, keys: Iterable[tuple[str, str]]) -> bool:
        """Pairs of records that share a key since one of them was told it later; whether there are any. People are never made one without a person's
        word: what leads to one when somebody comes leads to a question once both are there."""
        reason = {PRODUCT: LATER, "customer": TOLD_LATER}.get(entity)
        mine = {key for key in keys if key[0] in self.hub.settings.identity.get(entity, ())}
        return bool(reason and mine) and reviews.open_alike(self.at, entity, mine, str(reason), now=self.now)

    def _crowded(self, keys: Iterable[tuple[str, str, str]]) -> bool:
        """Whether a store has two stocks of one product since one of them was told its product later."""
        places = {(kind, value) for _, kind, value in keys if kind == PLACE}
        return any(len(ids) > 1 for ids in record_rows.holders(self.at, STOCK, places, most=1).values())

    def _returns(self, records: Mapping[str, Record]) -> dict[str, list[Record]]:
        """What was brought back of the orders among the records."""
        orders = [one.id for one in records.values() if one.entity == returned.ORDER]
        return returned.of_orders(self.at, orders) if orders and self.hub.settings.routes.get(returned.RETURN) else {}

    def _settled(
        self, record: Record, links: list[Link], said: dict[str, list[Said]], returns: Sequence[Record]
    ) -> tuple[Merged, list[dict[str, Json]]]:
        """The record as merged, its sums settled, and what of them does not add up. What was brought back is a step of its status."""
        decide = partial(merge, policies=partial(self.hub.settings.policy, record.entity), trust=self.statements.trust, held=record.data)
        merged = decide(said)
        if (step := returned.step(returns, merged.data)) and returned.is_status(self.at):
            merged = decide({**said, returned.STATUS: [*said.get(returned.STATUS, ()), step]})
        returned.put(merged, returns)
        if record.entity == memberships.MEMBERSHIP:
            memberships.put_since(merged)
        mapping_of = partial(self.statements.mapping, entity=record.entity)
        found = settle(record.entity, merged, links, mapping_of, self.hub.settings.rounding)
        paid.put(record.entity, merged, links)
        own_number.put(record.entity, merged, links, self.hub.number_there)
        return merged, [row for link, problem in found for row in self._problem(link, problem, record)]

    def _numbers(self, links: Iterable[Link]) -> set[str]:
        """Numbers that the record's objects have in their own systems."""
        return {number for link in links if (number := self.hub.number_there(link.system, link.resource, link.base))}

    def _speak_alone(self, record: Record, links: Iterable[Link]) -> bool:
        """Whether the record is found by what its objects bear, too, which may move without the record."""
        return record.entity == PRODUCT or any(link.role == ALIAS for link in links) or bool(self._numbers(links))

    def _keys(self, record: Record, links: Iterable[Link], spellings: Iterable[str]) -> set[tuple[str, str]]:
        """Everything that the record is found by. ``spellings``: of its cards, beside those that it keeps."""
        called = {key for link in links for key in self.references.own(link.system, record.entity, link.external_id, link.base)}
        called |= {(kind, value) for link in links for kind, value in link.refs or ()}
        kinds = self.hub.settings.identity.get(record.entity, ())
        of = zone(self.hub.settings.zone_of(record.data.get("store")))  # a receipt belongs to the day of its store
        mine = match_keys(record.entity, record.data, kinds) | (self._borne(links, kinds) if record.entity == PRODUCT else set())
        mine |= {("card", folded_card(way)) for way in spellings} if "card" in kinds else set()
        second = {key for link in links for key in self._there(link, kinds)} - mine
        return mine | search_keys(record.entity, record.data, of, self._numbers(links)) | called | second_keys(second)

    def _there(self, link: Link, kinds: Sequence[str]) -> set[tuple[str, str]]:
        mapping = self._mapping(link)
        return keys_there(link, mapping, self.context(link.system), kinds) if mapping is not None else set()

    def _mapping(self, link: Link) -> CompiledMapping | None:
        """The mapping of a link's object; None where its system is not configured any more."""
        return self.hub.mapping(link.system, link.resource) if link.system in self.hub.settings.systems else None

    def _borne(self, links: Iterable[Link], kinds: Sequence[str]) -> set[tuple[str, str]]:
        """Keys that a product's objects bear, whoever its fields belong to: a page of the site is found by its barcode, though 1C owns barcodes."""
        found: set[tuple[str, str]] = set()
        for link in links:
            mapping = self._mapping(link)
            if mapping is None or link.state not in HERE:
                continue
            values = {path: value for path, value in link.base.items() if any(f.field in KEYED for f in mapping.by_path.get(path, ()))}
            found |= match_keys(PRODUCT, mapping.decode_all(values, self.context(link.system))[0], kinds)
        return found

    def _waits(self, link: Link, problem: FieldProblem, record: Record, result: MergedBatch) -> list[tuple[str, str, str, str, str, str]]:
        if not problem.needs:
            return []
        kind, name, value = problem.needs
        text = last_part(value) if kind == "ref" else canonical_text(value)
        if kind == "ref":
            result.missing_refs.add((link.system, name, text))
        return [(kind, name, text, link.system, record.id, problem.field)]

    def _count_floor(self, record: Record, links: list[Link], said: Mapping[str, list[Said]]) -> None:
        edited = self.edited.pop(record.id, ())
        if not edited or len(links) < 2:
            return
        names: dict[tuple[str, str], list[str]] = {}
        for link in links:
            mapping = self.statements.mapping(link, record.entity) if link.system != HUB else None
            for path in link.contribution if mapping is not None else ():
                names[link.id, path] = [f.field for f in mapping.by_path.get(path, ())] if mapping is not None else []
        self.floor += orderable_either_way(edited, names, said, links)

    def _asks(self, entity: str) -> bool:
        """Whether any field of the entity may ask a person."""
        if entity not in self.asking:
            policies = self.hub.settings.policies.items()
            self.asking[entity] = any(policy.kind in ("ask", "steps") for (of, _), policy in policies if of == entity)
        return self.asking[entity]

    def _frozen(self, link: Link, record: Record) -> list[dict[str, Json]]:
        """Paths that flap after our writes are one problem of their system and field, not a storm."""
        ru = "Значение после каждой записи возвращается к прежнему: поле заморожено для этого объекта"
        en = "After each of our writes the value returns to what it was: the field is frozen for this object"
        mapping = self._mapping(link) if link.frozen else None
        if mapping is None:
            return []
        found = [
            FieldProblem(mapping.by_path[p][0].field, p, "frozen", ru, en)
            for p, why in link.frozen.items()
            if why != ERASED and p in mapping.by_path
        ]
        return [row for problem in found for row in self._problem(link, problem, record)]

    def _problem(self, link: Link, problem: FieldProblem, record: Record) -> list[dict[str, Json]]:
        if problem.kind == "waits" and not (self.overdue and problem.needs and problem.needs[0] == "lookup"):
            return []
        ru, en = self._named(link.system, problem)
        return [
            {
                "system": link.system,
                "entity": record.entity,
                "link_id": link.id,
                "record_id": record.id,
                "path": problem.path,
                "field": problem.field,
                "code": problem.code,
                "ru": ru,
                "en": en,
                "opened_at": self.now,
            }
        ]

    def _named(self, system: str, problem: FieldProblem) -> tuple[str, str]:
        """The texts of a problem. An unknown value of a directory is told by the name that its vendor shows to people."""
        ru, en = problem.message_ru, problem.message_en
        if problem.needs and problem.needs[0] == "directory":
            _, name, value = problem.needs
            if (title := self.context(system).title(name, value)) not in ("", str(value)):
                ru = ru.replace(f"«{value}»", f"«{title}» ({value})")
                en = en.replace(repr(str(value)), f"{title!r} ({value})")
        return ru, en
