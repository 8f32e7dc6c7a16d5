"""Requests to JSON API 1.2 and the meaning of its errors.

References are shown with the vendor's public address wherever the account is reached: what the hub keeps does not change when a
proxy's address does, and a foreign host in an answer is never called.
"""

from __future__ import annotations

import json as jsonlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from connectors.contract import Limiter, SystemSettings
from connectors.errors import ConnectorError, Missing, Rejected, Settled, Unauthorized, Unavailable, Unknown
from connectors.http import Http
from connectors.redaction import redact

Json = Any
BASE = "https://api.moysklad.ru/api/remap/1.2"
WEIGHTS = {"solution": 1.0, "draft": 4.0, "user": 4.0}  # moysklad docs, restrictions: a user's request weighs 4 from 1 Dec 2026
URL_MAX = 6000  # bytes of a request line: 8 KB are allowed for all headers together
SETTLED = frozenset({"17009", "19000"})  # closed period, closed shift
NO_ACCESS = frozenset({"1056", "1061", "1070", "1043"})  # key, API access, tariff: no request of ours would fare better
PASSING = frozenset({"1049", "1065", "1073", "1074", "1088", "1095"})  # rate, parallel change, parallel requests, maintenance, busy
LIST_OF_IDS = re.compile(r"/entity/\w+/([0-9a-fA-F-]{36})")


class Moved(Exception):
    """The id is one of the web pages; ``ident`` is the one of the API (moysklad docs: 301 of uuidHref)."""

    def __init__(self, ident: str) -> None:
        super().__init__(ident)
        self.ident = ident


