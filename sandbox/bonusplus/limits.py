"""Requests of one key in a second. The vendor publishes no limit: none is enforced here unless a test sets one."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque

from .wire import ApiError


class Limits:
    """``per_second``: beyond it 429; None: no limit. What was asked is counted either way."""

    def __init__(self) -> None:
        self.per_second: int | None = None
        self.requests = self.refused = self.most = 0
        self._spent: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def enter(self, key: str) -> None:
        """Count a request in. Raises ApiError."""
        with self._lock:
            spent, now = self._spent[key], time.monotonic()
            while spent and spent[0] <= now - 1.0:
                spent.popleft()
            self.requests += 1
            if self.per_second is not None and len(spent) >= self.per_second:
                self.refused += 1
                raise ApiError("TOO_MANY_REQUESTS", "Слишком много запросов", 429)
            spent.append(now)
            self.most = max(self.most, len(spent))
