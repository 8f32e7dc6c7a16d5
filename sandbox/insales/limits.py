"""500 requests in five minutes of an application and shop; the window begins with the first request of a series, and does not slide."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil


class Limits:
    """Windows by application: (when it began, requests in it). ``now``: seconds."""

    most, seconds = 500, 300.0

    def __init__(self, now: Callable[[], float]) -> None:
        self.now, self.enforce, self.refused = now, True, 0
        self._windows: dict[str, tuple[float, int]] = {}

    def take(self, who: str) -> tuple[int, int]:
        """(requests of the window with this one, seconds to wait: 0 where it may pass)."""
        now = self.now()
        began, count = self._windows.get(who, (now, 0))
        if not 0 <= now - began < self.seconds:
            began, count = now, 0
        if self.enforce and count >= self.most:
            self.refused += 1
            return count, max(1, ceil(began + self.seconds - now))
        self._windows[who] = (began, count + 1)
        return count + 1, 0

    def use(self, who: str, count: int) -> None:
        """Another program of the same key has made so many requests."""
        self._windows[who] = (self._windows.get(who, (self.now(), 0))[0], count)
