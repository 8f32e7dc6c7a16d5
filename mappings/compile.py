"""Reading compiled to plain Python: one function a mapping, no interpretation on the hot path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mappings import paths
from mappings.mapping import FieldMap, list_codec

Json = Any


def pick(items: Json, key: str, value: str) -> Json:
    """The first item whose ``key`` says ``value``."""
    for item in items:
        if str(item.get(key)) == value:
            return item
    return None


def compile_read(fields: Sequence[FieldMap]) -> tuple[Any, str]:
    """(function, its source): ``read(o, carried, absent_is_empty) -> {path: value}``. The function raises TypeError on another shape."""
    constants: dict[str, Json] = {"MISSING": paths.MISSING, "pick": pick}
    lines = ["def read(o, carried, absent_is_empty):", "    values = {}"]
    seen: set[str] = set()
    for number, one in enumerate(fields):
        if one.path in seen:
            continue
        seen.add(one.path)
        lines.append(f"    if {one.path!r} in carried:")
        lines += [f"        {line}" for line in _value(one, number, constants)]
    lines.append("    return values")
    source = "\n".join(lines) + "\n"
    exec(compile(source, "<mapping>", "exec"), constants)  # noqa: S102 - the source is made here, from parsed paths
    return constants["read"], source


def _value(one: FieldMap, number: int, constants: dict[str, Json]) -> list[str]:
    if one.read is not None:
        constants[f"expression_{number}"] = one.read
        return [f"values[{one.path!r}] = expression_{number}.search(o)"]
    lines = ["v = o"]
    for step in paths.parse(one.path):
        if step[0] == "key":
            lines.append(f"v = MISSING if v is None or v is MISSING else v.get({step[1]!r}, MISSING)")
        elif step[0] == "pick":
            lines.append(f"v = MISSING if not v or v is MISSING else pick(v, {step[1]!r}, {step[2]!r})")
        else:
            lines.append(f"v = v[{int(step[1])}] if v and v is not MISSING and len(v) > {int(step[1])} else MISSING")
    lines += ["if v is None or v is MISSING:", "    v = None if absent_is_empty else MISSING"]
    kept = list_codec(one)
    if kept is not None:
        constants[f"reduce_{number}"] = kept.reduce
        lines += ["else:", f"    v = reduce_{number}(v)"]
    return [*lines, "if v is not MISSING:", f"    values[{one.path!r}] = v"]
