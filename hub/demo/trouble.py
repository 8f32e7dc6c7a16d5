"""What may go wrong in a run: faults between the hub and the vendors, processes killed, Redis emptied."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import redis

from hub.processes.supervisor import Supervisor

PEOPLE = "shop-people"  # the user agent of the judge's users: their requests are spared
READ, WRITE = (
    "^GET /(api|wp-json)|/(crm[.].*(list|get)|batch)",
    r"^(POST|PUT|PATCH) /(api|wp-json).*(counterparty|customerorder|batch|/customer|/customer/\d+|/retail|/retail/back)$|^POST /rest/",
)
FAULTS: list[dict[str, Any]] = [
    {"kind": "latency", "rate": 0.1, "match": READ, "seconds": 0.3},
    {"kind": "error", "rate": 0.03, "match": READ, "status": 502},
    {"kind": "html", "rate": 0.02, "match": READ},
    {"kind": "truncated", "rate": 0.02, "match": READ},
    {"kind": "reset_before", "rate": 0.05, "match": WRITE},
    {"kind": "reset_after", "rate": 0.05, "match": WRITE},
    {"kind": "late_effect", "rate": 0.03, "match": WRITE, "seconds": 1.0},
    {"kind": "error", "rate": 0.03, "match": WRITE, "status": 503},
]
PAUSE = (0.5, 2.0)  # seconds between two kills, at least and at most
BURST, REST = 15.0, 60.0  # seconds of killing, and without: a rest is as long as a lease
WEBHOOKS = {"loss": 0.2, "duplicate": 0.2, "reorder": 0.2}


def spared(rules: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules, but not for the judge's users."""
    return [rule | {"spare": PEOPLE} for rule in rules]


class Killer:
    """While it is entered, a random process of the hub is killed or Redis emptied every second or so; in a long time with rests, so that the hub comes
    to do what then is killed: nobody works who is killed before he has started, or while a dead one's lease lasts."""

    def __init__(self, supervisor: Supervisor, seed: int, active: bool) -> None:
        self.supervisor, self.random, self.active = supervisor, random.Random(seed), active
        self.kills = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Killer:
        if self.active:
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        if self.active:
            self._thread.join(10)

    def _run(self) -> None:
        until = time.monotonic() + BURST
        while not self._over.wait(self.random.uniform(*PAUSE)):
            if time.monotonic() >= until:
                if self._over.wait(REST):
                    return
                until = time.monotonic() + BURST
            if self.random.random() < 0.3:
                self._flush()
            else:
                child = self.random.choice(list(self.supervisor.children.values()))
                child.kill()
                self.kills += 1

    def _flush(self) -> None:
        try:
            redis.Redis.from_url(self.supervisor.redis_url).flushall()
        except redis.RedisError:
            pass
