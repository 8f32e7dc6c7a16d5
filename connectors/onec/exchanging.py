"""A base of which something goes by CommerceML: the way is chosen for each entity, the rest goes by OData."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.contract import (
    DirectoryValue,
    Health,
    Limiter,
    Outcome,
    Page,
    Remote,
    RemoteField,
    SystemSettings,
    TokenStore,
    Write,
)
from connectors.onec.commerceml.catalogue import STATIC
from connectors.onec.commerceml.site import Site
from connectors.onec.connector import Onec
from connectors.onec.manifest import MANIFEST

Json = Any
COMMERCEML = "commerceml"
INSTEAD = {
    "site_orders": "orders",
    "site_goods": "goods",
    "site_stock": "stock",
}  # what goes by files -> what OData would read and write of the same


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Onec:
    """By OData alone unless the options say otherwise."""
    chosen = settings.options.get("transports")
    return Exchanging(settings, limiter, tokens, clock, chosen) if chosen else Onec(settings, limiter, tokens, clock)


class Exchanging(Onec):
    """``chosen``: ``commerceml`` for all that goes that way, without OData; or entity -> way, where OData does the rest."""

    def __init__(
        self, settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime], chosen: str | Mapping[str, str]
    ) -> None:
        super().__init__(settings, limiter, tokens, clock)
        self.exchange = Site(settings, clock)
        self.alone = chosen == COMMERCEML
        by_files = {entity for entity, way in chosen.items() if way == COMMERCEML} if isinstance(chosen, Mapping) else set()
        mine = {name for name, of in MANIFEST.resources.items() if of.transport == COMMERCEML and (self.alone or of.entity in by_files)}
        theirs = set() if self.alone else super().spoken() - {INSTEAD[name] for name in mine}
        self._spoken = frozenset(mine | theirs)

    def spoken(self) -> frozenset[str]:
        """Receipts go by OData whatever the way of orders: CommerceML carries none."""
        return self._spoken

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        return self.exchange.changes(resource, cursor) if resource in STATIC else super().changes(resource, cursor)

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        return self.exchange.fetch(resource, ids) if resource in STATIC else super().fetch(resource, ids)

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        return [] if resource in STATIC else super().find(resource, key, values)

    def find_created(self, resource: str, writes: Sequence[Write]) -> list[Remote]:
        return [] if resource in STATIC else super().find_created(resource, writes)

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        return self.exchange.write(resource, writes) if resource in STATIC else super().write(resource, writes)

    def lookup(self, name: str, keys: Sequence[str]) -> dict[str, Json]:
        """Goods by what the base brought itself; beside OData also as it answers, in the form of the exchange."""
        known = self.exchange.lookup(name, keys)
        asked = [key for key in keys if key not in known]
        if self.alone or not asked:
            return known
        return {key: ident.replace("/", "#") for key, ident in super().lookup(name, asked).items()} | known

    def lookup_back(self, name: str, values: Sequence[str]) -> dict[str, str]:
        known = self.exchange.lookup_back(name, values)
        asked = [value for value in values if value not in known]
        if self.alone or not asked:
            return known
        theirs = {value.replace("#", "/"): value for value in asked}
        return {theirs[value]: key for value, key in super().lookup_back(name, list(theirs)).items() if value in theirs} | known

    def directory(self, name: str) -> list[DirectoryValue]:
        return self.exchange.directory(name) + ([] if self.alone else super().directory(name))

    def fields(self, resource: str) -> list[RemoteField]:
        return self.exchange.fields(resource) if resource in STATIC else super().fields(resource)

    def check(self) -> Health:
        mine = self.exchange.check()
        theirs = Health(()) if self.alone else super().check()
        return Health((*theirs.findings, *mine.findings), theirs.clock_skew, theirs.version)
