"""The JSON Schema of the configuration, by which editors complete and check it (`sverka config schema`), made of the marshmallow schemas."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from connectors.registry import CONNECTORS
from connectors.registry import options as described_options
from connectors.strict import OneOrEach
from hub.config.fields import SecretField
from hub.config.schema import ConfigSchema
from hub.config.sections.systems import OptionsField

Json = Any


def json_schema() -> dict[str, Json]:
    """The JSON Schema (2020-12) of the configuration, with the meaning of every setting."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Sverka configuration",
        **object_schema(ConfigSchema()),
    }


def object_schema(schema: Schema) -> dict[str, Json]:
    required = [declared.data_key or name for name, declared in schema.fields.items() if declared.required]
    found: dict[str, Json] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {declared.data_key or name: field_schema(declared) for name, declared in schema.fields.items()},
    }
    return found | ({"required": required} if required else {})


def field_schema(declared: fields.Field[Any]) -> dict[str, Json]:
    """One setting: its type, the values it may have, its default and its meaning."""
    found = _type(declared)
    for check in declared.validators:
        if isinstance(check, validate.OneOf):
            found["enum"] = list(check.choices)
        elif isinstance(check, validate.Range):
            found |= {key: limit for key, limit in (("minimum", check.min), ("maximum", check.max)) if limit is not None}
        elif isinstance(check, validate.Regexp):
            found["pattern"] = check.regex.pattern
    if isinstance(declared.load_default, (str, int, float, bool)):
        found["default"] = declared.load_default
    if text := declared.metadata.get("about"):
        found["description"] = text
    return found


def _type(declared: fields.Field[Any]) -> dict[str, Json]:
    if isinstance(declared, SecretField):
        one = {"type": "string"}
        shapes = [{"properties": {kind: one}, "required": [kind], "additionalProperties": False} for kind in ("env", "file")]
        return {"type": "object", "oneOf": shapes}
    if isinstance(declared, OneOrEach):
        one = {"type": "string"}
        return {"anyOf": [one, {"type": "object", "additionalProperties": one}]}
    if isinstance(declared, fields.Nested):
        return object_schema(declared.schema)
    if isinstance(declared, fields.List):
        return {"type": "array", "items": field_schema(declared.inner)}
    if isinstance(declared, OptionsField):
        schemas = [schema for name in CONNECTORS if (schema := described_options(name))]
        return {
            "type": "object",
            "properties": {name: of for schema in schemas for name, of in object_schema(schema)["properties"].items()},
        }
    if isinstance(declared, fields.Dict):
        return {"type": "object"} | _entries(declared)
    for kind, name in ((fields.Boolean, "boolean"), (fields.Integer, "integer"), (fields.Float, "number"), (fields.Decimal, "number")):
        if isinstance(declared, kind):
            return {"type": name}
    return {"type": "string"}


def _entries(declared: fields.Dict) -> dict[str, Json]:
    found: dict[str, Json] = {}
    if declared.value_field is not None:
        found["additionalProperties"] = field_schema(declared.value_field)
    if declared.key_field is not None and (names := field_schema(declared.key_field).get("pattern")):
        found["propertyNames"] = {"pattern": names}
    return found
