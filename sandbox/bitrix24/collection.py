"""Rows of one kind by id, with indexes so that no filter by id, external id, number, phone or time of change walks all of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sandbox.bitrix24.values import digits

Row = dict[str, Any]
Key = tuple[str, Any]
COMMUNICATIONS = ("PHONE", "EMAIL")


class Collection:
    """``indexed``: stored names looked up by equality. ``stamp``: the name of the time of change, indexed for ranges."""

    def __init__(self, indexed: Iterable[str] = (), stamp: str = "") -> None:
        self.rows: dict[int, Row] = {}
        self.ids: list[int] = []
        self.indexed, self.stamp = frozenset(indexed), stamp
        self._equal: dict[Key, set[int]] = {}
        self._keys: dict[int, tuple[set[Key], datetime | None]] = {}
        self._times: list[tuple[datetime, int]] = []
        self._last = 0

    def next_id(self) -> int:
        self._last += 1
        return self._last

    def put(self, row: Row) -> None:
        """Insert or re-index a row; an id given from outside moves the counter past it."""
        number = int(row["ID"])
        self._last = max(self._last, number)
        if number not in self.rows:
            insort(self.ids, number)
        self._forget(number)
        self.rows[number] = row
        keys, moment = set(self._keys_of(row)), row.get(self.stamp)
        self._keys[number] = keys, moment
        for key in keys:
            self._equal.setdefault(key, set()).add(number)
        if moment is not None:
            insort(self._times, (moment, number))

    def drop(self, number: int) -> Row:
        self._forget(number)
        del self.ids[bisect_left(self.ids, number)]
        return self.rows.pop(number)

    def equal(self, name: str, value: Any) -> set[int]:
        """Ids of the rows whose indexed field holds ``value``; phones compare by digits, e-mails without case."""
        return self._equal.get((name, lookup_key(name, value)), set())

    def between(self, low: int, high: int) -> list[Row]:
        """Rows with low <= id <= high, ascending."""
        return [self.rows[number] for number in self.ids[bisect_left(self.ids, low) : bisect_right(self.ids, high)]]

    def since(self, moment: datetime) -> list[int]:
        """Ids of the rows changed at or after ``moment``, ascending."""
        return sorted(number for _, number in self._times[bisect_left(self._times, (moment, 0)) :])

    def _keys_of(self, row: Row) -> Iterable[Key]:
        for name in self.indexed:
            if name in COMMUNICATIONS:
                yield from ((name, lookup_key(name, entry["VALUE"])) for entry in row.get("FM", ()) if entry["TYPE_ID"] == name)
                continue
            value = row.get(name)
            for one in value if isinstance(value, list) else (value,):
                if one not in ("", 0, None):
                    yield name, one

    def _forget(self, number: int) -> None:
        keys, moment = self._keys.pop(number, (set(), None))
        for key in keys:
            self._equal[key].discard(number)
            if not self._equal[key]:
                del self._equal[key]
        if moment is not None:
            del self._times[bisect_left(self._times, (moment, number))]


def lookup_key(name: str, value: Any) -> Any:
    if name == "PHONE":
        return digits(value)
    return str(value).strip().lower() if name == "EMAIL" else value
