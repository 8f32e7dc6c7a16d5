"""The mapping language: one declaration says both directions between a vendor's object and a canonical record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mappings import answers, contacts, scalars, times  # noqa: F401 - they register the shared codecs
from mappings.codec import CODECS, BadValue, Codec, Context
from mappings.declaration import Declaration, LintError, MappingError, compile_declaration, read_folders
from mappings.mapping import FieldMap, FieldProblem, Mapping, Read, nested


@dataclass(slots=True)
class Mappings:
    """All compiled mappings."""

    all: list[Mapping]

    def by(self, connector: str, resource: str) -> Mapping | None:
        return next((m for m in self.all if m.connector == connector and m.resource == resource), None)

    def for_entity(self, connector: str, entity: str) -> list[Mapping]:
        return [m for m in self.all if m.connector == connector and m.entity == entity]


def load(
    folders: Sequence[Path], custom_fields: Dict[str, Dict[str, Any]] | None = None, schema: Dict[str, Collection[str]] | None = None
) -> Mappings:
    """Compile all mappings of the folders, later ones laid over earlier ones. Raises MappingError with every error."""
    declarations = read_folders(folders)
    compiled = [compile_declaration(d) for d in declarations]
    if schema is not None:
        for declared in declarations:
            check_fields(declared, schema, custom_fields or {})
    errors = [e for d in declarations for e in d.errors]
    if errors:
        raise MappingError(errors)
    return Mappings([m for m in compiled if m is not None])


def check_fields(declared: Declaration, schema: Dict[str, Collection[str]], custom: Dict[str, Dict[str, Any]]) -> None:
    """Complain of canonical fields that the entity does not have."""
    entity = declared.data["entity"]
    if entity not in schema:
        declared.complain(("entity",), f"no entity {entity!r}", f"There are: {', '.join(schema)}")
        return
    known = {*schema[entity], *(f"custom.{name}" for name in custom.get(entity, {}))}
    for name, spec in (declared.data.get("fields") or {}).items():
        if name not in known and not (isinstance(spec, dict) and "write" in spec):
            near = [k for k in known if k.split(".")[-1] == name.split(".")[-1]]
            fix = f"Did you mean {near[0]}?" if near else "Name a field of the entity, or declare custom.* in the configuration"
            declared.complain(("fields", name), f"{entity} has no field {name!r}", fix)


def lint(
    folders: Sequence[Path], schema: Dict[str, Collection[str]], custom_fields: Dict[str, Dict[str, Any]] | None = None
) -> list[LintError]:
    """All errors of all declarations at once; an empty list when there are none."""
    try:
        load(folders, custom_fields, schema)
    except MappingError as error:
        return error.errors
    return []


__all__ = [
    "CODECS", "BadValue", "Codec", "Context", "FieldMap", "FieldProblem", "LintError", "Mapping", "MappingError", "Mappings",
    "Read", "lint", "load", "nested",
]  # fmt: skip
