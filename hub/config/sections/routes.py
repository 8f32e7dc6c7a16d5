"""`routes` and `policies` of the configuration: which systems take part in an entity, and whose word counts in a field."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from hub.config.fields import Strict, about, known_expression


class RouteSchema(Strict):
    give = fields.Boolean(load_default=True, metadata=about("Whether the system's word counts for this entity."))
    take = fields.Boolean(load_default=True, metadata=about("Whether records of this entity are written to the system."))
    when = fields.String(
        load_default="",
        validate=known_expression,
        metadata=about("JMESPath over the record: only records for which it is true are created there."),
    )


class PolicySchema(Strict):
    kind = fields.String(
        required=True,
        validate=validate.OneOf(["latest", "owner", "priority", "union", "ask"]),
        metadata=about("How contributions of several systems become one value."),
    )
    systems = fields.List(fields.String(), load_default=list, metadata=about("The owners, or the order of priority."))
    elsewhere = fields.String(
        load_default="enforce",
        validate=validate.OneOf(["enforce", "tolerate"]),
        metadata=about("What becomes of another system's value in an owned field: written over, or left."),
    )
    until = fields.List(
        fields.String(),
        load_default=list,
        metadata=about("For an owner of an order's field: the statuses from which it belongs to `then`."),
    )
    then = fields.List(fields.String(), load_default=list, metadata=about("The owners from the statuses of `until` on."))

    @validates_schema(skip_on_field_errors=False)
    def until_and_then(self, data: dict[str, Any], **_: Any) -> None:
        until, then = data.get("until"), data.get("then")
        if (until or then) and data.get("kind") != "owner":
            raise ValidationError({"until": ["`until` and `then` go with kind: owner"]})
        if bool(until) != bool(then):
            raise ValidationError({"until" if then else "then": ["write both: `until` the statuses, `then` the owners from there on"]})
