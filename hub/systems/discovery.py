"""What one system has, beside what the hub already knows of it: remote fields and which of them are mapped, words of its lists that mean
nothing yet, customers that may mean nobody, and lines for its custom fields. Commands show this."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from connectors import registry
from connectors.contract import Chooses, Describes, RemoteField
from hub.app import Hub
from hub.decisions import directories
from hub.decisions import stand_ins as nobodies
from hub.decisions.directories import Sheet
from hub.decisions.stand_ins import PROPOSED, StandIn
from hub.sync import lists
from mappings import Mapping as CompiledMapping
from mappings import custom
from mappings.custom import Custom, Proposal
from mappings.rules import plain_path

Json = Any


@dataclass(frozen=True, slots=True)
class Field:
    """One remote field. ``mapped``: canonical fields that read or write it. ``custom``: the account's own, not one of the vendor's."""

    remote: RemoteField
    mapped: tuple[str, ...]
    custom: bool


@dataclass(frozen=True, slots=True)
class Collection:
    """One resource: its fields, the lines proposed for custom ones that nobody has mapped, and why others get none, by path."""

    resource: str
    entity: str
    fields: tuple[Field, ...]
    proposals: tuple[Proposal, ...]
    refused: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Discovery:
    """All of one system. ``sheets``: directories that have words of this system without a meaning. ``needed``: entity -> what must be added
    under ``custom_fields`` of the configuration for the overlays."""

    system: str
    connector: str
    collections: tuple[Collection, ...]
    sheets: tuple[Sheet, ...]
    stand_ins: tuple[StandIn, ...]
    needed: Mapping[str, Mapping[str, Mapping[str, str]]]

    def overlays(self) -> dict[str, str]:
        """Resource -> the text of its overlay, for those that have lines."""
        return {
            one.resource: custom.overlay(self.system, self.connector, one.entity, one.resource, one.proposals, self.needed.get(one.entity, {}))
            for one in self.collections
            if one.proposals
        }  # fmt: skip


def discover(hub: Hub, system: str) -> Discovery:
    """Ask a system for its fields and lists, and go through its customers. Raises ConnectorError where the fields cannot be read."""
    connector = hub.settings.systems[system].connector
    collections, needed = _collections(hub, system, connector)
    lists.read(hub, system)
    nobodies.discover(hub)
    with hub.store.read() as at:
        sheets = [one for name in directories.names(hub, at) if (one := _of(directories.sheet(hub, at, name), system)).unmapped]
        proposed = [one for one in nobodies.listing(at, PROPOSED) if any(name == system for name, _ in one.objects)]
    return Discovery(system, connector, tuple(collections), tuple(sheets), tuple(proposed), needed)


def _of(sheet: Sheet, system: str) -> Sheet:
    """The sheet with this system's words alone."""
    return Sheet(sheet.name, (system,), sheet.values, tuple((twin, best) for twin, best in sheet.unmapped if twin.system == system))


def _collections(hub: Hub, system: str, connector: str) -> tuple[list[Collection], dict[str, dict[str, dict[str, str]]]]:
    """All mapped resources of the ways that the system is reached by, and what the configuration must declare for their lines: one entity's
    fields have one name in all of them. Of resources with the same own fields, which are one collection of the vendor (deals as orders and as
    tasks), the first has the lines."""
    found: list[Collection] = []
    needed: dict[str, dict[str, dict[str, str]]] = {}
    asked = hub.connectors[system]
    catalogue = registry.catalogues().get(connector, {})
    spoken = asked.spoken() if isinstance(asked, Chooses) else asked.manifest.resources
    mappings = {r: mapping for r in asked.manifest.resources if (mapping := hub.mapping(system, r)) is not None}
    shown = {r: asked.fields(r) for r in mappings} if isinstance(asked, Describes) else {}
    own = {r: frozenset(one.path for one in remote if is_custom(one.path, catalogue.get(r, {}))) for r, remote in shown.items()}
    for resource, remote in shown.items():
        if resource not in spoken:
            continue
        of, mapping = asked.manifest.resources[resource], mappings[resource]
        twins = [r for r in shown if own[r] == own[resource]]
        fields = tuple(described(mapping, remote, catalogue.get(resource, {})))
        free = [as_custom(one.remote) for one in fields if one.custom and not any(mapped(mappings[r], one.remote.path) for r in twins)]
        free = free if resource == next(r for r in twins if r in spoken) else []
        known = {**hub.settings.custom_fields.get(of.entity, {}), **needed.get(of.entity, {})}
        proposals = custom.propose(connector, free, known, give=mapping.give)
        if added := custom.declared(proposals, known):
            needed.setdefault(of.entity, {}).update(added)
        refused = {one.path: why for one in free if (why := custom.refused(connector, one))}
        found.append(Collection(resource, of.entity, fields, tuple(proposals), refused))
    return found, needed


def as_custom(one: RemoteField) -> Custom:
    return Custom(one.path, one.type, one.title, one.writable, one.options, one.many)


def described(mapping: CompiledMapping, fields: Iterable[RemoteField], catalogue: Mapping[str, str]) -> list[Field]:
    """The fields with what is mapped of them. ``catalogue``: the vendor's published paths, ``*`` for the accounts' own names."""
    return [Field(one, mapped(mapping, one.path), is_custom(one.path, catalogue)) for one in fields]


def is_custom(path: str, catalogue: Mapping[str, str]) -> bool:
    """Whether only a path with ``*`` names it: no vendor has published such a field."""
    return path not in catalogue and any("*" in known and _pattern(known).fullmatch(path) for known in catalogue)


def mapped(mapping: CompiledMapping, path: str) -> tuple[str, ...]:
    """Canonical fields that the mapping reads from or writes to a path, a part of it, or what it is a part of."""
    own = (
        (mapping.id_path, "id"),
        (mapping.modified_path, "time of the change"),
        (mapping.key_path, "hub key"),
        (mapping.fulfils, "fulfils"),
        *((path, "also called") for path in mapping.also),
    )
    said = [(one.path, one.field) for one in mapping.fields] + [(place, name) for place, name in own if place]
    return tuple(dict.fromkeys(name for place, name in said if _touches(place, path)))


def _touches(place: str, path: str) -> bool:
    if place.startswith("("):  # a JMESPath
        return re.search(rf"(?<![\w.]){re.escape(path.partition('[')[0])}(?!\w)", place) is not None
    if not custom.readable(path):
        return False
    one, other = plain_path(place), plain_path(path)
    return one == other or one.startswith((f"{other}.", f"{other}[")) or other.startswith((f"{one}.", f"{one}["))


@cache
def _pattern(known: str) -> re.Pattern[str]:
    return re.compile(re.escape(known).replace(r"\*", ".*"))


def write(overlays: Mapping[str, str], file: Path) -> list[Path]:
    """Write the overlays: one to ``file``; several beside it, each with its resource in the name. Returns the files. Raises FileExistsError
    for one that is there already: a person may have changed it."""
    places = {resource: file if len(overlays) == 1 else file.with_stem(f"{file.stem}-{resource}") for resource in overlays}
    for place in places.values():
        if place.exists():
            raise FileExistsError(place)
    file.parent.mkdir(parents=True, exist_ok=True)
    for resource, place in places.items():
        place.write_text(overlays[resource], encoding="utf-8")
    return list(places.values())
