"""Webhooks as the shop sends them: signed, built at delivery time, never repeated; a webhook that keeps failing is disabled."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import queue
import random
import threading
import time
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from .state import Shop

FAILURES = 7  # plugin source 11.0.1: disabled on the seventh consecutive failure
DELAY = 0.2  # the shop's own job runner comes a little later


class Hooks:
    """Queue and sender. ``loss``, ``duplicate``: shares of deliveries that vanish or come twice."""

    def __init__(self, shop: Shop, allow_loopback: bool) -> None:
        self.shop, self.allow, self.off = shop, allow_loopback, False
        self.loss = self.duplicate = 0.0
        self.sent = self.failed = self.dropped = 0
        self.random = random.Random(7)
        self._queue: queue.Queue[tuple[int, str, int, float]] = queue.Queue()
        self._waiting: set[tuple[int, int]] = set()
        threading.Thread(target=self._run, daemon=True).start()

    def announce(self, kind: str, event: str, ident: int) -> None:
        """Queue a delivery for each active webhook of the topic, unless one for the same object waits already."""
        if self.off:
            return
        for hook in list(self.shop.tables["webhooks"].values()):
            if hook["topic"] == f"{kind}.{event}" and hook["status"] == "active" and (hook["id"], ident) not in self._waiting:
                self._waiting.add((hook["id"], ident))
                self._queue.put((hook["id"], hook["topic"], ident, time.monotonic() + DELAY))

    def ping(self, hook: dict[str, Any]) -> None:
        self._post(hook["delivery_url"], f"webhook_id={hook['id']}".encode(), {"Content-Type": "application/x-www-form-urlencoded"})

    def _run(self) -> None:
        while True:
            number, topic, ident, due = self._queue.get()
            time.sleep(max(0.0, due - time.monotonic()))
            self._waiting.discard((number, ident))
            hook = self.shop.tables["webhooks"].get(number)
            if not hook or hook["status"] != "active" or self.random.random() < self.loss:
                self.dropped += 1
                continue
            for _ in range(2 if self.random.random() < self.duplicate else 1):
                self._deliver(hook, topic, ident)

    def _deliver(self, hook: dict[str, Any], topic: str, ident: int) -> None:
        kind, _, event = topic.partition(".")
        with self.shop.lock:
            row = self.shop.tables[f"{kind}s"].get(ident)
            body = json.dumps({"id": ident} if event == "deleted" else row).encode()
        signature = base64.b64encode(hmac.new(hook["secret"].encode(), body, hashlib.sha256).digest()).decode()
        headers = {
            "Content-Type": "application/json", "User-Agent": "WooCommerce/11.0.1 Hookshot (WordPress/6.9)", "X-WC-Webhook-Topic": topic,
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
            with urllib.request.urlopen(urllib.request.Request(url, body, headers, method="POST"), timeout=10) as answer:
                return bool(200 <= answer.status <= 302)
        except (OSError, ValueError):
            return False
