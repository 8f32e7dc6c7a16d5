"""Options of a portal that have a schema: the funnel whose deals are call tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields, validate, validates_schema

from connectors.bitrix24.funnel import MUST, WORDS
from connectors.strict import Strict, about, nearest


class FunnelSchema(Strict):
    category = fields.Integer(
        required=True, validate=validate.Range(min=1), metadata=about("Number of a funnel of deals that holds call tasks and no orders.")
    )
    stages = fields.Dict(
        keys=fields.String(),
        values=fields.String(validate=validate.Length(min=1)),
        required=True,
        metadata=about(f"Word -> code of its stage: {', '.join(WORDS)}."),
    )

    @validates_schema
    def told_apart(self, data: Mapping[str, Any], **_: Any) -> None:
        stages = data.get("stages") or {}
        wrong = {word: [f"no such word{nearest(word, WORDS)}"] for word in stages if word not in WORDS}
        wrong |= {word: ["name the stage of this word: others stand there, too"] for word in MUST if word not in stages}
        codes = {word: code.rpartition(":")[2] for word, code in stages.items()}
        twice = {code for code, count in Counter(codes.values()).items() if count > 1}
        wrong |= {
            word: [f"the stage {code} says something else already: leave this word out"] for word, code in codes.items() if code in twice
        }
        if wrong:
            raise ValidationError({"stages": wrong})


class Options(Schema):
    class Meta:
        unknown = INCLUDE

    call_funnel = fields.Nested(
        FunnelSchema,
        allow_none=True,
        metadata=about("Call tasks are deals of this funnel, instead of planned calls: docs/connectors/bitrix24.md."),
    )


OPTIONS: type[Schema] = Options
