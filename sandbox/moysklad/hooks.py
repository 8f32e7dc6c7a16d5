"""Webhooks as the vendor sends them: ids only, ``requestId`` in the query, 1.5 s to answer, one try and three more (moysklad docs: webhooks)."""

from __future__ import annotations

import json
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sandbox.frame.outgoing import LOOPBACK, Outgoing

from .state import Store
from .wire import BASE

TRIES = 4
HEADERS = {"Content-Type": "application/json;charset=utf-8", "User-Agent": "MoySklad webhook touch agent 2.0"}


class Hooks(Outgoing):
    """Calls to subscribers. Only loopback addresses, and those only when allowed. No call is signed."""

    patience = 1.5

    def __init__(self, store: Store, allow_loopback: bool) -> None:
        super().__init__(allow_loopback)
        self.store = store

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
            self.queue(partial(self._deliver, url, body))

    def _deliver(self, url: str, body: bytes) -> None:
        answers = (self.ask(url, body, HEADERS) for _ in range(TRIES))
        if not self.allow or urlsplit(url).hostname not in LOOPBACK:
            self.dropped += 1
        elif any(answer and answer[0] in (200, 204) for answer in answers):
            self.sent += 1
        else:
            self.failed += 1
