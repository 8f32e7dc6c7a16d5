"""What observe and resolve need to know of a mapped resource."""

from __future__ import annotations

import re
from typing import Any

from hub.app import Hub
from hub.sync.context import STAND_IN, BatchContext
from hub.sync.observe import Rules, empty
from mappings import Mapping as CompiledMapping

Json = Any
NOISE = re.compile(r"[\s\-()+.,;'\"]+")


def rules_for(hub: Hub, mapping: CompiledMapping, system: str, context: BatchContext) -> Rules:
    """The rules of one resource of one system; the parts that never change are kept."""
    manifest = hub.resource(system, mapping.resource)
    kept = hub.cache.get(("rules", system, mapping.resource))
    if kept is None:
        sets = frozenset(f.path for f in mapping.fields if f.path and hub.settings.policy(mapping.entity, f.field).keeps_edits)
        kept = hub.cache[("rules", system, mapping.resource)] = sets

    def alike(path: str, a: Json, b: Json) -> bool:
        if a == b:
            return True
        left, wrong_a = mapping.decode(path, a, context)
        right, wrong_b = mapping.decode(path, b, context)
        return not wrong_a and not wrong_b and same(flat(left), flat(right))

    def blank(path: str, value: Json) -> bool:
        data, wrong = mapping.decode(path, value, context)
        return empty(value) or (not wrong and all(empty(v) for v in data.values()))

    def nobody(path: str, value: Json) -> bool:
        return STAND_IN in mapping.decode(path, value, context)[0].values()

    def usable(path: str, value: Json) -> bool:
        return not mapping.decode(path, value, context)[1]

    update = manifest.operations.get("update")
    return Rules(
        alike=alike,
        settle=manifest.settle,
        sets=kept,
        write_only=mapping.write_only,
        counting=mapping.counting,
        effects=manifest.effect_paths,
        safe_update=bool(update and update.repeat == "safe"),
        clears=mapping.clearing,
        blank=blank,
        usable=usable,
        nobody=nobody,
    )


def same(a: Json, b: Json) -> bool:
    """Whether two flat values say the same. A line that was sent without its name is the one to which the vendor gave the name of its goods."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same_item(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(value, b[key]) for key, value in a.items())
    return bool(a == b)


def same_item(a: Json, b: Json) -> bool:
    if isinstance(a, dict) and isinstance(b, dict) and (a.keys() ^ b.keys()) <= {"name"}:
        return all(value == b[key] for key, value in a.items() if key in b)
    return bool(a == b)


def flat(value: Json) -> Json:
    """A canonical value without case, spaces and punctuation."""
    if isinstance(value, str):
        return NOISE.sub("", value).casefold()
    if isinstance(value, dict):
        return {k: flat(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [flat(v) for v in value]
    return value
