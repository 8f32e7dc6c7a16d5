"""The schema of the configuration file: every setting with its meaning, its checks, and the nearest known key for an unknown one.

The check that config.example.yaml names every setting is made from here, and so is the schema for editors (:mod:`hub.config.editor`).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from hub.config.fields import NAME, SecretField, Strict, about, day, known_zone, web_address
from hub.config.names import wrong_names
from hub.config.sections import audiences, status_steps, stores
from hub.config.sections.alerts import AlertsSchema
from hub.config.sections.brakes import BrakesSchema
from hub.config.sections.campaigns import CampaignSchema, EmployeeSchema
from hub.config.sections.catalogue import CatalogueSchema
from hub.config.sections.first_load import FirstLoadSchema
from hub.config.sections.loyalty import LoyaltySchema
from hub.config.sections.retention import RetentionSchema
from hub.config.sections.routes import PolicySchema, RouteSchema
from hub.config.sections.systems import SystemSchema
from hub.config.sections.verify import VerifySchema
from mappings.world import CUSTOM_TYPES

MATCH_KINDS = ("card", "phone", "email", "guid", "barcode")


class WebSchema(Strict):
    host = fields.String(
        load_default="127.0.0.1", metadata=about("Address that the dashboard and the webhooks listen on; SVERKA_HOST wins.")
    )
    port = fields.Integer(load_default=8765, validate=validate.Range(0, 65535), metadata=about("Its port; SVERKA_PORT wins."))
    proxies = fields.Integer(
        load_default=0,
        validate=validate.Range(0, 5),
        metadata=about("How many web servers stand before the hub: their X-Forwarded-* headers are believed, nobody else's."),
    )
    public_url = fields.String(
        load_default="", validate=web_address, metadata=about("Where the vendors reach the webhooks from outside; SVERKA_PUBLIC_URL wins.")
    )
    api_key = SecretField(load_default="", metadata=about("The key of the site's checkout for the REST API; without it the API is off."))


class CustomFieldSchema(Schema):
    """A field of the shop's own."""

    type = fields.String(
        load_default="text", validate=validate.OneOf(CUSTOM_TYPES), metadata=about("What its values are; mappings must give the same.")
    )
    ru = fields.String(required=True, metadata=about("Its title in Russian."))
    en = fields.String(load_default="", metadata=about("Its title in English; default: the Russian one."))


class ConfigSchema(Strict):
    """The whole file."""

    folder = fields.String(load_default="var", metadata=about("Databases and keys, relative to this file; SVERKA_FOLDER wins."))
    timezone = fields.String(
        load_default="", validate=known_zone, metadata=about("The zone in which pages show times; empty: that of the last system.")
    )
    web = fields.Nested(
        WebSchema, load_default=lambda: WebSchema().load({}), metadata=about("The dashboard and the address of the webhooks.")
    )
    workers = fields.Integer(
        load_default=2, validate=validate.Range(1, 64), metadata=about("Worker processes of `sverka up`; SVERKA_WORKERS wins.")
    )
    systems = fields.Dict(
        keys=fields.String(validate=NAME), values=fields.Nested(SystemSchema), required=True, metadata=about("The systems, by name.")
    )
    routes = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Nested(RouteSchema)),
        load_default=dict,
        metadata=about("entity -> system -> how it takes part. A system without a line takes no part."),
    )
    policies = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Nested(PolicySchema)),
        load_default=dict,
        metadata=about("entity -> field -> how its value is decided; the rest follow the shipped defaults."),
    )
    identity = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String(validate=validate.OneOf(MATCH_KINDS))),
        load_default=dict,
        metadata=about("entity -> the match keys by which two objects are found to be one."),
    )
    phone_is_person = fields.Boolean(
        load_default=True,
        metadata=about("whether the same phone alone may make two objects one person; false: such pairs wait for a person."),
    )
    trust = fields.List(
        fields.String(),
        load_default=list,
        metadata=about("Systems in order of trust, for values without a date; default: the order of `systems`."),
    )
    mappings = fields.List(
        fields.String(), load_default=list, metadata=about("Folders with mapping overlays, laid over the shipped mappings in this order.")
    )
    custom_fields = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Nested(CustomFieldSchema)),
        load_default=dict,
        metadata=about("entity -> name -> description of a field of your own, mapped as custom.<name>."),
    )
    directories = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Dict(keys=fields.String())),
        load_default=dict,
        metadata=about("list -> canonical value -> titles (ru, en) and each system's own values; the first one is written."),
    )
    stand_ins = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        load_default=dict,
        metadata=about("system -> names or ids of counterparties that mean nobody."),
    )
    stores = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(stores.StoreSchema),
        load_default=dict,
        metadata=about("value of the directory store -> its time zone, opening hours, organisation, and whose it is."),
    )
    employees = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(EmployeeSchema),
        load_default=dict,
        metadata=about("value of the directory employee -> store, days away, and calls a day; the page of directories says it, too."),
    )
    campaigns = fields.Dict(
        keys=fields.String(validate=NAME),
        values=fields.Nested(CampaignSchema),
        load_default=dict,
        metadata=about("name -> whom the shops call, as the call request names it; docs/flows/call-loop.md."),
    )
    status_steps = status_steps.field()
    rounding = fields.Decimal(
        places=2,
        load_default=Decimal(0),
        validate=validate.Range(min=0),
        metadata=about(
            "Roubles by which the total of an order may differ from its lines: that is its rounding. A kopeck a line always may."
        ),
    )
    reference_wait = fields.Float(
        load_default=300.0,
        validate=validate.Range(min=0),
        metadata=about("Seconds that an order waits for its customer before it goes without."),
    )
    alerts = fields.Nested(
        AlertsSchema,
        load_default=lambda: AlertsSchema().load({}),
        metadata=about("Whom to tell of a state that opens or closes, and when."),
    )
    brakes = fields.Nested(
        BrakesSchema, load_default=lambda: BrakesSchema().load({}), metadata=about("How much may change before a person is asked.")
    )
    first_load = fields.Nested(
        FirstLoadSchema,
        load_default=lambda: FirstLoadSchema().load({}),
        metadata=about("How systems that are connected together are read for the first time."),
    )
    verify = fields.Nested(
        VerifySchema, load_default=lambda: VerifySchema().load({}), metadata=about("How often systems are compared with the records.")
    )
    retention = fields.Nested(
        RetentionSchema, load_default=lambda: RetentionSchema().load({}), metadata=about("Days for which each kind of row is kept.")
    )
    loyalty = fields.Nested(
        LoyaltySchema,
        load_default=lambda: LoyaltySchema().load({}),
        metadata=about("Who tells the loyalty service of sales and returns, and from when on."),
    )
    catalogue = fields.Nested(
        CatalogueSchema,
        load_default=lambda: CatalogueSchema().load({}),
        metadata=about("What of the stock the site is told, and feeds of goods."),
    )
    audiences = audiences.field()
    history_from = fields.String(load_default="", validate=day, metadata=about("Facts from before this day are never passed on."))

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def names_exist(self, data: dict[str, Any], original: Any, **_: Any) -> None:
        """Names of entities, fields and systems, wherever they are spoken of."""
        if wrong := wrong_names(original if isinstance(original, Mapping) else {}):
            raise ValidationError(wrong)
