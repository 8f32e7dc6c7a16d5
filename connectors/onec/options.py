"""Options of a system that have a schema: which way goes for which entity, and how a service that was written for the base is described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields, validate, validates_schema

from connectors.onec.exchanging import COMMERCEML, ENTERPRISE, SOAP, WAYS, ways
from connectors.onec.manifest import MANIFEST
from connectors.onec.soap.description import SoapSchema
from connectors.strict import OneOrEach, Strict, about, nearest


class WaysField(OneOrEach):
    """A way for all that goes that way, or entity -> way."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        given = value if isinstance(value, Mapping) else {"": value}
        wrong = {}
        for entity, way in given.items():
            carried = {of.entity for of in MANIFEST.resources.values() if of.transport == way}
            if way not in WAYS:
                wrong[str(entity)] = [f"no such way: {way}{nearest(str(way), WAYS)}"]
            elif entity and entity not in carried:
                wrong[str(entity)] = [f"{way} carries no {entity}; it carries: {', '.join(sorted(carried))}"]
        if wrong:
            raise ValidationError(wrong.get("", wrong))
        return value


class EnterpriseSchema(Strict):
    node = fields.String(required=True, metadata=about("Code of the hub's node in the base."))
    version = fields.String(
        load_default="1.16", validate=validate.Regexp(r"^1\.\d+$"), metadata=about("Of the format: one that the base offers.")
    )
    receipts = fields.Boolean(load_default=False, metadata=about("Whether receipts come that way, too, where OData does the rest."))
    order = fields.Dict(
        keys=fields.String(),
        load_default=dict,
        metadata=about("What new orders bear besides, by the format's names: Организация, Валюта, Склад."),
    )


class Options(Schema):
    class Meta:
        unknown = INCLUDE

    transports = WaysField(
        allow_none=True, metadata=about("Which way goes for which entity: commerceml, enterprisedata, soap; OData for the rest.")
    )
    soap = fields.Nested(
        SoapSchema, allow_none=True, metadata=about("A web service that was written for the base: docs/connectors/onec-soap.md.")
    )
    enterprisedata = fields.Nested(
        EnterpriseSchema, allow_none=True, metadata=about("The plan of exchange by messages: docs/connectors/onec-enterprisedata.md.")
    )

    @validates_schema
    def described(self, data: Mapping[str, Any], **_: Any) -> None:
        by = ways(data.get("transports") or {})
        if ENTERPRISE in by.values() and not data.get("enterprisedata"):
            raise ValidationError(
                {"enterprisedata": ["transports names enterprisedata: write {node: the code of the hub's node in the base}"]}
            )
        if {ENTERPRISE, COMMERCEML} <= set(by.values()):
            raise ValidationError(
                {"transports": ["commerceml and enterprisedata do not go together: choose one, and OData or soap for the rest"]}
            )
        told = {of.entity for name, of in MANIFEST.resources.items() if (data.get("soap") or {}).get(name.removeprefix("soap_"))}
        if SOAP not in by.values():
            if data.get("soap"):
                raise ValidationError(
                    {"transports": ["options.soap is described and no entity goes by it: write transports: soap, or {customer: soap}"]}
                )
            return
        if not data.get("soap"):
            raise ValidationError({"soap": ["transports names soap: describe the service here (docs/connectors/onec-soap.md)"]})
        lacking = sorted(entity for entity, way in by.items() if way == SOAP and entity not in told)
        if lacking and isinstance(data["transports"], Mapping):
            raise ValidationError({"soap": [f"transports sends {', '.join(lacking)} by soap, and nothing here describes it"]})


OPTIONS: type[Schema] = Options
