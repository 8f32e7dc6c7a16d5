"""The purge: rows whose time by ``retention:`` is over are deleted, a batch at a time, so that nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hub import audit
from hub.app import Hub
from hub.storage.aged import BATCH, KINDS


@dataclass(frozen=True, slots=True)
class Due:
    """One kind of rows. ``days``: how long it is kept, 0: for ever. ``rows``: how many are over their time."""

    kind: str
    days: float
    rows: int


def due(hub: Hub) -> list[Due]:
    """What a purge would delete now."""
    found, now = [], hub.clock()
    with hub.store.read() as at:
        for kind, aged in KINDS.items():
            before = hub.settings.retention.before(kind, now)
            found.append(Due(kind, hub.settings.retention.days.get(kind, 0.0), 0 if before is None else aged.count(at, before)))
    return found


def purge(hub: Hub, *, actor: str = "hub", more: Callable[[], bool] = lambda: True) -> dict[str, int]:
    """Delete what is over its time, for as long as ``more`` says. Returns kind -> rows that went; audited where any did."""
    gone: dict[str, int] = {}
    for kind, aged in KINDS.items():
        before = hub.settings.retention.before(kind, hub.clock())
        while before is not None and more():
            with hub.store.write() as at:
                count = aged.drop(at, before)
            if count:
                gone[kind] = gone.get(kind, 0) + count
            if count < BATCH:
                break
    if gone:
        with hub.store.write() as at:
            audit.write(at, [audit.Entry("operator.purge", actor, outcome="ok", after=dict(gone))], now=hub.clock())
    return gone
