"""Webhooks as the shop sends them: signed, built at delivery time, never repeated; a webhook that keeps failing is disabled."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import time
import urllib.error
import urllib.request
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sandbox.frame.weather import Post, Weather

from .state import Shop

FAILURES = 7  # plugin source 11.0.1: disabled on the seventh consecutive failure
DELAY = 0.2  # the shop's own job runner comes a little later
SOURCE = "https://shop.example.ru/"


class _Still(urllib.request.HTTPRedirectHandler):
    """Redirects are answers like others, and are not followed."""

    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = urllib.request.build_opener(_Still)


class Hooks:
    """Deliveries to subscribers. Only loopback addresses, and those only when allowed."""

    def __init__(self, shop: Shop, allow_loopback: bool) -> None:
        self.shop, self.allow = shop, allow_loopback
        self.weather, self.post = Weather(), Post()
        self.sent = self.failed = self.dropped = 0
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

    def drain(self) -> None:
        """Return when every queued delivery was made."""
        self.post.drain()

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
        if not self.allow or urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
            return False
        try:
            with OPENER.open(urllib.request.Request(url, body, headers, method="POST"), timeout=10) as answer:
                return bool(200 <= answer.status <= 302)
        except urllib.error.HTTPError as answer:
            return answer.code in (301, 302)
        except (OSError, ValueError):
            return False
