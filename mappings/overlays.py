"""What overlays change of the mappings that they are laid over, key by key and field by field. Pure, but for reading the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mappings.declaration import Declaration, read_folders

Json = Any


@dataclass(frozen=True, slots=True)
class Changed:
    """One key of a mapping, or one of its fields (``fields.phones``): what it was and is; None where there was, or is, nothing. ``file`` and
    ``line``: where the overlay says it."""

    mapping: str
    key: str
    was: Json
    now: Json
    file: str
    line: int


def changed(below: Sequence[Path], overlays: Sequence[Path]) -> list[Changed]:
    """What the folders of ``overlays`` change of the mappings in the folders ``below``; examples are no change of what is written."""
    before = {_which(one): one for one in read_folders(below)[0]}
    after, _ = read_folders([*below, *overlays])
    return [one for declared in after for one in _between(before.get(_which(declared)), declared)]


def _which(declared: Declaration) -> tuple[str, str, str]:
    return declared.data["system"], declared.data["entity"], declared.data["resource"]


def _between(before: Declaration | None, after: Declaration) -> Iterator[Changed]:
    was, now = _flat(before.data if before else {}), _flat(after.data)
    for place in [*was, *(place for place in now if place not in was)]:
        if was.get(place) != now.get(place):
            told = next(((file, 0) for name, file in after.overlaid.items() if place == ("fields", name)), after.where(place))
            file, line = after.where(place) if place in after.lines else told
            yield Changed(after.name, ".".join(place), was.get(place), now.get(place), file, line)


def _flat(data: Mapping[str, Json]) -> dict[tuple[str, ...], Json]:
    """Keys and fields, each with its value."""
    flat: dict[tuple[str, ...], Json] = {(key,): value for key, value in data.items() if key not in ("fields", "examples")}
    fields = data.get("fields")
    return flat | {("fields", str(name)): said for name, said in fields.items()} if isinstance(fields, dict) else flat
