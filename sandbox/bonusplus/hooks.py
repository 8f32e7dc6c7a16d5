"""Webhooks of balances: what was added or taken, without an id, a time or a signature; each sent once, with the subscriber's own header."""

from __future__ import annotations

import json
import urllib.request
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sandbox.frame.weather import Post, Weather

from .purse import Movement
from .state import Account
from .wire import MOSCOW, wrong

Json = Any
Row = dict[str, Any]
BALANCE = "ChangeCustomerBonusBalanceEvent"
PATIENCE = 5.0


class Hooks:
    """Deliveries to subscribers. Only loopback addresses, and those only when allowed."""

    def __init__(self, account: Account, allow_loopback: bool) -> None:
        self.account, self.allow = account, allow_loopback
        self.weather, self.post = Weather(), Post()
        self.sent = self.failed = self.dropped = 0

    def subscribe(self, body: Row) -> Row:
        """A subscription; a second wish makes a second one. Raises ApiError."""
        if not body.get("eventId") or not str(body.get("url", "")).startswith("http"):
            raise wrong("url" if body.get("eventId") else "eventId")
        ident = str(self.account.next("hooks"))
        made: Row = {"id": ident, "createTime": self.account.now().astimezone(MOSCOW).isoformat(timespec="seconds")}
        made |= {name: body.get(name) for name in ("eventId", "url", "httpMethod", "contentType", "authorization")}
        self.account.subscriptions[ident] = made
        return made

    def announce(self, m: Movement) -> None:
        """Queue a delivery of a movement to each subscriber."""
        body = json.dumps({"phoneNumber": m.phone, "amount": m.amount, "transactionType": m.kind}, default=float).encode()
        for hook in [hook for hook in self.account.subscriptions.values() if hook["eventId"] == BALANCE]:
            arrivals = self.weather.arrivals(0.0)
            self.dropped += not arrivals
            for seconds in arrivals:
                self.post.put(seconds, partial(self._call, dict(hook), body))

    def drain(self) -> None:
        """Return when every queued delivery was made."""
        self.post.drain()

    def _call(self, hook: Row, body: bytes) -> None:
        if not self.allow or urlsplit(hook["url"]).hostname not in ("127.0.0.1", "localhost", "::1"):
            self.dropped += 1
            return
        headers = {"Content-Type": hook.get("contentType") or "application/json", "Authorization": hook.get("authorization") or ""}
        wanted = urllib.request.Request(hook["url"], body, headers, method=hook.get("httpMethod") or "POST")
        try:
            with urllib.request.urlopen(wanted, timeout=PATIENCE):
                self.sent += 1
        except (OSError, ValueError):
            self.failed += 1
