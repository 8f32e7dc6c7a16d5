"""Webhooks of flows: a marketer chose the event, the address, the headers and the words of the body. Sent once; again only where the body
bears the id of the delivery."""

from __future__ import annotations

import json
import uuid
from functools import partial
from typing import Any

from sandbox.frame.outgoing import Outgoing, well

from .state import Customer
from .wire import stamp

Json = Any
Row = dict[str, Any]
REPEATS = 3  # mindbox docs: webhooks
TRANSACTIONAL = "${WebhookRequest.TransactionalId}"


class Hooks(Outgoing):
    """Flows that call somebody. Only loopback addresses, and those only when allowed. ``wait``: seconds between repeats (minutes at the vendor's)."""

    def __init__(self, project: Any, allow_loopback: bool) -> None:
        super().__init__(allow_loopback)
        self.project = project
        self.flows: list[Row] = []
        self.wait = 360.0
        self.delivered: list[Row] = []  # bodies that were taken
        self.repeated = 0

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
        self.queue(partial(self._deliver, flow, text.encode(), again))

    def _deliver(self, flow: Row, body: bytes, again: int) -> None:
        answer = self.ask(flow["url"], body, {"Content-Type": "application/json", **(flow.get("headers") or {})})
        if answer is None:
            self.dropped += 1
        elif well(*answer):
            self.sent += 1
            self.delivered.append(json.loads(body))
        else:
            self.failed += 1
            if again and (answer[0] in (0, 429) or answer[0] >= 500):
                self.repeated += 1
                self.post.put(self.wait, partial(self._deliver, flow, body, again - 1))
