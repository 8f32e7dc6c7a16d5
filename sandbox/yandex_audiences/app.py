"""The Yandex Audience sandbox as a Flask app. Token: ``sandbox-yandex-token``."""

from __future__ import annotations

import threading
import time
from typing import Any

from flask import Flask, Response, jsonify, request

from sandbox.frame.plain import of_request

from .limits import Limits
from .segments import Account, ApiError

Json = Any
TOKEN = "sandbox-yandex-token"
ROOT = "/v1/management"


class YandexAudiences:
    """One account: its segments, quotas and Flask app (``flask``)."""

    def __init__(self, seed: int = 1) -> None:
        self.offset = 0.0
        self.account = Account(lambda: time.time() + self.offset)
        self.limits, self.lock = Limits(lambda: time.time() + self.offset), threading.Lock()
        self.plain: list[str] = []
        self.flask = Flask("yandex_audiences_sandbox")
        self.flask.before_request(self.admit)
        self.flask.register_error_handler(ApiError, lambda error: (jsonify(error.body), error.status))
        table: list[tuple[str, str, Any]] = [
            ("GET", f"{ROOT}/segments", self.listed),
            ("POST", f"{ROOT}/segments/upload_csv_file", self.upload),
            ("POST", f"{ROOT}/segment/<int:ident>/confirm", self.confirm),
            ("POST", f"{ROOT}/segment/<int:ident>/modify_data", self.modify),
            ("DELETE", f"{ROOT}/segment/<int:ident>", self.delete),
            ("POST", "/_sandbox/<what>", self.control),
            ("GET", "/_sandbox/<what>", self.read),
        ]
        for method, rule, view in table:
            self.flask.add_url_rule(rule, f"{method} {rule}", view, methods=[method])

    def admit(self) -> None:
        """Raises ApiError for a wrong token, and beyond a quota."""
        if request.path.startswith("/_sandbox/"):
            return
        self.plain += of_request(request)
        if request.headers.get("Authorization") != f"OAuth {TOKEN}":
            raise ApiError(401, "invalid_token", "Invalid oauth_token")
        self.limits.enter(changes=request.method != "GET")

    def listed(self) -> Response:
        with self.lock:
            return jsonify({"segments": [self.account.shown(one) for one in self.account.segments.values()]})

    def upload(self) -> Response:
        text = file()
        with self.lock:
            return jsonify({"segment": self.account.shown(self.account.upload(text))})

    def confirm(self, ident: int) -> Response:
        with self.lock:
            return jsonify({"segment": self.account.shown(self.account.confirm(ident, request.get_json().get("segment") or {}, sized()))})

    def modify(self, ident: int) -> Response:
        text = file()
        with self.lock:
            kind = request.args.get("modification_type", "")
            return jsonify({"segment": self.account.shown(self.account.modify(ident, kind, text, sized()))})

    def delete(self, ident: int) -> Response:
        with self.lock:
            self.account.known(ident)
            del self.account.segments[ident]
        return jsonify({"success": True})

    def control(self, what: str) -> Any:
        """clock {offset}; pace {seconds: that it works on a file, share: of the people it finds}; quota {minute, hour, day: of changes}."""
        body = request.get_json()
        with self.lock:
            if what == "clock":
                self.offset = float(body["offset"])
            elif what == "pace":
                self.account.pace = float(body.get("seconds", self.account.pace))
                self.account.share = float(body.get("share", self.account.share))
            elif what == "quota":
                self.limits.most |= body
            else:
                return jsonify({"error": "unknown control"}), 404
        return jsonify({"ok": True})

    def read(self, what: str) -> Any:
        """people: what each confirmed segment is made of, by name, as often as it stands there; ever: every digest that was ever uploaded; plain: phones and
        e-mails that came in clear; counters; effects: none, since nobody notices."""
        with self.lock:
            account = self.account
            if what == "people":
                return jsonify({one.name: sorted(one.parts()) for one in account.segments.values() if one.confirmed})
            if what == "ever":
                return jsonify(sorted(account.ever))
            if what == "plain":
                return jsonify(self.plain)
            if what == "effects":
                return jsonify({})
            if what != "counters":
                return jsonify({"error": "unknown"}), 404
            return jsonify({"segments": len(account.segments), "uploads": account.uploads, **self.limits.counted()})


def file() -> str:
    """The part ``file``. Raises ApiError."""
    given = request.files.get("file")
    if given is None:
        raise ApiError(400, "missing_parameter", "Required request part 'file' is not present")
    return given.read().decode("utf-8-sig")


def sized() -> bool:
    return request.args.get("check_size", "true") != "false"
