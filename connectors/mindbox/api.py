"""Calls of operations and the meaning of their answers: 200 is no success until ``status``, and each block's ``processingStatus``, say so."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import requests

from connectors.contract import Limiter, SystemSettings, TokenStore
from connectors.errors import ConnectorError, Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.http import Http
from connectors.mindbox.operations import Operation, chosen
from connectors.redaction import redact

Json = Any
Row = dict[str, Json]
ALREADY = "TransactionAlreadyProcessed"
KEPT = "not_found"  # among the kept credentials: {address: when it was answered 404}
BLOCK = 70.0  # seconds: an address that asked for what is not there is blocked for a minute, and a margin
CALM, BASKETS, DAILY = 10.0, 120.0, 3600.0  # seconds after a refusal of the rate, of large baskets, and of the day's quota
SCHEMES = {"secretkey": "SecretKey {}", "old": 'Mindbox secretKey="{}"'}
NOT_FOUND = re.compile(r"was not found", re.I)


class Api:
    """One project, by one endpoint. Options: ``endpoint``, ``operations``, ``auth`` (``old``: the spelling of before 2024)."""

    def __init__(self, settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> None:
        key = settings.secrets.get("secret_key", "")
        self.endpoint, self.operations = str(settings.options.get("endpoint") or ""), chosen(settings.options)
        self.limiter, self.tokens, self.clock, self.secrets = limiter, tokens, clock, (key, settings.webhook_secret)
        self.root = f"{settings.url.rstrip('/')}/v3/operations"
        headers = {"Authorization": SCHEMES[str(settings.options.get("auth") or "secretkey")].format(key), "Accept": "application/json"}
        self.http = Http(self.root, limiter, headers=headers, secrets=self.secrets, now=self.now)
        self.files = Http("", limiter, secrets=self.secrets, now=self.now)  # files lie elsewhere: the key is not shown there
        self._shut: dict[str, float] | None = None

    def now(self) -> float:
        return self.clock().timestamp()

    def has(self, what: str) -> bool:
        return bool(self.operations[what].name)

    def read(self, what: str, body: Mapping[str, Json]) -> Row:
        """The answer of an operation that changes nothing."""
        return self._call(what, body, safe=True, transaction="")

    def write(self, what: str, body: Mapping[str, Json], *, transaction: str = "", safe: bool = False) -> Row:
        """The answer of a write: ``Success``, or that this transaction was done before. Every write bears a transaction, a new one unless told
        otherwise. ``safe``: the vendor, or what is said, makes a repeat harmless."""
        return self._call(what, body, safe=safe, transaction=transaction or str(uuid.uuid4()))

    def file(self, url: str) -> bytes:
        """A file of an export. Raises Missing for one that is not there (any more); it is not asked for again."""

        def read(answer: requests.Response) -> bytes:
            if answer.status_code == 404:
                self._refused()[url] = self.now()  # a file's own address: of no use after this
                raise Missing("the file of the export is not there", code="file")
            if answer.status_code >= 400:
                raise Unavailable(f"HTTP {answer.status_code} of a file", code=str(answer.status_code))
            return bytes(answer.content)

        self._enter(url)
        return self.files.call("GET", url, read, safe=True)

    def forgive(self) -> None:
        """A person asks anew: what was answered 404 longer ago than a block lasts may be tried once more."""
        fresh = {url: at for url, at in self._refused().items() if self.now() - at < BLOCK}
        if fresh != self._refused():
            self._shut = fresh
            self.tokens.save({**self.tokens.load(), KEPT: fresh})

    def _call(self, what: str, body: Mapping[str, Json], *, safe: bool, transaction: str) -> Row:
        operation = self.operations[what]
        if not operation.name:
            raise Rejected(f"this project has no operation for {what}", code="operation")
        path = operation.mode
        self._enter(self.root)
        params = {"endpointId": self.endpoint, "operation": operation.name} | ({"transactionId": transaction} if transaction else {})
        return self.http.call(
            "POST", path, lambda answer: self._checked(answer, operation, safe or operation.queued), safe=safe or operation.queued,
            limit_method=operation.name, params=params, json=dict(body),
        )  # fmt: skip

    def _enter(self, url: str) -> None:
        """What was answered 404 is never asked for again: a second time would shut the address out for a minute. Raises Unauthorized."""
        if url in self._refused():
            raise Unauthorized("this address was answered 404 before, and is not asked again: mend `url`, then check", code="404")

    def _refused(self) -> dict[str, float]:
        if self._shut is None:
            self._shut = dict(self.tokens.load().get(KEPT) or {})
        return self._shut

    def _shut_out(self, url: str) -> None:
        self._shut = {**self._refused(), url: self.now()}
        self.tokens.save({**self.tokens.load(), KEPT: self._shut})

    def _checked(self, answer: requests.Response, operation: Operation, safe: bool) -> Row:
        status = answer.status_code
        if status == 404:
            self._shut_out(self.root)  # whichever mode was asked for: the address is wrong
            raise Unauthorized("there is no such path (404): mend `url`", code="404")
        if status == 429:
            raise self._later(answer, operation)
        trouble: type[Unavailable] | type[Unknown] = Unavailable if safe else Unknown
        if status >= 500:
            raise trouble(self._text(self._json(answer)) or f"HTTP {status}", code=str(status))
        body = self.http.parse(answer, safe)
        if not isinstance(body, dict):
            raise trouble(f"HTTP {status}: not an answer of the API", code=str(status))
        said = str(body.get("status") or "")
        if status < 400 and not body.get("errorMessage") and said in ("Success", ALREADY):
            return body
        if said == "InternalServerError":
            raise trouble(self._text(body), code=said)
        raise self.error(body, status, operation)

    @staticmethod
    def _json(answer: requests.Response) -> Row:
        try:
            body = answer.json()
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    def _later(self, answer: requests.Response, operation: Operation) -> Unavailable:
        """429 has four meanings, told by the text alone. What was sent is not kept there: it may be sent again."""
        body = self._json(answer)
        text = self._text(body) or answer.text[:200]
        if not body:  # no operation answers without JSON: the address is shut out
            wait, method, code = BLOCK, "", "blocked"
        elif "daily" in text.lower():
            wait, method, code = DAILY, operation.name, "daily"
        elif "over 50 lines" in text:
            wait, method, code = BASKETS, operation.name, "baskets"
        else:
            wait, method, code = CALM, operation.name, "429"
        self.limiter.penalise(wait, method)
        return Unavailable(redact(text, self.secrets) or "too many requests", code=code, retry_after=wait, limited=code != "blocked")

    def error(self, body: Row, status: int, operation: Operation) -> ConnectorError:
        """A refusal as ours, named by the path that the vendor names."""
        text = self._text(body) or f"HTTP {status}"
        if status == 401:
            return Unauthorized(text, code="401")
        messages = body.get("validationMessages") or ()
        if messages:
            return Rejected(text, code="ValidationError", field=field_of(str(messages[0].get("location") or "")))
        told = str(body.get("errorMessage") or "")
        if told.startswith(("operation:", "endpointId:")) or (NOT_FOUND.search(told) and operation.name and operation.name in told):
            return Rejected(text, code="operation")
        if status == 403:
            return Rejected(text, code="403")
        if NOT_FOUND.search(told) and told.startswith("/order/ids"):
            return Missing(text, code=str(status))
        return Rejected(text, code=str(body.get("status") or status), field=field_of(told.partition(":")[0]))

    def _text(self, body: Row) -> str:
        """What the vendor says, with the number that its support asks for, without secrets and personal data."""
        told = [str(one.get("message") or "") for one in body.get("validationMessages") or ()]
        words = "; ".join(filter(None, (str(body.get("errorMessage") or ""), *told)))
        number = f" (errorId {body['errorId']})" if body.get("errorId") else ""
        return redact(f"{words[:400]}{number}", self.secrets) if words else ""


def field_of(location: str) -> str:
    """``/customer/mobilePhone`` -> ``mobilePhone``; empty for what is no path."""
    steps = location.strip().split("/")
    return ".".join(step for step in steps[2:] if not step.isdigit()) if location.startswith("/") else ""


def status_of(body: Mapping[str, Json], block: str) -> str:
    """What became of one block; empty where the operation returns none."""
    return str((body.get(block) or {}).get("processingStatus") or "")
