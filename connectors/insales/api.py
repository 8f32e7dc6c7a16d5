"""Requests to the back office's API and the meaning of its answers. Messages are Russian and bear no codes: the status decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import requests

from connectors.contract import Limiter, SystemSettings
from connectors.errors import ConnectorError, Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.http import Http, asked_to_wait
from connectors.redaction import redact

Json = Any
LONGEST = 150.0  # seconds that the vendor's own client waits where a refusal names no time
NEARLY = 0.96  # share of the window's requests at which the hub slows down: another program may use the same key
SLOWED = 15.0  # seconds between requests from there on: the last of 500 fall into the next window
FIELDS = {
    "order_lines": "items",
    "shipping_address": "delivery",
    "custom_status_permalink": "custom_status.permalink",
    "client": "client.id",
}


class Api:
    """One shop. ``usage``: requests of the running window and how many it may have, as the shop told last."""

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        login, password = settings.secrets.get("login", ""), settings.secrets.get("password", "")
        self.secrets, self.limiter = (password, settings.webhook_secret), limiter
        self.usage: tuple[int, int] | None = None
        self.http = Http(
            f"{settings.url.rstrip('/')}/admin",
            limiter,
            auth=(login, password),
            headers={"Accept": "application/json"},
            secrets=self.secrets,
            now=lambda: clock().timestamp(),
        )

    def get(self, path: str, **params: Json) -> Json:
        """The body of a read; None in ``params`` is left out."""
        return self._call("GET", path, True, params={name: value for name, value in params.items() if value is not None})

    def send(self, method: str, path: str, body: Mapping[str, Json], *, safe: bool) -> Json:
        """The body of a write's answer. Every writing request bears a JSON body: without its Content-Type it is answered 422."""
        return self._call(method, path, safe, json=dict(body))

    def _call(self, method: str, path: str, safe: bool, **options: Any) -> Json:
        return self.http.call(method, f"{path}.json", lambda answer: self._checked(answer, safe), safe=safe, **options)

    def _checked(self, answer: requests.Response, safe: bool) -> Json:
        status = answer.status_code
        if status == 429 or (status == 503 and "Retry-After" in answer.headers):
            raise self._later(answer)
        self._heed(answer.headers.get("API-Usage-Limit", ""))
        if status >= 500:  # also 503 without a time to wait: an outage, and 504 after 50 seconds of work
            raise (Unavailable if safe else Unknown)(f"HTTP {status}", code=str(status))
        if status >= 400:
            raise self.error(answer)
        return self.http.parse(answer, safe)

    def _heed(self, header: str) -> None:
        """``37/500``: how much of the window is used up, by whoever uses this key."""
        used, _, of = header.partition("/")
        if used.isdigit() and of.isdigit():
            self.usage = (int(used), int(of))
            if int(used) >= NEARLY * int(of):
                self.limiter.penalise(SLOWED)

    def _later(self, answer: requests.Response) -> Unavailable:
        wait = asked_to_wait(answer, LONGEST)
        self.limiter.penalise(wait)
        return Unavailable("500 requests in 5 minutes are used up", code=str(answer.status_code), retry_after=wait, limited=True)

    def error(self, answer: requests.Response) -> ConnectorError:
        """What is refused for good; a 404 is a page even where JSON was asked for."""
        status = answer.status_code
        code = str(status)
        if status == 401:
            return Unauthorized("the login or the password is refused: was the key or the application removed?", code=code)
        if status in (402, 423):
            return Unauthorized("the shop is locked: its plan is not paid", code=code)
        if status == 404:
            return Missing("there is no such object", code=code)
        if status == 403:
            return Rejected("the key has no right to this", code=code)
        try:
            field, text = said(answer.json())
        except ValueError:
            field, text = "", f"HTTP {status}"
        return Rejected(redact(text[:500], self.secrets), code=code, field=FIELDS.get(field, field))


def said(body: Json) -> tuple[str, str]:
    """(field, what is wrong with it) of an error body: ``{"title": ["..."]}``, the same under ``errors``, or one ``message``."""
    if isinstance(body, dict) and isinstance(body.get("errors"), (dict, list, str)):
        body = body["errors"]
    if not isinstance(body, dict):
        return "", "; ".join(map(str, body)) if isinstance(body, list) else str(body)
    for name, value in body.items():
        if name not in ("status",):
            text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
            return ("", text) if name in ("base", "message", "error") else (str(name).partition(".")[0], text)
    return "", ""
