"""Requests to the PBX and the meaning of its answers: the code inside the body decides, whatever the status."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from connectors.contract import Limiter, Sound, SystemSettings, TokenStore
from connectors.errors import ConnectorError, Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.http import Http
from connectors.mango.door import Door
from connectors.mango.sendable import RECORDING, RESULT, written
from connectors.mango.signature import signed

Json = Any
Row = dict[str, Json]
CALM = 2.0  # seconds after a refusal of the rate
BUSY = frozenset({4290, 5008})  # turned away: nothing was done
TRANSIENT = BUSY | frozenset({5000, 5001, 5002, 5003, 5004, 5011})
ABSENT = frozenset({3310, 3320, 3330, 3340})  # no such call, recording, number, file
KEYS = frozenset({3102, 3105})  # signature, key
FILES = ".mango-office.ru"  # where recordings lie
ABSENT_FOR = 600.0  # seconds for which a recording that was not there is not asked for again: each such question silences everything else


class Tls12(HTTPAdapter):
    """The vendor states TLS 1.2 alone, 1.3 among what it does not speak."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        context = ssl.create_default_context()
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
        super().init_poolmanager(*args, ssl_context=context, **kwargs)


class Api:
    """One product."""

    def __init__(self, settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> None:
        self.key, self.salt = settings.secrets.get("api_key", ""), settings.secrets.get("salt", "")
        self.limiter, self.clock, self.url = limiter, clock, settings.url.rstrip("/")
        self.door, self._absent = Door(tokens, self.now), dict[str, float]()
        secrets = (self.key, self.salt)
        # never asked again at once: whether the first was refused is not known
        self.http = Http(f"{self.url}/vpbx", limiter, secrets=secrets, timeout=(5.0, 20.0), tries=1, now=self.now)
        self.files = Http("", limiter, secrets=secrets, now=self.now)
        for http in (self.http, self.files):
            http.session.mount("https://", Tls12(pool_connections=4, pool_maxsize=4, max_retries=0))

    def now(self) -> float:
        return self.clock().timestamp()

    def ask(self, path: str, fields: Mapping[str, Json]) -> Row:
        """The answer of a question."""
        return dict(self._sent(path, fields, lambda answer: self._told(answer, path, effect=False), effect=False))

    def order(self, path: str, fields: Mapping[str, Json]) -> Row:
        """The answer of a command that people notice. Raises Unknown where it may have been carried out."""
        return dict(self._sent(path, fields, lambda answer: self._told(answer, path, effect=True), effect=True))

    def result(self, key: str) -> str | None:
        """A report as text; None while it is not ready. Raises Missing for a key that is not known any more."""

        def read(answer: requests.Response) -> str | None:
            if answer.status_code in (204, 404):
                self.door.opened()
                if answer.status_code == 204:
                    return None
                raise Missing("the report is not kept any more", code="404")
            plain = answer.status_code == 200 and not answer.content.lstrip().startswith((b"{", b"<"))
            if not plain:
                self._told(answer, RESULT, effect=False)
                raise self._unread(answer, effect=False)
            self.door.opened()
            return answer.content.decode("utf-8", "replace")

        found: str | None = self._sent(RESULT, {"key": key}, read, effect=False)
        return found

    def sound(self, ident: str) -> Sound:
        """A recording, by a link that the vendor makes for this one request and that nobody else is given."""
        self._absent = {one: until for one, until in self._absent.items() if until > self.now()}
        if ident in self._absent:
            raise Missing("the recording was not there a moment ago", code="absent")
        try:
            link = self._sent(RECORDING, {"recording_id": ident, "action": "play"}, self._link, effect=False)
        except Missing:
            self._absent[ident] = self.now() + ABSENT_FOR
            raise

        def read(answer: requests.Response) -> Sound:
            if answer.status_code in (403, 404, 410):
                raise Unavailable("the link to the recording is spent: ask again", code=str(answer.status_code), retry_after=CALM)
            if answer.status_code >= 300:
                raise Unavailable(f"HTTP {answer.status_code} of a recording", code=str(answer.status_code))
            return Sound(bytes(answer.content), answer.headers.get("Content-Type", "audio/mpeg").partition(";")[0])

        return self.files.call("GET", link, read, safe=True)

    def _link(self, answer: requests.Response) -> str:
        if answer.status_code not in (302, 303, 307):
            self._told(answer, RECORDING, effect=False)
            raise self._unread(answer, effect=False)
        self.door.opened()
        link = answer.headers.get("Location", "")
        there, ours = urlsplit(link), urlsplit(self.url)
        if (there.scheme, there.netloc) != (ours.scheme, ours.netloc) and not (
            there.scheme == "https" and (there.hostname or "").endswith(FILES)
        ):
            raise Unavailable("the recording is said to lie somewhere else than at the vendor's", code="link")
        return link

    def _sent(self, path: str, fields: Mapping[str, Json], read: Callable[[requests.Response], Json], *, effect: bool) -> Json:
        """What ``read`` makes of the answer; it opens the door where the request was no erroneous one."""
        if not (self.key and self.salt):
            raise Unauthorized("secrets.api_key and secrets.salt are needed", code="unsent")
        text = written(path, fields)
        form = {"vpbx_api_key": self.key, "sign": signed(self.key, text, self.salt), "json": text}
        with self.door.passing():
            try:
                answer = self.http.request("POST", path, safe=False, limit_method=path, data=form)
            except Unavailable:  # it never left
                self.door.opened(kept_away=True)
                raise
            except Unknown as error:
                self.door.shut()
                raise error if effect else Unavailable(error.message, code=error.code) from error
            return read(answer)

    def _told(self, answer: requests.Response, path: str, *, effect: bool) -> Row:
        """The body of an answer that says done. Raises what its code, or its status, means."""
        if answer.status_code == 401:
            raise self.door.turned_away()
        if answer.status_code == 429:
            self.door.opened()
            self.limiter.penalise(CALM, path)
            raise Unavailable("more requests than the vendor takes", code="429", retry_after=CALM, limited=True)
        try:
            body = answer.json()
            code = int(body.get("result", body.get("code", 1000 if answer.status_code == 200 else 0)))
        except (ValueError, TypeError, AttributeError):
            raise self._unread(answer, effect=effect) from None
        if code < 1000:
            raise self._unread(answer, effect=effect)
        if 3000 <= code < 4000:
            self.door.shut()
        else:
            self.door.opened()
        if code >= 2000:
            raise self._refusal(code, str(body.get("message") or body.get("description") or ""), path, effect)
        return dict(body)

    def _unread(self, answer: requests.Response, *, effect: bool) -> Unavailable | Unknown:
        """An answer that is none of the vendor's: whether the request was a wrong one is not known."""
        self.door.shut()
        return (Unknown if effect else Unavailable)(f"HTTP {answer.status_code} without an answer", code=str(answer.status_code))

    def _refusal(self, code: int, told: str, path: str, effect: bool) -> ConnectorError:
        text = f"{path}: {code} {told}".strip()
        if code in KEYS:
            return Unauthorized(f"{text}: key or signing key is wrong", code=str(code))
        if code in ABSENT:
            return Missing(text, code=str(code))
        if code in BUSY:
            self.limiter.penalise(CALM, path)
            return Unavailable(text, code=str(code), retry_after=CALM)
        if code in TRANSIENT:
            return (Unknown if effect else Unavailable)(text, code=str(code))
        return Rejected(text, code=str(code))
