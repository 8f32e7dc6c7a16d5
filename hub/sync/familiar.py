"""Objects that links know, shown again: what their system changed, counted for the brake."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.contract import Representation
from hub.entities import FACTS
from hub.storage import receipts, records, reviews, states
from hub.storage.links import Link
from hub.sync import copies, memberships
from hub.sync.batch import Batch, RawLook
from hub.sync.context import ALSO
from hub.sync.erased import ERASED, readable
from hub.sync.floor import overwritten
from hub.sync.fulfilment import FULFILMENT, follow_reference, named, withdraws
from hub.sync.intent import resolve
from hub.sync.observe import Look, Rules, Seen, applicable, completing, ignore, news, observe
from hub.sync.recovered import date_baselines
from hub.sync.rules import rules_for
from hub.sync.scale import BACKWARDS, CHANGED, EMPTIED, LEFT, Example, Scale
from hub.sync.vendor_time import ROUNDED, as_seconds
from hub.sync.verdict import hints_for
from mappings import Mapping as CompiledMapping
from mappings import Read

Json = Any
CALLED, ANEW = ("phones", "emails", "cards"), 86_400.0  # the fields of which match keys are made; seconds for which a key is new


class Familiar:
    """Applies looks to links within one batch. ``disregard``: what differs is not taken for an edit."""

    def __init__(self, batch: Batch, *, disregard: bool) -> None:
        self.batch, self.disregard = batch, disregard
        self.skews = states.clock_skews(batch.at)

    def show(self, link: Link, mapping: CompiledMapping, looks: Sequence[tuple[Read | None, RawLook]]) -> None:
        for read, look in looks:
            if read is not None:
                self._apply(link, mapping, read, look)
            elif link.state in ("live", "archived"):
                link.state = "out_of_scope"
                self.batch.dirty[link.id] = link
                if withdraws(link):
                    self.batch.touched.setdefault(link.record_id, link.system)

    def _apply(self, link: Link, mapping: CompiledMapping, read: Read, raw: RawLook) -> None:
        if link.state in ("stand_in", ERASED):
            return
        values, about = readable(link, read.values), self.batch.hub.resource(link.system, link.resource)
        if link.entity in FACTS and link.base and not about.moves_on and not (values := completing(link, values, about.later)):
            return
        rules = rules_for(self.batch.hub, mapping, link.system, self.batch.merger.context(link.system))
        whole = view(self.batch, raw) == about.representations["fetch"]
        look = Look(values, raw.at, as_seconds(read.modified, self.skews.get(link.system, 0.0)), raw.since, whole)
        if link.intent is not None and link.external_id and raw.at > link.intent["at"]:
            self._resolve(link, look, rules)
            if link.intent is not None:
                return
        if not applicable(link, look):
            self._came_late(link, look, rules)
            return
        if mapping.fulfils:
            self._follow_reference(link, mapping, read)
        if read.also:
            self._called(link, read.also)
        known = link.state == "live"
        if link.state in ("gone", "out_of_scope"):
            link.state = "live"
            self.batch.dirty[link.id], self.batch.touched[link.record_id] = link, link.system
        before, back = dict(link.base), self._dated(link, read)
        if self.disregard:
            ignore(link, look, rules, self._unspoken(link, mapping))
            self.batch.dirty[link.id], self.batch.touched[link.record_id] = link, link.system
            return
        seen = observe(link, look, rules)
        self._keep(link, look, seen, told=link.base != before or bool(mapping.fulfils))
        if self.batch.scale is not None and link.role != copies.COPY and link.entity not in FACTS and (seen.edits or back):
            self._weigh(self.batch.scale, link, mapping, rules, before, seen.edits, back)
        if known and not called_anew(link, mapping, since=self.batch.now - ANEW):
            self.batch.result.called_as_before.add((link.system, link.resource, link.external_id or ""))
        self._count(link, seen)

    def _keep(self, link: Link, look: Look, seen: Seen, *, told: bool) -> None:
        """Have the link saved: of a mere echo, which ``told`` nothing, only when it was looked at."""
        recovery = self.batch.strangers.recovery
        if recovery is not None and link.id in recovery.links:
            date_baselines(link, look)
            told = True
        if told or not seen.echo or link.id in self.batch.dirty:
            self.batch.dirty[link.id] = link
        else:
            self.batch.echoed[link.id] = link

    def _unspoken(self, link: Link, mapping: CompiledMapping) -> Callable[[str], bool]:
        """Whether a path speaks of nothing that the link's record has."""
        record = records.load(self.batch.at, [link.record_id]).get(link.record_id)
        said = record.data.keys() if record is not None else set()
        return lambda path: said.isdisjoint(f.field for f in mapping.by_path.get(path, ()))

    def _resolve(self, link: Link, look: Look, rules: Rules) -> None:
        """What a look says of a write whose answer was lost comes before all else that it says."""
        resolution = resolve(link, look, rules, now=self.batch.now)
        self.batch.dirty[link.id] = link
        if resolution.edits:
            self.batch.touched[link.record_id] = link.system

    def _came_late(self, link: Link, look: Look, rules: Rules) -> None:
        """A look that was begun before our last write is no base; where it says something of its own, the object is fetched again."""
        if link.intent is None and news(link, look):
            if lost := overwritten(link, look, rules):
                self.batch.dirty[link.id] = link
                self.batch.floor += len(lost)
            self.batch.result.again.append((link.system, link.resource, link.external_id or "", self.batch.now + 0.2))

    def _count(self, link: Link, seen: Seen) -> None:
        if seen.changed:
            self.batch.touched[link.record_id] = link.system
            self.batch.result.changed += len(seen.edits) + len(seen.baseline)
            self.batch.merger.edited.setdefault(link.record_id, []).extend((link.id, path) for path in seen.edits)
        elif seen.echo:
            self.batch.result.echoes += 1

    def _called(self, link: Link, names: Sequence[str]) -> None:
        """Remember by what else objects of its system call this one, and look again at those that named it so and waited."""
        new = [name for name in names if [ALSO, f"{link.system}|{name}"] not in link.refs]
        if not new or link.role == copies.COPY:
            return
        batch = self.batch
        link.refs = [*link.refs, *([ALSO, f"{link.system}|{name}"] for name in new)]
        batch.dirty[link.id] = link
        batch.touched.setdefault(link.record_id, "")
        batch.merger.named.add(link.record_id)
        for name in new:
            batch.merger.context(link.system).know(link.entity, name, link.record_id)
        for record_id in reviews.take_waiting_for(batch.at, "ref", link.entity, new, link.system):
            batch.touched.setdefault(record_id, "")
        batch.result.again += [(*one, batch.now) for one in receipts.waiting_for(batch.at, link.system, link.entity, new)]

    def _dated(self, link: Link, read: Read) -> bool:
        """Keep the newest time that the vendor gave the object; True where this one is older: a version gone backwards."""
        told = as_seconds(read.modified)
        back = told is not None and link.modified is not None and told < link.modified - ROUNDED
        if told is not None:
            link.modified = told
        return back

    def _weigh(
        self, scale: Scale, link: Link, mapping: CompiledMapping, rules: Rules, before: Mapping[str, Json], edits: Sequence[str], back: bool
    ) -> None:
        """What the system changed, by field, for the tallies of the hour."""
        fields = {path: (found[0].field if (found := mapping.by_path.get(path)) else path) for path in edits}
        changes = tuple((fields[path], before.get(path), link.base.get(path)) for path in edits)
        example = Example(link.record_id, link.external_id or "", changes)
        if back:
            scale.put(link.system, link.entity, self.batch.now, BACKWARDS, "", example)
        if link.entity == memberships.MEMBERSHIP:
            if segment := memberships.left(link.system, changes, link.base):
                scale.put(link.system, link.entity, self.batch.now, LEFT, segment, example)
            return
        kinds: dict[tuple[str, str], None] = {}
        for path, name in fields.items():
            gone = rules.blank(path, link.base.get(path)) and not rules.blank(path, before.get(path))
            kinds[EMPTIED if gone else CHANGED, name] = None
        for kind, name in kinds:
            scale.put(link.system, link.entity, self.batch.now, kind, name, example)

    def _follow_reference(self, link: Link, mapping: CompiledMapping, read: Read) -> None:
        """Keep up with the order that a receipt names."""
        order, before = named(mapping, read), link.base.get(mapping.fulfils)
        link.base[mapping.fulfils] = order
        if before == order and (link.role == FULFILMENT or not order):
            return
        context = self.batch.merger.context(link.system)
        if link.role == copies.COPY:
            source = self.batch.hub.original_of(link.system, link.resource)
            moved = copies.follow(self.batch.at, link, source, order, context, now=self.batch.now)
        else:
            moved = follow_reference(self.batch.at, link, order, context, now=self.batch.now)
        for x in moved.changed:
            held = self.batch.dirty.setdefault(x.id, self.batch.echoed.get(x.id, x))  # another look of this batch may have moved it already
            held.record_id, held.role = x.record_id, x.role
        self.batch.touched |= dict.fromkeys(moved.touched, link.system)
        self.batch.result.again += (
            hints_for(self.batch.hub, link.system, link.entity, moved.order, now=self.batch.now) if moved.order else []
        )


def view(batch: Batch, look: RawLook) -> Representation:
    """What the vendor says that such a look shows."""
    known = batch.hub.resource(look.system, look.resource).representations
    return known.get(look.representation) or known["fetch"]


def called_anew(link: Link, mapping: CompiledMapping, *, since: float) -> bool:
    """Whether users, or the vendor, changed since then what the object is found by."""
    edits = {path: entry["ops"] for path, entry in link.contribution.items() if "ops" in entry}
    lately = [path for path, ops in edits.items() if any(at is not None and at >= since for _, _, at in ops)]
    return any(f.field in CALLED for path in lately for f in mapping.by_path.get(path, ()))
