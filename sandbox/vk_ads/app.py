"""The VK Ads sandbox as a Flask app. Key: ``sandbox-vk-client`` with ``sandbox-vk-secret``."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, jsonify, make_response, request

from sandbox.frame.plain import of_request

from .lists import Cabinet
from .tokens import Tokens
from .wire import ApiError, page

Json = Any
ROOT = "/api/v2/remarketing"


class VkAds:
    """One cabinet: tokens, lists, segments and the Flask app (``flask``). ``hourly``: lists that may be made in an hour."""

    def __init__(self, seed: int = 1) -> None:
        self.offset = 0.0
        self.cabinet, self.tokens = Cabinet(lambda: time.time() + self.offset), Tokens()
        self.hourly, self._made, self.refused, self.lock = 10, deque[float](), 0, threading.Lock()
        self.plain: list[str] = []
        self.flask = Flask("vk_ads_sandbox")
        self.flask.before_request(self.admit)
        self.flask.after_request(self.limits)
        self.flask.register_error_handler(ApiError, lambda error: (jsonify(error.body), error.status))
        one, segment = f"{ROOT}/users_lists/<int:ident>.json", f"{ROOT}/segments/<int:ident>"
        table: list[tuple[str, str, Any]] = [
            ("POST", "/api/v2/oauth2/token.json", lambda: self.answered(lambda: self.tokens.request(dict(request.form)))),
            ("POST", "/api/v2/oauth2/token/delete.json", self.withdraw),
            ("GET", f"{ROOT}/users_lists.json", self.lists),
            ("POST", f"{ROOT}/users_lists.json", self.make),
            ("GET", one, lambda ident: self.answered(lambda: self.cabinet.shown(self.cabinet.known(ident)))),
            ("DELETE", one, lambda ident: self.answered(lambda: self.cabinet.delete(ident))),
            ("GET", f"{ROOT}/segments.json", lambda: self.answered(lambda: page([self.cabinet.told(s) for s in self.cabinet.segments.values()]))),
            ("POST", f"{ROOT}/segments.json", lambda: self.answered(lambda: self.cabinet.told(self.cabinet.segment(given())), 201)),
            ("GET", f"{segment}/relations.json", lambda ident: self.answered(lambda: self.cabinet.related(self.cabinet.known_segment(ident)))),
            ("POST", f"{segment}/relations.json", self.relate),
            ("DELETE", f"{segment}/relations/<int:relation>.json", self.unrelate),
            ("POST", "/_sandbox/<what>", self.control),
            ("GET", "/_sandbox/<what>", self.read),
        ]  # fmt: skip
        for method, rule, view in table:
            self.flask.add_url_rule(rule, f"{method} {rule}", view, methods=[method])

    def admit(self) -> None:
        if not request.path.startswith("/_sandbox/"):
            self.plain += of_request(request)
        if not request.path.startswith(("/_sandbox/", "/api/v2/oauth2/")):
            with self.lock:
                self.tokens.admit(request.headers.get("Authorization", ""))

    def limits(self, answer: Response) -> Response:
        """What is left, on every answer."""
        answer.headers |= {"X-RateLimit-RPS-Limit": "5", "X-RateLimit-RPS-Remaining": "4", "X-RateLimit-Hourly-Limit": str(self.hourly),
                           "X-RateLimit-Hourly-Remaining": str(max(0, self.hourly - len(self._made)))}  # fmt: skip
        return answer

    def answered(self, made: Callable[[], Json], status: int = 200) -> Response:
        """What ``made`` gives; nothing: 204."""
        with self.lock:
            body = made()
            return make_response("", 204) if body is None else make_response(jsonify(body), status)

    def withdraw(self) -> Response:
        with self.lock:
            self.tokens.given.clear()
        return make_response("", 204)

    def lists(self) -> Response:
        return self.answered(lambda: page([self.cabinet.shown(one) for one in self.cabinet.lists.values()]))

    def make(self) -> Response:
        """A new list out of a multipart request. Raises ApiError."""
        try:
            data = json.loads(request.form.get("data") or "")
        except ValueError:
            raise ApiError(400, "invalid_json", 'Invalid JSON in "data" field.') from None
        file = request.files.get("file")
        if file is None:
            raise ApiError(400, "required", "File content is required")
        rows = [line for line in file.read().decode().split("\n") if line.strip()]
        with self.lock:
            while self._made and self._made[0] <= self.cabinet.now() - 3600.0:
                self._made.popleft()
            if len(self._made) >= self.hourly:
                self.refused += 1
                return make_response(jsonify({"error": {"code": "limit", "message": "Too many requests"}}), 429)
            one = self.cabinet.create(data, rows)
            self._made.append(self.cabinet.now())
            return make_response(jsonify(self.cabinet.shown(one)), 201)

    def relate(self, ident: int) -> Response:
        def made() -> Json:
            one = self.cabinet.known_segment(ident)
            self.cabinet.relate(one, given().get("items") or ())
            return self.cabinet.related(one)

        return self.answered(made, 201)

    def unrelate(self, ident: int, relation: int) -> Response:
        return self.answered(lambda: self.cabinet.unrelate(self.cabinet.known_segment(ident), relation))

    def control(self, what: str) -> Any:
        """clock {offset}; pace {seconds: until a list is ready, share: of the people it finds}; hashing {name: whose digests it takes};
        expire {}: all tokens are dead; hourly {lists: that may be made}."""
        body = request.get_json()
        with self.lock:
            if what == "clock":
                self.offset = float(body["offset"])
            elif what == "pace":
                self.cabinet.pace = float(body.get("seconds", self.cabinet.pace))
                self.cabinet.share = float(body.get("share", self.cabinet.share))
            elif what == "hashing":
                self.cabinet.hashing = body["name"]
            elif what == "expire":
                self.tokens.expire()
            elif what == "hourly":
                self.hourly = int(body["lists"])
            else:
                return jsonify({"error": "unknown control"}), 404
        return jsonify({"ok": True})

    def read(self, what: str) -> Any:
        """people: who is reached by each segment, by name, as often as a list holds them; ever: every digest that was ever uploaded; plain: phones and e-mails
        that came in clear; counters; effects: none, since nobody notices."""
        with self.lock:
            cabinet = self.cabinet
            if what == "people":
                return jsonify({one.name: sorted(cabinet.reached(one)) for one in cabinet.segments.values()})
            if what == "ever":
                return jsonify(sorted(cabinet.ever))
            if what == "plain":
                return jsonify(self.plain)
            if what == "effects":
                return jsonify({})
            if what != "counters":
                return jsonify({"error": "unknown"}), 404
            return jsonify({"lists": len(cabinet.lists), "segments": len(cabinet.segments), "made": cabinet.made,
                            "tokens": len(self.tokens.given), "refused": self.refused})  # fmt: skip


def given() -> dict[str, Json]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}
