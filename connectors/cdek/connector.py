"""The contract's methods for CDEK. Parcels are read: the shop's own module makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from connectors.cdek import catalogue, health, subscriptions, webhook
from connectors.cdek.api import Api
from connectors.cdek.manifest import MANIFEST
from connectors.cdek.shape import remote
from connectors.contract import (
    DirectoryValue,
    Health,
    Hint,
    Limiter,
    Outcome,
    Page,
    Remote,
    RemoteField,
    Subscription,
    SystemSettings,
    TokenStore,
    WebhookRequest,
    Write,
)
from connectors.errors import Missing, Rejected

Json = Any
KINDS = [DirectoryValue("card", "Карта при получении"), DirectoryValue("cash", "Наличные при получении")]


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Cdek:
    """The connector of one account."""
    return Cdek(settings, limiter)


class Cdek:
    """One account."""

    manifest = MANIFEST

    def __init__(self, settings: SystemSettings, limiter: Limiter) -> None:
        self.api, self.settings = Api(settings, limiter), settings

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """No list exists. The hub knows the parcels that webhooks named, and asks for them (manifest: ``revisit``)."""
        yield Page([], {}, True, 0)

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        """By uuid, one by one."""
        return [found for ident in ids if _is_uuid(ident) and (found := self._one(f"orders/{ident}")) is not None]

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        """By the shop's own number of an order."""
        if key != "number":
            return []
        return [found for value in values if (found := self._one("orders", im_number=value)) is not None]

    def _one(self, path: str, **params: str) -> Remote | None:
        try:
            return remote(self.api.get(path, **params), "fetch")
        except Missing:
            return None

    def directory(self, name: str) -> list[DirectoryValue]:
        return KINDS if name == "payment_kind" else []

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        """Refused: a parcel that is made is one that a courier comes for."""
        return [Outcome(error=Rejected("the hub makes no parcels")) for _ in writes]

    def receive(self, request: WebhookRequest) -> list[Hint]:
        return webhook.receive(request, self.settings.webhook_secret)

    def subscribe(self, url: str) -> Subscription:
        return subscriptions.subscribe(self.api, url)

    def fields(self, resource: str) -> list[RemoteField]:
        return [RemoteField(path, kind.lstrip("-"), False) for path, kind in catalogue.STATIC[resource].items()]

    def check(self) -> Health:
        return health.check(self.api, str(self.settings.options.get("public_url") or ""))


def _is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
