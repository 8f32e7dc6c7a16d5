"""Requests to the Partner API and the meaning of its errors, by ``errorCode``. Messages may repeat a phone or a code: they are redacted."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import requests

from connectors.contract import Limiter, SystemSettings
from connectors.errors import ConnectorError, Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.http import Http, asked_to_wait
from connectors.redaction import redact

Json = Any
FIELDS = {"insufficientFunds": "points", "discountLimitExceed": "points", "withdrawNotPermitted": "points", "invalidChecksum": "items"}


class Api:
    """One company."""

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        company, key = settings.secrets.get("company_id", ""), settings.secrets.get("api_key", "")
        self.secrets, self.limiter, self.clock = (key, settings.webhook_secret), limiter, clock
        self.http = Http(
            f"{settings.url.rstrip('/')}/partner/v2",
            limiter,
            auth=(company, key),
            headers={"Accept": "application/json", "Accept-Charset": "utf-8"},
            secrets=self.secrets,
            now=lambda: clock().timestamp(),
        )

    def get(self, path: str, **params: Json) -> Json:
        """The body of a read; None in ``params`` is left out."""
        return self._call("GET", path, True, params={name: value for name, value in params.items() if value is not None})

    def calculate(self, body: Mapping[str, Json]) -> Json:
        """What a sale would come to: a POST that changes nothing."""
        return self._call("POST", "operations/calc", True, json=dict(body))

    def send(self, path: str, body: Mapping[str, Json]) -> Json:
        """The body of a write's answer; never repeated here."""
        return self._call("POST", path, False, json=dict(body))

    def _call(self, method: str, path: str, safe: bool, **options: Any) -> Json:
        moment = self.clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        headers = {"X-Origin-Request-Id": str(uuid.uuid4()), "X-Timestamp": moment}
        return self.http.call(method, path, lambda answer: self._checked(answer, safe), safe=safe, headers=headers, **options)

    def _checked(self, answer: requests.Response, safe: bool) -> Json:
        status = answer.status_code
        if status == 429:  # turned away at the door
            wait = asked_to_wait(answer, 5.0)
            self.limiter.penalise(wait)
            raise Unavailable("too many requests", code="429", retry_after=wait, limited=True)
        if status >= 500:
            raise (Unavailable if safe else Unknown)(f"HTTP {status}", code=str(status))
        if status >= 400:
            raise self.error(answer)
        return self.http.parse(answer, safe)

    def error(self, answer: requests.Response) -> ConnectorError:
        """``{"errorCode": ..., "message": ...}`` as ours."""
        status = answer.status_code
        try:
            said = answer.json()
        except ValueError:
            said = {}
        said = said if isinstance(said, dict) else {}
        code = str(said.get("errorCode") or status)
        text = redact(str(said.get("message") or code)[:500], self.secrets)
        if status == 401:
            return Unauthorized(text, code=code)
        if code == "companyIsInactive" or status == 403:
            return Unauthorized(f"the company's subscription of UDS has ended: {text}", code=code)
        if status == 404:
            return Missing(text, code=code)
        return Rejected(text, code=code, field=FIELDS.get(code, ""))
