"""Webhooks as the shop sends them: signed, built at delivery time, never repeated; a webhook that keeps failing is disabled."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import time
from functools import partial
from typing import Any

from sandbox.frame.outgoing import Outgoing

from .state import Shop

FAILURES = 7  # plugin source 11.0.1: disabled on the seventh consecutive failure
DELAY = 0.2  # the shop's own job runner comes a little later
SOURCE = "https://shop.example.ru/"


class Hooks(Outgoing):
    """Deliveries to subscribers. Only loopback addresses, and those only when allowed."""

    patience = 10.0

    def __init__(self, shop: Shop, allow_loopback: bool) -> None:
        super().__init__(allow_loopback)
        self.shop = shop
        self._waiting: set[tuple[int, int]] = set()

    def announce(self, kind: str, event: str, ident: int) -> None:
        """Queue a delivery for each active webhook of the topic, unless one for the same object waits already."""
        for hook in list(self.shop.tables["webhooks"].values()):
            if hook["topic"] != f"{kind}.{event}" or hook["status"] != "active" or (hook["id"], ident) in self._waiting:
                continue
            arrivals = self.weather.arrivals(DELAY)
            self.dropped += not arrivals
            for seconds in arrivals:
                self._waiting.add((hook["id"], ident))
                self.post.put(seconds, partial(self._due, hook["id"], hook["topic"], ident))

    def ping(self, hook: dict[str, Any]) -> None:
        """The one unsigned call after a creation; sent apart, for its receiver may be the one who waits for the creation."""
        body, headers = f"webhook_id={hook['id']}".encode(), {"Content-Type": "application/x-www-form-urlencoded"}
        self.post.put(0.0, partial(self._post, hook["delivery_url"], body, headers))

    def _due(self, number: int, topic: str, ident: int) -> None:
        self._waiting.discard((number, ident))
        hook = self.shop.tables["webhooks"].get(number)
        if hook and hook["status"] == "active":
            self._deliver(hook, topic, ident)

    def _deliver(self, hook: dict[str, Any], topic: str, ident: int) -> None:
        kind, _, event = topic.partition(".")
        with self.shop.lock:
            row = self.shop.tables[f"{kind}s"].get(ident) or (self.shop.variations.get(ident) if kind == "product" else None)
            gone = {"code": "woocommerce_rest_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}
            body = json.dumps({"id": ident} if event == "deleted" else row or gone).encode()
        secret = html.unescape(hook["secret"]).encode()
        signature = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()
        headers = {
            "Content-Type": "application/json", "User-Agent": "WooCommerce/11.0.1 Hookshot (WordPress/6.9)", "X-WC-Webhook-Topic": topic, "X-WC-Webhook-Source": SOURCE,
            "X-WC-Webhook-Resource": kind, "X-WC-Webhook-Event": event, "X-WC-Webhook-ID": str(hook["id"]), "X-WC-Webhook-Signature": signature,
            "X-WC-Webhook-Delivery-ID": hashlib.sha256(f"{hook['id']}{int(time.time())}".encode()).hexdigest()[:32],
        }  # fmt: skip
        if self._post(hook["delivery_url"], body, headers):
            self.sent += 1
            hook["failure_count"] = 0
            return
        self.failed += 1
        hook["failure_count"] = hook.get("failure_count", 0) + 1
        if hook["failure_count"] >= FAILURES:
            hook["status"] = "disabled"

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> bool:
        answer = self.ask(url, body, headers)
        return answer is not None and 200 <= answer[0] <= 302
