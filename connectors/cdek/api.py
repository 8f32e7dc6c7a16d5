"""Requests to CDEK: a token that lasts an hour, and the meaning of its errors, decided by the vendor's codes."""

from __future__ import annotations

import threading
import time
from typing import Any

import requests

from connectors.contract import Limiter, SystemSettings
from connectors.errors import ConnectorError, Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.http import Http, asked_to_wait
from connectors.redaction import redact

Json = Any
EARLY = 60.0  # seconds before its end at which a token is renewed
TRANSIENT = frozenset({"v2_internal_error", "v2_similar_request_still_processed"})
ABSENT = frozenset({"v2_entity_not_found", "v2_order_not_found", "v2_entity_not_found_im_number", "v2_entity_not_found_cdek_number"})


class Expired(Unauthorized):
    """The token is refused: another one is asked for, once."""


class Api:
    """One account."""

    def __init__(self, settings: SystemSettings, limiter: Limiter) -> None:
        self.account, secure = settings.secrets.get("client_id", ""), settings.secrets.get("client_secret", "")
        self.secrets, self.limiter = (secure, settings.webhook_secret), limiter
        self.http = Http(f"{settings.url.rstrip('/')}/v2", limiter, secrets=self.secrets, timeout=(5.0, 30.0))
        self._token, self._until, self._lock = "", 0.0, threading.Lock()

    def get(self, path: str, **params: Json) -> Json:
        """The body of a read. Raises ConnectorError."""
        return self._call("GET", path, True, params=params)

    def send(self, method: str, path: str, body: Json = None) -> Json:
        """The body of a write's answer."""
        return self._call(method, path, False, **({} if body is None else {"json": body}))

    def _call(self, method: str, path: str, safe: bool, **options: Json) -> Json:
        try:
            return self._once(method, path, safe, **options)
        except Expired:
            self._until = 0.0
            return self._once(method, path, safe, **options)

    def _once(self, method: str, path: str, safe: bool, **options: Json) -> Json:
        headers = {"Authorization": f"Bearer {self.token()}"}
        return self.http.call(method, path, lambda answer: self._body(answer, safe), safe=safe, headers=headers, **options)

    def token(self) -> str:
        """One that lasts for some time yet. Raises Unauthorized where the account is refused."""
        with self._lock:
            if time.monotonic() >= self._until:
                form = {"grant_type": "client_credentials", "client_id": self.account, "client_secret": self.secrets[0]}
                given = self.http.call("POST", "oauth/token", self._granted, safe=True, data=form)
                self._token, self._until = str(given["access_token"]), time.monotonic() + float(given.get("expires_in") or 0) - EARLY
            return self._token

    def _granted(self, answer: requests.Response) -> Json:
        if answer.status_code in (400, 401, 403):
            raise Unauthorized("account or secure password is refused", code=str(answer.status_code))
        body = self._body(answer, True)
        if not isinstance(body, dict) or not body.get("access_token"):
            raise Unavailable("an answer without a token", code=str(answer.status_code))
        return body

    def _body(self, answer: requests.Response, safe: bool) -> Json:
        status = answer.status_code
        if status == 429:
            self.limiter.penalise(asked_to_wait(answer, 2.0))
            raise Unavailable("too many requests", code="429", retry_after=asked_to_wait(answer, None), limited=True)
        if status >= 500:
            raise (Unavailable if safe else Unknown)(f"HTTP {status}", code=str(status))
        if status == 401:
            raise Expired("the token is refused", code="401")
        if status == 204:
            return None
        body = self.http.parse(answer, safe)
        if status >= 400:
            raise self.error(body, status)
        return body

    def error(self, body: Json, status: int) -> ConnectorError:
        """``requests[].errors[]`` or ``errors[]`` as ours."""
        said = body if isinstance(body, dict) else {}
        lists = [said.get("errors"), *(one.get("errors") for one in said.get("requests") or ())]
        errors = [one for listed in lists for one in listed or ()]
        first = errors[0] if errors else {}
        code, text = str(first.get("code") or status), redact(str(first.get("message") or f"HTTP {status}")[:500], self.secrets)
        if code in TRANSIENT:
            return Unavailable(text, code=code)
        if code in ABSENT or (status == 404 and not errors):
            return Missing(text, code=code)
        return Rejected(text, code=code)
