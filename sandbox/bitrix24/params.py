"""Request parameters as PHP sees them: bracketed names, JSON bodies, any letter case at the top level."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

_PART = re.compile(r"\[([^\]]*)\]")


class Params(dict[str, Any]):
    """Top-level parameters, looked up without regard to case (old methods take both ``fields`` and ``FIELDS``)."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__({str(key).lower(): value for key, value in values.items()})

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key.lower(), default)

    def mapping(self, key: str) -> dict[str, Any]:
        """An object parameter; PHP does not tell a list from an object, so a list becomes one keyed by position."""
        return as_mapping(self.get(key))

    def items_of(self, key: str) -> list[Any]:
        return as_list(self.get(key))

    def integer(self, key: str, default: int = 0) -> int:
        return to_int(self.get(key), default)

    def text(self, key: str, default: str = "") -> str:
        value = self.get(key)
        return default if value is None or isinstance(value, dict | list) else str(value)


def as_mapping(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {str(key): inner for key, inner in value.items()}
    if isinstance(value, list):
        return {str(index): inner for index, inner in enumerate(value)}
    return {}


def as_list(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return list(value.values())
    return [value]


def to_int(value: Any, default: int = 0) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return default


def is_yes(value: Any, default: bool = False) -> bool:
    if value is None or value == "":
        return default
    return value is True or str(value).upper() in ("Y", "1", "TRUE")


def parse_query(text: str) -> dict[str, Any]:
    """``filter[ID]=1&select[]=ID`` -> ``{"filter": {"ID": "1"}, "select": ["ID"]}``."""
    return nest(parse_qsl(text, keep_blank_values=True))


def nest(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for name, value in pairs:
        head, bracket, _ = name.partition("[")
        path = [head, *_PART.findall(name)] if bracket else [name]
        _put(root, path, value)
    return {key: _php_lists(value) for key, value in root.items()}


def _put(node: dict[str, Any], path: list[str], value: str) -> None:
    for step in path[:-1]:
        key = step or str(len(node))
        inner = node.get(key)
        if not isinstance(inner, dict):
            inner = node[key] = {}
        node = inner
    node[path[-1] or str(len(node))] = value


def _php_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _php_lists(item) for key, item in value.items()}
    if inner and list(inner) == [str(index) for index in range(len(inner))]:
        return list(inner.values())
    return inner


def bracket_pairs(value: Any, prefix: str = "") -> list[tuple[str, str]]:
    """The inverse, for events: a nested object as the pairs of a form body."""
    if isinstance(value, dict | list):
        pairs: list[tuple[str, str]] = []
        for key, inner in as_mapping(value).items():
            pairs += bracket_pairs(inner, f"{prefix}[{key}]" if prefix else key)
        return pairs
    return [(prefix, "" if value is None else str(value))]
