"""Requests to CloudPayments and the meaning of its answers. A refusal of business is HTTP 200 with ``Success: false`` and words alone."""

from __future__ import annotations

import json
from typing import Any

import requests

from connectors.contract import Limiter, SystemSettings
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable
from connectors.http import Http
from connectors.redaction import redact

Json = Any
NOT_FOUND = "not found"  # cloudpayments docs: payments/find


class Api:
    """One site (terminal). Nothing but reads is asked for, each by POST."""

    def __init__(self, settings: SystemSettings, limiter: Limiter) -> None:
        login, password = settings.secrets.get("public_id", ""), settings.secrets.get("api_secret", "")
        self.secrets, self.limiter = (password,), limiter
        self.http = Http(settings.url, limiter, auth=(login, password), secrets=self.secrets, timeout=(5.0, 60.0))

    def ask(self, path: str, **body: Json) -> Json:
        """The ``Model`` of an answer, sums as decimal text. Raises ConnectorError."""
        return self.http.call("POST", path, self._model, safe=True, json=body)

    def _model(self, answer: requests.Response) -> Json:
        status = answer.status_code
        if status == 401:
            raise Unauthorized("Public ID or API Secret is refused", code="401")
        if status == 429:  # more requests at once than the terminal may make
            self.limiter.penalise(1.0)
            raise Unavailable("too many requests at once", code="429", limited=True)
        if status >= 500:
            raise Unavailable(f"HTTP {status}", code=str(status))
        if status >= 400:
            raise Rejected(f"HTTP {status}: {redact(answer.text[:200], self.secrets)}", code=str(status))
        body = self._body(answer)
        if not body["Success"]:
            said = redact(str(body.get("Message") or "refused without a word")[:500], self.secrets)
            raise (Missing if said.casefold().startswith(NOT_FOUND) else Rejected)(said)
        return body.get("Model")

    def _body(self, answer: requests.Response) -> dict[str, Json]:
        """The envelope. An HTML page, a cut body or nothing is no answer."""
        try:
            body = json.loads(answer.content, parse_float=str)
        except ValueError as error:
            raise Unavailable(f"HTTP {answer.status_code} without JSON", code=str(answer.status_code)) from error
        if not isinstance(body, dict) or "Success" not in body:
            raise Unavailable("an answer without Success", code=str(answer.status_code))
        return body
