"""Requests to the standard OData interface and the meaning of its answers.

A page, an empty body or an XML of the web extension is no answer of the interface, whatever its status. Errors are decided by the
platform's own number; what a handler of the configuration throws (-1) only by its words.
"""

from __future__ import annotations

import base64
import json as jsonlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import requests

from connectors.contract import Limiter, SystemSettings, TokenStore
from connectors.errors import ConnectorError, Missing, Rejected, Settled, Unauthorized, Unavailable, Unknown
from connectors.http import Http, asked_to_wait
from connectors.onec.maintenance import parsed, remains
from connectors.onec.session import Session
from connectors.redaction import redact

Json = Any
INSIDE = "/odata/standard.odata"
EXTENSION = "virtual-resource-system"
LICENCE = re.compile(r"лицензи|licen[sc]e", re.I)
CLOSED = re.compile(r"дат\w+ запрета|изменени\w+[^.]*запрещен|запрещен\w*[^.]*(?:изменени|редактирова)|закрыт\w* (?:для изменений )?период|период\w*[^.]*закрыт", re.I)  # fmt: skip
BUSY = re.compile(r"блокиров|монопольн|deadlock|время ожидания", re.I)
ABSENT, EXISTS, CHANGED, EMPTY = "8", "15", "412", "empty"
ROOM = 1200  # bytes of a filter by values: IIS takes a query of 2,048 in all, and answers a longer one as if nothing were there
SERVED = frozenset({502, 503, 504, 408})
CALM = 2.0  # seconds, where a web server that counts requests names no delay


