"""Examples inside mappings: run by ``sverka mappings test``, by lint and by the tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

from mappings.mapping import Example, Mapping

Json = Any


class Echo:
    """A context in which every directory, lookup and reference answers with what it was asked."""

    timezone: tzinfo = UTC

    def directory(self, name: str, remote: Json) -> str | None:
        return str(remote)

    def directory_back(self, name: str, value: str) -> Json | None:
        return value

    def lookup(self, name: str, remote: Json) -> str | None:
        return str(remote)

    def lookup_back(self, name: str, key: str) -> Json | None:
        return key

    def ref(self, entity: str, remote: Json) -> str | None:
        return str(remote)

    def ref_back(self, entity: str, record_id: str) -> Json | None:
        return record_id


@dataclass(frozen=True, slots=True)
class ExampleFailure:
    """One example that a mapping does not fulfil; ``number``: its place in the mapping."""

    mapping: str
    example: str
    text: str
    number: int = 0


def run_examples(mapping: Mapping) -> list[ExampleFailure]:
    """Every example read and compared; then projected back: an object must agree with itself."""
    where = f"{mapping.connector}/{mapping.resource}"
    return [
        ExampleFailure(where, example.name, text, number)
        for number, example in enumerate(mapping.examples)
        for text in _faults(mapping, example)
    ]


def _faults(mapping: Mapping, example: Example) -> list[str]:
    faults = []
    if not mapping.applies(example.remote):
        faults.append("`when` leaves this object out")
    read = mapping.read(example.remote, None, frozenset(), True, Echo())
    data, problems = mapping.decode_all(read.values, Echo())
    faults += [f"{p.field}: {p.message_en}" for p in problems if p.field not in example.ignore]
    wrong = {p.field for p in problems} | example.ignore
    for name in sorted(data.keys() | example.canonical.keys() - wrong):
        found, expected = data.get(name), example.canonical.get(name)
        if found != expected and name not in wrong:
            faults.append(f"{name}: read {found!r}, expected {expected!r}")
    if mapping.give:
        projected, _ = mapping.project(data, read.values, Echo())
        one_way = {one.path for one in mapping.fields if one.only or one.field in example.ignore}
        changed = {path: value for path, value in projected.items() if path not in one_way and value != read.values.get(path)}
        faults += [f"{path}: writing back what was read would change it to {value!r}" for path, value in changed.items()]
    return faults
