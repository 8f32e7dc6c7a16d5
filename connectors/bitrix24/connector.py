"""The contract's methods for Bitrix24."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors.bitrix24 import health, subscriptions, webhook
from connectors.bitrix24.api import Api
from connectors.bitrix24.calls import Calls
from connectors.bitrix24.funnel import funnel_of
from connectors.bitrix24.goods import Goods
from connectors.bitrix24.items import Items
from connectors.bitrix24.lists import Lists
from connectors.bitrix24.manifest import MANIFEST
from connectors.bitrix24.tasks import Tasks
from connectors.contract import (
    DirectoryValue,
    Health,
    Hint,
    Limiter,
    Manifest,
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
from connectors.errors import Rejected

Json = Any


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Bitrix24:
    return Bitrix24(settings, limiter, tokens, clock)


class Bitrix24:
    """One portal. Options: ``oauth_url``; ``line_number`` of the calls that the hub writes; ``request_seconds``, where an own
    installation ends a request sooner or later than the cloud's 60 s; ``iblock_ids`` of the catalogue, where it may not be listed;
    ``call_funnel``, whose deals are call tasks."""

    def __init__(self, settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> None:
        self.settings, self.clock = settings, clock
        self.manifest = manifest_for(settings)
        self.api = Api(settings, limiter, tokens, clock)
        self.funnel = funnel_of(settings.options)
        self.lists = Lists(self.api, tuple(settings.options.get("iblock_ids") or ()), self.funnel)
        self.goods = Goods(self.api, self.lists, settings.options.get("price_types") or ())
        self.items = Items(self.api, self.lists.own_user, self.funnel)
        self.calls = Calls(self.api, self.lists.own_user, str(settings.options.get("line_number") or ""))
        self.tasks = Tasks(self.api, self.lists.own_user)

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the portal's clock is ahead of ours, as its answers tell; None before the first."""
        return self.api.http.clock.skew

    def spoken(self) -> frozenset[str]:
        """Call tasks go one of two ways: as planned calls, or as deals of the funnel that the options name."""
        return frozenset(self.manifest.resources) - {"call_task" if self.funnel else "call_deal"}

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        if resource == "product":
            return self.goods.changes(cursor)
        if resource == "call_task":
            return self.tasks.changes(cursor)
        return self.calls.changes(cursor) if resource == "call" else self.items.changes(resource, cursor)

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        if resource == "product":
            return self.goods.fetch(ids)
        if resource == "call_task":
            return self.tasks.fetch(ids)
        return self.calls.fetch(ids) if resource == "call" else self.items.fetch(resource, ids)

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        if resource == "call":
            return self.calls.find(values) if key == "hub" else []
        if resource == "call_task":
            return self.tasks.find(values) if key == "hub" else []
        if resource == "product":
            return []
        return self.items.find(resource, key, values)

    def lookup(self, name: str, keys: Sequence[str]) -> dict[str, Json]:
        return self.lists.lookup(name, keys)

    def lookup_back(self, name: str, values: Sequence[str]) -> dict[str, str]:
        return self.lists.lookup_back(name, values)

    def directory(self, name: str) -> list[DirectoryValue]:
        return self.lists.directory(name)

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        if not writes:
            return []
        if resource == "product":
            return [
                Outcome(
                    error=Rejected(
                        "the hub reads the goods of a portal and writes none", code="written", ru="товары портала хаб читает, но не пишет"
                    )
                )
                for _ in writes
            ]
        if resource == "call_task":
            return self.tasks.write(writes)
        return self.calls.write(writes) if resource == "call" else self.items.write(resource, writes)

    def receive(self, request: WebhookRequest) -> list[Hint]:
        return webhook.receive(request, self.settings.secrets.get("application_token", ""))

    def base(self) -> str:
        """The portal's number, where an application was told it with its tokens."""
        return self.api.access.member_id()

    def base_of(self, request: WebhookRequest) -> str:
        return webhook.base_of(request)

    def subscribe(self, url: str) -> Subscription:
        return subscriptions.subscribe(self.api, url)

    def fields(self, resource: str) -> list[RemoteField]:
        return self.lists.fields(resource)

    def check(self) -> Health:
        return health.check(self.api, self.settings)


def manifest_for(settings: SystemSettings) -> Manifest:
    """The vendor's facts, with the run time of a request where this installation has its own."""
    seconds = settings.options.get("request_seconds")
    if not seconds:
        return MANIFEST
    resources = {
        name: replace(r, operations={kind: replace(op, settles_after=float(seconds)) for kind, op in r.operations.items()})
        for name, r in MANIFEST.resources.items()
    }
    return replace(MANIFEST, resources=resources)
