"""Request limits of one caller: 45 units in 3 s and 5 requests at once; 20 at once for the account (moysklad docs: restrictions)."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime

from .wire import ApiError

UNITS, WINDOW, PARALLEL, ACCOUNT = 45, 3.0, 5, 20
REPORTS = 5  # units of a stock report, whoever asks
WRONG, HOUR = 30, 3600.0  # requests with a wrong key that are answered with 401 in an hour; those beyond with 429
MINUTE = 60.0  # the vendor shuts a user out after 200 refusals, or 100 writes of one object, in a minute: both are counted here
# units of a user's request from a day on; a published solution's weighs 1
WEIGHTS = [(datetime(2026, 12, 1, tzinfo=UTC), 4), (datetime(2026, 9, 1, tzinfo=UTC), 3), (datetime(2026, 5, 12, tzinfo=UTC), 2)]


def weight_on(day: datetime) -> int:
    return next((units for start, units in WEIGHTS if day >= start), 1)


class Bucket:
    """What one caller has used."""

    def __init__(self) -> None:
        self.spent: deque[tuple[float, int]] = deque()
        self.refusals: deque[float] = deque()
        self.running = self.parallel_max = self.requests = self.refused = self.most = self.refused_most = self.written_most = 0
        self.written: dict[str, deque[float]] = {}
        self.recorded: list[tuple[float, int]] = []


class Limits:
    """Buckets by caller. ``weight``: units of a user's request, None: by the day. ``record``: keep the time of every request."""

    def __init__(self, weight: int | None, now: Callable[[], datetime]) -> None:
        self.weight, self.now, self.enforce, self.record = weight, now, True, False
        self.buckets: dict[str, Bucket] = {}
        self.running = 0
        self.codes: Counter[int] = Counter()
        self._wrong: deque[float] = deque()
        self._lock = threading.Lock()

    @property
    def requests(self) -> int:
        return sum(b.requests for b in self.buckets.values())

    @property
    def refused(self) -> int:
        return sum(b.refused for b in self.buckets.values())

    @property
    def parallel_max(self) -> int:
        return max((b.parallel_max for b in self.buckets.values()), default=0)

    def enter(self, caller: str, path: str = "") -> dict[str, str]:
        """Count a request in. Returns the rate headers; raises ApiError 1049 (rate) or 1073 (parallel). Every enter needs a leave."""
        weight = REPORTS if "/report/stock/" in path else self.weight or weight_on(self.now())
        with self._lock:
            bucket, now = self.buckets.setdefault(caller, Bucket()), time.monotonic()
            while bucket.spent and bucket.spent[0][0] <= now - WINDOW:
                bucket.spent.popleft()
            used = sum(units for _, units in bucket.spent)
            bucket.requests += 1
            bucket.running += 1
            self.running += 1
            bucket.parallel_max = max(bucket.parallel_max, bucket.running)
            if self.enforce and (bucket.running > PARALLEL or self.running > ACCOUNT):
                raise self._refuse(
                    bucket, now, 1073, "Превышено ограничение на количество параллельных запросов", {"X-Lognex-Auth": "429005"}
                )
            wait = int((bucket.spent[0][0] + WINDOW - now) * 1000) + 1 if bucket.spent else 0
            headers = {
                "X-RateLimit-Limit": str(UNITS),
                "X-RateLimit-Remaining": str(max(0, UNITS - used - weight)),
                "X-Lognex-Retry-TimeInterval": str(int(WINDOW * 1000)),
                "X-Lognex-Reset": str(wait),
            }
            if self.enforce and used + weight > UNITS:
                more = {"X-RateLimit-Remaining": "0", "X-Lognex-Retry-After": str(wait), "X-Lognex-Auth": "429002"}
                raise self._refuse(bucket, now, 1049, "Превышено ограничение на количество запросов в единицу времени", headers | more)
            bucket.spent.append((now, weight))
            bucket.most = max(bucket.most, used + weight)
            if self.record:
                bucket.recorded.append((now, weight))
            return headers | {"X-Lognex-Retry-After": "0"}

    def denied(self) -> None:
        """Count a request with a wrong key. Raises ApiError 1048 where there were too many of them in the last hour."""
        with self._lock:
            if _lately(self._wrong, time.monotonic(), HOUR) > WRONG and self.enforce:
                raise ApiError(429, 1048, "Превышено количество неудачных попыток аутентификации")

    def _refuse(self, bucket: Bucket, now: float, code: int, text: str, headers: dict[str, str]) -> ApiError:
        bucket.refused += 1
        self.codes[code] += 1
        bucket.refused_most = max(bucket.refused_most, _lately(bucket.refusals, now))
        return ApiError(429, code, text, headers=headers)

    def wrote(self, caller: str, ident: str) -> None:
        """Count a write of one object towards the vendor's penalty."""
        with self._lock:
            bucket = self.buckets.setdefault(caller, Bucket())
            bucket.written_most = max(bucket.written_most, _lately(bucket.written.setdefault(ident, deque()), time.monotonic()))

    def leave(self, caller: str) -> None:
        with self._lock:
            self.buckets[caller].running -= 1
            self.running -= 1


def _lately(times: deque[float], now: float, span: float = MINUTE) -> int:
    """How many in the last ``span`` seconds, this one counted in."""
    times.append(now)
    while times[0] < now - span:
        times.popleft()
    return len(times)
