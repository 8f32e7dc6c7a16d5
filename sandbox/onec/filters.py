"""``$filter`` of the interface: parsed into a function of a row. The dialect is the platform's own: neither ``contains`` nor ``tolower``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .wire import ODataError

Row = dict[str, Any]
Get = Callable[[Row, str], Any]  # (row, path) -> value; raises ODataError for what the set does not have
Expression = Callable[[Row], Any]
TOKEN = re.compile(
    r"\s*(?:(?P<guid>guid'[0-9a-fA-F-]+')|(?P<date>datetime'[^']*')|(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[\w.]+(?:/[\w.]+)*)|(?P<sign>[(),:]))"
)
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b, "lt": lambda a, b: a < b, "le": lambda a, b: a <= b,
}  # fmt: skip
REFUSED = ("contains", "length", "indexof", "replace", "tolower", "toupper", "trim", "floor", "ceiling")


@dataclass(frozen=True)
class Guid:
    """A reference. ``of``: the set that it leads to, of a composite field's value and where the query says it (``cast``); PLAIN of a field
    that leads to one set alone."""

    value: str
    of: str = ""


PLAIN = "*"


def parsing(text: str) -> ODataError:
    return ODataError(400, 14, f"Ошибка при разборе опций запроса: '{text}'")


class Parser:
    """Recursive descent over one filter. ``get`` reads a path of a row; ``alias``: the row of an ``any`` inside."""

    def __init__(self, text: str, get: Get) -> None:
        self.text, self.get, self.tokens, self.at = text, get, [], 0
        place = 0
        while place < len(text.rstrip()):
            found = TOKEN.match(text, place)
            if not found or found.end() == place:
                raise parsing(text[place : place + 40])
            self.tokens.append((found.lastgroup, found[found.lastgroup or 0]))
            place = found.end()

    def parsed(self) -> Expression:
        found = self.either()
        if self.at != len(self.tokens):
            raise parsing(self.text)
        return found

    def peek(self, *words: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][1] in words

    def take(self, *words: str) -> str:
        if self.at >= len(self.tokens) or (words and self.tokens[self.at][1] not in words):
            raise parsing(self.text)
        self.at += 1
        return str(self.tokens[self.at - 1][1])

    def either(self) -> Expression:
        left = self.both()
        while self.peek("or"):
            self.take()
            left = _join(any, left, self.both())
        return left

    def both(self) -> Expression:
        left = self.negated()
        while self.peek("and"):
            self.take()
            left = _join(all, left, self.negated())
        return left

    def negated(self) -> Expression:
        if self.peek("not"):
            self.take()
            inner = self.negated()
            return lambda row: not inner(row)
        return self.compared()

    def compared(self) -> Expression:
        left = self.value()
        if self.peek(*COMPARE):
            how = self.take()
            return _compare(how, left, self.value())
        return left

    def value(self) -> Expression:
        if self.peek("("):
            self.take()
            inner = self.either()
            self.take(")")
            return inner
        if self.at >= len(self.tokens):
            raise parsing(self.text)
        kind, token = self.tokens[self.at]
        self.at += 1
        if kind == "guid":
            guid = Guid(token[5:-1].lower())
            return lambda row: guid
        if kind == "date":
            date = token[9:-1]
            return lambda row: date
        if kind == "text":
            text = token[1:-1].replace("''", "'")
            return lambda row: text
        if kind == "number":
            number = float(token)
            return lambda row: number
        if token in ("true", "false"):
            return lambda row: token == "true"
        if kind != "word":
            raise parsing(token)
        if self.peek("("):
            return self.quantified(token) if token.endswith(("/any", "/all")) else self.call(token)
        get = self.get
        return lambda row: get(row, token)

    def quantified(self, token: str) -> Expression:
        """``Товары/any(d: d/Номенклатура_Key eq guid'…')``"""
        part, _, how = token.rpartition("/")
        self.take("(")
        alias = self.take()
        self.take(":")
        outer = self.get
        self.get = lambda row, path: (
            outer(row, f"{part}/{path.removeprefix(alias + '/')}") if path.startswith(f"{alias}/") else outer(row, path)
        )
        inner = self.either()
        self.get = outer
        self.take(")")
        test = any if how == "any" else all
        return lambda row: test(inner({"": row, part: [line]}) for line in row.get(part, ()))

    def call(self, name: str) -> Expression:
        if name in REFUSED or name not in CALLS:
            raise ODataError(400, 0, f"Функция '{name}' не поддерживается")
        self.take("(")
        arguments = [self.value()]
        while self.peek(","):
            self.take()
            arguments.append(self.value())
        self.take(")")
        return lambda row: CALLS[name](*(one(row) for one in arguments))


def _join(how: Callable[[Any], bool], left: Expression, right: Expression) -> Expression:
    return lambda row: how(one(row) for one in (left, right))


def _compare(how: str, left: Expression, right: Expression) -> Expression:
    def compared(row: Row) -> bool:
        a, b = left(row), right(row)
        if isinstance(a, Guid) and isinstance(b, Guid):
            if how not in ("eq", "ne"):
                raise parsing("операция сравнения недопустима для ссылки")
            return COMPARE[how](a.value, b.value) if a.of == b.of or PLAIN in (a.of, b.of) else how == "ne"
        if isinstance(a, Guid) or isinstance(b, Guid):
            return how == "ne"  # a bare guid beside a composite field equals nothing, and nobody says so
        try:
            return COMPARE[how](*_alike(a, b))
        except TypeError:
            raise parsing("несравнимые значения") from None

    return compared


def _alike(a: Any, b: Any) -> tuple[Any, Any]:
    """Int64 travels as text and compares as a number."""
    if isinstance(a, str) and isinstance(b, float):
        return (float(a) if re.fullmatch(r"-?\d+(\.\d+)?", a) else a), b
    return a, b


def _like(text: Any, pattern: Any) -> bool:
    return re.fullmatch(re.escape(str(pattern)).replace("%", ".*").replace("_", "."), str(text), re.S) is not None


def _cast(value: Any, of: Any) -> Any:
    return Guid(value.value, str(of)) if isinstance(value, Guid) else value


def _date(part: str) -> Callable[[Any], float]:
    return lambda text: float(getattr(datetime.fromisoformat(str(text)), part))


CALLS: dict[str, Callable[..., Any]] = {
    "startswith": lambda text, sub: str(text).startswith(str(sub)), "endswith": lambda text, sub: str(text).endswith(str(sub)),
    "substringof": lambda sub, text: str(sub) in str(text), "like": _like, "cast": _cast, "concat": lambda a, b: f"{a}{b}",
    "substring": lambda text, start, size=None: str(text)[int(start) : None if size is None else int(start) + int(size)],
    **{part: _date(part) for part in ("year", "month", "day", "hour", "minute", "second")},
}  # fmt: skip
