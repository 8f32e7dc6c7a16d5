"""What may happen to webhooks on their way: lost, doubled, out of order, late. The same for every vendor."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

IDLE = 5.0  # seconds without anything to do after which a thread that makes calls ends


class Weather:
    """Shares of deliveries: ``loss`` never come, ``duplicate`` come twice, ``reorder`` come after later ones; ``delay``: seconds that
    every delivery takes longer. ``off``: none come."""

    def __init__(self, seed: int = 7) -> None:
        self.random = random.Random(seed)
        self.off = False
        self.loss = self.duplicate = self.reorder = self.delay = 0.0

    def set(self, body: dict[str, Any]) -> None:
        """From the control endpoint: what is not named is fair weather."""
        self.off = bool(body.get("off"))
        for name in ("loss", "duplicate", "reorder", "delay"):
            setattr(self, name, float(body.get(name) or 0.0))

    def arrivals(self, base: float) -> list[float]:
        """After how many seconds a delivery arrives, once for each time: none, one or two; ``base``: what it takes in fair weather."""
        if self.off or self.random.random() < self.loss:
            return []
        late = base + self.delay + (self.random.uniform(0.5, 2.0) if self.random.random() < self.reorder else 0.0)
        return [late, late + 0.01] if self.random.random() < self.duplicate else [late]


class Post:
    """Calls made at their times, one after the other or several at once. Threads make them, which end once there was nothing to do for a while."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._count = self._busy = self._hands = 0
        self._most, self._changed = 1, threading.Condition()

    def at_once(self, calls: int) -> None:
        """So many calls may be under way from now on, as a cloud makes them; never fewer than before."""
        self._most = max(self._most, calls)

    def put(self, seconds: float, call: Callable[[], object]) -> None:
        with self._changed:
            self._count += 1
            heappush(self._due, (time.monotonic() + seconds, self._count, call))
            if self._hands < self._most:
                self._hands += 1
                threading.Thread(target=self._run, daemon=True).start()
            self._changed.notify_all()

    def drain(self, seconds: float = 10.0) -> bool:
        """Return when everything put so far has been called; False where that took longer than ``seconds``."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._due and not self._busy, seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._due or self._due[0][0] > time.monotonic():
                    told = self._changed.wait(max(0.0, self._due[0][0] - time.monotonic()) if self._due else IDLE)
                    if not told and not self._due:
                        self._hands -= 1
                        return
                _, _, call = heappop(self._due)
                self._busy += 1
            try:
                call()
            finally:
                with self._changed:
                    self._busy -= 1
                    self._changed.notify_all()
