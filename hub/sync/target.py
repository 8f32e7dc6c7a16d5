"""One system as a place to write to: what looking, writing and ending share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from connectors.contract import Connector
from hub import audit
from hub.app import Hub, timezone_of
from hub.sync.absorb import Absorber
from hub.sync.batch import Absorbed, RawLook
from hub.sync.context import BatchContext
from hub.sync.draft import Draft
from hub.sync.follow import follow

Json = Any


class Target:
    """A system with its connector, and the absorber that takes what looks at it show."""

    def __init__(self, hub: Hub, system: str) -> None:
        self.hub, self.system = hub, system
        self.connector: Connector = hub.connectors[system]
        self.absorber = Absorber(hub)

    def absorb(self, looks: Sequence[RawLook]) -> Absorbed:
        """Take what looks show, and ask for what they lack. Raises Braked."""
        absorbed = self.absorber.absorb(looks)
        follow(self.hub, absorbed)
        return absorbed

    def merged_within(self, at: Connection, record_ids: Sequence[str], *, run: str) -> Absorbed:
        """Merge records again in the caller's state transaction: what a run's write led to belongs to the run. What the result lacks is
        asked for by ``follow`` after the commit."""
        result = Absorbed()
        self.absorber.remerge_within(at, record_ids, result, run=run)
        return result

    def context(self, at: Connection) -> BatchContext:
        return BatchContext(at, self.system, timezone_of(self.hub.settings.systems[self.system]))

    def audited(self, action: str, draft: Draft, outcome: str, before: Json, after: Json) -> audit.Entry:
        """An audit row about a delivery's write."""
        d = draft.delivery
        cause = f"version {d.wanted}" + (f", alias {draft.link.external_id}" if draft.second and draft.link is not None else "")
        return audit.Entry(action, "hub", d.system, d.entity, d.record_id, cause, outcome, before, after)
