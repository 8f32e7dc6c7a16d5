"""The schema of the configuration file: every setting with its meaning, its checks, and the nearest known key for an unknown one.

The JSON Schema for editors (`sverka config schema`) and the check that config.example.yaml names every setting are made from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from connectors.registry import CONNECTORS, broken, manifest
from connectors.registry import options as described_options
from connectors.strict import OneOrEach
from hub.config_fields import NAME, SecretField, Strict, about, day, known_expression, known_zone, nearest, web_address
from hub.entities import FIELDS
from hub.sections import audiences, campaigns, replicas, status_steps, stores
from hub.sections.alerts import AlertsSchema
from hub.sections.brakes import BrakesSchema
from hub.sections.campaigns import CampaignSchema, EmployeeSchema
from hub.sections.catalogue import CatalogueSchema
from hub.sections.first_load import FirstLoadSchema
from hub.sections.loyalty import LoyaltySchema
from hub.sections.pilot import PilotSchema
from hub.sections.retention import RetentionSchema
from hub.sections.verify import VerifySchema
from mappings.world import CUSTOM_TYPES

Json = Any
MATCH_KINDS = ("card", "phone", "email", "guid", "barcode")


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
        load_default="UTC", validate=known_zone, metadata=about("The zone of the times that the system sends without one.")
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
        raw = original if isinstance(original, Mapping) else {}
        systems = {str(name) for name in mapping(raw.get("systems"))}
        wrong: dict[str, Json] = {}
        for section in ("routes", "policies", "identity", "custom_fields"):
            for entity in mapping(raw.get(section)).keys() - FIELDS.keys():
                wrong.setdefault(section, {})[entity] = [f"no such entity{nearest(str(entity), FIELDS)}"]
        for entity, routes in mapping(raw.get("routes")).items():
            for name in mapping(routes).keys() - systems:
                wrong.setdefault("routes", {}).setdefault(entity, {})[name] = [f"no such system{nearest(str(name), systems)}"]
        for entity in mapping(raw.get("policies")).keys() & FIELDS.keys():
            for name, text in self._policies(entity, mapping(raw["policies"][entity]), systems):
                wrong.setdefault("policies", {}).setdefault(entity, {})[name] = [text]
        for index, name in enumerate(raw.get("trust") or ()):
            if name not in systems:
                wrong.setdefault("trust", {})[str(index)] = [f"no such system: {name}{nearest(str(name), systems)}"]
        known = {name: {kind: one.entity for kind, one in manifest(name).resources.items()} for name in CONNECTORS}
        realms = {str(mapping(store).get("realm")) for store in mapping(raw.get("stores")).values() if mapping(store).get("realm")}
        for name, of in mapping(raw.get("systems")).items():
            if (realm := mapping(of).get("realm")) and realm not in realms:
                text = f"no store is of this realm{nearest(str(realm), realms)}"
                wrong.setdefault("systems", {}).setdefault(name, {})["realm"] = [text]
        for name, text in replicas.wrong(mapping(raw.get("systems")), known):
            wrong.setdefault("systems", {}).setdefault(name, {})["replica_of"] = [text]
        for name, setting, text in audiences.wrong(mapping(raw.get("audiences")), mapping(raw.get("systems"))):
            wrong.setdefault("audiences", {}).setdefault(name, {})[setting] = [text]
        for section, name, setting, text in campaigns.wrong(raw, systems):
            wrong.setdefault(section, {}).setdefault(name, {})[setting] = [text]
        for name in mapping(raw.get("stand_ins")).keys() - systems:
            wrong.setdefault("stand_ins", {})[name] = [f"no such system{nearest(str(name), systems)}"]
        for name, values in mapping(raw.get("directories")).items():
            for value, row in mapping(values).items():
                for key in mapping(row).keys() - systems - {"ru", "en"}:
                    place = wrong.setdefault("directories", {}).setdefault(name, {}).setdefault(value, {})
                    place[key] = [f"neither a title nor a system{nearest(str(key), systems | {'ru', 'en'})}"]
        for section, found in self._stages(raw):
            for name, text in found.items():
                held = wrong.setdefault(section, {})
                held[name] = {**held.get(name, {}), **text} if isinstance(text, dict) else text
        if wrong:
            raise ValidationError(wrong)

    @staticmethod
    def _stages(raw: Mapping[str, Any]) -> Iterable[tuple[str, dict[str, Json]]]:
        """Stores, statuses and the owners that change with them: names that exist, and a status that nothing else decides."""
        lists = mapping(raw.get("directories"))
        statuses, places = list(mapping(lists.get("order_status"))), list(mapping(lists.get("store")))
        if found := status_steps.wrong(mapping(raw.get("status_steps")), statuses):
            yield "status_steps", found
        for name in mapping(raw.get("stores")):
            if places and name not in places:
                yield "stores", {name: [f"no such store{nearest(str(name), places)}"]}
        for name in mapping(mapping(raw.get("loyalty")).get("stores")):
            if places and name not in places:
                yield "loyalty", {"stores": {name: [f"no such store{nearest(str(name), places)}"]}}
        for entity, chosen in mapping(raw.get("policies")).items():
            staged = {name: mapping(policy)["until"] for name, policy in mapping(chosen).items() if mapping(policy).get("until")}
            for name, until in staged.items():
                missing = [x for x in until if statuses and x not in statuses] if isinstance(until, list) else []
                if entity != "order":
                    yield "policies", {entity: {name: {"until": ["only an order has a status that changes owners"]}}}
                elif missing:
                    yield "policies", {entity: {name: {"until": [f"no such status: {missing[0]}{nearest(str(missing[0]), statuses)}"]}}}
            if entity == "order" and "status" in mapping(chosen) and (staged or raw.get("status_steps")):
                text = "the status goes by its steps: leave its policy out, or `status_steps` and every `until`"
                yield "policies", {entity: {"status": [text]}}

    @staticmethod
    def _policies(entity: str, chosen: Mapping[str, Json], systems: set[str]) -> Iterable[tuple[str, str]]:
        for name, policy in chosen.items():
            if not str(name).startswith("custom.") and name not in FIELDS[entity]:
                yield name, f"{entity} has no such field{nearest(str(name), FIELDS[entity])}"
            for system in [*(mapping(policy).get("systems") or ()), *(mapping(policy).get("then") or ())]:
                if system not in systems and system not in ("loyalty", "hub"):
                    yield name, f"no such system: {system}{nearest(str(system), systems)}"


def mapping(value: Any) -> Mapping[str, Json]:
    """The value where it is a mapping, else an empty one: a wrong shape is complained of by its own field."""
    return value if isinstance(value, Mapping) else {}


# --- for editors -----------------------------------------------------------------------------------


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
