"""The contract's methods for RetailCRM."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from connectors import segments
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
from connectors.errors import ConnectorError, Missing, Rejected, Unknown
from connectors.retailcrm import calls, catalogue, health, payments, webhook
from connectors.retailcrm.api import Api
from connectors.retailcrm.feed import Feed
from connectors.retailcrm.lists import ENTITIES, Lists
from connectors.retailcrm.manifest import MANIFEST
from connectors.retailcrm.returned import RETURNED, RETURNS, of_order
from connectors.retailcrm.shape import created, needs_raw, path_named, shown, sold, updated
from connectors.retailcrm.shop import INVENTORIES, OFFERS, Shop

Json = Any
CALL, SEGMENTS, SHELVES = "call", "segments", (OFFERS, INVENTORIES)
PAGE = 100
SINGLY = 20  # ids that a list did not show, confirmed one by one
LOCAL_DIGITS = 10  # of a phone: how it is searched for, however it is written there
SEARCHES = {"email": "email", "card": "discountCardNumber"}


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Retailcrm:
    return Retailcrm(settings, limiter, clock)


class Retailcrm:
    """One account, or one store of it. Options: ``site``, the code of that store; ``shared_key``: other programs use the same key."""

    manifest = MANIFEST

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.site = str(settings.options.get("site") or "")
        self.back = [str(code) for code in settings.options.get(RETURNED) or ()]
        self.api = Api(settings, limiter, clock)
        self.lists, self.shop = Lists(self.api), Shop(self.api, settings, clock)
        self.feed = Feed(self.api, settings, clock, self._listed, lambda resource, row: self._remote(resource, row, "list"))

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the vendor's clock is ahead of ours; None before any answer."""
        return self.api.http.clock.skew

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """The lists once, then the history, which goods have none of: they say when they changed; calls cannot be read."""
        if resource in SHELVES:
            return self.shop.changes(resource, cursor)
        if resource == SEGMENTS:
            return segments.one_after_another(segments.chosen(self.settings), cursor if "now" in cursor else {}, self._members)
        if resource == RETURNS:  # of changed orders, all lines
            pages = self.feed.changes("orders", cursor)
            return (Page(self._brought_back(page.objects), page.cursor, page.last) for page in pages)
        return iter((Page([], {}, True, 0),)) if resource == CALL else self.feed.changes(resource, cursor)

    def _remote(self, resource: str, row: dict[str, Json], view: str) -> Remote:
        complete = self.lists.complete() if resource == "orders" else ()
        return Remote(str(row["id"]), shown(resource, row, complete, self.back), view)

    def _brought_back(self, orders: Sequence[Remote]) -> list[Remote]:
        return [one for order in orders for one in of_order(order, self.back, sold)]

    def _filtered(self, resource: str, name: str, values: Sequence[str], view: str = "fetch") -> list[Remote]:
        """Objects by a filter that takes many values."""
        found: list[Remote] = []
        for start in range(0, len(values), PAGE):
            found += [self._remote(resource, row, view) for row in self._rows(resource, {name: list(values[start : start + PAGE])})]
        return found

    def _rows(self, resource: str, wanted: Mapping[str, Json]) -> list[Json]:
        """The first page of a list, of our store where one is chosen."""
        return list(self._page(resource, wanted, 1)[resource])

    def _page(self, resource: str, wanted: Mapping[str, Json], page: int) -> dict[str, Json]:
        asked: dict[str, Json] = {"limit": PAGE, "filter": {**wanted, "sites": [self.site] if self.site else []}}
        return dict(self.api.get(resource, asked | ({"page": page} if page > 1 else {})))

    def _members(self, name: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """The customers of a segment, page by page. They move while the pages are read: one that was missed is asked for by id."""
        page = int(cursor.get("page", 1))
        while True:
            body = self._page("customers", {"segment": name}, page)
            last = page >= int(body["pagination"]["totalPageCount"])
            page += 1
            rows = [segments.shown(self.settings.name, name, str(row["id"]), True) for row in body["customers"]]
            yield Page(rows, {} if last else {"page": page}, last)
            if last:
                return

    def _memberships(self, ids: Sequence[str]) -> list[Remote]:
        """Whether customers are in segments now; who is not there any more is in none."""
        wanted = [segments.named(ident) for ident in ids if segments.named(ident)[1].isdigit()]
        people = self._filtered("customers", "ids", sorted({customer for _, customer in wanted}))
        inside = {(str(row.get("code")), one.id) for one in people for row in one.data.get("segments") or ()}
        return [segments.shown(self.settings.name, *one, one in inside, "fetch") for one in wanted]

    def _listed(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        return self._filtered(resource, "ids", ids, "list")

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        """By id; what the list does not show is asked for alone before it counts as missing."""
        if resource == CALL:
            return []
        if resource in SHELVES:
            return self.shop.fetch(resource, ids)
        if resource == SEGMENTS:
            return self._memberships(ids)
        if resource == RETURNS:
            orders = self.fetch("orders", sorted({ident.partition("/")[0] for ident in ids}))
            return [
                one for one in self._brought_back(orders) if one.id in ids or str(one.data["order"]) in ids
            ]  # an order means all its lines
        wanted = [ident for ident in ids if ident.isdigit()]
        found = self._filtered(resource, "ids", wanted)
        seen = {one.id for one in found}
        for ident in [one for one in wanted if one not in seen][:SINGLY]:
            try:
                row = self.api.get(f"{resource}/{ident}", {"by": "id", "site": self.site})[ENTITIES[resource]]
            except Missing:
                continue
            if self.site in ("", row.get("site")):
                found.append(self._remote(resource, row, "fetch"))
        return found

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        """By hub key (``externalId``); customers by phone (which ``filter[name]`` finds), e-mail and card, too."""
        if resource in (CALL, SEGMENTS, RETURNS, *SHELVES):
            return []
        if key == "hub":
            return self._filtered(resource, "externalIds", values)
        if resource != "customers" or key not in (*SEARCHES, "phone"):
            return []
        found: dict[str, Remote] = {}
        for value in values:
            name, text = (SEARCHES[key], value) if key in SEARCHES else ("name", "".join(filter(str.isdigit, value))[-LOCAL_DIGITS:])
            rows = self._rows(resource, {name: text})
            found |= {str(row["id"]): self._remote(resource, row, "fetch") for row in rows}
        return list(found.values())

    def lookup(self, name: str, keys: Sequence[str]) -> dict[str, Json]:
        """``goods_by_sku``: article, else the shop's own number of an offer -> the offer's id. No filter by article is documented:
        ``filter[name]`` finds it, and what it finds is compared."""
        found: dict[str, Json] = {}
        for key in keys:
            found |= {row["article"]: row["id"] for row in self._offers({"name": key}) if row.get("article") == key}
        rest = [key for key in keys if key not in found]
        for row in self._offers_by("externalIds", rest):
            found |= {str(row["externalId"]): row["id"]} if not row.get("article") else {}
        return found

    def lookup_back(self, name: str, values: Sequence[str]) -> dict[str, str]:
        rows = self._offers_by("ids", values)
        return {str(row["id"]): str(row.get("article") or row.get("externalId") or "") for row in rows}

    def _offers_by(self, name: str, values: Sequence[str]) -> list[Json]:
        return [row for start in range(0, len(values), PAGE) for row in self._offers({name: list(values[start : start + PAGE])})]

    def _offers(self, wanted: Mapping[str, Json]) -> list[Json]:
        return list(self.api.get("store/offers", {"limit": PAGE, "filter": wanted}).get("offers") or ())

    def directory(self, name: str) -> list[DirectoryValue]:
        return self.lists.directory(name)

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        """Creates in batches, edits one by one: there is no edit of many."""
        if resource == CALL:
            return calls.write(self.api, writes)
        if resource in SHELVES:
            return self.shop.write(resource, writes)
        outcomes: dict[int, Outcome] = {}
        creates, most = [write for write in writes if write.id is None], MANIFEST.resources[resource].batch
        for start in range(0, len(creates), most):
            group = creates[start : start + most]
            outcomes |= dict(zip(map(id, group), self._upload(resource, group), strict=True))
        for write in writes:
            if write.id is not None:
                outcomes[id(write)] = self._told(write, partial(self._update, resource, write))
        return [outcomes[id(write)] for write in writes]

    def _known(self, resource: str) -> set[str]:
        return {str(row["code"]) for row in self.lists.fields(resource)}

    def _created(self, resource: str, write: Write) -> dict[str, Json]:
        return created(resource, write, self._known(resource), next(iter(self.lists.complete()), "") if resource == "orders" else "")

    def _upload(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        """Many creates in one request. Which of them failed is told by externalId alone, and their reasons are not told apart: each of
        these is made again alone, which names its field."""
        if len(writes) == 1:
            return [self._told(writes[0], partial(self._create, resource, writes[0]))]
        try:
            fields = {resource: [self._created(resource, write) for write in writes], "site": self.site}
            body = self.api.post(f"{resource}/upload", fields)
        except ConnectorError as error:
            if error.code == "413":
                half = len(writes) // 2
                return self._upload(resource, writes[:half]) + self._upload(resource, writes[half:])
            return [Outcome(error=error) for _ in writes]
        done = {str(row.get("externalId")): row["id"] for row in body.get(f"uploaded{resource.capitalize()}") or ()}
        failed = {str(row.get("externalId")) for row in body.get(f"failed{resource.capitalize()}") or ()}
        return [self._uploaded(resource, write, done.get(write.key), write.key in failed) for write in writes]

    def _uploaded(self, resource: str, write: Write, ident: int | None, failed: bool) -> Outcome:
        if ident is not None:
            return Outcome(_answer(ident, write.key))
        return self._told(write, partial(self._create, resource, write)) if failed else Outcome(error=Unknown("the answer lacks this item"))

    def _create(self, resource: str, write: Write) -> Remote:
        """One create. One that is refused for its externalId was made by an earlier try of ours: no other object bears that key."""
        entity = ENTITIES[resource]
        try:
            return _answer(
                self.api.post(f"{resource}/create", {entity: self._created(resource, write), "site": self.site})["id"], write.key
            )
        except Rejected as error:
            if error.code == "exists":
                for made in self.find(resource, "hub", [write.key]):
                    return made
            raise

    def _update(self, resource: str, write: Write) -> Remote:
        raw = self.api.get(f"{resource}/{write.id}", {"by": "id", "site": self.site})[ENTITIES[resource]] if needs_raw(write) else {}
        body = updated(resource, write, self._known(resource), raw, self.back)
        if body:
            self.api.post(f"{resource}/{write.id}/edit", {ENTITIES[resource]: body, "by": "id", "site": self.site})
        if "payments" in write.data:
            self._pay(int(write.id or 0), write.data["payments"] or (), list((raw.get("payments") or {}).values()))
        return Remote(str(write.id), {"id": int(write.id or 0)}, "answer")

    def _pay(self, order: int, wanted: Sequence[Mapping[str, Json]], there: Sequence[Mapping[str, Json]]) -> None:
        """Payments are no part of an edit. ``there``: all that the order has, read a moment ago, so that a repeat makes none twice."""
        for ident, body in payments.steps(order, wanted, there, next(iter(self.lists.complete()), "")):
            path = "orders/payments/create" if ident is None else f"orders/payments/{ident}/edit"
            self.api.post(path, {"payment": body, "site": self.site} | ({} if ident is None else {"by": "id"}))

    @staticmethod
    def _told(write: Write, done: Callable[[], Remote]) -> Outcome:
        """The outcome of one write, its error named by the path that was written."""
        try:
            return Outcome(done())
        except ConnectorError as error:
            error.field = path_named(write.data, error.field) if error.field else ""
            return Outcome(error=error)

    def receive(self, request: WebhookRequest) -> list[Hint]:
        return webhook.receive(request, self.settings.webhook_secret)

    def base(self) -> str:
        """The account's technical address, which stays when its public one changes."""
        told = self.api.account("system-info")
        return str(told.get("technicalUrl") or told.get("publicUrl") or "")

    def base_of(self, request: WebhookRequest) -> str:
        """A trigger says what an admin typed: nothing of the account."""
        return ""

    def subscribe(self, url: str) -> Subscription:
        """The API has no subscriptions: triggers are typed by hand, and polling does without."""
        return Subscription(())

    def fields(self, resource: str) -> list[RemoteField]:
        return catalogue.fields(self.lists, resource)

    def check(self) -> Health:
        return health.check(self.api, self.lists, self.settings)


def _answer(ident: int, key: str) -> Remote:
    return Remote(str(ident), {"id": ident, "externalId": key}, "answer")
