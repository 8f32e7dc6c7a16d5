"""Calls of SMSC.ru and the meaning of their answers: the HTTP status is 200 whatever happened, ``error_code`` decides.

Login and password are fields of every request, so that each is a form that is posted: an address stands in logs, a body does not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import requests

from connectors.contract import Limiter, SystemSettings
from connectors.errors import ConnectorError, Rejected, Unauthorized, Unavailable
from connectors.http import Http
from connectors.redaction import redact

Json = Any
Row = dict[str, Json]
EQUAL = 60.0  # seconds after code 9: more than five equal requests within a minute (SMSC.ru docs: status, error codes)
SHUT = 600.0  # after code 4: the address is shut out for many errors; for how long is not told
CALM = 10.0


class Api:
    """One account, by login and password or by an API key. Everything that is asked changes nothing."""

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        known = settings.secrets
        key = {"apikey": known["api_key"]} if known.get("api_key") else {"login": known.get("login", ""), "psw": known.get("password", "")}
        self.fields = {**key, "fmt": "3", "charset": "utf-8"}
        self.limiter, self.clock = limiter, clock
        self.secrets = tuple(value for name, value in known.items() if value and name != "login") + (settings.webhook_secret,)
        self.http = Http(settings.url.rstrip("/"), limiter, secrets=self.secrets, now=self.now)

    def now(self) -> float:
        return self.clock().timestamp()

    def ask(self, method: str, **fields: str) -> Json:
        """The answer of ``<method>.php``: an object or a list. Raises ConnectorError."""
        return self.http.call("POST", f"{method}.php", self._said, safe=True, data=self.fields | fields)

    def _said(self, answer: requests.Response) -> Json:
        status = answer.status_code
        if status == 401:
            raise Unauthorized("login or password is refused", code="2")
        if status == 404:
            raise Rejected("there is no such method: look at `url`", code="404")
        if status == 429:
            raise self._wait(CALM, "too many requests", "429")
        if status >= 500:
            raise Unavailable(f"HTTP {status}", code=str(status))
        said = self.http.parse(answer, True)
        if isinstance(said, list):
            return said
        if not isinstance(said, dict):
            raise Unavailable("not an answer of the API", code=str(status))
        if "error_code" in said or "error" in said:
            raise self._error(said)
        return said

    def _error(self, said: Row) -> ConnectorError:
        """``{"error": "invalid login or password", "error_code": 2}``."""
        code, text = str(said.get("error_code") or ""), redact(str(said.get("error") or "refused")[:300], self.secrets)
        if code == "2":
            return Unauthorized(text, code=code)
        if code == "4":
            return self._wait(SHUT, text, code)
        if code == "9":
            return self._wait(EQUAL, text, code)
        return Rejected(text, code=code)

    def _wait(self, seconds: float, text: str, code: str) -> Unavailable:
        """The whole account waits, but for an equal request: that one alone was asked too often."""
        if code != "9":
            self.limiter.penalise(seconds)
        return Unavailable(text, code=code, retry_after=seconds, limited=True)
