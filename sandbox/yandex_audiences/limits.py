"""Quotas: requests a second, and changes of segments a minute, an hour and a day."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from .segments import ApiError

SPANS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86_400.0}


class Limits:
    """``most``: what each span may hold: of every request (``second``), and of changes."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now, self.most = now, {"second": 30, "minute": 10, "hour": 100, "day": 500}
        self.requests = self.refused = 0
        self._spent: dict[str, deque[float]] = {name: deque() for name in SPANS}
        self._lock = threading.Lock()

    def enter(self, *, changes: bool) -> None:
        """Count a request in. Raises ApiError."""
        with self._lock:
            self.requests += 1
            concerned = SPANS if changes else ("second",)
            for name in concerned:
                spent, now = self._spent[name], self.now()
                while spent and spent[0] <= now - SPANS[name]:
                    spent.popleft()
                if len(spent) >= self.most[name]:
                    self.refused += 1
                    raise ApiError(429, "quota_requests", f"Quota exceeded: segments_modify_per_{name}")
            for name in concerned:
                self._spent[name].append(self.now())

    def counted(self) -> dict[str, int]:
        return {"requests": self.requests, "refused": self.refused}
