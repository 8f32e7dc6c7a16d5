"""Choosing the rows of a collection for a filter and an order, without walking all of it where an index answers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from sandbox.bitrix24.collection import Collection
from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.filters import PAGE, Find, Row, compile_filter, sort_rows, split_prefix
from sandbox.bitrix24.params import Params, as_list, to_int
from sandbox.bitrix24.values import store

ALL_IDS = (0, 2**63)


@dataclass
class _Narrowed:
    """Rows worth testing; ``exact`` when the filter asks nothing more than the ids did."""

    rows: list[Row]
    exact: bool


def select(collection: Collection, params: Params, find: Find, strict: bool, default: dict[str, str]) -> list[Row]:
    """Matching rows in the order asked for; one page of them at most when nobody counts (``start=-1``) and the order is by id."""
    wanted = params.mapping("filter")
    order = params.mapping("order") or default
    test = compile_filter(wanted, find, strict)
    narrowed = _narrow(collection, wanted, find)
    by_id = len(order) == 1 and next(iter(order)).upper() == "ID"
    ascending = by_id and not str(next(iter(order.values()))).upper().startswith("DESC")
    if ascending and params.integer("start") < 0:
        return list(islice(filter(test, narrowed.rows), PAGE))
    rows = narrowed.rows if narrowed.exact else [row for row in narrowed.rows if test(row)]
    if by_id:
        return rows if ascending else rows[::-1]
    return sort_rows(rows, order, find, strict)


def _narrow(collection: Collection, wanted: dict[str, Any], find: Find) -> _Narrowed:
    if str(wanted.get("logic", "")).upper() == "OR":
        return _Narrowed(collection.between(*ALL_IDS), exact=False)
    low, high = ALL_IDS
    chosen: set[int] | None = None
    exact = True
    for key, value in wanted.items():
        operator, name = split_prefix(key)
        column = find(name) if not key.isdigit() else None
        stored = column.name if column else ""
        if stored == "ID" and operator in (">", ">=", "<", "<=") and str(value).isdigit():
            low, high = _bounded(operator, int(value), low, high)
            continue
        exact = False
        found = _looked_up(collection, operator, stored, column.kind if column else "", value)
        if found is not None and (chosen is None or len(found) < len(chosen)):
            chosen = found
    if chosen is None:
        return _Narrowed(collection.between(low, high), exact)
    return _Narrowed([collection.rows[number] for number in sorted(chosen) if low <= number <= high], exact=False)


def _bounded(operator: str, value: int, low: int, high: int) -> tuple[int, int]:
    if operator[0] == ">":
        return max(low, value + (operator == ">")), high
    return low, min(high, value - (operator == "<"))


def _looked_up(collection: Collection, operator: str, stored: str, kind: str, value: Any) -> set[int] | None:
    """Ids that an index gives for one condition; None when no index can."""
    if operator in ("", "=", "@") and stored == "ID":
        return {to_int(one) for one in as_list(value)} & collection.rows.keys()
    if operator in ("", "=", "@") and stored in collection.indexed:
        values = as_list(value)
        if not values or any(one in ("", 0, "0", None, False) for one in values):
            return None
        try:
            return set().union(*(collection.equal(stored, store(kind, one)) for one in values))
        except RestError:
            return None
    if operator in (">", ">=") and stored and stored == collection.stamp:
        moment = store("datetime", value)
        return set(collection.since(moment)) if moment else None
    return None
