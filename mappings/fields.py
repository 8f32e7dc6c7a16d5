"""One line of a mapping, what it could not use, and a record as JMESPath sees it."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import Any

from mappings.codec import BadValue, Codec, Needs
from mappings.expressions import Expression

Json = Any


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A value that a mapping could not use. ``kind``: bad_value | unknown_value | waits. ``needs``: what would make it usable."""

    field: str
    path: str
    code: str
    message_ru: str
    message_en: str
    kind: str = "bad_value"
    needs: Needs | None = None


@dataclass(frozen=True, slots=True)
class FieldMap:
    """One line of a mapping. ``path``: where the value stands; for a one-way read, the JMESPath in round brackets. ``counts``: "lines"
    for a total in which the vendor counts the lines alone, "down" for a number that the vendor counts down by itself. ``aliases``: it is
    written to the record's other objects in the system, too. ``once``: it is written when the hub creates the object, and never after."""

    field: str
    path: str
    codec: Codec
    only: str = ""  # read | write
    clears: bool = False
    read: Expression | None = None  # over the remote object
    write: Expression | None = None  # over the record
    default: Json = None
    counts: str = ""
    aliases: bool = False
    once: bool = False


def problem(one: FieldMap, error: BadValue) -> FieldProblem:
    """What a codec complained of, as a problem of its field."""
    kind = "bad_value"
    if error.needs:
        kind = "unknown_value" if error.needs[0] == "directory" else "waits"
    return FieldProblem(one.field, one.path, error.code, error.ru, error.en, kind, error.needs)


def shape_problem(one: FieldMap, error: Exception) -> FieldProblem:
    """A vendor's value may have any shape: what trips a codec is a problem of this field, and the record goes on."""
    return FieldProblem(one.field, one.path, "shape", "Неожиданный вид значения", f"Unexpected shape: {type(error).__name__}")


def nested(record: Dict[str, Json]) -> dict[str, Json]:
    """A flat record with dotted names as nested objects, for JMESPath."""
    made: dict[str, Json] = {}
    for name, value in record.items():
        if "." not in name:
            made[name] = value
            continue
        here = made
        *parents, last = name.split(".")
        for parent in parents:
            inner = here.get(parent)
            if inner.__class__ is not dict:
                inner = here[parent] = {}
            here = inner
        here[last] = value
    return made
