"""A value that nobody can read yet is somebody's word even so: it waits for its meaning, and no older word is written over it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync.context import BatchContext
from mappings import Mapping as CompiledMapping

Json = Any
MEANINGS = ("directory", "lookup")  # what a value may wait for: somebody maps it, or the vendor says what it names


def undecided(mapping: CompiledMapping, link: Link, record: Record, paths: Iterable[str], context: BatchContext) -> frozenset[str]:
    """Of these paths, those whose value there waits for its meaning and was not overtaken: nobody has said another since."""
    found = set()
    for path in paths:
        entry = link.contribution.get(path)
        if entry is None or link.base.get(path) != entry["v"]:
            continue
        _, problems = mapping.decode(path, entry["v"], context)
        names = {p.field for p in problems if p.needs and p.needs[0] in MEANINGS}
        if names and not any(later(record.provenance.get(name), entry["t"]) for name in names):
            found.add(path)
    return frozenset(found)


def later(said: Json, at: float | None) -> bool:
    """Whether the record's word ([system, link, time] or None) is dated, and after ``at`` (None: a baseline without a time)."""
    return bool(said) and said[2] is not None and (at is None or said[2] > at)
