"""The taking half of the engine: looks in, records and open deliveries out, in one transaction for a batch.

look -> read -> identify -> merge. Calls no vendor: what is missing (a referenced object, a lookup) is asked for through hints.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection

from hub.app import Hub
from hub.storage import awaited, naming, parking, receipts, reviews
from hub.storage import links as link_rows
from hub.storage.links import Link
from hub.sync import copies, memberships
from hub.sync.batch import Absorbed, Batch, RawLook
from hub.sync.candidates import Stranger
from hub.sync.erased import ERASED
from hub.sync.familiar import Familiar, view
from hub.sync.fulfilment import FULFILMENT
from hub.sync.goods import PRODUCT, STOCK
from hub.sync.scale import CREATED, Example
from mappings import Mapping as CompiledMapping
from mappings import Read

log = structlog.get_logger()
Json = Any


class Absorber:
    """Absorbs batches of looks for one hub."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def absorb(
        self,
        looks: Sequence[RawLook],
        *,
        run: str = "",
        weigh: bool = True,
        disregard: bool = False,
        kept: Collection[tuple[str, str]] = (),
        loading: bool = False,
    ) -> Absorbed:
        """Apply a batch. Bad input never stops the good beside it. ``run``: what reads it, empty for changes of the day. ``weigh``: raise
        Braked, with nothing kept, where too much changes alike. ``disregard``: what differs is not taken for an edit, and the record's
        own values are owed to the system instead. ``kept``: (system, resource) whose unknown objects are not identified yet: their looks
        are handed back. ``loading``: a first load identifies what it collected."""
        result = Absorbed()
        with self.hub.store.state() as at:
            batch = Batch(self.hub, at, result, run, loading=loading, weigh=weigh)
            reading = _Reading(batch, kept=kept, loading=loading, disregard=disregard)
            groups: dict[tuple[str, str], list[RawLook]] = {}
            for look in looks:
                groups.setdefault((look.system, look.resource), []).append(look)
            for (system, resource), group in groups.items():
                reading.group(system, resource, group)
            batch.finish()
        return result

    def remerge(self, record_ids: Iterable[str], *, run: str = "", overdue: bool = False) -> Absorbed:
        """Merge records again: a directory value was mapped, a reference appeared, a mapping was activated. ``overdue``: goods that they name have
        been asked for in vain for a while, which people are told."""
        result = Absorbed()
        with self.hub.store.state() as at:
            self.remerge_within(at, record_ids, result, run=run, overdue=overdue)
        return result

    def remerge_within(self, at: Connection, record_ids: Iterable[str], result: Absorbed, *, run: str = "", overdue: bool = False) -> None:
        """Like :meth:`remerge`, inside the caller's state transaction. The records are given their keys anew: a revision may have changed
        what these are made of."""
        batch = Batch(self.hub, at, result, run)
        batch.merger.rekey, batch.merger.overdue = True, overdue
        batch.touched.update(dict.fromkeys(record_ids, ""))
        batch.finish()


