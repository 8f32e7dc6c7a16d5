"""The configuration: one YAML file and the environment, read once into frozen objects; every error at once, unknown keys too."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from marshmallow import ValidationError

from connectors.contract import Limit, Manifest
from hub.config.environment import database_of, from_env, secret_key
from hub.config.errors import ConfigError, SettingsError, flatten
from hub.config.fields import secrets_asked
from hub.config.places import placed
from hub.config.schema import ConfigSchema
from hub.config.sections import audiences as audiences_section
from hub.config.sections import brakes as brakes_section
from hub.config.sections import campaigns as campaigns_section
from hub.config.sections import catalogue as catalogue_section
from hub.config.sections import first_load as first_load_section
from hub.config.sections import loyalty as loyalty_section
from hub.config.sections import pilot as pilot_section
from hub.config.sections import retention as retention_section
from hub.config.sections import status_steps, stores
from hub.config.sections import verify as verify_section
from hub.config.sections.alerts import Alerts, alerts
from hub.config.sections.audiences import Audience
from hub.config.sections.brakes import Brakes
from hub.config.sections.campaigns import Campaign, Employee
from hub.config.sections.catalogue import Catalogue
from hub.config.sections.first_load import Patience
from hub.config.sections.loyalty import Loyalty
from hub.config.sections.pilot import Pilot
from hub.config.sections.retention import Retention
from hub.config.sections.stores import Store
from hub.config.sections.verify import Habit
from hub.entities import FIELDS
from hub.entities.policy import Policy
from retry_queue.backoff import Backoff

Json = Any
IDENTITY = {"customer": ("card", "phone", "email"), "product": ("guid", "barcode")}  # entity -> kinds of match keys, unless said otherwise


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
    limits: str = "published"
    retry: Backoff = Backoff()
    pilot: Pilot = field(default_factory=Pilot)
    realm: str = ""  # whose system it is, where that is not the shop itself
    replica_of: Mapping[str, str] = field(default_factory=dict)  # resource, or * -> the system whose documents it holds copies of

    def limits_of(self, manifest: Manifest) -> tuple[Limit, ...]:
        """The limits that the hub keeps with this system."""
        chosen = manifest.limits if self.limits == "published" else manifest.plans.get(self.limits, ())
        return tuple(replace(one, units=float(self.options.get(one.option) or one.units)) if one.option else one for one in chosen)


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
    api_key: str = field(default="", repr=False)  # of the site's checkout; empty: the REST API is off
    systems: Mapping[str, System] = field(default_factory=dict)
    routes: Mapping[str, tuple[Route, ...]] = field(default_factory=dict)
    policies: Mapping[tuple[str, str], Policy] = field(default_factory=dict)
    identity: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    phone_is_person: bool = True
    trust: tuple[str, ...] = ()
    mappings: tuple[Path, ...] = ()
    custom_fields: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    directories: Mapping[str, Json] = field(default_factory=dict)
    stand_ins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reference_wait: float = 300.0
    workers: int = 2
    history_from: str = ""
    loyalty: Loyalty = field(default_factory=Loyalty)
    first_load: Patience = Patience()
    verify: Habit = field(default_factory=Habit)
    retention: Retention = field(default_factory=Retention)
    timezone: str = "UTC"  # in which pages show times
    alerts: Alerts = field(default_factory=Alerts)
    proxies: int = 0  # web servers before the hub, whose X-Forwarded-* headers are believed
    brakes: Brakes = field(default_factory=Brakes)
    stores: Mapping[str, Store] = field(default_factory=dict)
    catalogue: Catalogue = field(default_factory=Catalogue)
    campaigns: Mapping[str, Campaign] = field(default_factory=dict)
    employees: Mapping[str, Employee] = field(default_factory=dict)
    rounding: Decimal = Decimal(0)
    audiences: Mapping[str, Audience] = field(default_factory=dict)
    _defaults: dict[tuple[str, str], Policy] = field(default_factory=dict, init=False, repr=False, compare=False)

    def zone_of(self, store: Json) -> str:
        """The time zone of a store by its value in the directory: its own, else the shop's."""
        known = self.stores.get(store) if isinstance(store, str) else None
        return known.timezone or self.timezone if known else self.timezone

    def realm_of(self, system: str) -> frozenset[str] | None:
        """The stores whose customers and orders a system may see; None: all."""
        realm = self.systems[system].realm
        return frozenset(name for name, store in self.stores.items() if store.realm == realm) if realm else None

    def policy(self, entity: str, name: str) -> Policy:
        """The policy of a field: configured, else the field's own default."""
        chosen = self.policies.get((entity, name)) or self._defaults.get((entity, name))
        if chosen is None:
            info = FIELDS[entity].get(name)
            chosen = default_policy(info.policy, info.element, info.vague) if info else Policy()
            self._defaults[entity, name] = chosen
        return chosen


