"""Places inside of answers and of objects: ``return.Customers.Customer``, ``Phones.Row[Kind='Mobile'].Number``, ``Rows[0]``. Names may be Cyrillic.
Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Any
STEP = re.compile(r"(?P<name>[^.\[\]]+)(?:\[(?:(?P<index>\d+)|(?P<key>[^\]=]+)=(?P<quote>['\"])(?P<value>.*?)(?P=quote))\])?(?:\.|$)")


@dataclass(frozen=True, slots=True)
class Step:
    """``index``: which of several; ``key``, ``value``: the one whose ``key`` is that."""

    name: str
    index: int | None = None
    key: str = ""
    value: str = ""


def parsed(path: str) -> tuple[Step, ...]:
    """Raises ValueError for what is no path."""
    return tuple(_steps(path))


def _steps(path: str) -> Iterator[Step]:
    at = 0
    while at < len(path):
        match = STEP.match(path, at)
        if match is None:
            raise ValueError(f"not a path such as Customers.Customer or Phones.Row[Kind='Mobile'].Number: {path!r}")
        yield Step(
            match["name"].strip(),
            None if match["index"] is None else int(match["index"]),
            (match["key"] or "").strip(),
            match["value"] or "",
        )
        at = match.end()


def at(value: Json, path: str) -> Json:
    """What stands there; of several the first. None where there is nothing."""
    found = several(value, path)
    return found[0] if found else None


def several(value: Json, path: str) -> list[Json]:
    """All that stands there: a list on the way stands for each of its members, and one that the service says without a list for a list of one."""
    found = [value]
    for step in parsed(path):
        inner = [one.get(step.name) for one in found if isinstance(one, Mapping)]
        found = [member for one in inner for member in (one if isinstance(one, list) else [one])]
        if step.key:
            found = [one for one in found if isinstance(one, Mapping) and str(one.get(step.key) or "") == step.value]
        if step.index is not None:
            found = found[step.index : step.index + 1]
    return [member for one in found if one is not None for member in (one if isinstance(one, list) else [one])]


def put(into: dict[str, Json], name: str, value: Json) -> None:
    """Set a plain dotted name, making the objects on the way."""
    *parents, last = name.split(".")
    for parent in parents:
        into = into.setdefault(parent, {})
    into[last] = value
