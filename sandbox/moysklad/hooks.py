"""Webhooks as the vendor sends them: ids only, ``requestId`` in the query, 1.5 s to answer, one try and three more (moysklad docs: webhooks)."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sandbox.frame.weather import Post, Weather

from .state import Store
from .wire import BASE

TRIES, PATIENCE = 4, 1.5


class Hooks:
    """Calls to subscribers. Only loopback addresses, and those only when allowed. No call is signed."""

    def __init__(self, store: Store, allow_loopback: bool) -> None:
        self.store, self.allow = store, allow_loopback
        self.weather, self.post = Weather(), Post()
        self.sent = self.failed = self.dropped = 0

    def announce(self, kind: str, ident: str, action: str, changed: list[str], base: str, muted: list[str], uid: str) -> None:
        """Queue one call for each enabled subscription to this event; ``muted`` are url prefixes not to be called."""
        for hook in list(self.store.tables["webhook"].values()):
            wanted = (hook["entityType"], hook["action"]) == (kind, action) and hook.get("enabled", True)
            if not wanted or any(hook["url"].startswith(prefix) for prefix in muted):
                continue
            event: dict[str, Any] = {
                "meta": {"type": kind, "href": f"{base}/entity/{kind}/{ident}"},
                "action": action,
                "accountId": self.store.account,
            }
            if action == "UPDATE" and hook.get("diffType") == "FIELDS":
                event["updatedFields"] = [name for name in changed if name not in ("updated", "meta")]
            audit = {
                "meta": {"type": "audit", "href": f"{BASE}/audit/{self.store.new_id()}".replace(BASE, base)},
                "uid": uid,
                "moment": self.store.stamp()[:19],
            }
            body = json.dumps({"auditContext": audit, "events": [event]}).encode()
            url = f"{hook['url']}{'&' if '?' in hook['url'] else '?'}requestId={self.store.new_id()}"
            arrivals = self.weather.arrivals(0.0)
            self.dropped += not arrivals
            for seconds in arrivals:
                self.post.put(seconds, partial(self._call, url, body))

    def drain(self) -> None:
        """Return when every queued call has been sent or dropped."""
        self.post.drain()

    def _call(self, url: str, body: bytes) -> None:
        if self.allow and urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1"):
            self._send(url, body)
        else:
            self.dropped += 1

    def _send(self, url: str, body: bytes) -> None:
        headers = {"Content-Type": "application/json;charset=utf-8", "User-Agent": "MoySklad webhook touch agent 2.0"}
        for _ in range(TRIES):
            try:
                with urllib.request.urlopen(urllib.request.Request(url, body, headers, method="POST"), timeout=PATIENCE) as answer:
                    if answer.status in (200, 204):
                        self.sent += 1
                        return
            except (OSError, ValueError):
                continue
        self.failed += 1
