"""Webhooks of balances: what was added or taken, without an id, a time or a signature; each sent once, with the subscriber's own header."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from sandbox.frame.outgoing import Outgoing

from .purse import Movement
from .state import Account
from .wire import MOSCOW, wrong

Json = Any
Row = dict[str, Any]
BALANCE = "ChangeCustomerBonusBalanceEvent"


class Hooks(Outgoing):
    """Deliveries to subscribers. Only loopback addresses, and those only when allowed."""

    def __init__(self, account: Account, allow_loopback: bool) -> None:
        super().__init__(allow_loopback)
        self.account = account

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
            self.queue(partial(self._deliver, dict(hook), body))

    def _deliver(self, hook: Row, body: bytes) -> None:
        headers = {"Content-Type": hook.get("contentType") or "application/json", "Authorization": hook.get("authorization") or ""}
        self.call(hook["url"], body, headers, hook.get("httpMethod") or "POST")
