"""Webhooks as UDS sends them: signed over request id, time, company and key; the body is not covered, and nothing is repeated."""

from __future__ import annotations

import hashlib
import json
import uuid
from copy import deepcopy
from datetime import datetime
from functools import partial
from typing import Any

from sandbox.frame.outgoing import Outgoing

Row = dict[str, Any]
DELAY = 0.1


class Hooks(Outgoing):
    """Addresses that somebody typed in the cabinet, by event (``customer``, ``operation``). Only loopback, and that only when allowed."""

    patience = 10.0

    def __init__(self, company: str, key: str, allow_loopback: bool) -> None:
        super().__init__(allow_loopback)
        self.company, self.key = company, key
        self.addresses: dict[str, str] = {}

    def signed(self, moment: str) -> dict[str, str]:
        ident = str(uuid.uuid4())
        mark = hashlib.md5(f"{ident}{moment}{self.company}{self.key}".encode()).hexdigest()  # noqa: S324 - the vendor's choice
        return {"X-RequestId": ident, "X-Timestamp": moment, "X-Signature": mark, "Content-Type": "application/json"}

    def announce(self, event: str, row: Row, now: datetime) -> None:
        url = self.addresses.get(event)
        if url:
            self.queue(partial(self._deliver, url, deepcopy(row), now.strftime("%Y-%m-%dT%H:%M:%SZ")), DELAY)

    def _deliver(self, url: str, row: Row, moment: str) -> None:
        self.call(url, json.dumps(row).encode(), self.signed(moment))
