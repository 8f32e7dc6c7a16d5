"""The two limits of the cloud: a leaky bucket per source IP, and operating time per method and application.

bitrix24 docs (limits.md): 2 requests a second drain, 50 is the threshold, refusal is 503; each method may run 480 s in ten
minutes for one application or webhook, counted in ten one-minute buckets, refusal is 429.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.bitrix24.errors import RestError

DRAIN_PER_SECOND = 2.0
THRESHOLD = 50
OPERATING_LIMIT = 480.0
MINUTES = 10


@dataclass
class _Bucket:
    level: float = 0.0
    at: float = 0.0


@dataclass
class Limits:
    """``now`` is the sandbox clock, so a test moves time instead of waiting."""

    now: Callable[[], datetime]
    rng: random.Random
    enforce: bool = True
    highest: float = 0.0
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _spent: dict[tuple[str, str], dict[int, float]] = field(default_factory=dict)

    def take(self, address: str) -> None:
        """Count one HTTP request of an address. Raises RestError 503 above the threshold (the refused request does not count)."""
        moment = self.now().timestamp()
        bucket = self._buckets.setdefault(address, _Bucket(0.0, moment))
        bucket.level = max(0.0, bucket.level - max(0.0, moment - bucket.at) * DRAIN_PER_SECOND)
        bucket.at = moment
        if self.enforce and bucket.level + 1 > THRESHOLD:
            raise RestError("QUERY_LIMIT_EXCEEDED", "Too many requests", 503)
        bucket.level = min(bucket.level + 1, float(THRESHOLD))
        self.highest = max(self.highest, bucket.level)

    def check_operating(self, client: str, name: str) -> None:
        """The call after the limit was passed is refused; other methods go on. Raises RestError 429."""
        if self.enforce and self.operating(client, name) > OPERATING_LIMIT:
            raise RestError("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit", 429)

    def spend(self, client: str, name: str, cost: float) -> None:
        """Charge a call, give or take a fifth, as real run times vary. Where no limit is kept, no time is counted: a client would heed it."""
        if not self.enforce:
            return
        minute = self._minute()
        spent = self._live(client, name)
        spent[minute] = spent.get(minute, 0.0) + cost * self.rng.uniform(0.8, 1.2)

    def operating(self, client: str, name: str) -> float:
        return sum(self._live(client, name).values())

    def reset_at(self, client: str, name: str) -> int:
        """Unix time when the oldest minute drops out."""
        return (min(self._live(client, name), default=self._minute()) + MINUTES) * 60

    def forget(self) -> None:
        self._buckets.clear()
        self._spent.clear()

    def _minute(self) -> int:
        return math.floor(self.now().timestamp() / 60)

    def _live(self, client: str, name: str) -> dict[int, float]:
        spent = self._spent.setdefault((client, name), {})
        oldest = self._minute() - MINUTES
        for minute in [minute for minute in spent if minute <= oldest]:
            del spent[minute]
        return spent
