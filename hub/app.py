"""The composition root: everything that the processes share, built once from the settings. Importing connects to nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar, cast

import mappings
from connectors import contract, registry
from connectors.exchange import Exchanges
from connectors.limiter import LocalLimiter
from hub.config import declared
from hub.config.sections import replicas
from hub.config.settings import Settings, System, zone
from hub.entities import FACTS, FIELDS, REFERS
from hub.storage import directories, inbox, states
from hub.storage.engine import PATIENCE, Store, open_store
from hub.storage.migrate import upgrade
from hub.storage.offers import StoredShelf
from hub.storage.states import StoredTokens
from hub.storage.tables import delivery
from mappings import Mapping as CompiledMapping
from retry_queue.outbox import Outbox

T = TypeVar("T")


@dataclass(slots=True)
class Hub:
    """Settings, store, mappings, outbox and connectors of this process."""

    settings: Settings
    store: Store
    mappings: mappings.Mappings
    outbox: Outbox
    connectors: Mapping[str, contract.Connector]
    clock: Callable[[], float] = time.time
    cache: dict[Any, Any] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The day that people of the shop call today."""
        return datetime.fromtimestamp(self.clock(), UTC).astimezone(zone(self.settings.timezone)).date()

    def mapping(self, system: str, resource: str) -> CompiledMapping | None:
        """The mapping of a system's resource, or None where the resource is not mapped."""
        return self.mappings.by(self.settings.systems[system].connector, resource)

    def giving(self, system: str, entity: str) -> CompiledMapping | None:
        """The mapping by which the hub writes this entity to the system, or None."""
        return self._once(("giving", system, entity), lambda: next((m for m in self.spoken(system, entity) if m.give), None))

    def spoken(self, system: str, entity: str) -> list[CompiledMapping]:
        """The mappings of an entity that this system is spoken to by: where there are several ways, its options choose one."""
        connector = self.connectors.get(system)
        chosen = connector.spoken() if isinstance(connector, contract.Chooses) else None
        mine = self.mappings.for_entity(self.settings.systems[system].connector, entity)
        return [m for m in mine if chosen is None or m.resource in chosen]

    def number_there(self, system: str, resource: str, values: Mapping[str, Any]) -> str:
        """The number by which people of its system call an object, where that is not the record's own. ``values``: remote path -> value."""
        mapping = self.mapping(system, resource) if system in self.settings.systems else None
        return str(values.get(mapping.called_path) or "") if mapping is not None and mapping.called_path else ""

    def resource(self, system: str, resource: str) -> contract.ResourceManifest:
        return self.connectors[system].manifest.resources[resource]

    def every(self, system: str, resource: str) -> float:
        """Seconds between two polls of a resource."""
        return self.settings.systems[system].poll.get(resource, self.resource(system, resource).every)

    def takers(self, entity: str) -> tuple[str, ...]:
        """Systems that the entity is routed to."""
        routes = self.settings.routes.get(entity, ())
        return self._once(("takers", entity), lambda: tuple(r.system for r in routes if r.take and self.giving(r.system, entity)))

    def facts_of(self, system: str, entity: str) -> list[str]:
        """Facts that the system takes and that cannot be told of an object of this entity before it is there."""
        return [fact for fact in sorted(FACTS) if entity in REFERS and entity in FIELDS[fact] and system in self.takers(fact)]

    def gives(self, system: str, entity: str) -> bool:
        """Whether the system's word counts for this entity."""
        return any(r.system == system and r.give for r in self.settings.routes.get(entity, ()))

    @property
    def replicas(self) -> bool:
        """Whether any system holds copies of another's documents."""
        return any(system.replica_of for system in self.settings.systems.values())

    def original_of(self, system: str, resource: str) -> str:
        """The system whose documents those of this resource are copies of; empty where they are its own."""
        chosen = self.settings.systems[system].replica_of
        if not chosen or resource in chosen:
            return chosen.get(resource, "")
        mapping = self.mapping(system, resource)
        if mapping is None or mapping.entity not in replicas.ENTITIES:
            return ""
        written = mapping.give and any(r.system == system and r.take for r in self.settings.routes.get(mapping.entity, ()))
        return "" if written else chosen.get(replicas.ALL, "")

    def resources(self, system: str) -> tuple[str, ...]:
        """Resources of a system that are mapped and routed, customers first."""
        return self._once(("resources", system), lambda: self._resources(system))

    def _once(self, key: tuple[str, ...], find: Callable[[], T]) -> T:
        """What follows from settings and mappings: found once, and kept for as long as the settings are the same."""
        settings, found = self.cache.get(key, (None, None))
        if settings is not self.settings:
            found = find()
            self.cache[key] = (self.settings, found)
        return cast(T, found)

    def _resources(self, system: str) -> tuple[str, ...]:
        order = {entity: i for i, entity in enumerate(FIELDS)}
        connector = self.settings.systems[system].connector
        mine = [m for m in self.mappings.all if m.connector == connector]
        routed = [m for m in mine if any(r.system == system for r in self.settings.routes.get(m.entity, ()))]
        asked = self.connectors.get(system)
        known = asked.spoken() if isinstance(asked, contract.Chooses) else asked.manifest.resources if asked else ()
        routed.sort(key=lambda m: (order[m.entity], not m.give, m.resource))
        return tuple(m.resource for m in routed if m.resource in known)


