"""What a system is told by routes, policies and directories: which records, which fields, and since when they say so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import jmespath

from hub.app import Hub
from hub.config.settings import Route
from hub.storage.records import Record
from mappings import FieldProblem, nested
from mappings import Mapping as CompiledMapping

Json = Any


def unrouted(route: Route | None, data: Mapping[str, Json]) -> str:
    """Which rule of the routes keeps the record from the system, or empty."""
    if route is None or not route.take:
        return "not routed"
    if route.when and not jmespath.search(route.when, nested(data)):
        return f"not routed: {route.when}"
    return ""


def tolerated(hub: Hub, system: str, mapping: CompiledMapping, record: Record) -> frozenset[str]:
    """Paths where the system's own value is left: another owns the field, who may depend on the record's status, or it was said at creation."""
    status = record.data.get("status")
    key = ("tolerated", system, mapping.resource, status)
    if key not in hub.cache:
        policies = {f.path: hub.settings.policy(mapping.entity, f.field) for f in mapping.fields}
        owners = {path: p.owners(status) for path, p in policies.items() if p.elsewhere == "tolerate"}
        hub.cache[key] = mapping.once | {path for path, names in owners.items() if names and system not in names}
    kept: frozenset[str] = hub.cache[key]
    return kept


def optional(hub: Hub, system: str, problem: FieldProblem) -> bool:
    """Whether a record goes without this field and nobody need mend it: people are named only in systems where they are mapped, an
    employee who has left is given nothing new, and a value with no word there by the configuration (``[]``) is not told there."""
    kind, name, value = problem.needs or ("", "", "")
    said = hub.settings.directories.get(name, {}).get(value, {})
    return kind == "directory_back" and (name == "employee" or said.get(system) == [])


def times_of(mapping: CompiledMapping, record: Record, paths: Iterable[str]) -> dict[str, float]:
    """When the edit behind each written value was made: what replaces it later is never older."""
    times: dict[str, float] = {}
    for path in paths:
        said = [record.provenance[f.field][2] for f in mapping.by_path.get(path, ()) if f.field in record.provenance]
        known = [t for t in said if t is not None]
        if known:
            times[path] = max(known)
    return times
