"""Request limits: 45 units in 3 s (a user's request weighs 4, since 1 Dec 2026; stock reports 5) and 5 in parallel (moysklad docs: restrictions)."""

from __future__ import annotations

import threading
import time
from collections import deque

from .wire import ApiError

UNITS, WINDOW, PARALLEL = 45, 3.0, 5


class Limits:
    """One user's bucket. ``weight`` is the units of one request (3 from 1 Sep 2026, 4 from 1 Dec 2026)."""

    def __init__(self, weight: int) -> None:
        self.weight, self.enforce = weight, True
        self.refused = self.requests = self.running = self.parallel_max = 0
        self._spent: deque[tuple[float, int]] = deque()
        self._lock = threading.Lock()

    def enter(self, weight: int) -> dict[str, str]:
        """Count a request in. Returns the rate headers; raises ApiError 1049 (rate) or 1073 (parallel). Every enter needs a leave."""
        with self._lock:
            now = time.monotonic()
            while self._spent and self._spent[0][0] <= now - WINDOW:
                self._spent.popleft()
            used = sum(units for _, units in self._spent)
            self.requests += 1
            self.running += 1
            self.parallel_max = max(self.parallel_max, self.running)
            if self.enforce and self.running > PARALLEL:
                self.refused += 1
                raise ApiError(429, 1073, "Превышено ограничение на количество параллельных запросов", headers={"X-Lognex-Auth": "429005"})
            wait = int((self._spent[0][0] + WINDOW - now) * 1000) + 1 if self._spent else 0
            headers = {
                "X-RateLimit-Limit": str(UNITS),
                "X-RateLimit-Remaining": str(max(0, UNITS - used - weight)),
                "X-Lognex-Retry-TimeInterval": str(int(WINDOW * 1000)),
                "X-Lognex-Reset": str(wait),
            }
            if self.enforce and used + weight > UNITS:
                self.refused += 1
                raise ApiError(
                    429,
                    1049,
                    "Превышено ограничение на количество запросов в единицу времени",
                    headers={**headers, "X-RateLimit-Remaining": "0", "X-Lognex-Retry-After": str(wait), "X-Lognex-Auth": "429002"},
                )
            self._spent.append((now, weight))
            return headers | {"X-Lognex-Retry-After": "0"}

    def leave(self) -> None:
        with self._lock:
            self.running -= 1
