"""Requests to API v5 and the meaning of its answers: form fields with JSON inside, ``success`` beside the status."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import requests

from connectors.contract import Limiter, SystemSettings
from connectors.errors import ConnectorError, Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.http import Http
from connectors.redaction import redact

Json = Any
PARTLY = 460  # some objects of an upload were not taken
PAUSE = 1.0  # seconds: the limit is counted by the second, and no answer names a delay
FIELD = re.compile(r"[A-Za-z][\w.\[\]]*")
EXISTS = re.compile(
    r"externalId\W.*already exists", re.I
)  # "Customer with externalId=77 already exists." (vendor's issue 231 of its PHP client)


class Api:
    """One account, by one key."""

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        key = settings.secrets.get("api_key", "")
        self.secrets, self.limiter = (key, settings.webhook_secret), limiter
        self.root = f"{settings.url.rstrip('/')}/api"
        headers = {"X-API-KEY": key, "Accept": "application/json"}
        self.http = Http(f"{self.root}/v5", limiter, headers=headers, secrets=self.secrets, now=lambda: clock().timestamp())

    def get(self, path: str, params: Mapping[str, Json] | None = None) -> Json:
        """The body of a read. ``params``: ``{"filter": {"ids": [1, 2]}}`` is sent as ``filter[ids][]=1&filter[ids][]=2``."""
        return self.http.call("GET", path, lambda answer: self._checked(answer, True), safe=True, params=brackets(params or {}))

    def account(self, path: str) -> Json:
        """The body of what stands beside the versions: ``credentials``, ``system-info``."""
        return self.get(f"{self.root}/{path}")

    def post(self, path: str, fields: Mapping[str, Json]) -> Json:
        """The body of a write's answer, also of an upload that was taken in part. Lists and objects are JSON inside their field."""
        form = {
            k: json.dumps(v, ensure_ascii=False) if isinstance(v, (dict, list)) else str(v)
            for k, v in fields.items()
            if v not in (None, "")
        }
        return self.http.call("POST", path, lambda answer: self._checked(answer, False), safe=False, data=form)

    def _checked(self, answer: requests.Response, safe: bool) -> Json:
        status = answer.status_code
        trouble: type[Unavailable] | type[Unknown] = Unavailable if safe else Unknown
        if answer.text.lstrip().startswith("<"):  # an account that is blocked or gone, or a front server
            raise trouble(f"HTTP {status}: a page, not JSON", code=str(status))
        body = self.http.parse(answer, safe)
        if not isinstance(body, dict):
            raise trouble(f"HTTP {status}: not an answer of the API", code=str(status))
        if status == PARTLY or (status < 400 and body.get("success") is not False):
            return body
        if status in (429, 503):  # turned away at the door
            self.limiter.penalise(PAUSE)
            raise Unavailable(self.text(body) or f"HTTP {status}", code=str(status), retry_after=PAUSE, limited=True)
        if status >= 500:
            raise trouble(self.text(body) or f"HTTP {status}", code=str(status))
        raise self.error(body, status)

    def error(self, body: Mapping[str, Json], status: int) -> ConnectorError:
        """An error body as ours; ``field`` is the first that the vendor names."""
        text, told = self.text(body) or f"HTTP {status}", str(body.get("errorMsg") or "")
        if "apiKey" in told or "Account does not exist" in told:
            return Unauthorized(text, code=str(status))
        if status == 404 and "method" not in told:
            return Missing(text, code="404")
        field = next(iter(named(body)), "")
        code = "exists" if EXISTS.search(text) else "site" if field == "site" else str(status)
        return Rejected(text, code=code, field=field)

    def text(self, body: Mapping[str, Json]) -> str:
        """What the vendor says, without secrets and personal data."""
        errors = body.get("errors")
        told = [f"{k}: {v}" for k, v in errors.items()] if isinstance(errors, dict) else [str(e) for e in errors or ()]
        return redact("; ".join(filter(None, (str(body.get("errorMsg") or ""), *told)))[:500], self.secrets)


def named(body: Mapping[str, Json]) -> list[str]:
    """The fields that an error body names: keys of a map, or what stands before the colon of each line."""
    errors = body.get("errors")
    names = list(errors) if isinstance(errors, dict) else [str(line).partition(":")[0] for line in errors or () if ":" in str(line)]
    return [name for name in names if FIELD.fullmatch(name)]


def brackets(params: Mapping[str, Json], prefix: str = "") -> list[tuple[str, Json]]:
    """Nested parameters as PHP reads them."""
    found: list[tuple[str, Json]] = []
    for key, value in params.items():
        name = f"{prefix}[{key}]" if prefix else key
        if isinstance(value, Mapping):
            found += brackets(value, name)
        elif isinstance(value, (list, tuple)):
            found += [(f"{name}[]", one) for one in value]
        elif value not in (None, ""):
            found.append((name, value))
    return found
