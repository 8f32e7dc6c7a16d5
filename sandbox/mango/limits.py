"""What the PBX turns away: more requests than it takes, and everything for two minutes after the second erroneous one of them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable

SHUT = 120.0  # seconds after the first of two erroneous requests
RATES = {  # requests of one product in so many seconds; of every path together the first
    "": (10, 1.0), "commands/callback": (4, 1.0), "stats/request": (1, 2.0), "config/users/request": (1, 2.0), "stats/result": (1, 5.0),
}  # fmt: skip


class Limits:
    """``clock``: seconds, of the vendor. ``enforce``: whether rates are kept; the lock-out always is."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock, self.enforce = clock, True
        self.requests = self.refused = self.locked_out = self.erroneous = self.worst = 0
        self.by_path: Counter[str] = Counter()
        self._spent: dict[str, deque[float]] = {}
        self._wrong: deque[float] = deque()
        self._until = 0.0

    def locked(self) -> bool:
        """Whether the product is shut out now."""
        if self.clock() < self._until:
            self.locked_out += 1
            return True
        return False

    def too_many(self, path: str) -> bool:
        """Whether this request is one too many for its path or for all."""
        now = self.clock()
        self.requests += 1
        self.by_path[path] += 1
        for name in ("", path):
            most, seconds = RATES.get(name, (0, 0.0))
            spent = self._spent.setdefault(name, deque())
            while spent and spent[0] <= now - seconds:
                spent.popleft()
            if most and len(spent) >= most and self.enforce:
                self.refused += 1
                return True
        for name in ("", path):
            self._spent[name].append(now)
        return False

    def wrong(self) -> bool:
        """Count an erroneous request; True where it is the second within two minutes: it is answered with 401, and everything after it, too."""
        now = self.clock()
        self.erroneous += 1
        while self._wrong and self._wrong[0] <= now - SHUT:
            self._wrong.popleft()
        self._wrong.append(now)
        self.worst = max(self.worst, len(self._wrong))
        if len(self._wrong) > 1:
            self._until = self._wrong[0] + SHUT
            return True
        return False
