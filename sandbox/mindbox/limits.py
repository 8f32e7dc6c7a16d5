"""What the vendor turns away: more than 8000 calls of one operation a minute, a daily quota, and an address that asked for what is not there."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable

MINUTE = 60.0
RATE = 8000


class Limits:
    """``not_found``: how many 404 a minute an address may have before it is blocked for a minute. ``daily``: calls that are left of an
    operation today; those not named have no end. ``clock``: seconds, of the vendor."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.rate, self.not_found = RATE, 1
        self.daily: dict[str, int] = {}
        self.requests = self.refused = self.missed = self.blocked = 0
        self.by_operation: Counter[str] = Counter()
        self._spent: dict[str, deque[float]] = {}
        self._missed: deque[float] = deque()
        self._until = 0.0

    def turned_away(self) -> bool:
        """Whether this address is blocked now."""
        if self.clock() < self._until:
            self.blocked += 1
            return True
        return False

    def missing(self) -> None:
        """Somebody asked for a path that is not there."""
        now = self.clock()
        self.missed += 1
        self._missed.append(now)
        while self._missed and self._missed[0] <= now - MINUTE:
            self._missed.popleft()
        if len(self._missed) > self.not_found:
            self._until = now + MINUTE

    def refusal(self, endpoint: str, operation: str) -> str:
        """Why this call is turned away with 429; empty where it is not."""
        now = self.clock()
        spent = self._spent.setdefault(f"{endpoint} {operation}", deque())
        while spent and spent[0] <= now - MINUTE:
            spent.popleft()
        self.requests += 1
        self.by_operation[operation] += 1
        if len(spent) >= self.rate:
            self.refused += 1
            return "Too many requests. Try again later."
        if self.daily.get(operation, 1) < 1:
            self.refused += 1
            return "The daily limit of calls of the operation is exceeded."
        if operation in self.daily:
            self.daily[operation] -= 1
        spent.append(now)
        return ""
