"""Choosing rows of a collection for a filter without walking all of it where an index answers."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from sandbox.bitrix24.filters import PAGE, Row, Test, split_prefix
from sandbox.bitrix24.params import as_list, to_int
from sandbox.bitrix24.state import Collection


def candidates(
    collection: Collection, wanted: dict[str, Any], order: dict[str, Any], start: int, test: Test, names: dict[str, str]
) -> list[Row]:
    """Matching rows by ascending id; only one page of them when nobody counts (``start=-1``) and the order is by id.

    ``names`` maps the filter's names of the two indexed fields to ``ID`` and ``ORIGIN_ID``.
    """
    matching = (row for row in _narrowed(collection, wanted, names) if test(row))
    uncounted = start < 0 and len(order) == 1 and all(
        names.get(name) == "ID" and str(direction).upper() == "ASC" for name, direction in order.items()
    )  # fmt: skip
    return list(islice(matching, PAGE)) if uncounted else list(matching)


def _narrowed(collection: Collection, wanted: dict[str, Any], names: dict[str, str]) -> Iterable[Row]:
    if str(wanted.get("logic", "")).upper() == "OR":
        return collection.after(0)
    after = 0
    for key, value in wanted.items():
        operator, name = split_prefix(key)
        indexed = names.get(name)
        if indexed and operator in ("", "=", "@"):
            found = _lookup(collection, indexed, as_list(value))
            return [collection.rows[number] for number in sorted(found)]
        if indexed == "ID" and operator in (">", ">="):
            after = max(after, to_int(value) - (operator == ">="))
    return collection.after(after)


def _lookup(collection: Collection, indexed: str, values: list[Any]) -> set[int]:
    if indexed == "ID":
        return {to_int(value) for value in values} & collection.rows.keys()
    if not all(values):
        return set(collection.rows)
    return set().union(*(collection.by_origin.get(str(value), set()) for value in values))