class Api:
    """One account."""

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        token = settings.secrets.get("token", "")
        self.secrets = (token, settings.secrets.get("password", ""), settings.webhook_secret)
        self.base = f"{settings.url.rstrip('/')}/api/remap/1.2"
        self.weight = WEIGHTS.get(str(settings.options.get("token", "user")), 4.0)
        headers = {"Accept": "application/json;charset=utf-8", "Accept-Encoding": "gzip", "Content-Type": "application/json"}
        auth = None if token else (settings.secrets.get("login", ""), settings.secrets.get("password", ""))
        if token:
            headers["Authorization"] = f"Bearer {token}"
        public = urlsplit(str(settings.options.get("public_url", "")))
        # the prefix needs a scheme and a full domain, else the whole request is refused
        self.quiet = {"X-Lognex-WebHook-DisableByPrefix": public.geturl().rstrip("/")} if public.scheme and public.hostname else {}
        self.limiter = limiter
        self.http = Http(self.base, limiter, auth=auth, headers=headers, secrets=self.secrets, now=lambda: clock().timestamp())

    def get(self, path: str, params: Mapping[str, Json] | None = None, weight: float = 0.0) -> Json:
        """The body of a read. ``weight``: units that it costs, where they are others than usual. Raises Moved for an id of the web pages."""
        asked = {k: self._ours(v) for k, v in (params or {}).items()}
        return self.http.call("GET", path, lambda a: self._checked(a, True), safe=True, weight=weight or self.weight, params=asked)

    def send(self, method: str, path: str, body: Json, params: Mapping[str, Json] | None = None, *, safe: bool = False) -> Json:
        """A write; our own webhooks are not called for it. ``safe``: it may be said twice. Raises Unknown where the answer of another was lost."""
        text = None if body is None else self._ours(jsonlib.dumps(body, ensure_ascii=False)).encode()
        return self.http.call(
            method,
            path,
            lambda a: self._checked(a, safe),
            safe=safe,
            weight=self.weight,
            data=text,
            headers=self.quiet,
            params=dict(params or {}),
        )

    def _ours(self, value: Json) -> Json:
        return value.replace(BASE, self.base) if isinstance(value, str) else value

    def _checked(self, answer: requests.Response, safe: bool) -> Json:
        status = answer.status_code
        body = self._body(answer, safe)
        code = first_code(body)
        if status == 429:
            raise self._too_many(answer, code)
        if status in (301, 303, 308):
            found = LIST_OF_IDS.search(answer.headers.get("Location", ""))
            if found:
                raise Moved(found[1])
        if status >= 500 or code in PASSING:
            # 1074 is said at the door; everything else may come after the effect
            refused = safe or code in ("1065", "1074")
            text = self.text(body) or f"HTTP {status}"
            raise Unavailable(text, code=code or str(status)) if refused else Unknown(text, code=code or str(status))
        if status == 401 or (status == 403 and (code in NO_ACCESS or not code)):
            raise Unauthorized(self.text(body) or f"HTTP {status}", code=code or str(status))
        if status >= 400 and not isinstance(body, list):
            raise self.error(body if isinstance(body, dict) else {}, status)
        if isinstance(body, dict) and "errors" in body:
            raise self.error(body, status)
        return body

    def _too_many(self, answer: requests.Response, code: str) -> ConnectorError:
        """429: delays are in milliseconds; too many at once (1073) calls for a short pause, too many wrong keys (1048) for a person."""
        if code == "1048":
            return Unauthorized(
                "the vendor refuses this key for now: too many failed attempts",
                code=code,
                ru="ключ пока не принимают: слишком много неудачных попыток",
            )
        headers = answer.headers
        wait = 0.3 if code == "1073" else milliseconds(headers.get("X-Lognex-Retry-After") or headers.get("X-Lognex-Retry-TimeInterval"))
        self.limiter.penalise(wait)
        return Unavailable("the request limit is used up", code=code or "429", retry_after=wait, limited=True, ru="лимит запросов исчерпан")

    def _body(self, answer: requests.Response, safe: bool) -> Json:
        """JSON with public references. An error page of the front server is an answer without JSON; a good status without it is none, save of
        a deletion, which has nothing to say."""
        if not answer.content and (answer.status_code >= 300 or answer.request.method == "DELETE"):
            return None
        try:
            return jsonlib.loads(answer.content.decode().replace(self.base, BASE))
        except ValueError as error:
            if answer.status_code >= 400 and answer.status_code != 403:
                return None
            status = answer.status_code
            raise (Unavailable if safe else Unknown)(
                f"HTTP {status} without JSON", code=str(status), ru=f"HTTP {status} без JSON"
            ) from error

    def error(self, body: Mapping[str, Json], status: int = 400) -> ConnectorError:
        """``{"errors": [...]}`` as ours; ``field`` is the vendor's parameter."""
        first = (body.get("errors") or [{}])[0]
        code, field = str(first.get("code") or status), str(first.get("parameter", ""))
        text = self.text(body) or f"HTTP {status}"
        if code == "1021" or (status == 404 and code not in ("1002", "1005")):
            return Missing(text, code=code)
        if code in SETTLED:
            return Settled(text, code=code, field=field)
        if code in PASSING:
            return Unavailable(text, code=code, retry_after=1.0)
        return Rejected(text, code=code, field=field)

    def text(self, body: Json) -> str:
        """What the vendor says, without secrets and personal data."""
        errors = body.get("errors", []) if isinstance(body, dict) else []
        return redact("; ".join(str(e.get("error", "")) for e in errors)[:500], self.secrets)


def first_code(body: Json) -> str:
    errors = body.get("errors") if isinstance(body, dict) else None
    return str(errors[0].get("code", "")) if errors else ""


def milliseconds(text: str | None) -> float:
    """A delay in seconds; 3 s, the vendor's own window, where it is not said."""
    try:
        return max(0.05, float(text or 3000) / 1000)
    except ValueError:
        return 3.0


def conditions(field: str, values: list[str], most: int = 50) -> list[str]:
    """``field=a;field=b`` in pieces that fit a URL. A semicolon inside a value is escaped."""
    pieces: list[str] = []
    piece: list[str] = []
    size = 0
    for value in values:
        one = f"{field}={str(value).replace(';', chr(92) + ';')}"
        length = len(quote(one)) + 3
        if piece and (size + length > URL_MAX or len(piece) >= most):
            pieces.append(";".join(piece))
            piece, size = [], 0
        piece.append(one)
        size += length
    return [*pieces, ";".join(piece)] if piece else pieces
