"""The Bitrix24 sandbox as a Flask app: REST by webhook and by application, ``/oauth/token/``, and test controls.

Credentials stand in ``auth``: webhook ``/rest/1/sandboxsecret/``; applications ``local.sandbox`` and ``local.telephony``.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, request

from sandbox.bitrix24 import families
from sandbox.bitrix24.auth import SCOPES, event_auth, token_answer
from sandbox.bitrix24.dispatch import envelope, make_call
from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.events import Events
from sandbox.bitrix24.sender import Sender
from sandbox.bitrix24.state import Portal
from sandbox.bitrix24.wire import caller, parameters, reply, source
from sandbox.frame.effects import Effects

families.load()


class Bitrix24:
    """One portal: its state (``portal``), limits, events and Flask app (``flask``)."""

    def __init__(self, seed: int = 1, allow_loopback_webhooks: bool = False, allow_http: bool = False) -> None:
        self.offset, self.allow_http, self.renamed = 0.0, allow_http, ""
        self.effects = Effects()
        self.requests: Counter[str] = Counter()
        self.sender = Sender(allow_loopback_webhooks, seed)
        self.events = Events(self.sender.put, self._event_auth)
        self.portal = Portal(self._now, random.Random(seed), self._count, self.events, allow_loopback_webhooks)
        self.limits = self.portal.limits
        self.flask = Flask("bitrix24_sandbox")
        self.flask.before_request(self._only_https)
        self.flask.register_error_handler(RestError, lambda refusal: reply(refusal.body(), refusal.status))
        self.flask.register_error_handler(404, lambda _: reply(RestError("ERROR_METHOD_NOT_FOUND", "Method not found!").body(), 404))
        self.flask.register_error_handler(405, lambda _: reply(RestError("INVALID_REQUEST", "Method not allowed").body(), 405))
        self.flask.register_error_handler(Exception, self._failed)
        for rule, view, methods in self._routes():
            self.flask.add_url_rule(rule, rule, view, methods=methods)

    def _routes(self) -> list[tuple[str, Any, list[str]]]:
        return [
            ("/rest/<path:path>", self.rest, ["GET", "POST"]),
            ("/oauth/token/", self.token, ["GET", "POST"]),
            ("/_sandbox/effects", self.side_effects, ["GET", "DELETE"]),
            ("/_sandbox/counters", self.counters, ["GET"]),
            ("/_sandbox/<what>", self.control, ["POST"]),
        ]

    def _now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.offset)

    def _count(self, effect: str) -> None:
        self.effects[effect] += 1

    def _event_auth(self, client: str, user_id: int) -> dict[str, Any]:
        return event_auth(self.portal.base, client, self.portal.tokens.last_access(client, user_id))

    def _only_https(self) -> None:
        if request.scheme != "https" and not self.allow_http and not request.path.startswith("/_sandbox/"):
            raise RestError("INVALID_REQUEST", "Https required", 400)

    @staticmethod
    def _failed(error: Exception) -> Response:
        """What a PHP fatal is to a client: its outcome is unknown."""
        logging.getLogger(__name__).exception("unexpected error", exc_info=error)
        return reply(RestError("INTERNAL_SERVER_ERROR", "Internal server error").body(), 500)

    def rest(self, path: str) -> Response:
        if self.renamed and not self.renamed.endswith(request.host):
            return Response("", 302, {"Location": f"{self.renamed}{request.full_path.rstrip('?')}"})
        params = parameters(request)
        with self.portal.lock:
            started = self._now().timestamp()
            self.requests["all"] += 1
            try:
                self.limits.take(source(request))
                identity, name = caller(path, params, self.portal.tokens)
                if self.portal.free_plan:
                    raise RestError("ACCESS_DENIED", "REST API is available only on commercial plans", 403)
                self.portal.base = request.host_url.rstrip("/")
                return reply(envelope(make_call(self.portal, name, params, identity), started), path=path)
            except RestError as refusal:
                self.requests[str(refusal.code) or "refused"] += 1
                return reply(refusal.body(), refusal.status, path)

    def token(self) -> Response:
        query = {name: value for name, value in parameters(request).items() if isinstance(value, str)}
        with self.portal.lock:
            access, refresh, expires, user = self.portal.tokens.exchange(query)
        return reply(token_answer(request.host_url.rstrip("/"), access, refresh, expires, user))

    def control(self, what: str) -> Response:
        """What a test may set.

        ``clock`` {offset: seconds}, ``limits`` {enforce}, ``webhooks`` {off, loss, duplicate, reorder, delay: seconds, at_once},
        ``tokens`` {expire: access | all}, ``robots`` {echoes: updates after each save}, ``rename`` {location: the new base address, or empty},
        ``plan`` {free: whether the portal has no paid plan}, ``rights`` {scopes: those granted, denied: methods that the user may not call,
        admin: whether the user is an administrator},
        ``hand`` {quiet: whether somebody switched the robots off}.
        """
        body = parameters(request)
        with self.portal.lock:
            if what == "clock":
                self.offset = float(body["offset"])
            elif what == "limits":
                self.limits.enforce = bool(body["enforce"])
            elif what == "webhooks":
                self.sender.configure(body)
            elif what == "tokens":
                self.portal.tokens.expire(refresh_too=body.get("expire") == "all")
            elif what == "robots":
                self.portal.robot_echoes = int(body["echoes"])
            elif what == "plan":
                self.portal.free_plan = bool(body["free"])
            elif what == "rights":
                self.portal.scopes = tuple(body.get("scopes", SCOPES))
                self.portal.denied = frozenset(str(name).lower() for name in body.get("denied", ()))
                self.portal.plain = not body.get("admin", True)
            elif what == "hand":
                self.effects.muted = ("robots",) if body["quiet"] else ()
            elif what == "rename":
                self.renamed = str(body["location"]).rstrip("/")
            else:
                return reply({"error": "unknown control"}, 404)
        return reply({"ok": True})

    def side_effects(self) -> Response:
        """What people noticed: robots, messages (chat notices of telephony), call_cards, mails."""
        with self.portal.lock:
            seen = {name: self.effects[name] for name in ("robots", "messages", "call_cards", "mails")}
            if request.method == "DELETE":
                self.effects.clear()
        return reply(seen)

    def counters(self) -> Response:
        """Requests and refusals by vendor code, the highest level of the request bucket, token refreshes, event deliveries."""
        return reply(
            {
                "requests": self.requests["all"],
                "refused": {code: number for code, number in self.requests.items() if code != "all"},
                "level_max": self.limits.highest,
                "refreshed": self.portal.tokens.refreshed,
                **self.sender.counters(),
            }
        )