def default_policy(text: str, element: str, vague: tuple[str, ...] = ()) -> Policy:
    """``latest``, ``union``, ``ask`` or ``owner:<role>``; a role without a configured owner leaves the field to nobody."""
    kind, _, owners = text.partition(":")
    return Policy(kind, tuple(o for o in owners.split(",") if o), element, vague=vague)


def load(path: Path, env: Mapping[str, str] = os.environ) -> Settings:
    """Read the file at ``path``. Raises SettingsError with all errors at once, each with its line."""
    try:
        text = path.read_text()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}. Make one with `sverka init`.") from error
    data, found = read(text)
    if found:
        raise SettingsError("\n".join(one.told(path) for one in found))
    return build(data, path.parent, env)


def read(text: str) -> tuple[dict[str, Any], list[ConfigError]]:
    """The validated data of a configuration, and everything that is wrong with it (then the data are not to be used)."""
    try:
        raw, where = placed(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return {}, [ConfigError(mark.line + 1 if mark else 1, "", f"not YAML: {getattr(error, 'problem', None) or error}")]
    if not isinstance(raw, dict):
        return {}, [ConfigError(1, "", "the file must hold keys and values, such as `systems:`")]
    found = [ConfigError(where.line(path), ".".join(path), "stands twice; keep one of the two") for path in where.twice]
    try:
        data: dict[str, Any] = ConfigSchema().load(raw)
    except ValidationError as error:
        messages = flatten(error.normalized_messages())  # type: ignore[no-untyped-call]
        found += [ConfigError(where.line(path), ".".join(path), message) for path, message in messages]
        data = {}
    return data, sorted(found, key=lambda one: (one.line, one.place))


def build(data: Mapping[str, Any], home: Path, env: Mapping[str, str]) -> Settings:
    """Settings from validated data; relative paths are relative to the file's folder."""
    systems = {name: System(name=name, **values | _built(values)) for name, values in data["systems"].items()}
    folder = Path(env.get("SVERKA_FOLDER") or home / data["folder"])
    policies = {
        (entity, name): Policy(p["kind"], tuple(p["systems"]), _element(entity, name), p["elsewhere"], tuple(p["until"]), tuple(p["then"]))
        for entity, chosen in data["policies"].items()
        for name, p in chosen.items()
    }
    web = data["web"]
    port = int(env.get("SVERKA_PORT") or web["port"])
    return Settings(
        folder=folder,
        database_url=database_of(env),
        redis_url=from_env(env, "REDIS_URL"),
        host=env.get("SVERKA_HOST") or web["host"],
        port=port,
        public_url=env.get("SVERKA_PUBLIC_URL") or web["public_url"] or f"http://{web['host']}:{port}",
        secret_key=secret_key(folder, env) if secrets_asked() else "",  # who needs no secrets makes none
        api_key=web["api_key"],
        systems=systems,
        routes={entity: tuple(Route(system, **values) for system, values in chosen.items()) for entity, chosen in data["routes"].items()},
        policies=status_steps.with_status(policies, status_steps.build(data["status_steps"])),
        identity=IDENTITY | {k: tuple(v) for k, v in data["identity"].items()},
        phone_is_person=data["phone_is_person"],
        trust=tuple(data["trust"]) + tuple(s for s in systems if s not in data["trust"]),
        mappings=tuple((home / p).resolve() for p in data["mappings"]),
        custom_fields=data["custom_fields"],
        directories=data["directories"],
        stand_ins={k: tuple(v) for k, v in data["stand_ins"].items()},
        reference_wait=data["reference_wait"],
        workers=int(env.get("SVERKA_WORKERS") or data["workers"]),
        history_from=data["history_from"],
        alerts=alerts(data["alerts"]),
        proxies=web["proxies"],
        brakes=brakes_section.build(data["brakes"]),
        first_load=first_load_section.build(data["first_load"]),
        stores=stores.build(data["stores"]),
        catalogue=catalogue_section.build(data["catalogue"]),
        campaigns=campaigns_section.build(data["campaigns"]),
        employees=campaigns_section.employees(data["employees"]),
        rounding=data["rounding"],
        audiences=audiences_section.build(data["audiences"]),
        verify=verify_section.build(data["verify"]),
        loyalty=loyalty_section.build(data["loyalty"]),
        retention=retention_section.build(data["retention"]),
        timezone=data["timezone"] or next((s.timezone for s in reversed(systems.values())), "UTC"),
    )


def _built(values: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a system that are values of their own."""
    return {"retry": Backoff(**values["retry"]), "pilot": pilot_section.build(values["pilot"])}


def _element(entity: str, name: str) -> str:
    info = FIELDS[entity].get(name)
    return info.element if info else ""


def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


__all__ = ["ConfigSchema", "Route", "Settings", "SettingsError", "System", "build", "load", "read", "zone"]