class _Reading:
    """Reads looks into a batch: objects that links know, and strangers."""

    def __init__(self, batch: Batch, *, kept: Collection[tuple[str, str]], loading: bool, disregard: bool) -> None:
        self.batch, self.kept, self.loading, self.disregard = batch, kept, loading, disregard
        self.familiar = Familiar(batch, disregard=disregard)

    def group(self, system: str, resource: str, looks: Sequence[RawLook]) -> None:
        """Objects that links know come first and are merged, so that their newest keys count when the others are identified."""
        mapping = self.batch.hub.mapping(system, resource)
        if mapping is None:
            return
        reads: dict[str, list[tuple[Read | None, RawLook]]] = {}
        for look in sorted(looks, key=lambda x: x.at):
            try:
                external_id, read = self._read(system, mapping, look)
            except Exception as error:  # a vendor's object may be broken in any way: it is parked, the rest goes on
                self._park(system, resource, look, error)
                continue
            reads.setdefault(external_id, []).append((read, look))
        shown = [read.values for found in reads.values() for read, _ in found if read is not None]
        for path, _, entity in mapping.refs:
            self.batch.merger.context(system).expect_refs(entity, [values[path] for values in shown if path in values])
        known = link_rows.by_external(self.batch.at, system, resource, reads)
        known |= {
            x.external_id: x for x in self.batch.dirty.values() if x.external_id in reads and (x.system, x.resource) == (system, resource)
        }
        for external_id, link in known.items():
            self.familiar.show(link, mapping, reads.pop(external_id))
        link_rows.save_times(self.batch.at, self.batch.echoed.values())
        self.batch.result.as_known |= self.batch.echoed
        self.batch.echoed.clear()
        strange = {external_id: found for external_id, found in reads.items() if any(read is not None for read, _ in found)}
        if (system, resource) in self.kept:
            shut = self.batch.strangers.erased.objects(system, resource, strange) if mapping.entity == "customer" else set()
            self.batch.result.kept += [
                (external_id, look) for external_id, found in strange.items() if external_id not in shut for _, look in found
            ]
            strange = {external_id: found for external_id, found in strange.items() if external_id in shut}
        if self.disregard:
            return
        if strange and known:
            self.batch.merge()
        self._strange(system, mapping, strange)

    def _strange(self, system: str, mapping: CompiledMapping, looks: Mapping[str, Sequence[tuple[Read | None, RawLook]]]) -> None:
        strangers = []
        for external_id in sorted(looks):
            read, look = next((r, x) for r, x in reversed(looks[external_id]) if r is not None)
            strangers.append(Stranger(system, mapping, external_id, read, look.data))
        self.batch.strangers.expect(strangers)
        met, added, joined = [], [], []
        for stranger in strangers:
            link = self._meet(stranger)
            if link is not None:
                met.append(stranger.external_id)
                joined += [] if link.record_id in self.batch.strangers.candidates.new_records else [link.record_id]
                added += [stranger.external_id] if link.role == FULFILMENT else []
                self.familiar.show(link, mapping, looks[stranger.external_id])
        self._owe(system, mapping.entity, joined)
        self._wake(system, mapping, met)
        if mapping.fulfils:
            receipts.met(self.batch.at, system, mapping.resource, added)

    def _owe(self, system: str, entity: str, joined: Sequence[str]) -> None:
        """Deliveries of what could not be told to the system before it had these records' objects."""
        batch = self.batch
        facts = batch.hub.facts_of(system, entity) if joined else ()
        rows = [*naming.standing(batch.at, system, entity, joined), *naming.owed_of(batch.at, system, entity, joined, facts)]
        if entity == PRODUCT and system in batch.hub.takers(STOCK):  # offers that have come: their stocks can be told now
            rows += naming.owed(batch.at, system, PRODUCT, joined)
        batch.wanted |= {(system, row[2]): row for row in rows}

    def _wake(self, system: str, mapping: CompiledMapping, met: Sequence[str]) -> None:
        """What waited for objects that have just been met."""
        batch, entity = self.batch, mapping.entity
        if mapping.adopt and (mapping.adds or not self.loading):
            awaited.met(batch.at, awaited.NAMES, system, mapping.resource, met)
        batch.result.again += batch.strangers.awaiting(met)
        for record_id in reviews.take_waiting_for(batch.at, "ref", entity, met, system):
            batch.touched.setdefault(record_id, "")
        waiting = [*copies.waiting_for(batch.at, system, entity, met)] if batch.hub.replicas else []
        waiting += [] if mapping.fulfils else receipts.waiting_for(batch.at, system, entity, met)
        batch.result.again += [(*one, batch.now) for one in waiting]

    def _read(self, system: str, mapping: CompiledMapping, look: RawLook) -> tuple[str, Read | None]:
        """The object's id and what the mapping takes from it; no Read where the mapping does not speak of such objects."""
        shown = view(self.batch, look)
        read = mapping.read(dict(look.data), shown.carries, shown.lacks, shown.absent_is_empty, self.batch.merger.context(system))
        if not read.id:
            raise ValueError("the object has no id")
        return str(read.id), read if mapping.applies(look.data) else None

    def _park(self, system: str, resource: str, look: RawLook, error: Exception) -> None:
        log.warning("object.parked", system=system, resource=resource, error=type(error).__name__)
        row = {
            "system": system,
            "resource": resource,
            "reason": f"{type(error).__name__}: {error}"[:500],
            "data": dict(look.data) if isinstance(look.data, Mapping) else {"value": str(look.data)},
            "at": self.batch.now,
        }
        parking.park(self.batch.at, row)

    def _meet(self, stranger: Stranger) -> Link | None:
        """Its link, new or that of an open create; None where it must be looked at again later."""
        link, again = self.batch.strangers.meet(stranger)
        self.batch.result.again += again
        if link is None:
            return None
        if link.state not in ("stand_in", ERASED):
            self.batch.touched[link.record_id] = link.system
        weighed = self.batch.scale is not None and not self.batch.run and link.entity != memberships.MEMBERSHIP
        if self.batch.scale is not None and weighed and link.record_id in self.batch.strangers.candidates.new_records:
            self.batch.scale.put(link.system, link.entity, self.batch.now, CREATED, "", Example(link.record_id, link.external_id or ""))
        return link
