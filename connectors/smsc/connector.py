"""The contract's methods for SMSC.ru."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.contract import (
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
from connectors.errors import Rejected
from connectors.smsc import catalogue, health, webhook
from connectors.smsc.api import Api
from connectors.smsc.feed import messages
from connectors.smsc.manifest import MANIFEST
from connectors.smsc.shape import message, parts

Json = Any


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Smsc:
    return Smsc(settings, limiter, clock)


class Smsc:
    """One account: its messages are read, never sent. It has no stop list that an API shows."""

    manifest = MANIFEST

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        self.api, self.address = Api(settings, limiter, clock), settings.webhook_secret
        self.word = settings.secrets.get("callback", "")

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the vendor's clock is ahead of ours; None before any answer."""
        return self.api.http.clock.skew

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        return messages(self.api, cursor)

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        """One by one, each by its id and its phone."""
        found = []
        for one in ids:
            if (key := parts(one)) is None:
                continue
            row = self.api.ask("status", id=key[0], phone=key[1], all="2")
            if isinstance(row, dict) and (seen := message(row, "fetch", key)) is not None:
                found.append(seen)
        return found

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        return [Outcome(error=Rejected("the hub sends no messages", code="resource")) for _ in writes]

    def receive(self, request: WebhookRequest) -> list[Hint]:
        return webhook.receive(request, self.address, self.word)

    def subscribe(self, url: str) -> Subscription:
        """The address is typed in the cabinet by hand: an account has one."""
        return Subscription(())

    def fields(self, resource: str) -> list[RemoteField]:
        return catalogue.fields(resource)

    def check(self) -> Health:
        return health.check(self.api, bool(self.word))
