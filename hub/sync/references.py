"""Cross-references of earlier integrations: which systems' objects others name, and by which keys a record is found for them.

A record holds a key for each name that its objects have in their own systems (their id, their number), and a key for each object that
one of its objects names. So it does not matter which of two objects comes first, and two copies of an order meet before the order itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.app import Hub
from hub.sync.evidence import weaker
from mappings import Mapping as CompiledMapping
from mappings.adopt import STRENGTHS, SURE, as_text, plain, references

Json = Any
Key = tuple[str, str]  # kind, value: "system|name" of an object, by the name that it has in its system
OWN = "called"  # kind of key: what an object of the record is called in its own system
TOLD = {strength: f"named:{strength}" for strength in STRENGTHS}  # kinds of keys: objects that one of the record names
AGAINST = "one names the other, everything else speaks against it"  # why a person is asked; each has its words in hub/words/duplicates.py
SEVERAL_NAMED = "cross-references lead to several"
KEYS_ELSEWHERE = "a cross-reference leads to one, keys to another"
ANOTHER_HERE = "named by two objects of one system"
STRENGTH = {kind: strength for strength, kind in TOLD.items()} | {OWN: SURE}


class References:
    """What the mappings of a hub know of cross-references, worked out once."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.named: dict[str, frozenset[str]] = {}  # entity -> systems whose objects others name
        self.by: dict[tuple[str, str], frozenset[str]] = {}  # (system, entity) -> systems that it names
        for system in hub.settings.systems:
            for resource in hub.resources(system):
                self._learn(system, hub.mapping(system, resource))
        self.numbers = {(s, entity): self._numbers(s, entity) for entity, systems in self.named.items() for s in systems}

    @classmethod
    def of(cls, hub: Hub) -> References:
        if "references" not in hub.cache:
            hub.cache["references"] = cls(hub)
        found: References = hub.cache["references"]
        return found

    def _learn(self, system: str, mapping: CompiledMapping | None) -> None:
        if mapping is None or not mapping.adopt:
            return
        others = frozenset(other for rule in mapping.adopt for other in self.systems(rule.system) if other != system)
        self.named[mapping.entity] = self.named.get(mapping.entity, frozenset()) | others
        self.by[system, mapping.entity] = self.by.get((system, mapping.entity), frozenset()) | others

    def systems(self, name: str) -> list[str]:
        """The systems that a rule means by a name: one of them, or all of a connector."""
        return [s.name for s in self.hub.settings.systems.values() if name in (s.name, s.connector)]

    def _numbers(self, system: str, entity: str) -> tuple[str, ...]:
        """Paths of the numbers by which people, and programs, call the objects of a system."""
        declared = self.hub.mappings.for_entity(self.hub.settings.systems[system].connector, entity)
        return tuple(dict.fromkeys(f.path for m in declared for f in m.fields if f.field == "number" and f.read is None))

    def depth(self, system: str, entity: str, seen: frozenset[str] = frozenset()) -> int:
        """How many systems are to be identified before this one, so that what its objects name is known. A circle is cut."""
        others = self.by.get((system, entity), frozenset()) - seen - {system}
        return max((1 + self.depth(other, entity, seen | {system}) for other in others), default=0)

    def own(self, system: str, entity: str, external_id: str | None, values: Mapping[str, Json]) -> set[Key]:
        """What an object is called in its own system, where others call its like. ``values``: path -> remote value."""
        if system not in self.named.get(entity, ()):
            return set()
        said = [external_id, *(values.get(path) for path in self.numbers[system, entity])]
        return {(OWN, f"{system}|{name}") for value in said if (name := plain(as_text(value)))}

    def told(self, system: str, mapping: CompiledMapping, remote: Json) -> set[Key]:
        """The objects of other systems that an object names."""
        if not mapping.adopt:
            return set()
        return {
            (TOLD[found.strength], f"{other}|{found.value}")
            for found in references(mapping.adopt, remote)
            for other in self.systems(found.system)
            if other != system
        }


def asked(own: set[Key], told: set[Key]) -> dict[Key, str]:
    """Keys under which another record may be the same, and how much each proves."""
    found = {(kind, called): strength for _, called in own for strength, kind in TOLD.items()}
    for kind, value in told:
        strength = STRENGTH[kind]
        found[OWN, value] = strength
        found |= {(other, value): weaker(strength, also) for also, other in TOLD.items()}
    return found
