"""The mappings of an installation and all that stands around them: entities, field catalogues, routes, owners, directories."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from marshmallow import fields, validate

import mappings
from connectors import registry
from hub.config.places import placed
from hub.config.settings import Settings
from hub.entities import SCHEMAS
from mappings import FieldType, LintError, Mappings, World

SHIPPED = Path(mappings.__file__).parent
DIRECTORIES = frozenset(
    {"store", "employee", "order_status", "payment_kind", "delivery_kind", "price_type", "card_type", "organisation", "source", "channel"}
)
TYPES: dict[type[Any], str] = {
    fields.Boolean: "boolean",
    fields.Integer: "integer",
    fields.Date: "date",
    fields.AwareDateTime: "moment",
    fields.String: "text",
}


def folders(settings: Settings | None) -> list[Path]:
    """Where mappings are: the shipped ones, those of installed packages that a system speaks by (without settings: of all), then the overlays."""
    if settings is None:
        return [SHIPPED, *registry.mapping_folders()]
    return [SHIPPED, *registry.mapping_folders({system.connector for system in settings.systems.values()}), *settings.mappings]


def load(settings: Settings | None) -> Mappings:
    """The compiled mappings. Raises MappingError."""
    return mappings.load(folders(settings))


def lint(settings: Settings | None, config: Path | None = None) -> list[LintError]:
    """All that is wrong with the mappings, by file and line. ``config``: the configuration's file, for errors that stand there."""
    return mappings.lint(folders(settings), world(settings, config))


def world(settings: Settings | None, config: Path | None = None) -> World:
    """What the mappings are compared with; without settings, what every installation has."""
    entities = {entity: {name: field_type(found) for name, found in schema().fields.items()} for entity, schema in SCHEMAS.items()}
    manifests = {name: registry.manifest(name) for name in registry.CONNECTORS}
    around = World(
        entities=entities,
        catalogues=registry.catalogues(),
        directories=DIRECTORIES.union(*(m.directories for m in manifests.values())),
        lookups={name: frozenset(m.lookups) for name, m in manifests.items()},
        connectors=frozenset(manifests),
        transports={name: {resource: of.transport for resource, of in m.resources.items()} for name, m in manifests.items()},
    )
    if settings is None:
        return around
    for entity, custom in settings.custom_fields.items():
        entities[entity] |= {f"custom.{name}": FieldType(str(said.get("type", "text"))) for name, said in custom.items()}
    return replace(
        around,
        directories=around.directories | settings.directories.keys(),
        systems={name: system.connector for name, system in settings.systems.items()},
        routes={entity: {r.system: (r.give, r.take) for r in routes} for entity, routes in settings.routes.items()},
        owners={key: (*policy.systems, *policy.then) for key, policy in settings.policies.items() if policy.kind == "owner"},
        places=config_places(config),
    )


def config_places(config: Path | None) -> dict[tuple[str, ...], tuple[str, int]]:
    if config is None or not config.exists():
        return {}
    return {place: (str(config), line) for place, line in placed(config.read_text())[1].lines.items()}


def field_type(declared: fields.Field[Any]) -> FieldType:
    """A marshmallow field in the words that codecs use."""
    if isinstance(declared, fields.List):
        inner = declared.inner
        if isinstance(inner, fields.Nested):
            schema = inner.schema
            return FieldType(f"list[{type(schema).__name__}]", items={name: field_type(one) for name, one in schema.fields.items()})
        return FieldType(f"list[{field_type(inner).type}]")
    if isinstance(declared, fields.Decimal):
        return FieldType("money" if declared.places is not None else "decimal")
    if ref := declared.metadata.get("ref"):
        return FieldType(f"ref[{ref}]")
    return FieldType(next((name for kind, name in TYPES.items() if isinstance(declared, kind)), "any"), choices_of(declared))


def choices_of(declared: fields.Field[Any]) -> tuple[str, ...]:
    return tuple(str(choice) for one in declared.validators if isinstance(one, validate.OneOf) for choice in one.choices)
