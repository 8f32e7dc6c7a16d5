"""Examples inside mappings: run by ``sverka mappings test`` and by the tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

from mappings.mapping import Mapping

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
    """One example that a mapping does not fulfil."""

    mapping: str
    example: str
    text: str


def run_examples(mapping: Mapping) -> list[ExampleFailure]:
    """Every example read and compared; then projected back: an object must agree with itself."""
    failures = []
    where = f"{mapping.connector}/{mapping.resource}"
    for example in mapping.examples:
        name = str(example.get("name", "?"))
        read = mapping.read(dict(example["remote"]), None, frozenset(), True, Echo())
        data, problems = mapping.decode_all(read.values, Echo())
        found = {field: value for field, value in data.items() if value is not None and field != "full_name"}
        if problems:
            failures.append(ExampleFailure(where, name, "; ".join(p.message_en for p in problems)))
        if found != example["canonical"]:
            failures.append(ExampleFailure(where, name, f"read {found}, expected {example['canonical']}"))
        if mapping.give:
            one_way = {f.path for f in mapping.fields if f.only}
            projected, _ = mapping.project(data, read.values, Echo())
            changed = {p: v for p, v in projected.items() if p not in one_way and v != read.values.get(p)}
            if changed:
                failures.append(ExampleFailure(where, name, f"writing back what was read would change {changed}"))
    return failures
