"""Requests to the management API and the meaning of its errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import requests

from connectors.audiences import Form
from connectors.contract import Limiter, SystemSettings
from connectors.errors import ConnectorError, Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.http import Http
from connectors.redaction import redact
from connectors.yandex_audiences.manifest import CHANGE

Json = Any
CALM = 60.0  # seconds after a refusal of a quota whose name says nothing of how long it lasts
QUOTAS = (("day", 3600.0), ("daily", 3600.0), ("hour", 600.0))  # word in the name of a quota, seconds


class Api:
    """One account."""

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        token = settings.secrets.get("token", "")
        self.secrets, self.limiter = (token,), limiter
        root, headers = f"{settings.url.rstrip('/')}/v1/management", {"Authorization": f"OAuth {token}", "Accept": "application/json"}
        self.http = Http(root, limiter, headers=headers, secrets=self.secrets, now=lambda: clock().timestamp())
        # a file is read once: who sends it again makes it anew
        self.files = Http(root, limiter, headers=headers, secrets=self.secrets, tries=1, timeout=(5.0, 300.0))

    def segments(self) -> list[dict[str, Json]]:
        """All segments of the account, of every kind."""
        return list(self.http.call("GET", "segments", lambda answer: self._checked(answer, True), safe=True).get("segments") or ())

    def confirm(self, ident: int, segment: Mapping[str, Json]) -> dict[str, Json]:
        """A segment that was uploaded is kept under its name. Said again it is the same."""
        return self._segment(
            self.http.call(
                "POST", f"segment/{ident}/confirm", lambda answer: self._checked(answer, True), safe=True, limit_method=CHANGE,
                params={"check_size": "true"}, json={"segment": dict(segment)},
            )
        )  # fmt: skip

    def send(self, path: str, form: Form, *, safe: bool, **params: str) -> dict[str, Json]:
        """A file."""
        return self._segment(
            self.files.call(
                "POST", path, lambda answer: self._checked(answer, safe), safe=safe, limit_method=CHANGE, params=params, data=form.body, headers=form.headers
            )
        )  # fmt: skip

    @staticmethod
    def _segment(body: Mapping[str, Json]) -> dict[str, Json]:
        return dict(body.get("segment") or {})

    def _checked(self, answer: requests.Response, safe: bool) -> dict[str, Json]:
        status = answer.status_code
        if status == 429:
            raise self._later(answer)
        body = self.http.parse(answer, safe) if status < 500 else {}
        said = body if isinstance(body, dict) else {}
        if status >= 500 or any(one.get("error_type") == "backend_error" for one in said.get("errors") or ()):
            raise (Unavailable if safe else Unknown)(f"HTTP {status}", code=str(status))
        if status >= 400:
            raise self.error(said, status)
        return said

    def _later(self, answer: requests.Response) -> Unavailable:
        """The body names the quota; its day ends at midnight in Moscow."""
        text = answer.text[:500]
        wait = next((seconds for word, seconds in QUOTAS if word in text.lower()), CALM)
        self.limiter.penalise(wait, CHANGE if wait > CALM else "")
        return Unavailable(redact(f"a quota is used up: {text[:200]}", self.secrets), code="429", retry_after=wait, limited=True)

    def error(self, said: Mapping[str, Json], status: int) -> ConnectorError:
        """``{"errors": [{"error_type", "message"}], "code", "message"}`` as ours."""
        kinds = [str(one.get("error_type") or "") for one in said.get("errors") or ()]
        text = redact(str(said.get("message") or f"HTTP {status}")[:500], self.secrets)
        if status in (401, 403):
            return Unauthorized(text, code=str(status))
        if status == 404:
            return Missing(text, code="404")
        return Rejected(text, code=next(filter(None, kinds), str(status)))
