"""Events on their way to a handler: one try each, no retries (bitrix24 docs: events), and the faults a test asks for."""

from __future__ import annotations

import random
import threading
import urllib.request
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sandbox.frame.outgoing import LOOPBACK
from sandbox.frame.weather import Post

PATIENCE = 5.0
SHUFFLE = 1.0  # seconds by which a reordered delivery may fall behind


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
        self.post, self._counting = Post(), threading.Lock()

    def configure(self, body: dict[str, Any]) -> None:
        self.off = bool(body.get("off"))
        self.loss, self.duplicate = float(body.get("loss", 0)), float(body.get("duplicate", 0))
        self.reorder, self.delay = float(body.get("reorder", 0)), float(body.get("delay", 0))
        self.post.at_once(int(body.get("at_once") or 1))

    def put(self, url: str, headers: dict[str, str], body: bytes) -> None:
        """Queue one POST, or none, or two, as the faults say."""
        if self.off or not self.allow or urlsplit(url).hostname not in LOOPBACK or self.random.random() < self.loss:
            self.dropped += 1
            return
        for _ in range(2 if self.random.random() < self.duplicate else 1):
            late = self.random.random() * SHUFFLE if self.random.random() < self.reorder else 0.0
            self.post.put(self.delay + late, partial(self._deliver, url, headers, body))

    def drain(self, seconds: float = 10.0) -> bool:
        """Wait until nothing is queued or under way; False when that took longer than ``seconds``."""
        return self.post.drain(seconds)

    def _deliver(self, url: str, headers: dict[str, str], body: bytes) -> None:
        arrived = _arrives(url, headers, body)
        with self._counting:
            self.sent += arrived
            self.failed += not arrived


def _arrives(url: str, headers: dict[str, str], body: bytes) -> bool:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method="POST"), timeout=PATIENCE) as answer:
            return bool(answer.status < 400)
    except (OSError, ValueError):
        return False
