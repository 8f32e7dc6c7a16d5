"""A base that is reached in more than one way, or in another one than OData: the way is chosen for each entity, the rest goes by OData."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

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
from connectors.onec.commerceml.site import Site
from connectors.onec.connector import Onec
from connectors.onec.manifest import MANIFEST

if TYPE_CHECKING:
    from connectors.onec.enterprise.node import Node
    from connectors.onec.soap.custom import Custom

Json = Any
COMMERCEML, SOAP, ENTERPRISE = "commerceml", "soap", "enterprisedata"
WAYS = (COMMERCEML, SOAP, ENTERPRISE)
INSTEAD = {
    "site_orders": "orders",
    "site_goods": "goods",
    "site_stock": "stock",
    "soap_customers": "customers",
    "soap_orders": "orders",
    "soap_receipts": "receipts",
    "ed_customers": "customers",
    "ed_orders": "orders",
    "ed_receipts": "receipts",
}  # what goes by another way -> what OData would read and write of the same


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Onec:
    """By OData alone unless the options say otherwise."""
    chosen = settings.options.get("transports")
    return Exchanging(settings, limiter, tokens, clock, chosen) if chosen else Onec(settings, limiter, tokens, clock)


def ways(chosen: str | Mapping[str, str]) -> dict[str, str]:
    """Entity -> its way, of ``transports``: a word alone is the way of all entities that go that way, and nothing goes by OData."""
    if isinstance(chosen, Mapping):
        return {str(entity): str(way) for entity, way in chosen.items()}
    return {of.entity: chosen for of in MANIFEST.resources.values() if of.transport == chosen}


class Exchanging(Onec):
    """``chosen``: the way of all, without OData; or entity -> way, where OData does the rest. ``ends``: resource -> who speaks for it here."""

    def __init__(
        self, settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime], chosen: str | Mapping[str, str]
    ) -> None:
        super().__init__(settings, limiter, tokens, clock)
        self.alone, by = isinstance(chosen, str), ways(chosen)
        self.exchange: Site | Node
        self.ends: dict[str, Site | Custom | Node] = {}
        if COMMERCEML in by.values():
            self.exchange = Site(settings, clock)
            self.ends |= dict.fromkeys(_resources(COMMERCEML, by), self.exchange)
        if SOAP in by.values():
            self._describe(settings, by)
        if ENTERPRISE in by.values():
            self._join(settings, clock, by)
        theirs = set() if self.alone else super().spoken() - {INSTEAD[name] for name in self.ends}
        self._spoken = frozenset(self.ends) | theirs

    def _describe(self, settings: SystemSettings, by: Mapping[str, str]) -> None:
        """The service that the configuration describes, whose facts are what it says."""
        from connectors.onec.soap.custom import Custom  # zeep takes a tenth of a second: only where it is used
        from connectors.onec.soap.description import described

        custom = Custom(settings.name, settings.url, self.api, described(settings.options.get(SOAP) or {}))
        self.custom = custom
        mine = [name for name in _resources(SOAP, by) if name in custom.described]
        self.ends |= dict.fromkeys(mine, custom)
        told = {name: custom.manifest(name, MANIFEST.resources[name]) for name in mine}
        self.manifest = replace(MANIFEST, resources={**MANIFEST.resources, **told})

    def _join(self, settings: SystemSettings, clock: Callable[[], datetime], by: Mapping[str, str]) -> None:
        """Messages to and from our node. УТ sends no receipts that way: beside OData they come by that, unless the options say otherwise."""
        from connectors.onec.enterprise.node import Node  # for zeep's sake, as above

        self.exchange = Node(settings, self.api, clock)
        receipts = self.alone or (settings.options.get(ENTERPRISE) or {}).get("receipts")
        mine = [name for name in _resources(ENTERPRISE, by) if receipts or name != "ed_receipts"]
        self.ends |= dict.fromkeys(mine, self.exchange)

    def spoken(self) -> frozenset[str]:
        """Receipts go by OData whatever the way of orders, unless that way brings receipts too."""
        return self._spoken

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        end = self.ends.get(resource)
        return end.changes(resource, cursor) if end else super().changes(resource, cursor)

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        end = self.ends.get(resource)
        return end.fetch(resource, ids) if end else super().fetch(resource, ids)

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        end = self.ends.get(resource)
        return end.find(resource, key, values) if end else super().find(resource, key, values)

    def find_created(self, resource: str, writes: Sequence[Write]) -> list[Remote]:
        end = self.ends.get(resource)
        return end.find_created(resource, writes) if end else super().find_created(resource, writes)

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        end = self.ends.get(resource)
        return end.write(resource, writes) if end else super().write(resource, writes)

    def lookup(self, name: str, keys: Sequence[str]) -> dict[str, Json]:
        """Goods by what the base brought itself; beside OData also as it answers, in the form of the exchange."""
        exchange = getattr(self, "exchange", None)
        known = exchange.lookup(name, keys) if exchange else {}
        asked = [key for key in keys if key not in known]
        if self.alone or not asked:
            return known
        found = super().lookup(name, asked)
        return {key: ident.replace("/", "#") if exchange else ident for key, ident in found.items()} | known

    def lookup_back(self, name: str, values: Sequence[str]) -> dict[str, str]:
        exchange = getattr(self, "exchange", None)
        known = exchange.lookup_back(name, values) if exchange else {}
        asked = [value for value in values if value not in known]
        if self.alone or not asked:
            return known
        theirs = {value.replace("#", "/"): value for value in asked}
        return {theirs[value]: key for value, key in super().lookup_back(name, list(theirs)).items() if value in theirs} | known

    def directory(self, name: str) -> list[DirectoryValue]:
        found = [value for end in self._ends() for value in end.directory(name)]
        return found + ([] if self.alone else super().directory(name))

    def fields(self, resource: str) -> list[RemoteField]:
        end = self.ends.get(resource)
        return end.fields(resource) if end else super().fields(resource)

    def check(self) -> Health:
        told = [*([] if self.alone else [super().check()]), *(end.check() for end in self._ends())]
        skews = [one.clock_skew for one in told if one.clock_skew is not None]
        version = next((one.version for one in told if one.version), "")
        return Health(tuple(finding for one in told for finding in one.findings), skews[0] if skews else None, version)

    def _ends(self) -> list[Site | Custom | Node]:
        return list(dict.fromkeys(self.ends.values()))


def _resources(way: str, by: Mapping[str, str]) -> list[str]:
    return [name for name, of in MANIFEST.resources.items() if of.transport == way and by.get(of.entity) == way]
