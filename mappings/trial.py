"""A mapping tried on one object or record: for each field where the value stands, what it is there and here, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mappings.adopt import Reference
from mappings.codec import Context
from mappings.mapping import CALLED, Mapping

Json = Any
NONE = ("", "")


@dataclass(frozen=True, slots=True)
class Tried:
    """One field. ``raw``: the remote value; ``canonical``: what it is read as; ``problem``: why it cannot be used, in
    Russian and English, or empty; ``back``: what writing the record would put there (``held``: it would stay as it is)."""

    field: str
    path: str
    raw: Json
    canonical: Json
    problem: tuple[str, str] = NONE
    back: Json = None
    held: bool = True


@dataclass(frozen=True, slots=True)
class Trial:
    """``applies``: whether the mapping speaks of this object at all. ``canonical``: the record that it gives. ``references``: objects
    of other systems that this one names (`adopt`)."""

    id: str
    applies: bool
    rows: list[Tried]
    canonical: dict[str, Json]
    references: tuple[Reference, ...] = ()


def try_remote(mapping: Mapping, remote: dict[str, Json], ctx: Context, record: dict[str, Json] | None = None) -> Trial:
    """Read ``remote``; then write back what was read, or ``record``, to that object. Raises TypeError for what is no object."""
    read = mapping.read(remote, None, frozenset(), True, ctx)
    data, problems = mapping.decode_all(read.values, ctx)
    canonical = {name: value for name, value in data.items() if value is not None}
    wanted = record if record is not None else data
    projected, refused = mapping.project(wanted, read.values, ctx)
    wrong = {p.field: (p.message_ru, p.message_en) for p in [*problems, *refused]}
    rows = []
    for one in (one for one in mapping.fields if one.field != CALLED):
        raw = read.values.get(one.path)
        back = projected.get(one.path, raw)
        rows.append(Tried(one.field, one.path, raw, data.get(one.field), wrong.get(one.field, NONE), back, back == raw))
    named = tuple(found for one in mapping.adopt if (found := one.reference(remote)) is not None)
    return Trial(read.id, mapping.applies(remote), rows, canonical, named)