class Api:
    """One base."""

    def __init__(self, settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> None:
        login, password = settings.secrets.get("login", ""), settings.secrets.get("password", "")
        self.secrets, self.limiter = (password, settings.webhook_secret), limiter
        self.clock, self.zone = clock, ZoneInfo(settings.timezone)
        self.windows, self.unreadable = hours(settings)
        self.session = Session(tokens, settings.options.get("sessions", 1) == 1)
        root = f"{settings.url.rstrip('/')}{INSIDE}"
        # the first request after a pause starts the base: over 30 seconds were seen
        signed, headers = Signed(login, password, self.session), {"Accept": "application/json"}
        self.http = Http(
            root, limiter, auth=signed, headers=headers, secrets=self.secrets, timeout=(5.0, 120.0), now=lambda: clock().timestamp()
        )
        self.http.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def local(self) -> datetime:
        """Now on the base's clock, without a zone, as its dates are."""
        return self.clock().astimezone(self.zone).replace(tzinfo=None)

    def rows(self, name: str, **options: Json) -> list[Json]:
        """Rows of a set; those that the user's rights leave out are passed over instead of refusing all."""
        found = self._call(
            "GET", name, {**{f"${k}": v for k, v in options.items() if v not in (None, "")}, "allowedOnly": "true"}, safe=True
        )
        return list(found["value"]) if isinstance(found, dict) and isinstance(found.get("value"), list) else self._unread()

    def matching(self, name: str, field: str, literals: Sequence[str], also: str = "", **options: Json) -> list[Json]:
        """Rows of a set whose ``field`` is one of these, in as many requests as it takes. ``also``: a condition that holds besides."""
        conditions = [f"{also} and {piece}" if also else piece for piece in pieces(field, literals)]
        return [row for condition in conditions for row in self.rows(name, filter=condition, **options)]

    def sets(self) -> frozenset[str]:
        """What is published: the service document."""
        return frozenset(str(row.get("name")) for row in self._call("GET", "", {}, safe=True).get("value", ()))

    def one(self, name: str, ident: str) -> Json:
        return self._call("GET", f"{name}(guid'{ident}')", {}, safe=True)

    def create(self, name: str, body: Mapping[str, Json]) -> Json:
        """The object as stored. Raises Rejected with the code EXISTS for a guid that is taken, Unknown where the answer was lost."""
        return self._call("POST", name, {}, safe=False, body=body)

    def change(self, name: str, ident: str, body: Mapping[str, Json], version: str) -> Json:
        """The object as stored. ``version``: the one that the change is made of; many publications do not heed it."""
        return self._call("PATCH", f"{name}(guid'{ident}')", {}, safe=False, body=body, headers={"If-Match": version} if version else {})

    def post(self, name: str, ident: str) -> None:
        """Post a document, or post it anew. Never by GET, which would do it too."""
        self._call("POST", f"{name}(guid'{ident}')/Post", {"PostingModeOperational": "false"}, safe=False)

    def admit(self) -> None:
        """Raises Unavailable in the hours in which the base is not to be called."""
        if self.unreadable:
            raise Unauthorized(self.unreadable, code="options")
        wait = remains(self.windows, self.local())
        if wait:
            raise Unavailable("the base is closed for maintenance by the configuration", code="maintenance", retry_after=wait)

    def _call(
        self,
        method: str,
        place: str,
        options: Mapping[str, Json],
        *,
        safe: bool,
        body: Mapping[str, Json] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        self.admit()
        # a plus is no blank here, and names are Cyrillic: the query is made by hand
        asked = {"$format": "json;odata=nometadata", **options}
        query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in asked.items())
        data = None if body is None else jsonlib.dumps(body, ensure_ascii=False, default=str).encode()

        def read(answer: requests.Response) -> Json:
            return self._checked(answer, safe)

        address = f"{quote(place, safe=chr(39) + '()/$')}?{query}"
        more = {**(headers or {}), **({"Content-Type": "application/json"} if data is not None else {})}
        return self.http.call(method, address, read, safe=safe, headers=more, data=data)

    def _checked(self, answer: requests.Response, safe: bool) -> Json:
        """The body of an answer that the interface itself gave."""
        self.session.saw(answer.cookies.get_dict())
        trouble: type[Unavailable] | type[Unknown] = Unavailable if safe else Unknown
        status, text = answer.status_code, answer.content.decode("utf-8-sig", errors="replace").lstrip()
        if status == 429:  # the web server counts requests: turned away at its door
            self.limiter.penalise(wait := asked_to_wait(answer, CALM))
            raise Unavailable("HTTP 429", code="429", retry_after=wait, limited=True)
        if status in SERVED:
            raise (Unavailable if safe or status == 503 else Unknown)(f"HTTP {status}", code=str(status))
        if text.startswith("<"):
            raise self.page(status, text, trouble)
        if not text:
            if status == 401:
                raise Unauthorized("the login or password is refused", code="401")
            raise trouble(f"HTTP {status} with nothing in it", code=EMPTY)
        try:
            body = jsonlib.loads(text)  # UTF-8 whatever the header says
        except ValueError:
            raise trouble(f"HTTP {status}: neither JSON nor a page", code=str(status)) from None
        error = body.get("odata.error") if isinstance(body, dict) else None
        if status >= 400 or error is not None:
            raise self.error(error or {}, status, safe)
        return body

    def page(self, status: int, text: str, trouble: type[Unavailable] | type[Unknown]) -> ConnectorError:
        """XML of the web extension is said at its door, before anything was done; so is a page with 200, which stands there instead of the
        base. Any other page of the web server may come after the effect."""
        if EXTENSION in text[:600]:
            said = redact(re.sub(r"<[^>]+>", " ", text).strip()[:300], self.secrets)
            if status == 406:
                self.session.lost()
                return Unavailable(f"the session is gone: {said}", code="session")
            if LICENCE.search(said):
                return Unavailable(f"no licence is free: {said}", code="licence", retry_after=30.0)
            return Unavailable(said, code=str(status))
        if status == 401:
            return Unauthorized("the login or password is refused", code="401")
        if status == 404:
            return Unauthorized("nothing is published at this address", code="404")
        return (Unavailable if status == 200 else trouble)(f"HTTP {status}: a page, not the interface", code=str(status))

    def error(self, said: Mapping[str, Json], status: int, safe: bool) -> ConnectorError:
        """``{"code": "9", "message": {"lang": "ru", "value": ...}}`` as ours."""
        code = str(said.get("code", status))
        message = said.get("message")
        words = str(message.get("value", "") if isinstance(message, dict) else message or "")
        text = redact(words[:500], self.secrets) or f"HTTP {status}"
        if status == 412:
            return Unavailable(text, code=CHANGED)
        if code == "-1" and BUSY.search(words):
            return Unavailable(text, code=code)
        if CLOSED.search(words):
            return Settled(text, code=code)
        if code == "9":
            return Missing(text, code=code)
        if code == ABSENT:
            return Unauthorized(f"not in the composition of the interface: {text}", code=code)
        if code == "20" and safe:
            return Unauthorized(text, code=code)
        return Rejected(text, code=code)

    @staticmethod
    def _unread() -> list[Json]:
        raise Unavailable("an answer without rows", code="rows")


def hours(settings: SystemSettings) -> tuple[tuple[tuple[float, float], ...], str]:
    """The hours of maintenance, and what is wrong with how they are written: a base that might be called in them is not called at all."""
    try:
        return parsed(settings.options.get("maintenance") or ()), ""
    except ValueError as error:
        return (), f"config.yaml, systems.{settings.name}.options.maintenance: {error}"


class Signed(requests.auth.AuthBase):
    """Every request, a repeated one too, bears the login and the session that is held at that moment."""

    def __init__(self, login: str, password: str, session: Session) -> None:
        # UTF-8 before base64: with another encoding a Cyrillic login is refused
        self.basic, self.session = base64.b64encode(f"{login}:{password}".encode()).decode(), session

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update({"Authorization": f"Basic {self.basic}", **self.session.headers()})
        return request


def guid(value: str) -> str:
    """A guid as filters write it."""
    return f"guid'{value}'"


def text(value: str) -> str:
    """A text as filters write it."""
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def either(field: str, literals: Sequence[str]) -> str:
    """``(field eq a or field eq b)``"""
    return "(" + " or ".join(f"{field} eq {literal}" for literal in literals) + ")"


def pieces(field: str, literals: Sequence[str]) -> list[str]:
    """The same in pieces that fit a query: a Cyrillic letter takes six bytes of one."""
    found: list[list[str]] = [[]]
    size = 0
    for literal in dict.fromkeys(literals):
        length = len(quote(f" or {field} eq {literal}", safe=""))
        if found[-1] and size + length > ROOM:
            found.append([])
            size = 0
        found[-1].append(literal)
        size += length
    return [either(field, piece) for piece in found if piece]
