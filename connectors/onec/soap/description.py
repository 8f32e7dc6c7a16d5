"""How the configuration describes a service (``options.soap``): its schema, which refuses what it does not know, and the description that is
made of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from connectors.onec.soap import catalogue, paths
from connectors.strict import Strict, about, nearest

Json = Any
MEANINGS = ("unavailable", "rejected", "unauthorized", "settled", "missing", "exists")
EACH = "$each"
VARIABLES = {
    "list": ("$since", "$page", "$offset", "$size"),
    "fetch": ("$id", "$ids"),
    "find": ("$value",),
    "create": ("$key",),
    "update": ("$key", "$id"),
}
KINDS = ("hub", "phone", "email", "card")


def pattern(value: str) -> None:
    try:
        re.compile(value)
    except re.error as error:
        raise ValidationError(f"not a regular expression: {error}") from error


def path(value: str) -> None:
    try:
        paths.parsed(value)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class FaultSchema(Strict):
    code = fields.String(load_default="", validate=pattern, metadata=about("What the code of a fault matches; empty: any."))
    text = fields.String(load_default="", validate=pattern, metadata=about("What its text, or that of an error in an answer, matches."))
    means = fields.String(required=True, data_key="is", validate=validate.OneOf(MEANINGS), metadata=about("What it means."))
    field = fields.String(load_default="", metadata=about("Of `rejected`: the field that it speaks of, by the names of `fields`."))
    retry_after = fields.Float(load_default=None, allow_none=True, validate=validate.Range(min=0), metadata=about("Of `unavailable`: seconds to wait."))  # fmt: skip


class CallSchema(Strict):
    operation = fields.String(required=True, metadata=about("Name of the operation in the WSDL."))
    arguments = fields.Dict(
        keys=fields.String(), load_default=dict,
        metadata=about("Its arguments as the WSDL names them; $since, $page, $.phone and the like stand for values, anything else is sent as it is."),
    )  # fmt: skip
    json = fields.String(
        load_default="", validate=path, metadata=about("Where the answer holds a text of JSON, which then takes its place.")
    )
    result = fields.String(load_default="", validate=path, metadata=about("Where the answer holds the objects, or the object."))


class ListSchema(CallSchema):
    size = fields.Integer(load_default=200, validate=validate.Range(1, 10_000), metadata=about("Objects of one page."))
    whole = fields.Boolean(load_default=True, metadata=about("false: the list tells ids alone, and each object is fetched."))


class WriteSchema(CallSchema):
    id = fields.String(
        load_default="", validate=path, metadata=about("Where the answer holds the object's id, where it does not hold the object.")
    )
    repeat = fields.String(
        load_default="never", validate=validate.OneOf(["safe", "keyed", "findable", "never"]),
        metadata=about("What may be done when the answer was lost: safe, keyed (the service knows $key), findable (find.hub is asked) or never."),
    )  # fmt: skip
    settles_after = fields.Float(
        load_default=60.0, validate=validate.Range(min=1), metadata=about("Seconds until a request whose answer was lost can act no more.")
    )


class EntitySchema(Strict):
    service = fields.String(load_default="", metadata=about("Another service than the common one."))
    id = fields.String(required=True, validate=path, metadata=about("Where an object holds its id."))
    modified = fields.String(load_default="", validate=path, metadata=about("Where it holds the time of its last change."))
    fields_ = fields.Dict(
        keys=fields.String(), required=True, data_key="fields",
        metadata=about("Our name -> where it stands in the object; of lists {each: path, sku: path, ...}."),
    )  # fmt: skip
    list = fields.Nested(ListSchema, required=True, metadata=about("How objects are listed."))
    fetch = fields.Nested(CallSchema, load_default=None, allow_none=True, metadata=about("How one is read by $id, or several by $ids."))
    find = fields.Dict(
        keys=fields.String(validate=validate.OneOf(KINDS)), values=fields.Nested(CallSchema), load_default=dict,
        metadata=about("How objects are found by hub key, phone, email or card ($value)."),
    )  # fmt: skip
    create = fields.Nested(WriteSchema, load_default=None, allow_none=True, metadata=about("How one is made; without: none is."))
    update = fields.Nested(WriteSchema, load_default=None, allow_none=True, metadata=about("How one is changed; without: none is."))
    faults = fields.List(fields.Nested(FaultSchema), load_default=tuple, metadata=about("What its faults mean, before the common ones."))
    resource = ""

    @validates_schema(skip_on_field_errors=True)
    def holds_together(self, data: Mapping[str, Any], **_: Any) -> None:
        wrong: dict[str, Any] = {}
        for place, text in _wrong(self.resource, data):
            wrong.setdefault(place, []).append(text)
        if wrong:
            raise ValidationError(wrong)


class CustomersSchema(EntitySchema):
    resource = "soap_customers"


class OrdersSchema(EntitySchema):
    resource = "soap_orders"


class ReceiptsSchema(EntitySchema):
    resource = "soap_receipts"


class SoapSchema(Strict):
    service = fields.String(required=True, metadata=about("Name of the publication behind /ws/, such as loyalty.1cws."))
    version = fields.String(load_default="1.1", validate=validate.OneOf(["1.1", "1.2"]), metadata=about("Of SOAP."))
    strict = fields.Boolean(
        load_default=True, metadata=about("false: answers are read as they come, for services that answer otherwise than their WSDL says.")
    )
    errors = fields.List(
        fields.String(validate=path), load_default=lambda: ["ErrorMessage"],
        metadata=about("Where an answer tells an error instead of a fault."),
    )  # fmt: skip
    faults = fields.List(
        fields.Nested(FaultSchema), load_default=list, metadata=about("What faults and such errors mean: the first that matches.")
    )
    customers = fields.Nested(CustomersSchema, load_default=None, allow_none=True, metadata=about("Customers of the service."))
    orders = fields.Nested(OrdersSchema, load_default=None, allow_none=True, metadata=about("Its orders."))
    receipts = fields.Nested(ReceiptsSchema, load_default=None, allow_none=True, metadata=about("Its receipts, which are only read."))


def _wrong(resource: str, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(place, what is wrong with it) of an entity whose parts are each well formed."""
    yield from _wrong_names(resource, data)
    yield from _wrong_calls(resource, data)


