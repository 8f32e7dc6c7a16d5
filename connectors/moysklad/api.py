"""Requests to JSON API 1.2 and the meaning of its errors.

References are shown with the vendor's public address wherever the account is reached: what the hub keeps does not change when a
proxy's address does.
"""

from __future__ import annotations

import json as jsonlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import requests

from connectors.contract import Limiter, SystemSettings
from connectors.errors import ConnectorError, Missing, Rejected, Settled, Unauthorized, Unavailable, Unknown
from connectors.http import Http
from connectors.redaction import redact

Json = Any
BASE = "https://api.moysklad.ru/api/remap/1.2"
HEAVIER = datetime(2026, 12, 1, tzinfo=UTC)  # moysklad docs, restrictions: a user's request weighs 3 units, 4 from this day
CLOSED_PERIOD = frozenset({"3006", "3007"})


class Api:
    """One account."""

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        token = settings.secrets.get("token", "")
        self.secrets = (token, settings.secrets.get("password", ""), settings.webhook_secret)
        self.base = f"{settings.url.rstrip('/')}/api/remap/1.2"
        headers = {"Accept": "application/json;charset=utf-8", "Accept-Encoding": "gzip", "Content-Type": "application/json"}
        auth = None if token else (settings.secrets.get("login", ""), settings.secrets.get("password", ""))
        if token:
            headers["Authorization"] = f"Bearer {token}"
        public = str(settings.options.get("public_url", ""))
        self.quiet = {"X-Lognex-WebHook-DisableByPrefix": public} if public else {}
        self.limiter = limiter
        self.http = Http(self.base, limiter, auth=auth, headers=headers, secrets=self.secrets)

    def get(self, path: str, params: Mapping[str, Json] | None = None) -> Json:
        answer = self.http.request(
            "GET", path, params={k: self._ours(v) for k, v in (params or {}).items()}, weight=self._weight(), safe=True
        )
        return self._checked(answer, True)

    def send(self, method: str, path: str, body: Json) -> Json:
        """A write; our own webhooks are not called for it. Raises Unknown where the answer was lost."""
        text = self._ours(jsonlib.dumps(body, ensure_ascii=False)).encode()
        return self._checked(self.http.request(method, path, data=text, headers=self.quiet, weight=self._weight(), safe=False), False)

    def _weight(self) -> float:
        return 4.0 if self.clock() >= HEAVIER else 3.0

    def _ours(self, value: Json) -> Json:
        return value.replace(BASE, self.base) if isinstance(value, str) else value

    def _checked(self, answer: requests.Response, safe: bool) -> Json:
        status = answer.status_code
        if status == 429:
            wait = float(answer.headers.get("X-Lognex-Retry-After") or 3000) / 1000
            self.limiter.penalise(wait)
            raise Unavailable("the request limit is used up", code="429", retry_after=wait)
        if status in (502, 503, 504) or status >= 500:
            if safe or status == 503:
                raise Unavailable(f"HTTP {status}", code=str(status))
            raise Unknown(f"HTTP {status}", code=str(status))
        if not answer.content and status < 300:
            return None
        try:
            body = jsonlib.loads(answer.content.decode().replace(self.base, BASE))
        except ValueError as error:
            raise (Unavailable if safe else Unknown)(f"HTTP {status} without JSON", code=str(status)) from error
        if status in (401, 403):
            raise Unauthorized(self._text(body), code=str(status))
        if isinstance(body, dict) and "errors" in body:
            raise self.error(body, status)
        return body

    def error(self, body: Mapping[str, Json], status: int = 400) -> ConnectorError:
        """``{"errors": [...]}`` as ours."""
        first = (body.get("errors") or [{}])[0]
        code, field = str(first.get("code", "")), str(first.get("parameter", ""))
        if code == "1021" or status == 404:
            return Missing(self._text(body), code=code)
        if code in CLOSED_PERIOD:
            return Settled(self._text(body), code=code, field=field)
        return Rejected(self._text(body), code=code, field=field)

    def _text(self, body: Json) -> str:
        errors = body.get("errors", []) if isinstance(body, dict) else []
        return redact("; ".join(str(e.get("error", "")) for e in errors)[:500], self.secrets)
