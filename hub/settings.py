"""The configuration: one YAML file and the environment, read once into frozen objects; every error at once, unknown keys too."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import yaml
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from hub.entities import FIELDS
from hub.policy import Policy

Json = Any
NAME = validate.Regexp(r"^[a-z][a-z0-9-]{0,30}$", error="use small Latin letters, digits and '-'")


class SettingsError(Exception):
    """The configuration cannot be used; the message names every place and what to do."""


@dataclass(frozen=True, slots=True)
class System:
    """One configured installation. Secrets are values already read from the environment or from files."""

    name: str
    connector: str
    url: str
    timezone: str = "UTC"
    mode: str = "observe"
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: Mapping[str, Json] = field(default_factory=dict)
    webhooks: bool = True
    webhook_secret: str = field(default="", repr=False)
    poll: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """How one system takes part in one entity. ``when``: JMESPath over the record, for taking."""

    system: str
    give: bool = True
    take: bool = True
    when: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the processes need."""

    folder: Path
    database_url: str
    redis_url: str
    host: str
    port: int
    public_url: str
    secret_key: str = field(repr=False)
    systems: Mapping[str, System] = field(default_factory=dict)
    routes: Mapping[str, tuple[Route, ...]] = field(default_factory=dict)
    policies: Mapping[tuple[str, str], Policy] = field(default_factory=dict)
    identity: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    trust: tuple[str, ...] = ()
    mappings: tuple[Path, ...] = ()
    custom_fields: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    directories: Mapping[str, Json] = field(default_factory=dict)
    stand_ins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reference_wait: float = 300.0
    rounding: str = "0.01"
    workers: int = 2
    history_from: str = ""

    def policy(self, entity: str, name: str) -> Policy:
        """The policy of a field: configured, else the field's own default."""
        chosen = self.policies.get((entity, name))
        if chosen:
            return chosen
        info = FIELDS[entity].get(name)
        return default_policy(info.policy, info.element, self.systems) if info else Policy()


def default_policy(text: str, element: str, systems: Mapping[str, System]) -> Policy:
    """``latest``, ``union``, ``ask`` or ``owner:<role>``; a role without a configured owner leaves the field to nobody."""
    kind, _, owners = text.partition(":")
    return Policy(kind, tuple(o for o in owners.split(",") if o), element)


