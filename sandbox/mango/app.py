"""The sandbox of Mango Office as a Flask app.

Key ``sandbox-mango-key``, signing key ``sandbox-mango-salt``. Everything is asked for by POST with three form fields; whatever is wrong with a request
counts, and the second within two minutes shuts the product out.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, jsonify, redirect, request

from .hooks import Hooks
from .limits import Limits
from .reports import Reports
from .state import LINE, Pbx
from .wire import DONE, FORMAT, JSON, KEY, LACKS, METHOD, NO_RECORDING, PHONE, SIGN, Refused, refusal, reply, sign, too_fast

Json = Any
Row = dict[str, Any]
API_KEY, SALT = "sandbox-mango-key", "sandbox-mango-salt"
LINK = 30.0  # seconds that a link to a recording lives
FRAME = b"\xff\xfb\x90\x00" + b"\x00" * 413  # of MPEG audio, silent


class Mango:
    """One PBX: its state, reports, events and Flask app (``flask``)."""

    def __init__(self, seed: int = 1, allow_loopback_webhooks: bool = False) -> None:
        self.offset, self.salt, self.edition, self.links_on = 0.0, SALT, "now", False
        self.pbx = Pbx(lambda: datetime.now(UTC) + timedelta(seconds=self.offset))
        self.limits = Limits(lambda: self.pbx.now().timestamp())
        self.reports, self.hooks = Reports(self.pbx), Hooks(self.pbx, API_KEY, SALT, allow_loopback_webhooks, seed)
        self.tokens: dict[str, tuple[str, float]] = {}  # of links -> recording, until
        self.does: dict[str, Callable[[Row], Row]] = {
            "config/users/request": self.users, "stats/request": self.reports.order, "commands/callback": self.callback,
            "incominglines": lambda body: {"lines": [{"line_id": 1, "number": LINE}]}, "account/balance": lambda body: {"balance": 1000.0, "currency": "RUR"},
        }  # fmt: skip
        self.flask = Flask("mango_sandbox")
        for method, rule, view in (
            ("POST", "/vpbx/<path:path>", self.post),
            ("GET", "/vpbx/queries/recording/link/<ident>/<action>/<key>/<int:until>/<told>", self.link),
            ("GET", "/vpbx/<path:path>", self.wrong_method),
            ("PUT", "/vpbx/<path:path>", self.wrong_method),
            ("GET", "/files/<token>", self.file),
            ("POST", "/_sandbox/<what>", self.control),
            ("GET", "/_sandbox/<what>", self.read),
        ):
            self.flask.add_url_rule(rule, f"{method} {rule}", view, methods=[method])

    def post(self, path: str) -> Response:
        """One request: shut out, too many, wrong, or done. A slash at the end says nothing."""
        path = path.rstrip("/")
        with self.pbx.lock:
            if self.limits.locked():
                return Response("", 401)
            if self.limits.too_many(path):
                return too_fast()
            try:
                return self._answer(path, self._body())
            except Refused as error:
                return self._refuse(error)

    def _refuse(self, error: Refused) -> Response:
        if 3000 <= error.code < 4000 and self.limits.wrong():
            return Response("", 401)
        return refusal(error, self.edition)

    def wrong_method(self, path: str) -> Response:
        with self.pbx.lock:
            return Response("", 401) if self.limits.locked() else self._refuse(Refused(METHOD))

    def _body(self) -> Row:
        """The object of ``json``, once key and signature hold. Raises Refused."""
        text = request.form.get("json", "")
        if request.form.get("vpbx_api_key") != API_KEY:
            raise Refused(KEY)
        if not hmac.compare_digest(request.form.get("sign", ""), sign(API_KEY, text, self.salt)):
            raise Refused(SIGN)
        try:
            body = json.loads(text)
        except ValueError:
            raise Refused(JSON) from None
        if not isinstance(body, dict):
            raise Refused(JSON)
        return body

    def _answer(self, path: str, body: Row) -> Response:
        if path == "stats/result":
            return self._result(body)
        if path == "queries/recording/post":
            return self._recording(body)
        if path not in self.does:
            return Response("", 404)
        return reply(self.does[path](body))

    def _result(self, body: Row) -> Response:
        if not body.get("key"):
            raise Refused(LACKS, "key")
        try:
            told = self.reports.result(str(body["key"]))
        except KeyError:
            return Response("", 404)
        return Response("", 204) if told is None else Response(told, 200, mimetype="text/csv")

    def users(self, body: Row) -> Row:
        wanted = str(body.get("extension") or "")
        return {
            "users": [
                {
                    "general": {"name": name, "email": email, "department": "", "position": ""},
                    "telephony": {"extension": extension, "outgoingline": LINE, "numbers": [{"number": f"sip:{extension}@lavka.example", "protocol": "sip"}]},
                    "groups": [],
                }
                for extension, (name, email) in self.pbx.staff.items()
                if wanted in ("", extension)
            ]
        }  # fmt: skip

    def callback(self, body: Row) -> Row:
        """Dials, however often it is said: no command is told from its repeat."""
        for name in ("command_id", "from", "to_number"):
            if not body.get(name):
                raise Refused(LACKS, name)
        if not isinstance(body["from"], dict) or not body["from"].get("extension"):
            raise Refused(FORMAT, "from")
        if not str(body["to_number"]).isdecimal() or not 3 <= len(str(body["to_number"])) <= 15:
            raise Refused(PHONE, "to_number")
        self.pbx.commands.append(body)
        made = self.pbx.called_back(body)
        self.hooks.result("commands/callback", str(body["command_id"]))
        self.hooks.announce(made)
        return {"result": DONE}

    def _recording(self, body: Row) -> Response:
        ident = str(body.get("recording_id") or "")
        if not ident or body.get("action") not in ("play", "download"):
            raise Refused(LACKS, "recording_id")
        return self._linked(ident)

    def _linked(self, ident: str) -> Response:
        """A link for once. Raises Refused for a recording that is not there yet, or not any more."""
        now = self.pbx.now().timestamp()
        if self.pbx.recordings.get(ident, now + 1) > now:
            raise Refused(NO_RECORDING)
        token = secrets.token_urlsafe(16)
        self.tokens[token] = (ident, now + LINK)
        return redirect(f"{request.host_url}files/{token}", 302)  # type: ignore[return-value]

    def link(self, ident: str, action: str, key: str, until: int, told: str) -> Response:
        """The other way, off unless it is switched on in the cabinet: a signed address with a moment until which it holds."""
        with self.pbx.lock:
            right = hashlib.sha256(f"{API_KEY}{until}{ident}{self.salt}".encode()).hexdigest()
            try:
                if not self.links_on or key != API_KEY or told != right or until < self.pbx.now().timestamp():
                    raise Refused(SIGN)
                return self._linked(ident)
            except Refused as error:
                return self._refuse(error)

    def file(self, token: str) -> Response:
        with self.pbx.lock:
            ident, until = self.tokens.pop(token, ("", 0.0))
            if not ident or self.pbx.now().timestamp() > until:
                return Response("", 404)
            self.pbx.listened.append(ident)
        return Response(FRAME * 8, 200, mimetype="audio/mpeg")

    def control(self, what: str) -> Any:
        """clock {offset}; webhooks {off, loss, duplicate, reorder, delay}; address {url: what was typed into the cabinet}; ping; call {direction,
        number, extension, talk, ring, at or ago, reason, recorded, recorded_after, transferred, line}; habits {edition, salt, links_on}; reports {polls,
        lag, words, brackets}; limits {enforce}; recording {delete}."""
        body = request.get_json(silent=True) or {}
        with self.pbx.lock:
            if what == "clock":
                self.offset = float(body["offset"])
            elif what == "webhooks":
                self.hooks.weather.set(body)
            elif what == "address":
                self.hooks.address = body["url"]
            elif what == "ping":
                self.hooks.ping()
            elif what == "call":
                made = self.pbx.happen(body)
                self.hooks.announce(made)
                return jsonify({"entry_id": made.entry_id, "recordings": [one for leg in made.legs for one in leg.recordings]})
            elif what in ("habits", "reports", "limits"):
                of: Any = {"habits": self, "reports": self.reports, "limits": self.limits}[what]
                for name, value in body.items():
                    setattr(of, name, value)
                self.hooks.edition = self.edition
            elif what == "recording":
                self.pbx.recordings.pop(body["delete"], None)
            else:
                return jsonify({"error": "unknown control"}), 404
        return jsonify({"ok": True})

    def read(self, what: str) -> Any:
        """effects: who was rung; commands; listened: recordings that were fetched; counters."""
        limits, hooks = self.limits, self.hooks
        with self.pbx.lock:
            if what == "effects":
                return jsonify({kind: count for kind, count in self.pbx.effects.items() if count})
            if what in ("commands", "listened"):
                return jsonify(getattr(self.pbx, what))
            if what != "counters":
                return jsonify({"error": "unknown"}), 404
            return jsonify({"requests": limits.requests, "refused": limits.refused, "erroneous": limits.erroneous, "worst": limits.worst,
                            "locked_out": limits.locked_out, "by_path": dict(limits.by_path), "reports": self.reports.ordered,
                            **hooks.counters()})  # fmt: skip