def _wrong_names(resource: str, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Of fields and arguments."""
    known = catalogue.names(resource)
    for name, where in data["fields_"].items():
        if name not in known and not name.startswith(catalogue.OWN):
            yield "fields", f"{name}: no such field{nearest(name, known)}; own.{name.rpartition('.')[2]} is one of yours"
        elif problem := _place(name, where):
            yield "fields", f"{name}: {problem}"
    for kind in ("list", "fetch", "create", "update"):
        if (call := data[kind]) and (problem := _arguments(kind, call["arguments"], data["fields_"])):
            yield kind, problem
    for kind, call in data["find"].items():
        if problem := _arguments("find", call["arguments"], data["fields_"]):
            yield "find", f"{kind}: {problem}"


def _wrong_calls(resource: str, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Of operations that do not go together, or cannot be repeated as they say."""
    if resource == "soap_receipts" and (data["create"] or data["update"]):
        yield "create", "a receipt written from outside is not fiscalised: receipts are only read"
    if (data["create"] or data["update"] or not data["list"]["whole"]) and not data["fetch"]:
        yield "fetch", "what is written, or listed by ids alone, has to be read back: describe the operation that reads one by $id"
    if (create := data["create"]) and not (create["id"] or create["result"]):
        yield "create", "say where its answer holds the id (`id`) or the object (`result`)"
    for kind in ("create", "update"):
        call = data[kind]
        if call and call["repeat"] == "keyed" and "$key" not in set(used(call["arguments"])):
            yield kind, "repeat: keyed needs $key among the arguments: by it the service knows a request that it has had"
        if call and call["repeat"] == "findable" and "hub" not in data["find"]:
            yield kind, "repeat: findable needs find.hub: by it the hub looks for what a lost request may have made"


def _place(name: str, where: Json) -> str:
    """What is wrong with where a field stands."""
    inner = catalogue.LISTS.get(name)
    if inner is None or not isinstance(where, Mapping):
        if inner is not None or not isinstance(where, str):
            return f"write {{each: path of the rows, {inner[1]}: path in a row, ...}}" if inner else "write a path"
        return _unparsed(where)
    if "each" not in where:
        return "say `each`: where the rows stand"
    for part, text in where.items():
        if part != "each" and part not in inner:
            return f"no such part of a row: {part}{nearest(str(part), inner)}"
        if not isinstance(text, str):
            return f"{part}: write a path"
        if problem := _unparsed(text):
            return problem
    return ""


def _unparsed(text: str) -> str:
    try:
        paths.parsed(text)
    except ValueError as error:
        return str(error)
    return ""


def _arguments(kind: str, arguments: Json, named: Mapping[str, Json]) -> str:
    """What is wrong with the values that arguments speak of."""
    written = kind in ("create", "update")
    for one in used(arguments):
        if one.startswith("$."):
            if not written:
                return f"{one}: only what is written has fields to be sent"
            if one[2:].partition(".")[0] not in {name.partition(".")[0] for name in named} | {"name", "names"} | set(catalogue.LISTS["lines"]) | set(catalogue.LISTS["payments"]):  # fmt: skip
                return f"{one}: not among `fields`{nearest(one[2:], named)}"
        elif one not in VARIABLES[kind]:
            return f"{one}: no such value here{nearest(one, VARIABLES[kind])}"
    return ""


def used(arguments: Json) -> Iterator[str]:
    """Every ``$value`` that arguments speak of."""
    if isinstance(arguments, Mapping):
        for name, value in arguments.items():
            yield from used(f"$.{value}" if name == EACH else value)
    elif isinstance(arguments, list):
        for value in arguments:
            yield from used(value)
    elif isinstance(arguments, str) and arguments.startswith("$"):
        yield arguments


@dataclass(frozen=True, slots=True)
class Rule:
    """What a fault means, if its code and its text match."""

    means: str
    code: str = ""
    text: str = ""
    field: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One operation as it is called. ``whole``: of a list, whether its objects are all there; ``repeat``, ``settles_after``: of writes."""

    operation: str
    arguments: Mapping[str, Json] = field(default_factory=dict)
    json: str = ""
    result: str = ""
    id: str = ""
    size: int = 0
    whole: bool = True
    repeat: str = "never"
    settles_after: float = 60.0

    def uses(self, value: str) -> bool:
        return value in set(used(self.arguments))

    @property
    def paged(self) -> bool:
        return self.uses("$page") or self.uses("$offset")


@dataclass(frozen=True, slots=True)
class Described:
    """One resource. ``fields``: our name -> path, or {each: path, part: path}."""

    service: str
    id: str
    modified: str
    fields: Mapping[str, Json]
    list: Call
    fetch: Call | None
    find: Mapping[str, Call]
    create: Call | None
    update: Call | None
    faults: Sequence[Rule]

    def calls(self) -> Iterator[tuple[str, Call]]:
        """(place in the configuration, call) of every operation."""
        for name in ("list", "fetch", "create", "update"):
            if call := getattr(self, name):
                yield name, call
        for kind, call in self.find.items():
            yield f"find.{kind}", call


@dataclass(frozen=True, slots=True)
class Description:
    """All of ``options.soap``."""

    version: str
    strict: bool
    errors: Sequence[str]
    resources: Mapping[str, Described]


def described(options: Json) -> Description:
    """The description of a configuration. Raises ValidationError."""
    data = SoapSchema().load(options)
    common = [Rule(**one) for one in data["faults"]]
    resources = {
        f"soap_{name}": _entity(data[name], data["service"], common)
        for name in ("customers", "orders", "receipts")
        if data[name] is not None
    }
    return Description(data["version"], data["strict"], data["errors"], resources)


def _entity(data: Mapping[str, Any], service: str, common: Sequence[Rule]) -> Described:
    def call(name: str) -> Call | None:
        return Call(**data[name]) if data[name] else None

    return Described(
        data["service"] or service, data["id"], data["modified"], data["fields_"], Call(**data["list"]), call("fetch"),
        {kind: Call(**one) for kind, one in data["find"].items()}, call("create"), call("update"),
        [*(Rule(**one) for one in data["faults"]), *common],
    )  # fmt: skip
