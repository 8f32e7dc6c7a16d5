"""Requests of one key: 10 in a second, 40 of telephony (the official Go client, rate.go). Beyond: HTTP 503 with a JSON body, no headers."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque

from .wire import ApiError

ORDINARY, TELEPHONY, WINDOW = 10, 40, 1.0


class Limits:
    """What the keys have used in the last second."""

    def __init__(self) -> None:
        self.enforce = True
        self.requests = self.refused = self.most = 0
        self._spent: dict[tuple[str, bool], deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def enter(self, key: str, path: str) -> None:
        """Count a request in. Raises ApiError."""
        telephony = path.startswith("/api/v5/telephony")
        with self._lock:
            spent, now = self._spent[key, telephony], time.monotonic()
            while spent and spent[0] <= now - WINDOW:
                spent.popleft()
            self.requests += 1
            if self.enforce and len(spent) >= (TELEPHONY if telephony else ORDINARY):
                self.refused += 1
                raise ApiError(503, "Rate limit exceeded")
            spent.append(now)
            self.most = max(self.most, len(spent))
