"""How long until the next try."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential with full jitter above half: 5 s, 10 s, 20 s ... up to a day. After ``limit`` counted tries the delivery is dead."""

    first: float = 5.0
    factor: float = 2.0
    longest: float = 86_400.0
    limit: int = 12

    def delay(self, attempt: int, rng: random.Random | None = None) -> float:
        """Seconds before the try that follows counted attempt number ``attempt`` (from 1): between half and all of the step."""
        step = min(self.longest, self.first * self.factor ** max(0, min(attempt - 1, 40)))
        return step * (0.5 + 0.5 * (rng or random).random())

    def exhausted(self, attempt: int) -> bool:
        return attempt >= self.limit
