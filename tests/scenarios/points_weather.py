"""What goes wrong in a storm over the points: calls that break at the programme's door, and processes that die at any line or at any call."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from tests.property.world import MortalStore

POSTING, LOOKING = "(POST|PUT) /api/retail(/back)?$", "(GET /api/(retail/|customer$)|POST /api/retail/bonusActivities$|PATCH .*/reserve$)"
LOST = ("reset_before", "reset_after", "truncated", "error", "html", "late_effect")
UNREAD = ("reset_before", "error", "html")
LATE = 12.0  # seconds by the vendor's clock until a lost call acts after all: it has 20 (the manifest's settles_after)
MOMENTS = ("before", "in", "after")
NEVER = -1  # of a fuse that is counted down


def rules(lost: float, unread: float) -> list[dict[str, Any]]:
    """Faults of the sandbox. ``lost``, ``unread``: shares of the calls that post and that look up which break."""
    posting = [{"kind": kind, "match": POSTING, "rate": lost / len(LOST), "seconds": LATE} for kind in LOST]
    return posting + [{"kind": kind, "match": LOOKING, "rate": unread / len(UNREAD)} for kind in UNREAD]


class Line(HTTPAdapter):
    """A process's line to a vendor. At the call ``fuse`` from now the process dies: before the request leaves, while the vendor works on it,
    or when its answer has come and nobody has read it."""

    def __init__(self, die: Callable[[], Any]) -> None:
        super().__init__(pool_connections=8, pool_maxsize=8, max_retries=0)
        self.die, self.fuse, self.moment = die, NEVER, "before"
        self.under_way: list[threading.Thread] = []

    def send(self, request: Any, **options: Any) -> Any:  # type: ignore[override]
        self.fuse -= 1
        if self.fuse:
            return super().send(request, **options)
        if self.moment == "in":
            thread = threading.Thread(target=self._quietly, args=(request,), kwargs=options)
            thread.start()
            self.under_way.append(thread)
        elif self.moment == "after":
            super().send(request, **options)
        return self.die()

    def _quietly(self, request: Any, **options: Any) -> None:
        try:
            super().send(request, **options)
        except requests.RequestException:
            pass

    def land(self) -> None:
        """Wait for what the dead process had sent."""
        for thread in self.under_way:
            thread.join()


class Reaper:
    """Decides when a process dies: at the door of a transaction, or at a call."""

    def __init__(self, chosen: random.Random, share: float) -> None:
        self.random, self.share = chosen, share
        self.deaths: Counter[str] = Counter()
        self.doomed = ""

    def visit(self, store: MortalStore, line: Line) -> None:
        """Of a share of the turns the process does not see the end."""
        store.fuse, line.fuse, self.doomed = None, NEVER, ""
        if self.random.random() >= self.share:
            return
        if self.random.random() < 0.4:
            store.fuse, self.doomed = self.random.randint(1, 40), "at a transaction"
        else:
            line.fuse, line.moment = self.random.randint(1, 8), self.random.choice(MOMENTS)
            self.doomed = f"{line.moment} a call"

    def took(self) -> None:
        self.deaths[self.doomed] += 1
