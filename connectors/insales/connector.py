"""The contract's methods for InSales."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
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
from connectors.errors import ConnectorError, Missing, Unknown
from connectors.insales import catalogue, health, subscriptions, webhook
from connectors.insales.api import Api
from connectors.insales.feed import slices
from connectors.insales.goods import PRODUCTS, Goods
from connectors.insales.lists import Lists
from connectors.insales.manifest import MANIFEST
from connectors.insales.shape import created, discounted, hub_key, needs_raw, shown, updated

Json = Any
ENVELOPES = {"clients": "client", "orders": "order"}
LATELY = timedelta(days=3)  # how far back what a lost create may have made is looked for
BINNED = frozenset({"orders", PRODUCTS})


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Insales:
    return Insales(settings, limiter, clock)


class Insales:
    """One shop. Options: ``delivery_variant`` and ``payment_gateway``, numbers for orders that the hub creates and whose record names none."""

    manifest = MANIFEST

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        self.settings, self.clock = settings, clock
        self.api = Api(settings, limiter, clock)
        self.goods, self.lists = Goods(self.api), Lists(self.api)

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the shop's clock is ahead of ours; None before any answer."""
        return self.api.http.clock.skew

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """By time of change; orders and goods that went to the bin are told as gone, clients that were deleted leave no trace."""
        if resource == PRODUCTS:
            yield from self.goods.changes(cursor)
            return
        for piece in slices(self.api, resource, cursor, bin_too=resource in BINNED):
            objects = [remote(resource, row, "list") for row in piece.rows]
            yield Page(objects, piece.cursor, piece.last, piece.total, [str(row["id"]) for row in piece.gone])

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        """One by one: no list takes ids."""
        if resource == PRODUCTS:
            return self.goods.fetch(ids)
        found = []
        for ident in ids:
            if ident.isdigit():
                try:
                    found.append(remote(resource, self.api.get(f"{resource}/{ident}"), "fetch"))
                except Missing:
                    continue
        return found

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        """By hub key, among what changed in the last days: no list can be asked for an own field, an e-mail or a phone."""
        if key != "hub" or resource not in ENVELOPES or not values:
            return []
        since = (self.clock() - LATELY).isoformat()
        rows = (row for piece in slices(self.api, resource, {"start": since}) for row in piece.rows)
        return [remote(resource, row, "fetch") for row in rows if hub_key(resource, row) in values]

    def lookup(self, name: str, keys: Sequence[str]) -> dict[str, Json]:
        """``goods_by_sku``: SKU -> id of the variant."""
        return self.goods.by_sku(keys)

    def lookup_back(self, name: str, values: Sequence[str]) -> dict[str, str]:
        return self.goods.skus(values)

    def directory(self, name: str) -> list[DirectoryValue]:
        return self.lists.directory(name)

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        """One by one: batches there are none."""
        one = self.goods.write if resource == PRODUCTS else lambda write: self._one(resource, write)
        return [one(write) for write in writes]

    def _one(self, resource: str, write: Write) -> Outcome:
        try:
            row = self._create(resource, write) if write.id is None else self._update(resource, write)
            return Outcome(remote(resource, self._with_discounts(row, write) if resource == "orders" else row, "answer"))
        except ConnectorError as error:
            return Outcome(error=error)

    def _create(self, resource: str, write: Write) -> Json:
        body = created(resource, write, self.lists.handles(), self.settings.options)
        return self.api.send("POST", resource, {ENVELOPES[resource]: body}, safe=False)

    def _update(self, resource: str, write: Write) -> Json:
        path = f"{resource}/{write.id}"
        raw = self.api.get(path) if needs_raw(resource, write) else {}
        body = updated(resource, write, self.lists.handles() if "fields_values" in write.data else (), raw)
        if not body:
            return raw or self.api.get(path)
        # a line without an id is added, each time that it is said
        adds = any("id" not in line for line in body.get("order_lines_attributes") or ())
        return self.api.send("PUT", path, {ENVELOPES[resource]: body}, safe=not adds)

    def _with_discounts(self, order: Json, write: Write) -> Json:
        """Discounts come after the order, since they name its lines by their ids. Where they fail, the order was written in part."""
        wanted = discounted(write.data, order)
        if not wanted:
            return order
        try:
            return self.api.send("PUT", f"orders/{order['id']}", {"order": {"discounts_attributes": wanted}}, safe=False)
        except ConnectorError as error:
            raise Unknown(f"written without its discounts: {error.message}", code=error.code) from error

    def receive(self, request: WebhookRequest) -> list[Hint]:
        return webhook.receive(request, self.settings.webhook_secret)

    def base(self) -> str:
        """The shop's own number, which stays when its address changes."""
        return str(self.api.get("account").get("id") or "")

    def base_of(self, request: WebhookRequest) -> str:
        return webhook.base_of(request)

    def subscribe(self, url: str) -> Subscription:
        return subscriptions.subscribe(self.api, url)

    def fields(self, resource: str) -> list[RemoteField]:
        return catalogue.fields(self.api, resource)

    def check(self) -> Health:
        return health.check(self.api, self.lists, self.settings)


def remote(resource: str, row: dict[str, Json], view: str) -> Remote:
    """A row as mappings see it."""
    return Remote(str(row["id"]), shown(resource, row), view)
