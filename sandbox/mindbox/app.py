"""The Mindbox sandbox as a Flask app.

Endpoints and their keys: ``sandbox.Hub`` with ``sandbox-mindbox-key`` (the hub's), ``sandbox.Website`` with ``sandbox-mindbox-site`` (the site's
own module, and people of a scenario). Both spellings of the header are taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from flask import Flask, Response, jsonify, request

from . import actions, customers, exports, orders
from .hooks import Hooks
from .limits import Limits
from .registry import EXPORTS, ORDER_STEPS, Operation, operations
from .state import Customer, Project
from .wire import Invalid, ProtocolError, reply, stamp

Json = Any
Row = dict[str, Any]
HUB, SITE = "sandbox.Hub", "sandbox.Website"
KEYS = {HUB: "sandbox-mindbox-key", SITE: "sandbox-mindbox-site"}
SCHEMES = (re.compile(r"SecretKey (\S+)"), re.compile(r'Mindbox secretKey="([^"]+)"'))


class Mindbox:
    """One project: its state, operations, exports, flows and Flask app (``flask``)."""

    def __init__(self, seed: int = 1, allow_loopback_webhooks: bool = False) -> None:
        self.offset = 0.0
        self.project = Project(lambda: datetime.now(UTC) + timedelta(seconds=self.offset))
        self.exports, self.hooks = exports.Exports(self.project), Hooks(self.project, allow_loopback_webhooks)
        self.limits = Limits(lambda: self.project.now().timestamp())
        self.operations, self.denied = operations(), set[str]()
        self.endpoint = ""  # whose request is served
        self.project.happened = self._happened
        self.flask = Flask("mindbox_sandbox")
        self.flask.before_request(self.admit)
        for status in (404, 405):  # POST only; whatever else is asked is not there
            self.flask.register_error_handler(status, self.nowhere)
        self.flask.register_error_handler(ProtocolError, lambda e: reply(e.body(), e.status))
        for method, rule, view in (
            ("POST", "/v3/operations/<any(sync, async):mode>", self.operate),
            ("GET", "/files/<name>", self.file),
            ("POST", "/_sandbox/<what>", self.control),
            ("GET", "/_sandbox/<what>", self.read),
            ("DELETE", "/_sandbox/effects", self.forget),
        ):
            self.flask.add_url_rule(rule, f"{method} {rule}", view, methods=[method])

    def admit(self) -> Response | None:
        if not request.path.startswith("/_sandbox/") and self.limits.turned_away():
            return Response("Too many requests", 429)
        return None

    def nowhere(self, _: Exception) -> Response:
        """Without a body; the address is counted."""
        self.limits.missing()
        return Response("", 404)

    def operate(self, mode: str) -> Response:
        """One call. Raises ProtocolError."""
        endpoint, name = request.args.get("endpointId", ""), request.args.get("operation", "")
        if endpoint not in KEYS:
            raise ProtocolError("endpointId: endpoint was not found")
        operation = self.operations.get(name)
        if operation is None:
            raise ProtocolError(f"operation: operation {name} was not found")
        self._authorise(endpoint, name, operation)
        if why := self.limits.refusal(endpoint, name):
            raise ProtocolError(why, 429)
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise ProtocolError("body: malformed JSON")
        transaction = (request.args.get("transactionId") or "").replace("-", "").lower()
        do = partial(self._do, name, operation, body, endpoint, request.host_url.rstrip("/"))
        return self._queued(name, transaction, do) if mode == "async" else self._now(operation, transaction, do)

    def _authorise(self, endpoint: str, name: str, operation: Operation) -> None:
        header = request.headers.get("Authorization", "")
        key = next((found[1] for scheme in SCHEMES if (found := scheme.fullmatch(header))), "")
        if operation.keyed and key != KEYS[endpoint]:
            raise ProtocolError("Authorization: secret key is missing or wrong", 401)
        if name in self.denied:
            raise ProtocolError("Authorization: operation is not allowed for the endpoint", 403)

    def _now(self, operation: Operation, transaction: str, do: Callable[[], Row]) -> Response:
        """Sync: done before the answer. Only operations with an order step heed the transaction, and only what succeeded counts as done."""
        heeds = operation.kind in ORDER_STEPS and transaction
        with self.project.lock:
            if heeds and transaction in self.project.transactions:
                return reply({"status": "TransactionAlreadyProcessed"})
            try:
                said = {"status": "Success", **do()}
            except Invalid as error:
                return reply(error.body())
            if heeds and (said.get("order") or {}).get("processingStatus") != "PriceHasBeenChanged":
                self.project.transactions.add(transaction)
        return reply(said)

    def _queued(self, name: str, transaction: str, do: Callable[[], Row]) -> Response:
        """Async: accepted, whatever it says. What fails later is told by the log alone."""
        with self.project.lock:
            if transaction and transaction in self.project.transactions:
                self._failed(name, transaction, "TransactionAlreadyProcessed", "Transaction has already been processed")
                return reply({"status": "Success"})
            self.project.transactions |= {transaction} - {""}
            if self.project.habits.queue:
                self.hooks.post.put(self.project.habits.queue, partial(self._later, name, transaction, do))
            else:
                self._later(name, transaction, do)
        return reply({"status": "Success"})

    def _later(self, name: str, transaction: str, do: Callable[[], Row]) -> None:
        with self.project.lock:
            try:
                said = do()
                block: Row = next((said[key] for key in ("customer", "order") if key in said), {})
                status = block.get("processingStatus", "Success")
                text = "" if status not in ("NotFound", "Ambiguous", "AlreadyExists", "PriceHasBeenChanged") else status
            except ProtocolError as error:
                status, text = "ProtocolError", error.text
            except Invalid as error:
                status, text = "ValidationError", f"{error.location}: {error.message}"
            if text:
                self._failed(name, transaction, status, text)

    def _failed(self, name: str, transaction: str, status: str, text: str) -> None:
        """A line of the log: the only place that tells of what the queue did not do."""
        row = {"dateTimeUtc": stamp(self.project.now()), "operation": name, "transactionId": transaction, "status": status}
        self.project.log.append(row | {"errorMessage": text})

    def _do(self, name: str, operation: Operation, body: Row, endpoint: str, base: str) -> Row:
        """The doing of an operation, as blocks of its answer. Raises ProtocolError, Invalid."""
        project, kind = self.project, operation.kind
        self.endpoint = endpoint
        if kind in EXPORTS:
            return self.exports.operation(kind, body, base)
        simple: dict[str, Callable[[Project, Row], Row]] = {
            "get": customers.get, "create": customers.create, "edit": customers.edit, "sync": customers.sync, "merge": customers.merge_on_demand,
            "merges": exports.merges, "points": customers.points, "change_points": customers.change_points, "order_get": orders.get,
            "order_status": orders.change_status, "order_list": orders.of_customer,
        }  # fmt: skip
        if kind in simple:
            return simple[kind](project, body)
        if kind == "action":
            return actions.act(project, body, name, endpoint)
        return {"order_create": orders.create, "order_save": orders.save, "order_process": orders.process}[kind](project, body, endpoint)

    def file(self, name: str) -> Response:
        with self.project.lock:
            found = self.exports.file(name)
        return Response(found, 200, mimetype="application/gzip") if found is not None else self.nowhere(LookupError())

    def _happened(self, event: str, one: Customer, more: Row) -> None:
        self.hooks.announce(event, one, more, self.endpoint)

    def control(self, what: str) -> Any:
        """clock {offset}; webhooks {off, loss, duplicate, reorder, delay, wait}; flow {events, url, headers, body, except}; habits {confirm,
        merging, echo, queue}; limits {rate, not_found, daily}; exports {polls, rows, longest, hashed}; operation {name, kind: None: not
        there any more, denied}; segment {name, customer, inside}; crowd {count, segment, topic: of a yes}; invalid {customer, contact};
        wanted {customer, campaign: a flow wants somebody called};
        message {customer, channel, campaign, state: what a flow sent}; hand {quiet: whether flows were stopped}."""
        body = request.get_json()
        with self.project.lock:
            if what == "clock":
                self.offset = float(body["offset"])
            elif what == "webhooks":
                self.hooks.weather.set(body)
                self.hooks.wait = float(body.get("wait", self.hooks.wait))
            elif what == "flow":
                self.hooks.register(body)
            elif what in ("habits", "limits", "exports"):
                of: Any = {"habits": self.project.habits, "limits": self.limits, "exports": self.exports}[what]
                for name, value in body.items():
                    setattr(of, name, value)
            elif what == "operation":
                self._operation(body)
            elif what == "segment":
                customers.segment(self.project, body["name"], self.project.customers[int(body["customer"])], bool(body.get("inside", True)))
            elif what == "crowd":
                customers.crowd(self.project, int(body["count"]), str(body["segment"]), str(body.get("topic") or ""))
            elif what == "hand":
                self.project.effects.muted = ("mail",) if body["quiet"] else ()
            elif what in ("message", "wanted", "invalid"):
                self._of_customer(what, self.project.customers[int(body["customer"])], body)
            else:
                return jsonify({"error": "unknown control"}), 404
        return jsonify({"ok": True})

    def _of_customer(self, what: str, one: Customer, body: Row) -> None:
        """A flow sends a message or wants a call; a contact turns out to be wrong."""
        if what == "invalid":
            one.invalid.add(body["contact"])
        elif what == "wanted":
            self._happened("call.wanted", one, body)
        else:
            state = body.get("state", "sent")
            self.project.effects[f"message: {body['channel']}"] += 1
            if state == "sent":
                self.project.mailings.append(actions.mailing(self.project, one, body["channel"], body.get("campaign") or ""))
            self._happened(f"message.{state}", one, body)

    def _operation(self, body: Row) -> None:
        """A marketer changes an operation, takes it away, or shuts an endpoint out of it."""
        name = body["name"]
        (self.denied.add if body.get("denied") else self.denied.discard)(name)
        if "kind" in body:
            self.operations.pop(name, None)
            if body["kind"]:
                self.operations[name] = Operation(body["kind"])

    def read(self, what: str) -> Any:
        """effects: what people were sent, by kind; actions; log: what failed after it was accepted; delivered: webhooks that were taken; counters."""
        limits, hooks = self.limits, self.hooks
        with self.project.lock:
            if what == "effects":
                return jsonify({kind: count for kind, count in self.project.effects.items() if count})
            if what == "delivered":
                return reply(self.hooks.delivered)
            if what in ("actions", "log"):
                return reply(getattr(self.project, what))
            if what != "counters":
                return jsonify({"error": "unknown"}), 404
            return jsonify({"requests": limits.requests, "refused": limits.refused, "not_found": limits.missed, "blocked": limits.blocked,
                            "by_operation": dict(limits.by_operation), "exports": self.exports.started, **hooks.counters(), "webhooks_repeated": hooks.repeated})  # fmt: skip

    def forget(self) -> Any:
        with self.project.lock:
            self.project.effects.clear()
        return jsonify({})
