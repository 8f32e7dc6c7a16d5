"""Webhooks of flows: a marketer chose the event, the address, the headers and the words of the body. Sent once; again only where the body
bears the id of the delivery."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sandbox.frame.weather import Post, Weather

from .state import Customer
from .wire import stamp

Json = Any
Row = dict[str, Any]
REPEATS = 3  # mindbox docs: webhooks
PATIENCE = 5.0
TRANSACTIONAL = "${WebhookRequest.TransactionalId}"


class Hooks:
    """Flows that call somebody. Only loopback addresses, and those only when allowed. ``wait``: seconds between repeats (minutes at the vendor's)."""

    def __init__(self, project: Any, allow_loopback: bool) -> None:
        self.project, self.allow = project, allow_loopback
        self.weather, self.post = Weather(), Post()
        self.flows: list[Row] = []
        self.wait = 360.0
        self.delivered: list[Row] = []  # bodies that were taken
        self.sent = self.failed = self.dropped = self.repeated = 0

    def register(self, flow: Row) -> None:
        """``events``, ``url``, ``headers``, ``body`` (texts with variables in ``${...}``), ``except``: an endpoint whose doings start no flow."""
        self.flows.append(flow)

    def announce(self, event: str, one: Customer, more: Row, endpoint: str) -> None:
        """Start the flows of an event, each with a delivery of its own."""
        for flow in self.flows:
            if event in flow["events"] and flow.get("except") != endpoint:
                words: Row = {"Event": event, "MindboxId": one.id, "Phone": one.phone, "At": stamp(self.project.now())}
                told = {"OrderId": "orderId", "Segment": "segment", "Channel": "channel", "Campaign": "campaign"}
                words |= {name: more.get(key, "") for name, key in told.items()}
                self._send(flow, words)

    def _send(self, flow: Row, words: Row) -> None:
        template = json.dumps(flow["body"], ensure_ascii=False)
        again = REPEATS if TRANSACTIONAL in template else 0
        text = template.replace(TRANSACTIONAL, str(uuid.uuid4()))
        for name, value in words.items():
            text = text.replace("${" + name + "}", str(value))
        arrivals = self.weather.arrivals(0.0)
        self.dropped += not arrivals
        for seconds in arrivals:
            self.post.put(seconds, partial(self._call, flow, text.encode(), again))

    def drain(self) -> None:
        """Return when every delivery that is due was made."""
        self.post.drain()

    def _call(self, flow: Row, body: bytes, again: int) -> None:
        if not self.allow or urlsplit(flow["url"]).hostname not in ("127.0.0.1", "localhost", "::1"):
            self.dropped += 1
            return
        headers = {"Content-Type": "application/json", **(flow.get("headers") or {})}
        try:
            with urllib.request.urlopen(urllib.request.Request(flow["url"], body, headers, method="POST"), timeout=PATIENCE):
                self.sent += 1
                self.delivered.append(json.loads(body))
                return
        except urllib.error.HTTPError as error:
            repeat = error.code == 429 or error.code >= 500
        except (OSError, ValueError):
            repeat = True
        self.failed += 1
        if repeat and again:
            self.repeated += 1
            self.post.put(self.wait, partial(self._call, flow, body, again - 1))
