"""Requests to the REST API v3 and the meaning of its errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import requests

from connectors.contract import Limiter, SystemSettings
from connectors.errors import ConnectorError, Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.http import Http
from connectors.redaction import redact

Json = Any
ABSENT = frozenset({"woocommerce_rest_shop_order_invalid_id", "woocommerce_rest_invalid_id", "woocommerce_rest_product_invalid_id"})


class Api:
    """One shop."""

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        key, secret = settings.secrets.get("consumer_key", ""), settings.secrets.get("consumer_secret", "")
        self.secrets = (key, secret, settings.webhook_secret)
        self.http = Http(f"{settings.url.rstrip('/')}/wp-json/wc/v3", limiter, auth=(key, secret), secrets=self.secrets)

    def get(self, path: str, params: Mapping[str, Json]) -> tuple[Json, Mapping[str, str]]:
        """Body and headers of a read."""
        answer = self.http.request("GET", path, params=params, safe=True)
        return self._checked(answer, True), answer.headers

    def send(self, method: str, path: str, body: Json, *, safe: bool) -> Json:
        """Body of a write's answer."""
        return self._checked(self.http.request(method, path, json=body, safe=safe), safe)

    def _checked(self, answer: requests.Response, safe: bool) -> Json:
        status = answer.status_code
        if status in (429, 502, 503, 504, 508):
            after = answer.headers.get("Retry-After", "")
            refused = status in (429, 503)  # turned away at the door; a gateway's 502 and 504 may come after the effect
            trouble: type[Unavailable] | type[Unknown] = Unavailable if safe or refused else Unknown
            if trouble is Unavailable:
                raise Unavailable(f"HTTP {status}", code=str(status), retry_after=float(after) if after.isdigit() else None)
            raise Unknown(f"HTTP {status}", code=str(status))
        body = self.http.parse(answer, safe)
        if status < 400:
            return body
        if status >= 500:
            raise (Unavailable if safe else Unknown)(self._text(body), code=str(body.get("code", status)))
        raise self.error(body, status)

    def error(self, body: Json, status: int) -> ConnectorError:
        """An error object of the vendor as ours."""
        code = str(body.get("code", status)) if isinstance(body, dict) else str(status)
        if status in (401, 403):
            return Unauthorized(self._text(body), code=code)
        if status == 404 or code in ABSENT:
            return Missing(self._text(body), code=code)
        data = body.get("data") if isinstance(body, dict) else None
        params = data.get("params") if isinstance(data, dict) else None
        field = next(iter(params), "") if params else "email" if "email" in code else ""
        return Rejected(self._text(body), code=code, field=str(field))

    def _text(self, body: Json) -> str:
        return redact(str(body.get("message", ""))[:500] if isinstance(body, dict) else "", self.secrets)
