"""Events on their way to a handler: one try each, no retries (bitrix24 docs: events), and the faults a test asks for."""

from __future__ import annotations

import heapq
import random
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sandbox.frame.outgoing import LOOPBACK
from sandbox.frame.weather import IDLE

PATIENCE = 5.0
SHUFFLE = 1.0  # seconds by which a reordered delivery may fall behind


@dataclass(order=True)
class _Delivery:
    due: float
    number: int
    url: str = field(compare=False)
    headers: dict[str, str] = field(compare=False)
    body: bytes = field(compare=False)


class Sender:
    """Only loopback handlers, and those only when allowed.

    ``off`` drops all deliveries; ``loss``, ``duplicate``, ``reorder`` are shares of them; ``delay`` is in seconds; ``at_once``: how many
    may be under way.
    """

    def __init__(self, allow_loopback: bool, seed: int) -> None:
        self.allow, self.random = allow_loopback, random.Random(seed)
        self.off = False
        self.loss = self.duplicate = self.reorder = self.delay = 0.0
        self.sent = self.failed = self.dropped = 0
        self._waiting: list[_Delivery] = []
        self._number = self._under_way = self._hands = 0
        self._most, self._changed = 1, threading.Condition()

    def configure(self, body: dict[str, Any]) -> None:
        self.off = bool(body.get("off"))
        self.loss, self.duplicate = float(body.get("loss", 0)), float(body.get("duplicate", 0))
        self.reorder, self.delay = float(body.get("reorder", 0)), float(body.get("delay", 0))
        self._widen(int(body.get("at_once") or 1))

    def _widen(self, hands: int) -> None:
        """So many deliveries may be under way from now on; never fewer than before."""
        self._most = max(self._most, hands)

    def put(self, url: str, headers: dict[str, str], body: bytes) -> None:
        """Queue one POST, or none, or two, as the faults say."""
        if self.off or not self.allow or urlsplit(url).hostname not in LOOPBACK or self.random.random() < self.loss:
            self.dropped += 1
            return
        with self._changed:
            for _ in range(2 if self.random.random() < self.duplicate else 1):
                late = self.random.random() * SHUFFLE if self.random.random() < self.reorder else 0.0
                self._number += 1
                heapq.heappush(self._waiting, _Delivery(time.monotonic() + self.delay + late, self._number, url, headers, body))
                if self._hands < self._most:
                    self._hands += 1
                    threading.Thread(target=self._run, daemon=True).start()
            self._changed.notify_all()

    def drain(self, seconds: float = 10.0) -> bool:
        """Wait until nothing is queued or under way; False when that took longer than ``seconds``."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._under_way, seconds)

    def _run(self) -> None:
        while (delivery := self._next()) is not None:
            arrived = self._post(delivery)
            with self._changed:
                self._under_way -= 1
                self.sent += arrived
                self.failed += not arrived
                self._changed.notify_all()

    def _next(self) -> _Delivery | None:
        """The next delivery at its time; None where there was nothing to do for a while: the thread ends."""
        with self._changed:
            while not self._waiting or self._waiting[0].due > time.monotonic():
                told = self._changed.wait(self._waiting[0].due - time.monotonic() if self._waiting else IDLE)
                if not told and not self._waiting:
                    self._hands -= 1
                    return None
            self._under_way += 1
            return heapq.heappop(self._waiting)

    @staticmethod
    def _post(delivery: _Delivery) -> bool:
        try:
            request = urllib.request.Request(delivery.url, delivery.body, delivery.headers, method="POST")
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return bool(answer.status < 400)
        except (OSError, ValueError):
            return False
