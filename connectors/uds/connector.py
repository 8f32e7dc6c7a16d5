"""The contract's methods for UDS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.contract import (
    Balance,
    Health,
    Hint,
    Limiter,
    Outcome,
    Page,
    Posting,
    Quote,
    Remote,
    RemoteField,
    Subscription,
    SystemSettings,
    TokenStore,
    WebhookRequest,
    Write,
)  # fmt: skip
from connectors.errors import Missing, Rejected
from connectors.uds import catalogue, health, webhook
from connectors.uds.api import Api
from connectors.uds.journal import newest, pages
from connectors.uds.manifest import MANIFEST
from connectors.uds.operations import Operations
from connectors.uds.spending import Spending

Json = Any
Row = dict[str, Json]
OPERATIONS = "operations"
WHOLE = timedelta(days=1)  # after which everybody is read again: nothing tells of a profile that changed


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Uds:
    return Uds(settings, limiter, clock)


class Uds:
    """One company."""

    manifest = MANIFEST

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        self.settings, self.clock = settings, clock
        self.api = Api(settings, limiter, clock)
        self.operations, self.spending = Operations(self.api), Spending(self.api)

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the vendor's clock is ahead of ours; None before any answer."""
        return self.api.http.clock.skew

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """All customers once a day; between, those whom new operations name, among whom are all who are new by a sale. Operations are not read:
        the hub knows those that it posted."""
        if resource == OPERATIONS:
            yield Page([], {}, True, 0)
        elif cursor.get("place") or not self._known_lately(cursor):
            yield from self._everybody(cursor)
        else:
            yield self._moved(int(cursor["last"]), str(cursor["whole"]))

    def _known_lately(self, cursor: Mapping[str, Json]) -> bool:
        return "last" in cursor and self.clock() - datetime.fromisoformat(str(cursor["whole"])) < WHOLE

    def _everybody(self, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """``last`` is the newest operation before the first page: whose points moved since is read again."""
        begun = str(cursor["begun"]) if cursor.get("place") else self.clock().isoformat()
        last = int(cursor["last"]) if cursor.get("place") else self._newest()
        for rows, place in pages(self.api, "customers", cursor.get("place")):
            following = {"place": place, "begun": begun, "last": last} if place else {"last": last, "whole": begun}
            yield Page([remote(row, "list") for row in rows], following, place is None)

    def _newest(self) -> int:
        rows, _ = next(pages(self.api, OPERATIONS))
        return max((int(row["id"]) for row in rows), default=0)

    def _moved(self, last: int, whole: str) -> Page:
        rows = list(newest(self.api, after=last))
        people = list(dict.fromkeys(str(row["customer"]["id"]) for row in rows if (row.get("customer") or {}).get("id")))
        reached = max((int(row["id"]) for row in rows), default=last)
        return Page(self.fetch("customers", people), {"last": reached, "whole": whole}, True)

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        """By id, one by one."""
        if resource == OPERATIONS:
            return self.operations.fetch(ids)
        found = []
        for ident in ids:
            try:
                found.append(remote(self.api.get(f"customers/{ident}"), "fetch"))
            except Missing:
                continue
        return found

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        """Customers by phone, sales by the end of the hub's key; by nothing else."""
        if resource == OPERATIONS:
            return self.operations.sold(values, self.clock()) if key == "hub" else []
        if key != "phone":
            return []
        found = []
        for value in values:
            try:
                found.append(remote(self.api.get("customers/find", phone=value)["user"], "fetch"))
            except Missing:
                continue
        return found

    def find_created(self, resource: str, writes: Sequence[Write]) -> list[Remote]:
        return self.operations.found(writes) if resource == OPERATIONS else []

    def posted(self, resource: str, writes: Sequence[Write]) -> list[Posting]:
        return list(self.operations.foreign(writes)) if resource == OPERATIONS else []

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        """Facts one at a time; of a customer nothing can be written."""
        if resource != OPERATIONS:
            return [Outcome(error=Rejected("UDS lets nobody change a customer", code="read_only")) for _ in writes]
        return [self.operations.write(write) for write in writes]

    def balance(self, ident: str) -> Balance:
        return self.spending.balance(ident)

    def quote(self, ident: str, lines: Sequence[Mapping[str, Json]], points: str) -> Quote:
        return self.spending.quote(ident, lines, points)

    def reserve(self, ident: str, document: str, points: str) -> None:
        """Nothing is held: whether the points are there is asked."""
        self.spending.reserve(ident, points)

    def release(self, ident: str, document: str) -> None:
        """Nothing was held."""

    def receive(self, request: WebhookRequest) -> list[Hint]:
        secrets = self.settings.secrets
        return webhook.receive(request, secrets.get("company_id", ""), secrets.get("api_key", ""), self.clock())

    def base(self) -> str:
        """The company's number."""
        return str(self.api.get("settings").get("id") or "")

    def base_of(self, request: WebhookRequest) -> str:
        """A webhook is signed with the company's number and does not tell it."""
        return ""

    def subscribe(self, url: str) -> Subscription:
        """The API has no subscriptions: addresses are typed in the cabinet."""
        return Subscription(())

    def fields(self, resource: str) -> list[RemoteField]:
        return catalogue.fields(resource)

    def check(self) -> Health:
        return health.check(self.api)


def remote(row: Row, view: str) -> Remote:
    """A customer as mappings see it: the one name in two, and no sex that nobody said."""
    first, _, last = str(row.get("displayName") or "").strip().partition(" ")
    said = {"first_name": first or None, "last_name": last.strip() or None}
    return Remote(
        str(row["participant"]["id"]),
        {**row, **said, "gender": row.get("gender") if row.get("gender") in ("MALE", "FEMALE") else None},
        view,
    )
