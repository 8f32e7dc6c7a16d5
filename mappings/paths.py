"""Remote paths: ``billing.phone``, ``attributes[name='Бонусы'].value``, ``positions.rows``, ``list[0]``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

Json = Any
MISSING: Any = object()
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]|\[([\w.]+)=(?:'([^']*)'|\"([^\"]*)\"|(\d+))\]")

Step = tuple[str, ...]  # ("key", name) | ("index", n) | ("pick", key, value)


class PathError(ValueError):
    """The text is not a path."""


@lru_cache(maxsize=4096)
def parse(path: str) -> tuple[Step, ...]:
    """The steps of a path. Raises PathError."""
    steps: list[Step] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if not match:
            raise PathError(f"cannot read {path[position:]!r} in the path {path!r}")
        if match[1] is not None:
            steps.append(("key", match[1]))
        elif match[2] is not None:
            steps.append(("index", match[2]))
        else:
            steps.append(("pick", match[3], next(v for v in match.groups()[3:] if v is not None)))
        position = match.end()
    if not steps or steps[0][0] != "key":
        raise PathError(f"a path begins with a key: {path!r}")
    return tuple(steps)


def get(data: Json, path: str) -> Json:
    """The value at a path, MISSING where a step leads nowhere. Raises TypeError where a step meets another shape."""
    for step in parse(path):
        if data is None or data is MISSING:
            return MISSING
        if step[0] == "key":
            if not isinstance(data, dict):
                raise TypeError(f"{path}: an object was expected")
            data = data.get(step[1], MISSING)
            continue
        if not isinstance(data, list):
            raise TypeError(f"{path}: a list was expected")
        if step[0] == "index":
            data = data[int(step[1])] if int(step[1]) < len(data) else MISSING
        else:
            data = next((item for item in data if isinstance(item, dict) and str(item.get(step[1])) == step[2]), MISSING)
    return data


def put(data: dict[str, Json], path: str, value: Json) -> None:
    """Set the value at a path, making what is missing on the way; a picked item is made with its key."""
    steps = parse(path)
    here: Any = data
    for step, following in zip(steps, (*steps[1:], ("end",)), strict=True):
        blank: Any = value if following[0] == "end" else {} if following[0] == "key" else []
        if step[0] == "key":
            if following[0] == "end":
                here[step[1]] = value
            elif not isinstance(here.get(step[1]), (dict, list)):
                here[step[1]] = blank
            here = here[step[1]]
        elif step[0] == "pick":
            item = next((item for item in here if str(item.get(step[1])) == step[2]), None)
            if item is None:
                item = {step[1]: step[2]}
                here.append(item)
            here = item
        else:
            index = int(step[1])
            while len(here) <= index:
                here.append({})
            if following[0] == "end":
                here[index] = value
            here = here[index]


def roots(path: str) -> tuple[str, ...]:
    """A plain path and all its prefixes, longest first: what a representation may name."""
    steps = parse(path)
    found = [path]
    text = ""
    for step in steps:
        if step[0] != "key":
            break
        text = f"{text}.{step[1]}".lstrip(".")
        found.append(text)
    return tuple(dict.fromkeys(found))
