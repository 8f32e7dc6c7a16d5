"""The connector of Mango Office and its stand-in, sharing a clock that a test sets forward."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import requests

from connectors.contract import SystemSettings, WebhookRequest
from connectors.limiter import LocalLimiter
from connectors.mango.connector import Mango as Connector
from connectors.mango.signature import signed
from sandbox.mango.app import API_KEY, SALT
from tests.contract.given import Kept


class Exchange:
    """One PBX and the hub's connectors to it. ``tokens``: what all of them share."""

    def __init__(self, app, url):
        self.app, self.url, self.tokens, self.ahead = app, url, Kept(), 0.0
        app.limits.enforce = False  # each test would wait for the vendor's seconds; one looks at them
        self.connector = self.made()

    def now(self):
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def later(self, seconds):
        """Set both clocks forward."""
        self.ahead += seconds
        self.app.offset += seconds

    def made(self, salt=SALT, key=API_KEY, limiter=None, **options):
        settings = SystemSettings("ats", "mango", self.url, "Europe/Moscow", {"api_key": key, "salt": salt}, options, "hook-secret-42")
        return Connector(settings, limiter or LocalLimiter(()), self.tokens, self.now, self.later)

    def control(self, what, **body):
        answer = requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5)
        answer.raise_for_status()
        return answer.json()

    def read(self, what):
        return requests.get(f"{self.url}/_sandbox/{what}", timeout=5).json()

    def faults(self, *rules):
        requests.post(f"{self.url}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    def calls(self, cursor=None, connector=None):
        """(calls, cursor to go on from) of one poll to its end."""
        pages = list((connector or self.connector).changes("call", cursor or {}))
        return [one for page in pages for one in page.objects], dict(pages[-1].cursor)


def event(told, key=API_KEY, salt=SALT, **more):
    """A webhook as the PBX sends it; ``more`` replaces form fields."""
    text = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
    form = {"vpbx_api_key": key, "sign": signed(key, text, salt), "json": text} | more
    return WebhookRequest({}, urlencode(form).encode(), {}, "hook-secret-42")
