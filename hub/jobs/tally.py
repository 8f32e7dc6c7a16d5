"""Figures of what this process did, added to the shared counters after each job: attempts by how they ended, calls by what came of them.

They are for graphs, not for truth: a killed process takes the figures of its last job with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.contract import Limiter
from hub.app import Hub
from hub.storage import states


class CountedLimiter:
    """A limiter that also counts the calls it lets through: ``answered``, or ``failed`` where no whole answer came."""

    def __init__(self, limiter: Limiter, system: str, calls: Counter[tuple[str, str]]) -> None:
        self.limiter, self.system, self.calls = limiter, system, calls

    @contextmanager
    def request(self, weight: float = 1.0, method: str = "") -> Iterator[None]:
        with self.limiter.request(weight, method):
            try:
                yield
            except BaseException:
                self.calls[self.system, "failed"] += 1
                raise
            self.calls[self.system, "answered"] += 1

    def penalise(self, seconds: float, method: str = "") -> None:
        self.limiter.penalise(seconds, method)


def add(hub: Hub, calls: Counter[tuple[str, str]]) -> None:
    """Move the figures of this process into the database."""
    counted = {key: calls.pop(key) for key in list(calls)}  # jobs that wait for their vendors count meanwhile
    figures = {
        f"{kind}:{system}:{what}": n
        for kind, counts in (("attempts", hub.outbox.ended), ("calls", counted))
        for (system, what), n in counts.items()
    }
    if not figures:
        return
    with hub.store.write() as at:
        states.count(at, **figures)
    hub.outbox.ended.clear()