def build(
    settings: Settings,
    *,
    limiters: Callable[[System, contract.Manifest], contract.Limiter] | None = None,
    patience: float = PATIENCE,
) -> Hub:
    """The hub of one process. ``limiters`` gives each system its shared limiter; ``patience``: how long a transaction waits to begin."""
    store = open_store(settings.database_url, settings.folder, patience=patience)
    return assemble(settings, store, limiters or local_limiter)


def assemble(
    settings: Settings,
    store: Store,
    limiters: Callable[[System, contract.Manifest], contract.Limiter],
    compiled: mappings.Mappings | None = None,
) -> Hub:
    """A hub on a store. ``compiled``: mappings that were read already; None: they are read here."""
    compiled = compiled or declared.load(settings)
    connectors = {}

    def clock() -> datetime:
        return datetime.fromtimestamp(store.clock(), UTC)

    for system in settings.systems.values():
        limiter = limiters(system, registry.manifest(system.connector))
        connectors[system.name] = registry.create(
            system.connector, system_settings(system, settings), limiter, StoredTokens(store, system.name), clock
        )
    for name, connector in connectors.items():
        if isinstance(connector, Exchanges):
            connector.exchange.shelf = StoredShelf(store, name)
    return Hub(
        settings,
        store,
        compiled,
        Outbox(delivery, {name: system.retry for name, system in settings.systems.items()}),
        connectors,
        store.clock,
    )


def prepare(hub: Hub) -> None:
    """Tables, system rows, first loads to be made and configured directories. Safe to repeat."""
    upgrade(hub.store)
    with hub.store.intake() as at:
        places = [(system, resource) for system in hub.settings.systems for resource in hub.resources(system)]
        inbox.enrol(at, places, wave=hub.clock())
    with hub.store.write() as at:
        for system in hub.settings.systems.values():
            trust = hub.settings.trust
            rank = len(trust) - trust.index(system.name) if system.name in trust else 0
            states.ensure(at, system.name, system.mode, {"connector": system.connector, "timezone": system.timezone, "trust": rank})
        directories.seed(at, hub.settings.directories, list(hub.settings.systems), now=hub.clock())


def local_limiter(system: System, manifest: contract.Manifest) -> contract.Limiter:
    """A limiter for one process alone: for commands run while the hub is down, and for tests."""
    return LocalLimiter(system.limits_of(manifest))


def system_settings(system: System, settings: Settings) -> contract.SystemSettings:
    """What a connector may know of its system."""
    return contract.SystemSettings(
        name=system.name,
        connector=system.connector,
        url=system.url,
        timezone=system.timezone,
        secrets=system.secrets,
        options={
            **system.options,
            "public_url": settings.public_url,
            "loyalty_start": settings.loyalty.start_date,
            "stand_ins": list(settings.stand_ins.get(system.name, ())),
        },
        webhook_secret=system.webhook_secret,
    )


def timezone_of(system: System) -> Any:
    return zone(system.timezone)