class SecretField(fields.Field[str]):
    """A secret: {env: NAME} or {file: path}. Never written into the configuration itself."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if isinstance(value, Mapping) and set(value) == {"env"}:
            found = os.environ.get(str(value["env"]))
            if not found:
                raise ValidationError(f"the environment variable {value['env']} is not set")
            return found
        if isinstance(value, Mapping) and set(value) == {"file"}:
            try:
                return Path(str(value["file"])).read_text().strip()
            except OSError as error:
                raise ValidationError(f"the file {value['file']} cannot be read: {error.strerror}") from error
        raise ValidationError("write {env: NAME} or {file: path}: a secret has no place in the configuration itself")


class SystemSchema(Schema):
    connector = fields.String(required=True)
    url = fields.String(required=True)
    timezone = fields.String(load_default="UTC", validate=validate.OneOf(sorted(available_timezones())))
    mode = fields.String(load_default="observe", validate=validate.OneOf(["observe", "pilot", "live"]))
    secrets = fields.Dict(keys=fields.String(), values=SecretField(), load_default=dict)
    options = fields.Dict(load_default=dict)
    webhooks = fields.Boolean(load_default=True)
    webhook_secret = SecretField(load_default="")
    poll = fields.Dict(keys=fields.String(), values=fields.Float(validate=validate.Range(min=0.2)), load_default=dict)


class RouteSchema(Schema):
    give = fields.Boolean(load_default=True)
    take = fields.Boolean(load_default=True)
    when = fields.String(load_default="")


class PolicySchema(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(["latest", "owner", "priority", "union", "ask"]))
    systems = fields.List(fields.String(), load_default=list)
    elsewhere = fields.String(load_default="enforce", validate=validate.OneOf(["enforce", "tolerate"]))


class WebSchema(Schema):
    host = fields.String(load_default="127.0.0.1")
    port = fields.Integer(load_default=8765, validate=validate.Range(0, 65535))
    public_url = fields.String(load_default="")


class ConfigSchema(Schema):
    """The whole file. Its JSON Schema is generated from here."""

    folder = fields.String(load_default="var")
    web = fields.Nested(WebSchema, load_default=lambda: WebSchema().load({}))
    workers = fields.Integer(load_default=2, validate=validate.Range(1, 64))
    systems = fields.Dict(keys=fields.String(validate=NAME), values=fields.Nested(SystemSchema), required=True)
    routes = fields.Dict(
        keys=fields.String(), values=fields.Dict(keys=fields.String(), values=fields.Nested(RouteSchema)), load_default=dict
    )
    policies = fields.Dict(
        keys=fields.String(), values=fields.Dict(keys=fields.String(), values=fields.Nested(PolicySchema)), load_default=dict
    )
    identity = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), load_default=dict)
    trust = fields.List(fields.String(), load_default=list)
    mappings = fields.List(fields.String(), load_default=list)
    custom_fields = fields.Dict(keys=fields.String(), values=fields.Dict(), load_default=dict)
    directories = fields.Dict(load_default=dict)
    stand_ins = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), load_default=dict)
    reference_wait = fields.Float(load_default=300.0)
    rounding = fields.String(load_default="0.01")
    history_from = fields.String(load_default="")

    @validates_schema
    def names_exist(self, data: dict[str, Any], **_: Any) -> None:
        known, wrong = set(data.get("systems", {})), {}
        for entity, routes in data.get("routes", {}).items():
            if entity not in FIELDS:
                wrong[f"routes.{entity}"] = [f"no such entity; there are {', '.join(FIELDS)}"]
            for system in routes.keys() - known:
                wrong[f"routes.{entity}.{system}"] = [f"no such system; there are {', '.join(sorted(known))}"]
        for entity, policies in data.get("policies", {}).items():
            for name in policies:
                if not name.startswith("custom.") and name not in FIELDS.get(entity, {}):
                    wrong[f"policies.{entity}.{name}"] = ["no such field"]
        for system in set(data.get("trust", [])) - known:
            wrong[f"trust.{system}"] = ["no such system"]
        if wrong:
            raise ValidationError(wrong)


def load(path: Path, env: Mapping[str, str] = os.environ) -> Settings:
    """Read the file at ``path``. Raises SettingsError with all errors at once."""
    try:
        raw = yaml.safe_load(path.read_text()) or {}
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}. Make one with `sverka init`.") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: not YAML: {error}") from error
    if not isinstance(raw, dict):
        raise SettingsError(f"{path}: the file must hold keys and values, such as `systems:`")
    try:
        data = ConfigSchema().load(raw)
    except ValidationError as error:
        found = flatten(error.normalized_messages())  # type: ignore[no-untyped-call]
        raise SettingsError("\n".join(f"{path}: {place}: {text}" for place, text in found)) from error
    return build(data, path.parent, env)


def flatten(messages: Any, place: str = "") -> list[tuple[str, str]]:
    """Nested marshmallow messages as (dotted place, text)."""
    if isinstance(messages, dict):
        return [
            found
            for key, value in messages.items()
            for found in flatten(value, place if key in ("_schema", "value", "key") else f"{place}.{key}".lstrip("."))
        ]
    return [(place, str(text)) for text in (messages if isinstance(messages, list) else [messages])]


def build(data: Mapping[str, Any], home: Path, env: Mapping[str, str]) -> Settings:
    """Settings from validated data; relative paths are relative to the file's folder."""
    systems = {name: System(name=name, **values) for name, values in data["systems"].items()}
    folder = Path(env.get("SVERKA_FOLDER") or home / data["folder"])
    policies = {
        (entity, name): Policy(p["kind"], tuple(p["systems"]), _element(entity, name), p["elsewhere"])
        for entity, chosen in data["policies"].items()
        for name, p in chosen.items()
    }
    web = data["web"]
    port = int(env.get("SVERKA_PORT") or web["port"])
    return Settings(
        folder=folder,
        database_url=env.get("DATABASE_URL", ""),
        redis_url=env.get("REDIS_URL", ""),
        host=env.get("SVERKA_HOST") or web["host"],
        port=port,
        public_url=env.get("SVERKA_PUBLIC_URL") or web["public_url"] or f"http://{web['host']}:{port}",
        secret_key=secret_key(folder, env),
        systems=systems,
        routes={entity: tuple(Route(system, **values) for system, values in chosen.items()) for entity, chosen in data["routes"].items()},
        policies=policies,
        identity={"customer": ("card", "phone", "email")} | {k: tuple(v) for k, v in data["identity"].items()},
        trust=tuple(data["trust"]) + tuple(s for s in systems if s not in data["trust"]),
        mappings=tuple((home / p).resolve() for p in data["mappings"]),
        custom_fields=data["custom_fields"],
        directories=data["directories"],
        stand_ins={k: tuple(v) for k, v in data["stand_ins"].items()},
        reference_wait=data["reference_wait"],
        rounding=data["rounding"],
        workers=int(env.get("SVERKA_WORKERS") or data["workers"]),
        history_from=data["history_from"],
    )


def _element(entity: str, name: str) -> str:
    info = FIELDS[entity].get(name)
    return info.element if info else ""


def secret_key(folder: Path, env: Mapping[str, str]) -> str:
    """The key that signs sessions: from the environment, else made once and kept in the data folder, readable by its owner only."""
    if env.get("SVERKA_SECRET_KEY"):
        return env["SVERKA_SECRET_KEY"]
    path = folder / "secret_key"
    if path.exists():
        return path.read_text().strip()
    folder.mkdir(parents=True, exist_ok=True)
    key = os.urandom(32).hex()
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(key)
    return key


def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def mask(value: Any) -> str:
    """Personal data as logs may show it: the first and last letters of each word."""
    return re.sub(r"(?<=\w)\w+(?=\w)", lambda m: "*" * len(m.group()), str(value))
