"""What stands around the mappings, as plain data that the hub hands in: entities, field catalogues, routes, owners, directories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Place = tuple[str, ...]

CUSTOM_TYPES = ("text", "integer", "decimal", "money", "boolean", "date", "moment", "list[text]")


@dataclass(frozen=True, slots=True)
class FieldType:
    """A canonical field. ``type``: text, integer, decimal, money, boolean, date, moment, ``list[...]``, ``ref[entity]`` or the name of a
    nested schema. ``choices``: all values, where they are few. ``items``: the fields of a list's items."""

    type: str
    choices: tuple[str, ...] = ()
    items: Mapping[str, FieldType] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class World:
    """Everything lint compares mappings with. What is left empty is not compared.

    ``entities``: entity -> canonical field -> its type, ``custom.*`` among them. ``catalogues``: connector -> resource -> remote path ->
    type, with ``-`` before a type that is read only and ``*`` in a path for any name (``attributes[name='*'].value``).
    ``directories``: names of directories. ``lookups``: connector -> names of its lookups, ``*`` at the end for any ending.
    ``systems``: system -> connector. ``routes``: entity -> system -> (gives, takes). ``owners``: (entity, field) -> systems that own it
    by a policy. ``places``: place in the configuration -> (file, line). ``connectors``: names of all connectors. ``transports``: connector -> resource -> by which of the vendor's ways, where there are several.
    """

    entities: Mapping[str, Mapping[str, FieldType]] = field(default_factory=dict)
    catalogues: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    directories: frozenset[str] = frozenset()
    lookups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    systems: Mapping[str, str] = field(default_factory=dict)
    routes: Mapping[str, Mapping[str, tuple[bool, bool]]] = field(default_factory=dict)
    owners: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    places: Mapping[Place, tuple[str, int]] = field(default_factory=dict)
    connectors: frozenset[str] = frozenset()
    transports: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
