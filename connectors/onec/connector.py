"""The contract's methods for 1C."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

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
)  # fmt: skip
from connectors.errors import ConnectorError, Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.onec import catalogue, health, searching, webhook
from connectors.onec.api import CHANGED, EMPTY, EXISTS, Api, guid
from connectors.onec.feed import Feed, beside
from connectors.onec.goods import Goods
from connectors.onec.lists import Lists
from connectors.onec.manifest import MANIFEST
from connectors.onec.ordering import Ordering
from connectors.onec.payments import BANK, PAYMENTS, Payments
from connectors.onec.profiles import PROFILES, Profile, recognised
from connectors.onec.shape import CARD, CASH, LINES, Shapes, agrees
from connectors.onec.states import STATE
from connectors.onec.stock import Stock

Json = Any
GOODS, STOCK = "goods", "stock"
REFUSED = "posting_refused"  # put into an order by us: 1C would not post it
SHELVES = (GOODS, STOCK)  # only read
DIRECTORIES = {"store": "Склад", "employee": "Менеджер", "organisation": "Организация"}


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Onec:
    return Onec(settings, limiter, tokens, clock)


class Onec:
    """One base."""

    manifest = MANIFEST

    def __init__(self, settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> None:
        self.settings, self.api = settings, Api(settings, limiter, tokens, clock)
        self.lists = Lists(self.api)
        self._profile: Profile | None = None

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the web server's clock is ahead of ours; None before any answer."""
        return self.api.http.clock.skew

    @property
    def profile(self) -> Profile:
        """The configuration: the one that is named in the options, else the one whose sets the base publishes."""
        if self._profile is None:
            named = self.settings.options.get("profile")
            self._profile = next((one for one in PROFILES if one.name == named), None) if named else recognised(self.api.sets())
        if self._profile is None:
            raise Unauthorized("the composition of the interface is empty, or of a configuration that is not known", code="8")
        return self._profile

    def _shelf(self, resource: str) -> Goods | Stock:
        """Reads goods or stocks, which are made of several sets."""
        if resource == STOCK:
            return Stock(self.api, self.lists, self.profile)
        return Goods(self.api, self.lists, self.profile, self.settings.options)

    @property
    def shapes(self) -> Shapes:
        return Shapes(self.profile, self.lists, self.settings)

    def spoken(self) -> frozenset[str]:
        return frozenset(name for name, of in MANIFEST.resources.items() if not of.transport)

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Pages of one collection; what this configuration does not have is empty."""
        if resource in SHELVES:
            yield from self._shelf(resource).changes(cursor)
            return
        if resource == PAYMENTS:
            yield from Payments(self.shapes, self.changes).changes(cursor)
            return
        if resource not in self.profile.places:
            yield Page([], {}, True, 0)
            return
        yield from Feed(self.api, self.profile, self.settings.options, self._listed, self._rows).changes(resource, cursor)

    def _listed(self, resource: str, rows: Sequence[Json]) -> list[Remote]:
        return [self._remote(resource, row, "list") for row in rows]

    def _rows(self, resource: str, idents: Sequence[str]) -> list[Json]:
        if not idents:
            return []
        rows = self.api.matching(self.profile.places[resource].set, "Ref_Key", [guid(one) for one in idents])
        return beside(self.api, self.profile, resource, rows)

    def _remote(self, resource: str, row: Mapping[str, Json], view: str) -> Remote:
        if STATE not in row:  # a row that a write was answered with
            (row,) = beside(self.api, self.profile, resource, [row])
        return Remote(str(row["Ref_Key"]), self.shapes.shown(resource, row), view)

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        if resource in SHELVES:
            return self._shelf(resource).fetch(ids) if ids else []
        if resource == PAYMENTS:
            return Payments(self.shapes, self.changes).fetch(self.fetch, ids) if ids else []
        if not ids or resource not in self.profile.places:
            return []
        return [self._remote(resource, row, "fetch") for row in self._rows(resource, [one for one in ids if searching.is_guid(one)])]

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        """By hub key, which is the guid; customers also by phone and e-mail, as far as their search fields are filled."""
        if resource in SHELVES:
            return []
        if key == "hub":
            return self.fetch(resource, values)
        if resource != "customers" or key not in searching.CONTACTS:
            return []
        return self.fetch(resource, searching.holders(self.api, self.profile.places[resource].set, key, values))

    def find_created(self, resource: str, writes: Sequence[Write]) -> list[Remote]:
        """Objects that creates without an answer may have made: by the guid that was asked for, else, in a base that makes its own, by what
        was written. An order whose posting was lost with the answer is posted."""
        rows = self._rows(resource, [write.key for write in writes])
        there = {str(row["Ref_Key"]) for row in rows}
        found = [self._remote(resource, self._completed(resource, row), "fetch") for row in rows]
        for write in writes:
            if write.key not in there:
                for row in searching.made(self.api, self.profile, resource, write):
                    remote = self._remote(resource, self._completed(resource, row), "fetch")
                    found.append(Remote(remote.id, {**remote.data, "hub_key": write.key}, "fetch"))
        return found

    def _completed(self, resource: str, row: Json) -> Json:
        if not self.unfinished(resource, row):
            return row
        try:
            return self._posted(row)
        except Rejected:
            return row | {REFUSED: True}

    def unfinished(self, resource: str, data: Mapping[str, Json]) -> bool:
        """An order that was written and not posted yet. One whose posting 1C refuses is as done as it can be."""
        return resource == "orders" and self._posts and data.get("Posted") is False and not (data.get("DeletionMark") or data.get(REFUSED))

    def lookup(self, name: str, keys: Sequence[str]) -> dict[str, Json]:
        return searching.goods(self.api, keys)

    def lookup_back(self, name: str, values: Sequence[str]) -> dict[str, str]:
        return searching.skus(self.api, values)

    def directory(self, name: str) -> list[DirectoryValue]:
        """Values by name; of an enumeration, its values."""
        lists = self.profile.lists
        if name == "payment_kind":
            named = self.lists.rows(self.profile.payment_kinds, 0.0).values() if self.profile.payment_kinds else ()
            bank = [BANK] if "bank_payments" in self.profile.places else []
            return [DirectoryValue(kind, kind) for kind in (CASH, *([str(row["Description"]) for row in named] or [CARD]), *bank)]
        if name == "price_type":
            return [DirectoryValue(one, one) for one in self.settings.options.get("price_types") or ()]
        if name == "order_status" and self.profile.statuses:
            return [DirectoryValue(status, status) for status in self.profile.statuses]
        of = lists.get("Статус" if name == "order_status" else DIRECTORIES.get(name, ""))
        rows = self.lists.rows(of, 0.0).values() if of else ()
        return [
            DirectoryValue(str(r["Description"]), str(r["Description"]), not r.get("DeletionMark")) for r in rows if not r.get("IsFolder")
        ]

    @property
    def _posts(self) -> bool:
        return bool(self.settings.options.get("post", True))

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        """One object a request: the interface has no batches."""
        try:
            if writes and resource not in self.profile.written:
                raise Rejected(f"{self.profile.title}: the hub reads {resource} and writes none", code="written")
            raw = {str(row["Ref_Key"]): row for row in self._rows(resource, [write.id for write in writes if write.id])}
        except ConnectorError as error:
            return [Outcome(error=error) for _ in writes]
        return [self._one(resource, write, raw.get(write.id or "")) for write in writes]

    def _one(self, resource: str, write: Write, raw: Json) -> Outcome:
        try:
            if write.id is None:
                return Outcome(self._remote(resource, self._create(resource, write), "answer"))
            if raw is None:
                return Outcome(error=Missing("there is no such object", code="9"))
            return Outcome(self._remote(resource, self._update(resource, write, raw), "answer"))
        except ConnectorError as error:
            return Outcome(error=error)

    def _create(self, resource: str, write: Write) -> Json:
        place, body = self.profile.places[resource], self.shapes.body(resource, write, {})
        if resource == "orders":
            service = Ordering(self.api, self.lists, self.profile).service()
            body = self.shapes.theirs(place, service) | body | self._goods(write, service)
            if self.profile.firm and write.data.get("Партнер_Key"):
                body["Контрагент_Key"] = self._firm(str(write.data["Партнер_Key"]))
        else:
            body = {**self.profile.create, **body}
        try:
            made = self.api.create(place.set, {**body, "Ref_Key": write.key})
        except Rejected as error:
            if error.code != EXISTS:
                raise
            made = self.api.one(place.set, write.key)  # an earlier try did it after all
        except Unknown as error:
            if error.code != EMPTY:
                raise
            made = self._there(resource, write)
            if made is None:
                raise Unavailable(error.message, code=EMPTY) from error
        return self._posted(made) if resource == "orders" and self._posts and not made.get("Posted") else made

    def _there(self, resource: str, write: Write) -> Json:
        """What a create that was answered with nothing has made, or None: the base has answered, so it is there by now or never."""
        rows = self._rows(resource, [write.key]) or searching.made(self.api, self.profile, resource, write)
        return rows[0] if rows else None

    def _update(self, resource: str, write: Write, raw: Json) -> Json:
        """Tables are replaced whole, and many publications do not heed If-Match: what the change was made of must stand there still."""
        place, now = self.profile.places[resource], self.shapes.shown(resource, raw)
        held = {name: value for name, value in (write.held or {}).items() if name in write.data}
        if not agrees(held, now):
            raise Unavailable("somebody has just changed it", code=CHANGED)
        body = self.shapes.body(resource, write, raw)
        if resource == "orders":
            body |= self._goods(write, now)
            if self.profile.firm and write.data.get("Партнер_Key"):
                body["Контрагент_Key"] = self._firm(str(write.data["Партнер_Key"]))
        stored = self.api.change(place.set, str(write.id), body, str(raw.get("DataVersion") or ""))
        return self._posted(stored) if raw.get("Posted") else stored

    def _goods(self, write: Write, document: Mapping[str, Json]) -> dict[str, Json]:
        """Lines as they are sent, where the write has some."""
        if LINES not in write.data:
            return {}
        ordering = Ordering(self.api, self.lists, self.profile)
        return ordering.sent(ordering.lines(write.data[LINES] or (), document))

    def _firm(self, customer: str) -> str:
        return Ordering(self.api, self.lists, self.profile).firm(customer)

    def _posted(self, row: Json) -> Json:
        """The order posted, or posted anew: its movements follow what is written only then. The version is that after the last step."""
        place = self.profile.places["orders"]
        try:
            self.api.post(place.set, str(row["Ref_Key"]))
        except Rejected as error:
            raise Rejected(f"written, and not posted: {error.message}", code="post") from error
        return self.api.one(place.set, str(row["Ref_Key"]))

    def receive(self, request: WebhookRequest) -> list[Hint]:
        return webhook.receive(request)

    def subscribe(self, url: str) -> Subscription:
        return webhook.subscribe()

    def fields(self, resource: str) -> list[RemoteField]:
        if resource in SHELVES:
            return catalogue.shelved(resource)
        return catalogue.fields(self.api, resource, self.profile.places.get(resource))

    def check(self) -> Health:
        return health.check(self.api, self.settings)
