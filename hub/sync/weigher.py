"""The last look before a batch is written: changes of the day against the tallies of their hour, and a run's side effects against what a
person has confirmed."""

from __future__ import annotations

import time
from collections.abc import Sequence

from hub.app import Hub
from hub.storage import states
from hub.sync import runs
from hub.sync.draft import Draft, Drafter
from hub.sync.effects import loud
from hub.sync.endings import Endings
from hub.sync.gate import Gate, changes_of, emptied_by
from hub.sync.scale import CHANGED, CREATED, EMPTIED, OUT, Braked, Example, Scale
from retry_queue.contract import Again, Failure
from retry_queue.runs import of_run

AHEAD = 20.0  # seconds after which a backlog of the day is looked through again


class Weigher:
    """Weighs the batches of one system."""

    def __init__(self, hub: Hub, system: str, endings: Endings) -> None:
        self.hub, self.system, self.endings = hub, system, endings

    def weigh(self, drafts: list[Draft], gate: Gate) -> list[Draft]:
        """The drafts that may go on. Those of a storm are ended here, with nothing of it written."""
        writes = [d for d in drafts if d.owed]
        stopped: set[str] = set()
        for entity in sorted({d.delivery.entity for d in writes if not d.delivery.run}):
            mine = [d for d in writes if d.delivery.entity == entity and not d.delivery.run]
            try:
                self._weigh(mine, entity)
            except Braked as found:
                self.endings.stop(found, mine)
                stopped |= {d.delivery.id for d in mine}
        for run, entity in sorted({(d.delivery.run, d.delivery.entity) for d in writes if d.delivery.run}):
            mine = [d for d in writes if (d.delivery.run, d.delivery.entity) == (run, entity)]
            if self._unconfirmed(run, entity, mine):
                gate.again(run, entity)
                self.endings.end([(d, Again(Failure(""), after=0.5, counts=False)) for d in mine])
                stopped |= {d.delivery.id for d in mine}
        return [d for d in drafts if d.delivery.id not in stopped]

    def keep(self, written: Sequence[Draft]) -> None:
        """These were written: the tallies of their hours grow."""
        scale = self._scale([d for d in written if not d.delivery.run])
        if scale.figures:
            with self.hub.store.write() as at:
                scale.keep(at)

    def _weigh(self, drafts: Sequence[Draft], entity: str) -> None:
        """Raises Braked where this batch, or the backlog that it is the first of, is more than the hour may hold."""
        with self.hub.store.read() as at:
            self._scale(drafts).weigh(at)
            smallest, key = self.hub.settings.brakes.floor, ("ahead", self.system, entity)
            if len(drafts) < smallest // 4 or time.monotonic() < self.hub.cache.get(key, 0.0):
                return
            self.hub.cache[key] = time.monotonic() + AHEAD
            most = self.hub.settings.brakes.number + smallest
            behind = of_run(at, self.hub.outbox.table, self.system, "", entity, limit=most)
            ahead = [d for d in Drafter(self.hub, at, self.system, self.hub.clock()).drafts(behind) if d.owed]
            self._scale(ahead).weigh(at)

    def _scale(self, drafts: Sequence[Draft]) -> Scale:
        """Counted in the hour in which each was opened: what an outage kept waiting is no storm when it ends."""
        scale = Scale(self.hub, OUT)
        for draft in drafts:
            opened, entity = draft.delivery.opened_at, draft.delivery.entity
            changes = changes_of(draft)
            example = Example(draft.delivery.record_id, (draft.link.external_id or "") if draft.link else "", tuple(changes))
            if draft.creates:
                scale.put(self.system, entity, opened, CREATED, "", example)
                continue
            gone = emptied_by(draft)
            for name in {name for name, _, _ in changes}:
                scale.put(self.system, entity, opened, EMPTIED if name in gone else CHANGED, name, example)
        return scale

    def _unconfirmed(self, run: str, entity: str, drafts: Sequence[Draft]) -> bool:
        """Whether a run is about to set off side effects that nobody has agreed to."""
        if not any(loud(self.hub, self.system, d) for d in drafts):
            return False
        with self.hub.store.read() as at:
            row = runs.weights(at, run).get((self.system, entity))
            return not (row and row["counts"].get("confirmed")) and not states.get(at, self.system)["hushed"]
