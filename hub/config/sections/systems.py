"""`systems` of the configuration: an installation of each vendor, with its address, its secrets and how it is polled and tried again."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from connectors.registry import CONNECTORS, broken, manifest
from connectors.registry import options as described_options
from hub.config.fields import SecretField, Strict, about, known_zone, mapping, nearest, web_address
from hub.config.sections import replicas
from hub.config.sections.pilot import PilotSchema


class RetrySchema(Strict):
    first = fields.Float(load_default=5.0, validate=validate.Range(min=0.1), metadata=about("Seconds before the second try."))
    factor = fields.Float(load_default=2.0, validate=validate.Range(1, 10), metadata=about("How much longer each further pause is."))
    longest = fields.Float(load_default=86_400.0, validate=validate.Range(min=1), metadata=about("The longest pause, in seconds."))
    limit = fields.Integer(load_default=12, validate=validate.Range(1, 100), metadata=about("Tries after which a person must look."))


class KnownConnector(validate.OneOf):
    """One of the connectors there are; of one whose package cannot be used the error says why."""

    def __call__(self, value: str) -> str:
        if reason := broken(value):
            raise ValidationError(f"{reason}. Mend or remove that package; the other connectors work")
        return str(super().__call__(value))


class OptionsField(fields.Dict):
    """Options of any connector; those that have a schema are checked by it."""


class SystemSchema(Strict):
    connector = fields.String(
        required=True, validate=KnownConnector(sorted(CONNECTORS)), metadata=about("The vendor whose protocol the system speaks.")
    )
    url = fields.String(required=True, validate=web_address, metadata=about("Where the system is."))
    timezone = fields.String(
        load_default="UTC",
        validate=known_zone,
        metadata=about("The zone of times that the system sends without one, and of those written to it."),
    )
    mode = fields.String(
        load_default="observe",
        validate=validate.OneOf(["observe", "pilot", "live"]),
        metadata=about(
            "The mode at the first start: observe reads and shows, pilot writes only what `pilot` names, live writes. Later: sverka mode."
        ),
    )
    secrets = fields.Dict(
        keys=fields.String(), values=SecretField(), load_default=dict, metadata=about("Credentials, each {env: NAME} or {file: path}.")
    )
    options = OptionsField(
        keys=fields.String(), load_default=dict, metadata=about("Settings of the connector itself; its page lists them.")
    )
    webhooks = fields.Boolean(load_default=True, metadata=about("Whether to subscribe to the vendor's webhooks; polls go on either way."))
    webhook_secret = SecretField(
        load_default="", metadata=about("The secret part of the webhook address; signs webhooks where the vendor can.")
    )
    poll = fields.Dict(
        keys=fields.String(),
        values=fields.Float(validate=validate.Range(min=0.2)),
        load_default=dict,
        metadata=about(
            "Seconds between two polls of a resource of the vendor; 60 where nothing is said, and longer for whole lists of segments."
        ),
    )
    limits = fields.String(
        load_default="published",
        metadata=about(
            "published: the vendor's limits are kept; enterprise: those of that Bitrix24 tariff; none: an own installation without."
        ),
    )
    pilot = fields.Nested(
        PilotSchema,
        load_default=lambda: PilotSchema().load({}),
        metadata=about("What is written in the mode pilot; `sverka mode` changes it too."),
    )
    realm = fields.String(
        load_default="",
        metadata=about(
            "Whose system it is, where not the shop's own: it is told of the stores of that realm alone, and of a customer who bought there "
            "the card and the balance."
        ),
    )
    replica_of = replicas.field()
    retry = fields.Nested(
        RetrySchema,
        load_default=lambda: RetrySchema().load({}),
        metadata=about("How deliveries that the system could not take are tried again."),
    )

    @validates_schema(skip_on_field_errors=False)
    def limits_exist(self, data: dict[str, Any], **_: Any) -> None:
        known = {"published", "none"} | set(manifest(data["connector"]).plans if data.get("connector") in CONNECTORS else ())
        if data.get("limits", "none") not in known:
            raise ValidationError({"limits": [f"no such limits{nearest(str(data['limits']), known)}"]})

    @validates_schema(skip_on_field_errors=False)
    def options_fit(self, data: dict[str, Any], **_: Any) -> None:
        """Options that have a schema, as the connector's own pages show them."""
        schema = described_options(data["connector"]) if data.get("connector") in CONNECTORS else None
        if schema and (wrong := schema.validate(dict(mapping(data.get("options"))))):
            raise ValidationError({"options": wrong})

    @validates_schema(skip_on_field_errors=False)
    def resources_exist(self, data: dict[str, Any], **_: Any) -> None:
        connector = data.get("connector")
        if connector in CONNECTORS:
            known = manifest(connector).resources
            wrong = {
                name: [f"{connector} has no such resource{nearest(name, known)}"] for name in data.get("poll") or () if name not in known
            }
            if wrong:
                raise ValidationError({"poll": wrong})
