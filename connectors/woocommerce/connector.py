"""The contract's methods for WooCommerce."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
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
from connectors.errors import ConnectorError, Missing, Rejected
from connectors.woocommerce import catalogue, health, lists, subscriptions, webhook
from connectors.woocommerce.api import Api
from connectors.woocommerce.goods import PRODUCTS, Goods
from connectors.woocommerce.manifest import MANIFEST
from connectors.woocommerce.refunds import REFUNDS, Refunds
from connectors.woocommerce.shape import created, hub_key, needs_raw, shown, updated

Json = Any
PER_PAGE = 100
GROUP = 20  # objects in one batch write: what a crash may repeat
OVERLAP = timedelta(seconds=60)
BACK = 10  # rows read again on the next page: lists have no cursor, and a row that goes moves the others up
SINGLY = 20  # ids that a list did not show, confirmed one by one
NO_PASSWORD = "registration-error-missing-password"


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Woocommerce:
    return Woocommerce(settings, limiter, clock)


class Woocommerce:
    """One shop."""

    manifest = MANIFEST

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        self.settings, self.clock = settings, clock
        self.api = Api(settings, limiter, clock)
        self.goods = Goods(self.api)
        self.refunds = Refunds(self.api, lambda ids: self.fetch("orders", ids))

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the shop's clock is ahead of ours; None before any answer."""
        return self.api.http.clock.skew

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Orders by time of change with an overlap; customers, which have no such filter, by a sweep in id order."""
        if resource == PRODUCTS:
            yield from self.goods.changes(cursor)
            return
        if resource == REFUNDS:
            yield from self.refunds.changes(self.changes("orders", cursor))
            return
        if resource == "orders" and self.settings.options.get("carts"):
            yield from self._with_drafts(cursor)
            return
        yield from self._listed(resource, cursor, {})

    def _with_drafts(self, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Orders, after the drafts of the checkout, which no list of orders shows unless they are asked for by name."""
        drafts, rest = dict(cursor.get("drafts") or {}), {name: value for name, value in cursor.items() if name != "drafts"}
        for page in self._listed("orders", drafts, {"status": "checkout-draft"}):
            drafts = dict(page.cursor)
            yield replace(page, cursor={**rest, "drafts": drafts}, last=False, total=None)
        for page in self._listed("orders", rest, {}):
            yield replace(page, cursor={**page.cursor, "drafts": drafts})

    def _listed(self, resource: str, cursor: Mapping[str, Json], chosen: Mapping[str, Json]) -> Iterator[Page]:
        mark, offset = str(cursor.get("mark", "")), int(cursor.get("offset", 0))
        newest = str(cursor.get("newest", mark))
        while True:
            params: dict[str, Json] = {"per_page": PER_PAGE, "offset": max(0, offset - BACK), "order": "asc", "orderby": "id", **chosen}
            if resource == "customers":
                params["role"] = "all"
            elif mark:
                before = (datetime.fromisoformat(mark) - OVERLAP).isoformat()
                params |= {"orderby": "modified", "modified_after": before, "dates_are_gmt": "true"}
            rows, headers = self.api.get(resource, params)
            newest = max([newest, *(str(row.get("date_modified_gmt") or "") for row in rows)])
            last = len(rows) < PER_PAGE
            offset = params["offset"] + len(rows)
            following = {"mark": newest} if last else {"mark": mark, "offset": offset, "newest": newest}
            total = int(headers["X-WP-Total"]) if headers.get("X-WP-Total", "").isdigit() else None
            yield Page([remote(resource, row, "list") for row in rows], following, last, total)
            if last:
                return

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        """By id; what the list does not show is asked for alone before it counts as missing."""
        if resource == PRODUCTS:
            return self.goods.fetch(ids)
        if resource == REFUNDS:
            return self.refunds.fetch(ids)
        found: list[Remote] = []
        for start in range(0, len(ids), PER_PAGE):
            chunk = [i for i in ids[start : start + PER_PAGE] if i.isdigit()]
            params: dict[str, Json] = {"include": ",".join(chunk), "per_page": PER_PAGE}
            params |= {"role": "all"} if resource == "customers" else {"status": "any"}
            if chunk:
                found += [remote(resource, row, "fetch") for row in self.api.get(resource, params)[0]]
        seen = {one.id for one in found}
        for ident in [i for i in ids if i.isdigit() and i not in seen][:SINGLY]:
            try:
                row = self.api.get(f"{resource}/{ident}", {})[0]
            except Missing:
                continue
            if row.get("status") != "trash":
                found.append(remote(resource, row, "fetch"))
        return found

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        """Customers by e-mail; orders by hub key among those made over the API in the last days (no list filter by meta exists)."""
        if resource == "customers" and key == "email":
            found = [row for value in values for row in self.api.get(resource, {"email": value, "role": "all"})[0]]
            return [remote(resource, row, "fetch") for row in found]
        if resource == "orders" and key == "hub":
            return [one for one in self._made_lately() if hub_key(one.data) in values]
        return []

    def _made_lately(self) -> Iterator[Remote]:
        since = (self.clock() - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%S")
        params: dict[str, Json] = {"after": since, "dates_are_gmt": "true", "created_via": "rest-api", "per_page": PER_PAGE, "page": 1}
        while True:
            rows = self.api.get("orders", params)[0]
            yield from (remote("orders", row, "fetch") for row in rows)
            if len(rows) < PER_PAGE:
                return
            params["page"] += 1

    def lookup(self, name: str, keys: Sequence[str]) -> dict[str, Json]:
        """``goods_by_sku``: SKU -> product id (the shop's own lines are recognised by SKU alone)."""
        found: dict[str, Json] = {}
        for start in range(0, len(keys), 50):
            rows, _ = self.api.get("products", {"sku": ",".join(keys[start : start + 50]), "per_page": PER_PAGE})
            found |= {str(row["sku"]): row["id"] for row in rows if row.get("sku")}
        return found

    def lookup_back(self, name: str, values: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for start in range(0, len(values), PER_PAGE):
            chunk = ",".join(str(v) for v in values[start : start + PER_PAGE])
            rows, _ = self.api.get("products", {"include": chunk, "per_page": PER_PAGE})
            found |= {str(row["id"]): str(row["sku"]) for row in rows if row.get("sku")}
        return found

    def directory(self, name: str) -> list[DirectoryValue]:
        return lists.directory(self.api, name)

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        if resource == PRODUCTS:
            return self.goods.write(writes)
        if resource == REFUNDS:  # one that is made by the API may return money through the acquirer
            return [Outcome(error=Rejected("refunds are made by people alone", code="resource")) for _ in writes]
        outcomes: list[Outcome] = []
        for start in range(0, len(writes), GROUP):
            outcomes += self._group(resource, writes[start : start + GROUP])
        return outcomes

    def _group(self, resource: str, writes: Sequence[Write], password: bool = False) -> list[Outcome]:
        creates = [w for w in writes if w.id is None]
        updates = [w for w in writes if w.id is not None]
        try:
            raw = self._raw(resource, [w.id for w in updates if needs_raw(w) and w.id])
        except ConnectorError as error:
            return [Outcome(error=error) for _ in writes]
        body = {"create": [created(resource, w) for w in creates], "update": [updated(resource, w, raw.get(w.id or "")) for w in updates]}
        for one in body["create"] if password else ():
            one["password"] = secrets.token_urlsafe(24)
        try:
            answer = self.api.send("POST", f"{resource}/batch", {k: v for k, v in body.items() if v}, safe=False)
        except ConnectorError as error:
            if "too_large" in error.code and len(writes) > 1:
                half = len(writes) // 2
                return self._group(resource, writes[:half]) + self._group(resource, writes[half:])
            return [Outcome(error=error) for _ in writes]
        rows: dict[int, Json] = {}  # the answer keeps the order of the request
        for part, sent in (("create", creates), ("update", updates)):
            rows |= dict(zip(map(id, sent), answer.get(part) or (), strict=False))
        outcomes = [self._outcome(resource, rows.get(id(w))) for w in writes]
        return outcomes if password else self._with_passwords(resource, writes, outcomes)

    def _with_passwords(self, resource: str, writes: Sequence[Write], outcomes: list[Outcome]) -> list[Outcome]:
        """Accounts that this shop does not make without a password get a random one: the buyer sets his own by e-mail."""
        again = [i for i, outcome in enumerate(outcomes) if outcome.error is not None and outcome.error.code == NO_PASSWORD]
        if again:
            for i, outcome in zip(again, self._group(resource, [writes[i] for i in again], password=True), strict=True):
                outcomes[i] = outcome
        return outcomes

    def _raw(self, resource: str, ids: Sequence[str]) -> dict[str, Json]:
        if not ids:
            return {}
        rows = self.api.get(resource, {"include": ",".join(ids), "per_page": PER_PAGE, "status": "any"})[0]
        return {str(row["id"]): row for row in rows}

    def _outcome(self, resource: str, row: Json) -> Outcome:
        if error := self.api.refusal(row):
            return Outcome(error=error)
        return Outcome(remote(resource, row, "answer"))

    def receive(self, request: WebhookRequest) -> list[Hint]:
        return webhook.receive(request, self.settings.webhook_secret)

    def base(self) -> str:
        """The API does not tell it: webhooks do."""
        return ""

    def base_of(self, request: WebhookRequest) -> str:
        return webhook.base_of(request)

    def subscribe(self, url: str) -> Subscription:
        more = subscriptions.GOODS if self.settings.options.get("goods_webhooks") else ()
        return subscriptions.subscribe(self.api, url, self.settings.webhook_secret, (*subscriptions.TOPICS, *more))

    def fields(self, resource: str) -> list[RemoteField]:
        return catalogue.fields(self.api, resource)

    def check(self) -> Health:
        return health.check(self.api, self.settings)


def remote(resource: str, row: dict[str, Json], view: str) -> Remote:
    """A row as mappings see it. Without ``meta_data`` it is a view that does not carry them: the key's user is no administrator."""
    return Remote(str(row.get("id", "")), shown(resource, row), view if "meta_data" in row else f"{view}_bare")
