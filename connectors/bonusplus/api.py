"""Requests to the REST API and the meaning of its errors. Decided by ``code``: 412 is every refusal of business."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import requests

from connectors.contract import Limiter, SystemSettings
from connectors.errors import ConnectorError, Exists, Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.http import Http, asked_to_wait
from connectors.redaction import redact

Json = Any


class Api:
    """One account."""

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        key = settings.secrets.get("api_key", "")
        code = base64.b64encode(key.encode()).decode()  # the bare key: no login, no colon
        self.secrets, self.limiter = (key, code, settings.webhook_secret), limiter
        headers = {"Authorization": f"ApiKey {code}", "Accept": "application/json"}
        self.http = Http(f"{settings.url.rstrip('/')}/api", limiter, headers=headers, secrets=self.secrets, now=lambda: clock().timestamp())

    def get(self, path: str, **params: Json) -> Json:
        """The body of a read."""
        return self._call("GET", path, True, params=params)

    def ask(self, path: str, body: Mapping[str, Json]) -> Json:
        """The body of a list: asked for by POST, with its filter."""
        return self._call("POST", path, True, json=dict(body))

    def calculate(self, body: Mapping[str, Json]) -> Json:
        """What a receipt would come to: a PUT that changes nothing."""
        return self._call("PUT", "retail/calc", True, json=dict(body))

    def send(self, method: str, path: str, body: Json) -> Json:
        """The body of a write's answer, None where it has none. Never repeated here: no request is told from its repeat."""
        return self._call(method, path, False, **({} if body is None else {"json": body}))

    def _call(self, method: str, path: str, safe: bool, **options: Any) -> Json:
        return self.http.call(method, path, lambda answer: self._checked(answer, safe), safe=safe, **options)

    def _checked(self, answer: requests.Response, safe: bool) -> Json:
        status = answer.status_code
        if status in (429, 503):  # turned away at the door
            raise self._later(answer)
        if status == 204:
            return None
        if status >= 500:
            raise (Unavailable if safe else Unknown)(f"HTTP {status}", code=str(status))
        body = self._body(answer, safe)
        if status >= 400:
            raise self.error(body, status)
        return body

    def _later(self, answer: requests.Response) -> Unavailable:
        wait = asked_to_wait(answer, None)
        if answer.status_code == 429:
            self.limiter.penalise(wait or 5.0)
        return Unavailable(f"HTTP {answer.status_code}", code=str(answer.status_code), retry_after=wait, limited=answer.status_code == 429)

    def _body(self, answer: requests.Response, safe: bool) -> Json:
        """JSON; 401 needs none."""
        if answer.status_code == 401:
            try:
                return answer.json()
            except ValueError:
                return {}
        return self.http.parse(answer, safe)

    def error(self, body: Json, status: int) -> ConnectorError:
        """``{"code": ..., "msg": ...}`` as ours."""
        said = body if isinstance(body, dict) else {}
        code = str(said.get("code") or status)
        text = redact(str(said.get("msg") or f"HTTP {status}")[:500], self.secrets)
        if status == 401:
            return Unauthorized(text, code=code)
        if code == "CUSTOMER_NOT_FOUND":
            return Missing(text, code=code)
        if code == "CUSTOMER_ALREADY_EXISTS":
            return Exists(text, code=code, field="phone")
        return Rejected(text, code=code)
