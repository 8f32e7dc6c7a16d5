"""Types of columns, and the two databases that tables belong to. Hub times are seconds since the epoch (UTC) as floats; values are JSON text.

``main`` holds the truth. ``intake`` (inbox and cursors) lives in a file of its own on SQLite, so that accepting a webhook
never waits for a merge; on PostgreSQL both are one database.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from sqlalchemy import BigInteger, Dialect, Integer, MetaData, Text
from sqlalchemy.types import TypeDecorator


class Json(TypeDecorator[Any]):
    """A JSON value kept as compact text with sorted keys, the same on both databases."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        return dump

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        return load


def dump(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def load(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)


BigId = BigInteger().with_variant(Integer(), "sqlite")

main = MetaData()
intake = MetaData()
