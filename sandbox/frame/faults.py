"""Faults on demand, around any vendor's WSGI app: latency, 5xx, connection cut before or after the effect, late effect, cut body,
HTML, nothing, PHP warnings.

``POST /_sandbox/faults`` [{kind, rate, match, seconds, status, body, type, count, spare}] replaces the rules, ``DELETE /_sandbox/faults``
removes them. ``status``, ``body``, ``type``: of the answer of an ``error``, which is a gateway's page unless said otherwise. ``spare``:
requests whose User-Agent is this one are left alone (people of a scenario beside the client that is tried).
"""

from __future__ import annotations

import io
import json
import random
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

KINDS = ("latency", "error", "reset_before", "reset_after", "late_effect", "truncated", "html", "empty", "warnings")


class Faults:
    """WSGI middleware. The vendor's own paths only; control paths pass. ``now``: the vendor's clock, by which late effects come due: one that a
    test sets forward meets them in their order, however little time has passed."""

    def __init__(self, app: Any, seed: int = 1, now: Callable[[], float] = time.time) -> None:
        self.app, self.random, self.rules, self.now = app, random.Random(seed), [], now
        self.happened: Counter[str] = Counter()
        self._late: list[tuple[float, dict[str, Any]]] = []  # (when, request) of effects to come
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        self._come_due()
        path = environ.get("PATH_INFO", "")
        if path == "/_sandbox/faults":
            return self._control(environ, start)
        rule = None if path.startswith("/_sandbox/") else self._drawn(environ)
        if rule is None:
            return self.app(environ, start)
        return getattr(self, rule["kind"])(rule, environ, start)

    def _drawn(self, environ: dict[str, Any]) -> dict[str, Any] | None:
        path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")  # as WSGI has it; 1C's paths are Cyrillic
        what, agent = f"{environ['REQUEST_METHOD']} {path}", environ.get("HTTP_USER_AGENT", "")
        with self._lock:
            for rule in self.rules:
                if rule.get("count", 1) < 1 or (rule.get("spare") and rule["spare"] == agent):
                    continue
                if re.search(rule.get("match", ""), what) and self.random.random() < rule.get("rate", 1.0):
                    if "count" in rule:
                        rule["count"] -= 1
                    self.happened[rule["kind"]] += 1
                    return rule
        return None

    def _control(self, environ: dict[str, Any], start: Any) -> Any:
        status = "200 OK"
        if environ["REQUEST_METHOD"] == "GET":
            body = dict(self.happened)
        else:
            rules = json.loads(_body(environ) or b"[]") if environ["REQUEST_METHOD"] == "POST" else []
            unknown = [r.get("kind") for r in rules if r.get("kind") not in KINDS]
            body = {"unknown": unknown} if unknown else {"ok": True}
            self.rules = [] if unknown else rules
            status = "400 Bad Request" if unknown else status  # a test of faults that never happen would prove nothing
        start(status, [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]

    def latency(self, rule: dict[str, Any], environ: dict[str, Any], start: Any) -> Any:
        time.sleep(rule.get("seconds", 0.3))
        return self.app(environ, start)

    def error(self, rule: dict[str, Any], environ: dict[str, Any], start: Any) -> Any:
        start(f"{rule.get('status', 502)} Bad Gateway", [("Content-Type", rule.get("type", "text/html"))])
        return [rule.get("body", "<html><body>Bad Gateway</body></html>").encode()]

    def html(self, rule: dict[str, Any], environ: dict[str, Any], start: Any) -> Any:
        start("200 OK", [("Content-Type", "text/html")])
        return [b"<!doctype html><html><body>Technical works</body></html>"]

    def empty(self, rule: dict[str, Any], environ: dict[str, Any], start: Any) -> Any:
        """200 with nothing in it, before anything was done."""
        start("200 OK", [("Content-Length", "0")])
        return [b""]

    def reset_before(self, rule: dict[str, Any], environ: dict[str, Any], start: Any) -> Any:
        return _cut(environ)

    def reset_after(self, rule: dict[str, Any], environ: dict[str, Any], start: Any) -> Any:
        self._quietly(environ)
        return _cut(environ)

    def late_effect(self, rule: dict[str, Any], environ: dict[str, Any], start: Any) -> Any:
        body = _body(environ)
        kept = {k: v for k, v in environ.items() if k != "werkzeug.socket"} | {"wsgi.input": io.BytesIO(body)}
        seconds = rule.get("seconds", 1.0)
        late = (self.now() + seconds, kept)
        with self._lock:
            self._late.append(late)
        threading.Timer(seconds, self._act, [late]).start()
        return _cut(environ)

    def truncated(self, rule: dict[str, Any], environ: dict[str, Any], start: Any) -> Any:
        """Half an answer. The request is read first, whatever the app does with it: a server closes no connection with something unread in it,
        and the caller would wait for the other half until its own time is over."""
        said: list[Any] = []
        environ["wsgi.input"] = io.BytesIO(_body(environ))
        body = b"".join(self.app(environ, lambda status, headers, *_: said.extend((status, headers))))
        start(said[0], [(k, v) for k, v in said[1] if k.lower() != "content-length"] + [("Content-Length", str(len(body)))])
        return [body[: len(body) // 2]]

    def warnings(self, rule: dict[str, Any], environ: dict[str, Any], start: Any) -> Any:
        """A plugin's PHP warnings before the answer: done, and not readable."""
        said: list[Any] = []
        body = b"".join(self.app(environ, lambda status, headers, *_: said.extend((status, headers))))
        kept = [(k, v) for k, v in said[1] if k.lower() not in ("content-length", "content-encoding", "content-type")]
        text = b"<br />\n<b>Warning</b>:  Undefined array key in <b>/wp-content/plugins/x.php</b> on line <b>7</b><br />\n" + body
        start(said[0], [*kept, ("Content-Type", "text/html"), ("Content-Length", str(len(text)))])
        return [text]

    def _come_due(self) -> None:
        """Do the late effects whose moment has come by the vendor's clock."""
        now = self.now()
        for late in sorted((one for one in list(self._late) if one[0] <= now), key=lambda one: one[0]):
            self._act(late)

    def _act(self, late: tuple[float, dict[str, Any]]) -> None:
        """A late effect, once: whoever comes first, the timer or a request."""
        with self._lock:
            mine = any(one is late for one in self._late)
            self._late = [one for one in self._late if one is not late]
        if mine:
            self._quietly(late[1])

    def _quietly(self, environ: dict[str, Any]) -> None:
        """Do the work, drop the answer."""
        answer = self.app(environ, lambda *_: None)
        for _ in answer:
            pass
        if hasattr(answer, "close"):
            answer.close()


def _body(environ: dict[str, Any]) -> bytes:
    return environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))


def _cut(environ: dict[str, Any]) -> Any:
    """Close the connection without a byte of an answer."""
    try:
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    raise ConnectionAbortedError("cut on purpose")
