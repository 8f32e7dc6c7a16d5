"""The contract's methods for Mango Office."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors import waiting
from connectors.contract import (
    DirectoryValue,
    Health,
    Hint,
    Limiter,
    Outcome,
    Page,
    RemoteField,
    Sound,
    Subscription,
    SystemSettings,
    TokenStore,
    WebhookRequest,
    Write,
)  # fmt: skip
from connectors.errors import Rejected
from connectors.mango import callback, catalogue, health, webhook
from connectors.mango.api import Api
from connectors.mango.history import History
from connectors.mango.manifest import MANIFEST
from connectors.mango.sendable import USERS

Json = Any


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Mango:
    return Mango(settings, limiter, tokens, clock)


class Mango:
    """One PBX. Options: docs/connectors/mango.md."""

    manifest = MANIFEST

    def __init__(
        self,
        settings: SystemSettings,
        limiter: Limiter,
        tokens: TokenStore,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = waiting.sleep,
    ) -> None:
        self.settings, self.line = settings, str(settings.options.get("line_number") or "")
        self.api = Api(settings, limiter, tokens, clock)
        self.history = History(self.api, settings, sleep)

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the vendor's clock is ahead of ours; None before any answer."""
        return self.api.http.clock.skew

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Calls by reports. Call-backs are listed nowhere."""
        return iter((Page([], {}, True, 0),)) if resource == callback.CALLBACKS else self.history.changes(cursor)

    def directory(self, name: str) -> list[DirectoryValue]:
        """Employees by their internal number; who has none takes no calls."""
        return [_employee(row) for row in self.api.ask(USERS, {}).get("users") or () if _extension(row)] if name == "employee" else []

    def sound(self, ident: str) -> Sound:
        return self.api.sound(ident)

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        """Call-backs, one at a time. What has been said at the PBX nobody changes."""
        if resource != callback.CALLBACKS:
            return [Outcome(error=Rejected("calls are made at the PBX and only read from there", code="read only")) for _ in writes]
        return [callback.write(self.api, write, self.line) for write in writes]

    def receive(self, request: WebhookRequest) -> list[Hint]:
        return webhook.receive(request, self.api.key, self.api.salt)

    def subscribe(self, url: str) -> Subscription:
        """The API has no subscriptions: the address is typed into the cabinet, and polling does without."""
        return Subscription(())

    def fields(self, resource: str) -> list[RemoteField]:
        return catalogue.fields(resource)

    def check(self) -> Health:
        return health.check(self.api, self.settings)


def _extension(row: Mapping[str, Json]) -> str:
    """Editions of the reference have it as a number or as text."""
    return str((row.get("telephony") or {}).get("extension") or "")


def _employee(row: Mapping[str, Json]) -> DirectoryValue:
    told, mobiles = row.get("general") or {}, (row.get("telephony") or {}).get("numbers") or ()
    phones = tuple(str(one.get("number")) for one in mobiles if one.get("protocol") == "tel" and one.get("number"))
    emails = (str(told["email"]),) if told.get("email") else ()
    return DirectoryValue(_extension(row), str(told.get("name") or _extension(row)), emails=emails, phones=phones)
