"""Filters with prefixes, orders and 50-row pages (bitrix24 docs: how to call list methods)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.params import Params, as_list, as_mapping, to_int
from sandbox.bitrix24.values import store

PAGE = 50
_PREFIX = re.compile(r"^(!><|><|!=%|!%=|!%|!@|!=|!|>=|<=|>|<|=%|%=|@|%|=|\?)?(.*)$", re.DOTALL)

Row = dict[str, Any]
Test = Callable[[Row], bool]


@dataclass(frozen=True)
class Column:
    """Where a filtered or sorted value comes from, how the wire's text is read before comparing, and the stored name for indexes."""

    read: Callable[[Row], Any]
    kind: str = "string"
    name: str = ""


@dataclass(frozen=True)
class Page:
    """One page of a list: ``next`` and ``total`` go beside ``result`` in the envelope, None leaves them out."""

    result: Any
    total: int | None = None
    next: int | None = None


Find = Callable[[str], Column | None]


def split_prefix(key: str) -> tuple[str, str]:
    match = _PREFIX.match(key)
    assert match is not None
    return match.group(1) or "", match.group(2)


def compile_filter(conditions: dict[str, Any], find: Find, strict: bool) -> Test:
    """A test of one row. An unknown field is a 400 where ``strict`` (Item family), else it filters nothing."""
    tests: list[Test] = []
    joined_by_or = str(conditions.get("logic", "AND")).upper() == "OR"
    for key, value in conditions.items():
        if key == "logic":
            continue
        if key.isdigit():
            tests.append(compile_filter(as_mapping(value), find, strict))
            continue
        operator, name = split_prefix(key)
        column = find(name)
        if column is None:
            if strict:
                raise RestError("INVALID_ARG_VALUE", f"Invalid filter: field '{name}' is not allowed in filter")
            continue
        tests.append(_test(operator, column, value))
    if joined_by_or:
        return lambda row: any(test(row) for test in tests)
    return lambda row: all(test(row) for test in tests)


def _test(operator: str, column: Column, value: Any) -> Test:
    read = column.read
    if operator in (">", ">=", "<", "<="):
        return _ordering(operator, read, _typed(column.kind, value))
    if operator.endswith("><"):
        return _between(operator, column, as_list(value))
    if "%" in operator or operator == "?":
        positive = _like(operator, read, value)
    else:
        wanted = (
            [_typed(column.kind, inner) for inner in as_list(value)] if isinstance(value, list | dict) else [_typed(column.kind, value)]
        )
        chosen = {_plain(inner) for inner in wanted}
        positive = lambda row: not chosen.isdisjoint(_all_of(read(row)))  # noqa: E731
    if operator.startswith("!"):
        return lambda row: not positive(row)
    return positive


def _typed(kind: str, value: Any) -> Any:
    if kind == "flag":  # a boolean user field: filters understand 1 and 0 only, though values are Y and N (bitrix24 docs: crm.item.list)
        return {"1": "Y", "True": "Y", "0": "N", "False": "N"}.get(str(value), "neither")
    if kind == "boolean" and value in ("", None, False):
        return "N"
    return store(kind, value)


def _plain(value: Any) -> Any:
    """Empty text, 0 and null are one and the same to a filter."""
    return None if value in ("", 0, None) else value


def _all_of(value: Any) -> set[Any]:
    if isinstance(value, list):
        return {_plain(inner) for inner in value} or {None}
    return {_plain(value)}


def _ordering(operator: str, read: Callable[[Row], Any], bound: Any) -> Test:
    if bound is None:
        return lambda row: operator == ">" and read(row) is not None or operator == ">="
    compare: dict[str, Callable[[Any], bool]] = {
        ">": lambda seen: seen > bound,
        ">=": lambda seen: seen >= bound,
        "<": lambda seen: seen < bound,
        "<=": lambda seen: seen <= bound,
    }
    holds = compare[operator]

    def test(row: Row) -> bool:
        seen = read(row)
        return seen is not None and not isinstance(seen, list) and holds(seen)

    return test


def _between(operator: str, column: Column, bounds: list[Any]) -> Test:
    """Both ends included."""
    ends = [_typed(column.kind, bound) for bound in bounds[:2]] if len(bounds) > 1 else [None, None]
    low, high = _ordering(">=", column.read, ends[0]), _ordering("<=", column.read, ends[1])
    if operator.startswith("!"):
        return lambda row: not (low(row) and high(row))
    return lambda row: low(row) and high(row)


def _like(operator: str, read: Callable[[Row], Any], value: Any) -> Test:
    text = str(value).lower()
    if "=" in operator:
        pattern = re.compile(".*".join(re.escape(part) for part in text.split("%")), re.DOTALL)
        return lambda row: any(pattern.fullmatch(str(seen or "").lower()) for seen in as_list(read(row)) or [""])
    return lambda row: any(text in str(seen or "").lower() for seen in as_list(read(row)) or [""])


def sort_rows(rows: Iterable[Row], order: dict[str, Any], find: Find, strict: bool) -> list[Row]:
    """Stable, last key first; nulls sort lowest as in the vendor's database."""
    ordered = list(rows)
    for name, direction in reversed(list(order.items())):
        column = find(name)
        if column is None:
            if strict:
                raise RestError("INVALID_ARG_VALUE", f"Invalid order: field '{name}' is not allowed in order")
            continue
        read = column.read
        ordered.sort(key=lambda row: _sort_key(read(row)), reverse=str(direction).upper().startswith("DESC"))
    return ordered


def _sort_key(value: Any) -> tuple[int, Any]:
    if value is None or isinstance(value, list):
        return (0, 0)
    if isinstance(value, int | Decimal):
        return (1, value)
    if isinstance(value, datetime):
        return (1, value.timestamp())
    return (2, str(value).lower())


def page_of(params: Params, rows: list[Row], show: Callable[[Row], Any], wrap: Callable[[list[Any]], Any]) -> Page:
    """Cut one page. ``start=-1`` does not count and says neither ``total`` nor ``next``."""
    start = to_int(params.get("start"), 0)
    if start < 0:
        return Page(wrap([show(row) for row in rows[:PAGE]]))
    piece = rows[start : start + PAGE]
    following = start + PAGE
    return Page(wrap([show(row) for row in piece]), total=len(rows), next=following if following < len(rows) else None)
