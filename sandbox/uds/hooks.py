"""Webhooks as UDS sends them: signed over request id, time, company and key; the body is not covered, and nothing is repeated."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
import uuid
from copy import deepcopy
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sandbox.frame.weather import Post, Weather

Row = dict[str, Any]
DELAY = 0.1


class Hooks:
    """Addresses that somebody typed in the cabinet, by event (``customer``, ``operation``). Only loopback, and that only when allowed."""

    def __init__(self, company: str, key: str, allow_loopback: bool) -> None:
        self.company, self.key, self.allow = company, key, allow_loopback
        self.addresses: dict[str, str] = {}
        self.weather, self.post = Weather(), Post()
        self.sent = self.failed = 0

    def signed(self, moment: str) -> dict[str, str]:
        ident = str(uuid.uuid4())
        mark = hashlib.md5(f"{ident}{moment}{self.company}{self.key}".encode()).hexdigest()  # noqa: S324 - the vendor's choice
        return {"X-RequestId": ident, "X-Timestamp": moment, "X-Signature": mark, "Content-Type": "application/json"}

    def announce(self, event: str, row: Row, now: datetime) -> None:
        url = self.addresses.get(event)
        if url:
            for seconds in self.weather.arrivals(DELAY):
                self.post.put(seconds, partial(self._deliver, url, deepcopy(row), now.strftime("%Y-%m-%dT%H:%M:%SZ")))

    def drain(self) -> None:
        """Return when every queued delivery was made."""
        self.post.drain()

    def _deliver(self, url: str, row: Row, moment: str) -> None:
        good = False
        if self.allow and urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1"):
            request = urllib.request.Request(url, json.dumps(row).encode(), self.signed(moment), method="POST")
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    good = bool(200 <= answer.status < 300)
            except (urllib.error.HTTPError, OSError, ValueError):
                good = False
        self.sent += good
        self.failed += not good
