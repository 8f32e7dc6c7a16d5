"""Calls of SMS Aero and the meaning of their answers: ``success`` decides, whatever the HTTP status says."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import requests

from connectors.contract import Limiter, SystemSettings
from connectors.errors import ConnectorError, Rejected, Unauthorized, Unavailable, Unknown
from connectors.http import Http
from connectors.redaction import redact

Json = Any
Row = dict[str, Json]
CALM = 10.0  # seconds after a refusal of the rate, where the gateway names none


class Api:
    """One cabinet, by its e-mail and an API key. Options: none."""

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        login, key = settings.secrets.get("login", ""), settings.secrets.get("api_key", "")
        code = base64.b64encode(f"{login}:{key}".encode()).decode()
        self.limiter, self.clock, self.secrets = limiter, clock, (key, code, settings.webhook_secret)
        headers = {"Authorization": f"Basic {code}", "Accept": "application/json"}
        self.http = Http(settings.url.rstrip("/"), limiter, headers=headers, secrets=self.secrets, now=self.now)

    def now(self) -> float:
        return self.clock().timestamp()

    def ask(self, method: str, body: Mapping[str, Json] | None = None, *, page: int = 0) -> Json:
        """``data`` of a call that changes nothing. Raises ConnectorError."""
        return self._call(method, body or {}, page, safe=True)

    def tell(self, method: str, body: Mapping[str, Json]) -> Json:
        """``data`` of a call that changes something. Raises ConnectorError; Unknown where it may have been done."""
        return self._call(method, body, 0, safe=False)

    def listed(self, method: str, page: int, body: Mapping[str, Json] | None = None) -> tuple[list[Row], bool, int | None]:
        """Rows of a page, whether there is another, and how many there are in all: a list comes as an object with numbers for names."""
        data = self.ask(method, body, page=page)
        if not isinstance(data, dict):
            return ([row for row in data if isinstance(row, dict)] if isinstance(data, list) else []), False, None
        rows = [row for name, row in data.items() if name.isdigit() and isinstance(row, dict)]
        links, total = data.get("links") or {}, str(data.get("totalCount") or "")
        return rows, bool(rows and links.get("next")), int(total) if total.isdigit() else None

    def _call(self, method: str, body: Mapping[str, Json], page: int, *, safe: bool) -> Json:
        params = {"page": page} if page else {}
        return self.http.call("POST", method, lambda answer: self._data(answer, safe=safe), safe=safe, json=dict(body), params=params)

    def _data(self, answer: requests.Response, *, safe: bool) -> Json:
        status = answer.status_code
        if status == 401:
            raise Unauthorized("the e-mail or the key is refused", code="401")
        if status == 429:
            self.limiter.penalise(CALM)
            raise Unavailable("too many requests", code="429", retry_after=CALM, limited=True)
        if status == 404:
            raise Rejected("there is no such method: look at `url`", code="404")
        if status >= 500:
            raise (Unavailable if safe else Unknown)(f"HTTP {status}", code=str(status))
        said = self.http.parse(answer, safe)
        if not isinstance(said, dict):
            raise (Unavailable if safe else Unknown)("not an answer of the API", code=str(status))
        if said.get("success") is True:
            return said.get("data")
        raise self._refusal(said, status)

    def _refusal(self, said: Row, status: int) -> ConnectorError:
        """``{"success": false, "data": {field: [why]}, "message": ...}``, or ``{"result": "reject", "reason": ...}`` of older methods."""
        wrong = said.get("data") if isinstance(said.get("data"), dict) else {}
        field = next(iter(wrong or {}), "")
        text = str(said.get("reason") or said.get("message") or said.get("result") or f"HTTP {status}")
        why = f"{text} {'; '.join(map(str, wrong[field]))}" if wrong and isinstance(wrong.get(field), list) else text
        code = str(said.get("result") or ("validation" if field else said.get("message") or status))[:80]
        return Rejected(redact(why[:300], self.secrets), code=code, field=str(field))
