"""Requests to the API and the meaning of its errors: those of access are flat, all others stand under ``error``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import requests

from connectors.audiences import Form
from connectors.contract import Limiter, SystemSettings, TokenStore
from connectors.errors import ConnectorError, Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.http import Http
from connectors.redaction import redact
from connectors.vk_ads.access import ENDED, Access
from connectors.vk_ads.manifest import LISTS

Json = Any
ROOT = "api/v2/remarketing"
HEADERS = (("X-RateLimit-RPS-Remaining", 1.0), ("X-RateLimit-Hourly-Remaining", 600.0), ("X-RateLimit-Daily-Remaining", 3600.0))
PAGE = 50


class Used(Rejected):
    """What is to be deleted is used by something."""


class Api:
    """One cabinet."""

    def __init__(self, settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> None:
        self.secrets, self.limiter = (settings.secrets.get("client_secret", ""),), limiter
        self.http = Http(settings.url, limiter, secrets=self.secrets, now=lambda: clock().timestamp())
        # a file is read once: who sends it again makes it anew
        self.files = Http(settings.url, limiter, secrets=self.secrets, tries=1, timeout=(5.0, 300.0))
        self.access = Access(settings, self.http, tokens)

    def get(self, path: str, **params: Json) -> dict[str, Json]:
        return dict(self._call(self.http, "GET", path, True, params=params) or {})

    def named(self, path: str, name: str) -> list[dict[str, Json]]:
        """Objects of exactly this name, the newest first."""
        rows = self.get(path, _name=name, sorting="-created", limit=PAGE).get("items") or ()
        return [dict(row) for row in rows if row.get("name") == name]

    def post(self, path: str, body: Mapping[str, Json], *, safe: bool = False) -> dict[str, Json]:
        return dict(self._call(self.http, "POST", path, safe, json=dict(body)) or {})

    def delete(self, path: str) -> None:
        """Gone, or gone before. Raises Used where something uses it."""
        try:
            self._call(self.http, "DELETE", path, True)
        except Missing:
            return

    def send(self, form: Form) -> dict[str, Json]:
        """A new list."""
        return dict(
            self._call(self.files, "POST", "users_lists.json", False, limit_method=LISTS, data=form.body, headers=form.headers) or {}
        )

    def _call(self, http: Http, method: str, path: str, safe: bool, **options: Any) -> Json:
        """With the token that is kept, and once more with another where that one is dead; a file cannot be read twice."""
        token = self.access.token()
        headers = options.pop("headers", {})
        for again in (True, False):
            try:
                return http.call(
                    method, f"{ROOT}/{path}", lambda answer: self._checked(answer, safe), safe=safe,
                    headers={**headers, "Authorization": f"Bearer {token}"}, **options,
                )  # fmt: skip
            except Expired as error:
                if not again:
                    raise Unauthorized("a token that was just given is not taken", code=error.code) from error
                token = self.access.renewed(token)
                if "data" in options:
                    options["data"].seek(0)
        raise AssertionError

    def _checked(self, answer: requests.Response, safe: bool) -> Json:
        status = answer.status_code
        if status == 429:
            raise self._later(answer)
        if status == 204:
            return None
        if status >= 500:
            raise (Unavailable if safe else Unknown)(f"HTTP {status}", code=str(status))
        body = self.http.parse(answer, safe)
        if status >= 400:
            raise self.error(body if isinstance(body, dict) else {}, status)
        return body

    def _later(self, answer: requests.Response) -> Unavailable:
        """The headers tell which of the three limits is used up; none does: the hour."""
        used = [seconds for name, seconds in HEADERS if answer.headers.get(name, "").strip() == "0"]
        wait = max(used, default=60.0)
        self.limiter.penalise(wait, LISTS if answer.request.method == "POST" else "")
        return Unavailable("a limit of the cabinet is used up", code="429", retry_after=wait, limited=True)

    def error(self, body: Mapping[str, Json], status: int) -> ConnectorError:
        """A flat error is of access; a nested one of the request."""
        nested = body.get("error")
        said: Mapping[str, Json] = nested if isinstance(nested, dict) else body
        code = str(said.get("code") or status)
        fields = {name: (one or {}).get("message") for name, one in (said.get("fields") or {}).items() if isinstance(one, dict)}
        told = str(said.get("message") or "; ".join(f"{name}: {text}" for name, text in fields.items()) or f"HTTP {status}")
        text = redact(told[:500], self.secrets)
        if status == 401:
            return Unauthorized(text, code=code) if code in ENDED else Expired(text, code=code)
        if status == 404:
            return Missing(text, code=code)
        if status == 409:
            return Used(text, code="used")
        return Rejected(text, code=code, field=next(iter(fields), ""))


class Expired(Unauthorized):
    """The token is dead: another is asked for before anybody is told."""
