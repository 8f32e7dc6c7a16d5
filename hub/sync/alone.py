"""What stands in an object alone: its record says nothing of it, so that the hub has nothing to write over it, and did not take it either: a person
refused it, or it belongs to a record that was split off. Only a person mends that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.entities import FACTS
from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync.observe import Rules
from mappings import CALLED
from mappings import Mapping as CompiledMapping

Json = Any


def alone(link: Link, held: Mapping[str, Json], record: Record, mapping: CompiledMapping, rules: Rules) -> dict[str, Json]:
    """Remote path -> what stands there alone, of the object that the hub writes. It holds ``held``."""
    if link.role != "primary" or link.entity in FACTS or not mapping.give:
        return {}
    return {path: there for path, there in held.items() if _strange(link, path, there, record, mapping, rules)}


def _strange(link: Link, path: str, there: Json, record: Record, mapping: CompiledMapping, rules: Rules) -> bool:
    names = {f.field for f in mapping.by_path.get(path, ())}
    if not names or CALLED in names or not names.isdisjoint(record.data):
        return False
    if path in rules.write_only or path in rules.counting or path in link.frozen or path in link.set_aside:
        return False
    said = link.contribution.get(path)
    return (said is None or said["v"] != there) and not rules.blank(path, there) and not rules.nobody(path, there)
