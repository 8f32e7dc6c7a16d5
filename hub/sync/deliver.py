"""The giving half of the engine: deliveries claimed, looked at, planned, written and ended, one system at a time."""

from __future__ import annotations

from collections.abc import Callable

from hub.app import Hub
from hub.storage import inbox, restoration, states
from hub.sync.beforehand import Beforehand
from hub.sync.draft import Draft
from hub.sync.endings import Endings
from hub.sync.faults import apart
from hub.sync.first_load import held_back
from hub.sync.gate import Gate
from hub.sync.looking import Looker
from hub.sync.places import Places
from hub.sync.revisions import in_force
from hub.sync.target import Target
from hub.sync.weigher import Weigher
from hub.sync.writing import Writer
from retry_queue.contract import URGENT, Again, Delivery, Failure

CLAIM, GROUP = 120, 60  # deliveries that are thought through together, and of these what goes out together: what a crash may repeat
SINGLY = 20  # what goes out together to a vendor that takes one object a call: each waits for its turn, and the lease runs
LEASE = 45.0  # a killed process's work is free again within a minute
ENOUGH = 15.0  # seconds of the lease without which no further group is begun


def once() -> bool:
    """Not again."""
    return False


class Deliverer:
    """Drains the deliveries of one system."""

    def __init__(self, hub: Hub, system: str) -> None:
        self.hub, self.system = hub, system
        target = Target(hub, system)
        self.endings = Endings(target)
        self.looker, self.writer = Looker(target, self.endings), Writer(target, self.endings)
        self.places, self.beforehand = Places(target, self.endings), Beforehand(target, self.endings)
        self.gate, self.weigher = Gate(hub, system), Weigher(hub, system, self.endings)

    def drain(self, *, limit: int = 0, more: Callable[[], bool] = once) -> int:
        """Work through due deliveries: one batch, and further ones while each was full and ``more`` says so. ``limit``: the most of a batch.
        Returns how many were ended; 0 when there is nothing to do or nothing may be done."""
        if not self._may():
            return 0
        with self.hub.store.write() as at:
            lease = states.take_lease(at, self.system, now=self.hub.clock(), seconds=LEASE)
        if lease is None:
            return 0
        ended = 0
        try:
            while most := min(limit or self._most(), self._may()):
                claimed = self._claim(lease, most)
                ended += len(claimed)
                if claimed:
                    self._work(claimed)
                if len(claimed) < most or not more():
                    break
            return ended
        finally:
            with self.hub.store.write() as at:
                states.drop_lease(at, self.system, lease)

    def _claim(self, lease: str, most: int) -> list[Delivery]:
        """The next batch, claimed while the system's lease holds; the lease goes on from here."""
        held, now = self.gate.held(), self.hub.clock()
        with self.hub.store.write() as at:
            if not states.keep_lease(at, self.system, lease, now=now, seconds=LEASE):
                return []
            return self.hub.outbox.claim(at, self.system, limit=most, lease=LEASE, now=now, without=held)

    def _may(self) -> int:
        """How many deliveries may be tried: none while observed, paused or held by a restore, none before the first loads that this system is part of are
        identified (a create could be a duplicate); none while the breaker is open, and one when it lets a probe through."""
        with self.hub.store.read() as at:
            state, held = states.get(at, self.system), restoration.holds(at, self.system)
        breaker = states.breaker(state, now=self.hub.clock())
        if state["mode"] == "observe" or state["paused"] or held or breaker == "open" or not in_force(self.hub):
            return 0
        with self.hub.store.read_intake() as at:
            cursors = inbox.cursors(at)
        if held_back(self.hub, cursors, self.system):
            return 0
        return 1 if breaker == "probe" else self._most()

    def _most(self) -> int:
        return max([CLAIM, *(self._group(resource) for resource in self.hub.resources(self.system))])

    def _group(self, resource: str) -> int:
        """How many writes go out together, in whole batches of the vendor. What may be said twice goes in the vendor's greatest: a crash
        repeats it without harm."""
        of = self.hub.resource(self.system, resource)
        if of.one_by_one:
            return 1
        usual = SINGLY if of.batch == 1 else GROUP - GROUP % of.batch or GROUP
        harmless = bool(of.operations) and all(operation.repeat == "safe" for operation in of.operations.values())
        return max(usual, of.batch) if harmless else usual

    def _work(self, claimed: list[Delivery]) -> None:
        drafts = self.weigher.weigh(self.looker.ready(claimed), self.gate)
        self.endings.end((d, d.ending) for d in drafts)
        order: dict[str, list[Draft]] = {}
        for draft in drafts:
            if draft.ending is None and draft.mapping is not None:
                order.setdefault(draft.mapping.resource, []).append(draft)
        for resource, drafted in order.items():
            groups = self._groups(resource, sorted(self.places.allowed(drafted), key=lambda draft: draft.delivery.lane != URGENT))
            for number, group in enumerate(groups):
                if (reason := self._halted(claimed, gives_way=number > 0 and group[0].delivery.lane != URGENT)) is not None:
                    self.endings.end([(d, Again(reason, after=1.0, counts=False)) for rest in groups[number:] for d in rest])
                    break
                self.writer.write(resource, self.beforehand.unknown(resource, group))
        self.weigher.keep(self.writer.written)
        self.writer.written = []

    def _groups(self, resource: str, drafts: list[Draft]) -> list[list[Draft]]:
        """What goes out together, in order."""
        together, suspects = apart(drafts)
        size = self._group(resource)
        return [together[start : start + size] for start in range(0, len(together), size)] + [[one] for one in suspects]

    def _halted(self, claimed: list[Delivery], *, gives_way: bool) -> Failure | None:
        """Why the rest of a batch is given back: the system went away or was paused meanwhile, something urgent waits, to which the rest
        ``gives_way``, or the lease is nearly over."""
        with self.hub.store.read() as at:
            state, held = states.get(at, self.system), restoration.holds(at, self.system)
            presses = gives_way and self.hub.outbox.presses(at, self.system, now=self.hub.clock())
        if presses:
            return Failure("")
        if state["mode"] == "observe" or held:
            return Failure("")
        if state["paused"]:
            return Failure("Unauthorized", "", "", state["paused"])
        if states.breaker(state, now=self.hub.clock()) == "open":
            return Failure("Unavailable", "", "", state["breaker_reason"])
        return Failure("") if self.hub.outbox.time_left(claimed) < ENOUGH else None
