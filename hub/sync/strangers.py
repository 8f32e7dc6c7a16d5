"""Objects that no link knows: asked for by the order they fulfil, the hub key inside them, cross-references, then match keys."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from connectors.contract import Unfinished
from hub import audit
from hub.app import Hub
from hub.storage import awaited, receipts, reviews, stand_ins
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link, new_id
from hub.storage.records import Record
from hub.storage.tombstones import Mark
from hub.sync import copies
from hub.sync.adopted import Adopted
from hub.sync.candidates import Candidates, Stranger
from hub.sync.context import NO_STAND_IN
from hub.sync.erased import ERASED, Erased, marks_of, personal, withhold
from hub.sync.fulfilment import FULFILMENT, named
from hub.sync.goods import GUID, PRODUCT, STOCK, identify_goods
from hub.sync.identify import identify
from hub.sync.merging import Merger
from hub.sync.nobody import is_named, is_standard, title
from hub.sync.one_call import CALL, identify_call
from hub.sync.recovered import REASON, SCAN, came_back, first_id, twin, under_way
from hub.sync.search_keys import plain_keys
from hub.sync.verdict import OPEN_CREATE, Again, Verdict, hints_for


class Strangers:
    """Meets strangers within one transaction. ``dirty``: links changed in it and not saved yet, by id."""

    def __init__(self, hub: Hub, at: Connection, merger: Merger, now: float, dirty: dict[str, Link], loading: bool = False) -> None:
        self.hub, self.at, self.merger, self.now, self.dirty = hub, at, merger, now, dirty
        self.candidates = Candidates(hub, at, merger, now, dirty)
        self.adopted = Adopted(hub, at, now, self.candidates, loading)
        self.recovery = under_way(at)
        self.erased = Erased(hub, at)
        self._erased: dict[str, str] = {}  # external id -> certificate of the erased person whose object it is
        self._said: dict[str, bool] = {}  # external id -> whether a person said that it means nobody

    def expect(self, strangers: Sequence[Stranger]) -> None:
        """Ask the database once for all that the group's strangers may turn out to be."""
        if not strangers:
            return
        self.candidates.expect(strangers)
        self._erased = self._of_erased(strangers)
        customers = strangers[0].mapping.entity == "customer"
        self._said = stand_ins.decided(self.at, strangers[0].system, self.candidates.decoded) if customers else {}

    def flush(self) -> set[str]:
        """Insert what is new. Returns the ids of the links among it: they need no update."""
        inserted = self.candidates.flush()
        if self.recovery is not None:
            self.recovery.save(self.at)
        return inserted

    def _of_erased(self, strangers: Sequence[Stranger]) -> dict[str, str]:
        """Which of the strangers are objects of erased persons, and by which certificate."""
        if not self.erased.anybody:
            return {}
        marks = {s.external_id: self._marks(s) for s in strangers}
        found = self.erased.certificates(mark for mine in marks.values() for mark in mine)
        return {external_id: found[hit] for external_id, mine in marks.items() if (hit := next((m for m in mine if m in found), None))}

    def _marks(self, s: Stranger) -> list[Mark]:
        one = self.candidates.decoded[s.external_id]
        keys = one.keys if s.mapping.entity == "customer" else plain_keys(s.mapping.entity, one.data)
        known = {(kind, value) for kind, value in keys if kind in ("phone", "email", "card")}
        return marks_of(s.system, s.mapping.resource, s.external_id, s.read.hub_key, one.data.get("customer"), known)

    def meet(self, stranger: Stranger) -> tuple[Link | None, Again]:
        """The stranger's link: a new one, or that of the create that made it. None where it has to wait: what to look at, and when."""
        s = stranger
        if self._is_stand_in(s):
            self.hub.outbox.reopen(self.at, s.system, NO_STAND_IN, now=self.now)
            return self._link(s, "", role="primary", state="stand_in"), []
        certificate = self._erased.get(s.external_id)
        if certificate and s.mapping.entity == "customer":
            return self._shut_out(s, certificate), []
        if source := self.hub.original_of(s.system, s.mapping.resource):
            return self._copied(s, source)
        again: Again = []
        verdict = self._by_reference(s, again) or self._by_names(s, again) or self._recovered(s) or self._by_keys(s)
        if verdict.elsewhere:
            return None, again
        if verdict.wait:
            later = SCAN if self.recovery and self.recovery.restored.stage == "collecting" else OPEN_CREATE
            return None, [*again, (s.system, s.mapping.resource, s.external_id, self.now + later)]
        if verdict.adopt_link:
            opened = self.dirty.get(verdict.adopt_link) or link_rows.by_id(self.at, verdict.adopt_link)
            if opened is not None:
                opened.external_id, opened.state = s.external_id, "live"
                if self.recovery is not None:  # what was intended then is long over: what the object holds now is what counts
                    opened.intent = None
                    self.recovery.links.add(opened.id)
                self.dirty[opened.id] = opened
                self.merger.context(s.system).know(opened.entity, s.external_id, opened.record_id)
                self.candidates.remember_keys(s, opened.record_id)
                return opened, again
        record_id = verdict.record_id or self.candidates.new_record(s.mapping.entity)
        self.candidates.remember_keys(s, record_id)
        if verdict.before:
            second = next(x for x in self.candidates.links_of(record_id) if x.id == verdict.before)
            second.role, self.dirty[second.id] = "alias", second
        for other, reason in verdict.review:
            reviews.open_duplicate(self.at, s.mapping.entity, record_id, other, reason, now=self.now)
        link = self._link(s, record_id, role=verdict.role, state="live")
        if self.recovery is not None and (s.read.hub_key == record_id or self._came_back(record_id)):
            self.recovery.links.add(link.id)
        return link, again

    def _copied(self, s: Stranger, source: str) -> tuple[Link | None, Again]:
        """A copy of a document of ``source``: of the same record, told by the id that both bases keep, else by the hub's key in it."""
        entity, ident = s.mapping.entity, s.external_id
        found = self.merger.context(source).ref(entity, ident)
        if found is None and s.read.hub_key and (verdict := self._by_hub_key(s, s.read.hub_key)):
            found = verdict.record_id
        if found is None:
            copies.await_original(self.at, source, entity, (s.system, s.mapping.resource, ident), now=self.now)
            return None, [(source, s.mapping.resource, ident, self.now)]
        copies.met(self.at, s.system, s.mapping.resource, [ident])
        return self._link(s, found, role=copies.COPY, state="live"), []

    def _shut_out(self, s: Stranger, certificate: str) -> Link:
        """A customer who was erased is not read in: the object is known by its id, under a record that there is not."""
        record_id = new_id()
        row = audit.Entry("erasure.kept_out", "hub", s.system, s.mapping.entity, record_id, certificate, "not read in")
        audit.write(self.at, [row], now=self.now)
        return self._link(s, record_id, role="primary", state=ERASED)

    def awaiting(self, met: Sequence[str]) -> Again:
        """Objects of other systems that wait for one of these, which have just been met."""
        names = {value for external_id in met for _, value in self.candidates.decoded[external_id].own}
        return [(*one[:3], self.now) for one in awaited.of(self.at, awaited.NAMES, "", names)] if names else []

    def _is_stand_in(self, s: Stranger) -> bool:
        """Whether the object means nobody: a person's word stands above the configuration. Who bears a usual name of nobody is asked about."""
        if s.mapping.entity != "customer":
            return False
        data = self.candidates.decoded[s.external_id].data
        called, configured = title(s.mapping, s.read.values, data), self.hub.settings.stand_ins.get(s.system, ())
        if s.external_id in self._said:
            return self._said[s.external_id]
        if is_named(called, s.external_id, configured):
            return True
        if is_standard(called, data):
            stand_ins.propose(self.at, [(s.system, s.external_id)], called, stand_ins.NAME, now=self.now)
        return False

    def _by_reference(self, s: Stranger, again: Again) -> Verdict | None:
        """By the order that a receipt names, or by the hub key inside the object."""
        entity, context = s.mapping.entity, self.merger.context(s.system)
        if order := named(s.mapping, s.read):
            if target := context.ref(entity, order):
                return Verdict(target, role=FULFILMENT)
            receipts.await_order(self.at, s.system, entity, order, (s.mapping.resource, s.external_id), now=self.now)
            if not receipts.is_absent(self.at, s.system, entity, order):
                again += hints_for(self.hub, s.system, entity, order, now=self.now)
                return Verdict(None, elsewhere=True)
            if s.mapping.adds:  # alone it is nothing, however long it waits
                return Verdict(None, elsewhere=True)
        if s.read.hub_key and (found := self._by_hub_key(s, s.read.hub_key)):
            return found
        return None

    def _by_hub_key(self, s: Stranger, key: str) -> Verdict | None:
        record = self.candidates.known(key)
        if record is not None and record.merged_into:
            self.candidates.load([record.merged_into])
            record = self.candidates.records.get(record.merged_into)
        if record is None or record.entity != s.mapping.entity:
            return None
        mine = [x for x in self.candidates.links_of(record.id) if x.system == s.system]
        if creating := next((x for x in mine if x.state == "creating"), None):
            connector = self.hub.connectors.get(s.system)
            if isinstance(connector, Unfinished) and connector.unfinished(s.mapping.resource, s.data):
                return Verdict(None, wait=True)
            return Verdict(record.id, adopt_link=creating.id)
        return Verdict(record.id, role="alias" if any(x.role == "primary" and x.state != "gone" for x in mine) else "primary")

    def _recovered(self, s: Stranger) -> Verdict | None:
        """After a restore: by the key of a record that the base forgot, or by what came back under such keys."""
        recovery, entity, key = self.recovery, s.mapping.entity, s.read.hub_key or ""
        if recovery is None:
            return None
        one = self.candidates.decoded[s.external_id]
        if recovery.of_the_gap(key, wall=time.time()) and key not in self.candidates.records:
            if key not in self.candidates.new_records:
                self.candidates.new_record(entity, one.data, key)
                self.candidates.count_keys(entity, key, one.keys)
            return Verdict(key)
        if recovery.waits(entity):
            return Verdict(None, wait=True)
        if one.keys:
            return None  # its match keys tell more
        free = {r.id: r.data for r in self._orphans(entity) if all(x.system != s.system for x in self.candidates.links_of(r.id))}
        found = twin(entity, one.data, free)
        if found.record_id:
            return Verdict(found.record_id)
        if not found.perhaps:
            return None
        record_id = self.candidates.new_record(entity, one.data)
        recovery.doubt |= {record_id, *found.perhaps}
        return Verdict(record_id, review=tuple((other, REASON) for other in found.perhaps))

    def _orphans(self, entity: str) -> list[Record]:
        """Records that came back by their keys since the restore, in this transaction or before."""
        assert self.recovery is not None
        self.candidates.load(r for r in came_back(self.at, self.recovery.restored, entity) if r not in self.candidates.records)
        known = {**self.candidates.records, **self.candidates.new_records}
        return [r for r in known.values() if r.entity == entity and self._came_back(r.id)]

    def _came_back(self, record_id: str) -> bool:
        record = self.candidates.known(record_id)
        restored = self.recovery.restored if self.recovery is not None else None
        return record is not None and restored is not None and record.created_at >= restored.restored_at and record.id < first_id(restored.made_before)  # fmt: skip

    def _by_names(self, s: Stranger, again: Again) -> Verdict | None:
        """By what it calls others and others call it. Who names somebody that it cannot be counts as if it named nobody, and a person looks
        at the pair."""
        verdict, doubted = self.adopted.verdict(s, again)
        if verdict is not None or not doubted:
            return verdict
        verdict = self._recovered(s) or self._by_keys(s)
        return replace(verdict, review=(*verdict.review, *(pair for pair in doubted if pair[0] != verdict.record_id)))

    def _by_keys(self, s: Stranger) -> Verdict:
        entity, one = s.mapping.entity, self.candidates.decoded[s.external_id]
        if not one.keys:
            return Verdict(None)
        hits = {k: self.candidates.holders(entity, k) for k in one.keys}
        ids = {r for found in hits.values() for r in found}
        records = {r: self.candidates.record(r) for r in ids}
        links = {r: [x for x in self.candidates.links_of(r) if x.system == s.system] for r in ids}
        if entity in (PRODUCT, STOCK):
            verdict = identify_goods(one.data, hits, records, links, record_rows.keys_of(self.at, ids, GUID))
        elif entity == CALL:
            verdict = identify_call(one.data, hits, records, links)
        else:
            verdict = identify(one.data, hits, records, links, self.hub.settings.phone_is_person)
        if verdict.record_id is None and not verdict.wait:
            record_id = self.candidates.new_record(entity, one.data)
            self.candidates.count_keys(entity, record_id, one.keys)
            return replace(verdict, record_id=record_id)
        return verdict

    def _link(self, s: Stranger, record_id: str, *, role: str, state: str) -> Link:
        """A new link; of what was an erased person's it keeps nothing that shows her."""
        link = self.candidates.new_link(s, record_id, role=role, state=state)
        if s.external_id in self._erased and state != ERASED:
            withhold(link, personal(s.mapping))
        return link
