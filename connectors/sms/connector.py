"""The contract's methods for SMS Aero."""

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
)  # fmt: skip
from connectors.errors import ConnectorError, Missing, Rejected
from connectors.gateways import MESSAGE, digits, is_phone
from connectors.sms import catalogue, health, webhook
from connectors.sms.api import Api
from connectors.sms.feed import messages
from connectors.sms.manifest import MANIFEST
from connectors.sms.shape import message, stop

Json = Any
Row = dict[str, Json]
STOP = "stop"


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Sms:
    return Sms(settings, limiter, clock)


class Sms:
    """One cabinet: its messages are read, never sent; its stop list is kept both ways."""

    manifest = MANIFEST

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        self.api, self.secret = Api(settings, limiter, clock), settings.webhook_secret

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the vendor's clock is ahead of ours; None before any answer."""
        return self.api.http.clock.skew

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Messages back to where nothing moves any more; the whole stop list, which knows no time of change."""
        if resource == MESSAGE:
            yield from messages(self.api, cursor)
            return
        page = int(cursor.get("page", 1))
        while True:
            rows, more, total = self.api.listed("blacklist/list", page)
            page += 1
            found = [(number, row) for row in rows if is_phone(number := digits(row.get("number")))]
            yield Page([stop(number, row, "list") for number, row in found], {"page": page} if more else {}, not more, total)
            if not more:
                return

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        """One by one: the gateway takes no several. Whether a phone is on the stop list can be said of any phone."""
        if resource == STOP:
            return [stop(number, self._entry(number), "fetch") for number in ids if is_phone(number)]
        return [one for ident in ids if ident.isdigit() and (one := self._message(ident)) is not None]

    def _message(self, ident: str) -> Remote | None:
        """A message; None where the gateway refuses to tell of it: it knows no such one, or not any more."""
        try:
            row = self.api.ask("sms/status", {"id": int(ident)})
        except Rejected as error:
            if error.code == "404":
                raise
            return None
        return message(row, "fetch") if isinstance(row, dict) and str(row.get("id")) == ident else None

    def _entry(self, number: str) -> Row | None:
        rows, _, _ = self.api.listed("blacklist/list", 0, {"number": number})
        return next((row for row in rows if digits(row.get("number")) == number), None)

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        """Entries of the stop list by phone."""
        if resource != STOP or key != "phone":
            return []
        found = [(number, self._entry(number)) for value in values if is_phone(number := digits(value))]
        return [stop(number, row, "fetch") for number, row in found if row is not None]

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        return [self._one(write) for write in writes]

    def _one(self, write: Write) -> Outcome:
        try:
            number = digits(write.data.get("number")) if write.id is None else self._same(write)
            refused = bool(write.data.get("refused", write.id is None))
            held = None if write.id is None else self._entry(number)
            if refused and held is None:
                self.api.tell("blacklist/add", {"number": number})
            elif not refused and held is not None:
                self.api.tell("blacklist/delete", {"id": int(held["id"])})
        except ConnectorError as error:
            return Outcome(error=error)
        return Outcome(stop(number, {} if refused else None, "answer"))

    @staticmethod
    def _same(write: Write) -> str:
        """The phone of an entry, which never becomes another's. Raises Missing, Rejected."""
        if not is_phone(str(write.id)):
            raise Missing("there is no such phone", code="number")
        if "number" in write.data and digits(write.data["number"]) != write.id:
            raise Rejected("an entry of the stop list is of one phone: the new one is put there by a person", code="number", field="number")
        return str(write.id)

    def receive(self, request: WebhookRequest) -> list[Hint]:
        return webhook.receive(request, self.secret)

    def subscribe(self, url: str) -> Subscription:
        """The gateway calls whom the sender of a message names: nothing is subscribed to."""
        return Subscription(())

    def fields(self, resource: str) -> list[RemoteField]:
        return catalogue.fields(resource)

    def check(self) -> Health:
        return health.check(self.api)
