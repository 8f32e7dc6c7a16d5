"""One mapping as lint looks at it, with what it is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from mappings.declaration import Declaration, Place
from mappings.fields import FieldMap
from mappings.mapping import CALLED, HUB_KEY
from mappings.mapping import Mapping as Compiled
from mappings.world import FieldType, World


@dataclass(frozen=True)
class Subject:
    """One mapping under the eyes of lint."""

    declared: Declaration
    mapping: Compiled
    world: World
    sound: bool = True

    @cached_property
    def fields(self) -> list[FieldMap]:
        return [one for one in self.mapping.fields if one.field not in (CALLED, HUB_KEY)]

    @cached_property
    def schema(self) -> Mapping[str, FieldType]:
        return self.world.entities.get(self.mapping.entity, {})

    @cached_property
    def catalogue(self) -> Mapping[str, str] | None:
        """Remote path -> type of this resource, or None where the connector publishes none."""
        return self.world.catalogues.get(self.mapping.connector, {}).get(self.mapping.resource)

    def complain(self, place: Place, message: str, fix: str) -> None:
        self.declared.complain(place, message, fix)
