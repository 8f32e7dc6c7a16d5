"""The giving half of the engine: deliveries claimed, looked at, planned, written and ended, one system at a time."""

from __future__ import annotations

from hub.app import Hub
from hub.storage import inbox, states
from hub.sync.draft import Draft
from hub.sync.endings import Endings
from hub.sync.looking import Looker
from hub.sync.target import Target
from hub.sync.writing import Writer
from retry_queue.contract import Delivery

CLAIM, GROUP = 60, 20
LEASE = 45.0  # a killed process's work is free again within a minute


class Deliverer:
    """Drains the deliveries of one system."""

    def __init__(self, hub: Hub, system: str) -> None:
        self.hub, self.system = hub, system
        target = Target(hub, system)
        self.endings = Endings(target)
        self.looker, self.writer = Looker(target, self.endings), Writer(target, self.endings)

    def drain(self, *, limit: int = CLAIM) -> int:
        """Work through one batch of due deliveries. Returns how many were ended; 0 when there is nothing to do or nothing may be done."""
        if not self._may():
            return 0
        with self.hub.store.write() as at:
            lease = states.take_lease(at, self.system, now=self.hub.clock(), seconds=LEASE)
        if lease is None:
            return 0
        try:
            with self.hub.store.write() as at:
                claimed = self.hub.outbox.claim(at, self.system, limit=limit, lease=LEASE, now=self.hub.clock())
            if claimed:
                self._work(claimed)
            return len(claimed)
        finally:
            with self.hub.store.write() as at:
                states.drop_lease(at, self.system, lease)

    def _may(self) -> bool:
        """Live, not paused, breaker closed, and every system's first load merged: before that a create could be a duplicate."""
        with self.hub.store.read() as at:
            state = states.get(at, self.system)
        if state["mode"] != "live" or state["paused"] or state["breaker_until"] > self.hub.clock():
            return False
        with self.hub.store.read_intake() as at:
            cursors, loading = inbox.cursors(at), inbox.loading(at)
        loaded = all(cursors.get((s, r), {}).get("loaded_at") for s in self.hub.settings.systems for r in self.hub.resources(s))
        return loaded and not loading

    def _work(self, claimed: list[Delivery]) -> None:
        drafts = self.looker.ready(claimed)
        self.endings.end([(d, d.ending) for d in drafts if d.ending is not None])
        order: dict[str, list[Draft]] = {}
        for draft in drafts:
            if draft.ending is None and draft.mapping is not None:
                order.setdefault(draft.mapping.resource, []).append(draft)
        for resource, group in order.items():
            for start in range(0, len(group), GROUP):
                self.writer.write(resource, group[start : start + GROUP])
