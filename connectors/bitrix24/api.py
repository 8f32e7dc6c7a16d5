"""Requests to one portal: single calls and batches of 50, the meaning of their errors, and the run time that each method has used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

import requests

from connectors.bitrix24.access import access_of
from connectors.bitrix24.faults import BLOCKED, BLOCKED_FOR, EXPIRED, LIMITED, error_of
from connectors.bitrix24.manifest import OPERATING
from connectors.contract import Limiter, SystemSettings, TokenStore
from connectors.errors import ConnectorError, Unavailable, Unknown
from connectors.http import Http
from connectors.redaction import redact

Json = Any
COMMANDS = 50  # in one batch
NEARLY = 0.95  # of a method's run time may be used before it is left alone
HOPS = 2  # redirects followed by one request


class Result(str):
    """A reference to an earlier command of the batch: ``$result[a0][item][id]``."""


@dataclass(frozen=True, slots=True)
class Command:
    """One method with its parameters."""

    method: str
    params: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a method answered. ``next``: where the following page of a list begins, or None. ``time``: the vendor's time block."""

    result: Json
    next: int | None = None
    total: int | None = None
    time: Mapping[str, Json] = field(default_factory=dict)


class Api:
    """One portal."""

    def __init__(self, settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> None:
        self.limiter, self.clock = limiter, clock
        self.secrets = (*settings.secrets.values(), settings.webhook_secret)
        headers = {"Accept": "application/json"}
        self.http = Http(settings.url, limiter, headers=headers, secrets=self.secrets, now=lambda: clock().timestamp())
        self.access = access_of(settings, self.http, tokens)
        self._free_at: dict[str, float] = {}  # method -> the vendor's time at which its oldest minute of use drops out

    def call(self, method: str, params: Mapping[str, Json] | None = None, *, safe: bool = True) -> Answer:
        """One method. Raises what :mod:`connectors.errors` names."""
        body = self._post(method, dict(params or {}), safe, limit_method=method)
        self._used(method, body.get("time"))
        return Answer(body.get("result"), body.get("next"), body.get("total"), body.get("time") or {})

    def batch(self, commands: Mapping[str, Command], *, safe: bool = True) -> dict[str, Answer | ConnectorError]:
        """Up to 50 commands in one request, each answered or refused by itself. Raises where the request as a whole failed."""
        for method in sorted({c.method for c in commands.values()}):
            with self.limiter.request(
                0.0, method
            ):  # the request itself is counted by `_post`: here one waits until none of them is blocked
                pass
        body = self._post("batch", {"halt": 0, "cmd": {key: encoded(c) for key, c in commands.items()}}, safe)
        parts = body.get("result")
        if not isinstance(parts, dict):
            raise (Unavailable if safe else Unknown)("the answer of a batch has no result", ru="в ответе на пакет нет результата")
        results, errors, times, following = (part(parts, name) for name in ("result", "result_error", "result_time", "result_next"))
        answers: dict[str, Answer | ConnectorError] = {}
        for key, command in commands.items():
            self._used(command.method, times.get(key))
            if key in errors:
                answers[key] = self._error(errors[key], 0, command.method, safe, inside=True)
            elif key in results:
                answers[key] = Answer(results[key], following.get(key), None, times.get(key) or {})
            else:
                answers[key] = (Unavailable if safe else Unknown)("the answer lacks this command", ru="в ответе нет этой команды")
        return answers

    def many(self, commands: Mapping[str, Command]) -> dict[str, Answer | ConnectorError]:
        """Any number of reading commands, 50 to a request."""
        answers: dict[str, Answer | ConnectorError] = {}
        for chunk in chunks(list(commands), COMMANDS):
            answers |= self.batch({key: commands[key] for key in chunk})
        return answers

    def _post(self, method: str, params: Mapping[str, Json], safe: bool, limit_method: str = "") -> dict[str, Json]:
        """The body of a good answer. An expired token and a moved portal are turned away before anything is done: asked again."""
        renewed, hops = False, 0
        while True:
            door = self.access.door()
            answer = self.http.request(
                "POST", f"{door.base}/{method}.json", json={**params, **door.params}, safe=safe, limit_method=limit_method
            )
            if answer.is_redirect and hops < HOPS:
                hops += 1
                self.access.moved(answer.headers["Location"])
                continue
            body = self._body(answer, safe)
            if "error" not in body and answer.status_code < 400:
                return body
            if str(body.get("error")) == EXPIRED and not renewed:
                renewed = True
                self.access.renew(door)
                continue
            raise self._error(body, answer.status_code, method, safe)

    def _body(self, answer: requests.Response, safe: bool) -> dict[str, Json]:
        if answer.status_code in (502, 503, 504) and not answer.headers.get("Content-Type", "").startswith("application/json"):
            turned_away = safe or answer.status_code == 503
            raise (Unavailable if turned_away else Unknown)(f"HTTP {answer.status_code}", code=str(answer.status_code))
        body = self.http.parse(answer, safe)
        if not isinstance(body, dict):
            raise (Unavailable if safe else Unknown)(
                f"HTTP {answer.status_code} with an answer of another shape", ru=f"HTTP {answer.status_code} с ответом другого вида"
            )
        return body

    def refusal(self, body: Json, method: str) -> ConnectorError:
        """The meaning of one refused item within an answer that is good as a whole."""
        return self._error(body, 0, method, safe=False, inside=True)

    def _error(self, body: Json, status: int, method: str, safe: bool, inside: bool = False) -> ConnectorError:
        error = error_of(body if isinstance(body, dict) else {"error": str(body)}, status, safe=safe, inside=inside)
        error.message = redact(error.message, self.secrets)
        error.args = (error.message,)
        if isinstance(error, Unavailable) and error.code == LIMITED:
            self.limiter.penalise(error.retry_after or 1.0)
        elif isinstance(error, Unavailable) and error.code == BLOCKED:
            error.retry_after = (
                max(1.0, self._free_at.get(method, 0.0) - self.clock().timestamp()) if method in self._free_at else BLOCKED_FOR
            )
            self.limiter.penalise(error.retry_after, method)
        return error

    def _used(self, method: str, time: Json) -> None:
        """Take in a time block: a method that has nearly used its run time is left alone until the oldest minute drops out."""
        if not isinstance(time, dict) or not time.get("operating_reset_at"):
            return
        self._free_at[method] = float(time["operating_reset_at"])
        if float(time.get("operating") or 0) >= OPERATING.units * NEARLY:
            self.limiter.penalise(max(1.0, self._free_at[method] - float(time.get("finish") or self.clock().timestamp())), method)


def part(parts: Mapping[str, Json], name: str) -> dict[str, Json]:
    """A part of a batch answer by command. PHP shows an empty one as ``[]``, and one whose commands are named 0, 1, 2 ... as a list."""
    found = parts.get(name)
    if isinstance(found, list):
        return {str(position): value for position, value in enumerate(found)}
    return found if isinstance(found, dict) else {}


def encoded(command: Command) -> str:
    """``method?query`` with bracketed names, encoded once, as a JSON body wants it (bitrix24 docs: batch)."""
    pairs = "&".join(f"{quote(name, safe='[]')}={quote(text, safe='')}" for name, text in bracketed(dict(command.params)))
    return f"{command.method}?{pairs}"


def bracketed(value: Json, name: str = "") -> Iterator[tuple[str, str]]:
    """A nested value as PHP's names and texts. An empty list is sent as an empty text: PHP has no other word for it."""
    if isinstance(value, Mapping) and (value or not name):
        for key, inner in value.items():
            yield from bracketed(inner, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, (list, tuple)) and value:
        for index, inner in enumerate(value):
            yield from bracketed(inner, f"{name}[{index}]")
    else:
        yield name, plain(value)


def plain(value: Json) -> str:
    if isinstance(value, Result):
        return str(value)
    if value is None or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    return str(value).replace("$result[", "$ result[")  # a person's text must not be read as a reference


def chunks(items: Sequence[Json], size: int) -> Iterator[Sequence[Json]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
