"""project, the third pure function: what is to be written to one system so that it holds what it makes of the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.storage.links import Link
from mappings import Mapping as CompiledMapping
from mappings.codec import Context

Json = Any


@dataclass(slots=True)
class Plan:
    """``writes``: path -> value to send. ``agreed``: paths that the system holds already, though we never sent them.
    ``excluded``: path -> reason (frozen, set aside, tolerated, unread, waiting)."""

    writes: dict[str, Json] = field(default_factory=dict)
    agreed: dict[str, Json] = field(default_factory=dict)
    excluded: dict[str, str] = field(default_factory=dict)

    def settle(self, paths: Iterable[str]) -> None:
        """These were asked for already: the system made its own form of them, and it is not asked again."""
        for path in paths:
            self.agreed[path] = self.writes.pop(path)

    def hold(self, paths: frozenset[str]) -> None:
        """Do not write these: what stands there waits for its meaning."""
        for path in paths:
            self.writes.pop(path, None)
            self.excluded[path] = "waiting"


def plan(
    link: Link | None, projected: Mapping[str, Json], *, tolerated: frozenset[str] = frozenset(), write_only: frozenset[str] = frozenset()
) -> Plan:
    """``projected``: the record as the mapping turns it for this system. Without a link everything is to be written (a create)."""
    result = Plan()
    for path, value in projected.items():
        refused = link.set_aside.get(path) if link is not None else None
        if link is None or link.state == "creating":
            if refused is not None and refused.get("value") == value:
                result.excluded[path] = "set_aside"
            elif value not in (None, "", []):
                result.writes[path] = value
        elif path in link.frozen:
            result.excluded[path] = "frozen"
        elif value == link.sent.get(path, _NEVER):
            continue
        elif path in link.base and value == link.base[path]:
            result.agreed[path] = value
        elif refused is not None and refused.get("value") == value:
            result.excluded[path] = "set_aside"
        elif path not in link.base and path not in write_only:
            result.excluded[path] = "unread"
        elif path in tolerated:
            result.excluded[path] = "tolerated"
        else:
            result.writes[path] = value
    return result


def asked_for(mapping: CompiledMapping, path: str, sent: Json, wanted: Json, context: Context) -> bool:
    """Whether what was last sent says what is wanted. A new line was sent without the id that it has by now; where the vendor puts new lines
    last, the record's order and its own differ for good, and neither ``sent`` nor ``base`` is the wanted value."""
    if sent == wanted:
        return True
    said, wrong = mapping.decode(path, sent, context)
    means, odd = mapping.decode(path, wanted, context)
    return bool(said) and not wrong and not odd and said == means


_NEVER = object()
