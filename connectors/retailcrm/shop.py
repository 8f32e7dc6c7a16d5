"""The catalogue of an account: offers, which a catalogue file makes and the hub prices; how many of each a store has, as it is told.

The vendor's own modules send prices and stocks of 250 offers in one request. An upload is answered with a count and with the offers that
are not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.contract import Outcome, Page, Remote, SystemSettings, Write
from connectors.errors import ConnectorError, Missing, Rejected
from connectors.retailcrm.api import Api
from connectors.retailcrm.feed import FORM, OVERLAP
from connectors.retailcrm.manifest import MANIFEST

Json = Any
OFFERS, INVENTORIES = "offers", "inventories"
PAGE, INVENTORY_PAGE = 100, 250  # products, and offers with their stocks, of one page
NAMED = ("id", "externalId", "xmlId", "name", "article", "barcode", "quantity")


class Shop:
    """Offers and their stocks. Options: ``price_types``: codes of the price types that the hub reads and writes; others are not touched."""

    def __init__(self, api: Api, settings: SystemSettings, clock: Callable[[], datetime]) -> None:
        self.api, self.clock, self.zone = api, clock, ZoneInfo(settings.timezone)
        self.site = str(settings.options.get("site") or "")
        self.named = [str(code) for code in settings.options.get("price_types") or ()]

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Offers by id, later those of products that changed; stocks by a sweep."""
        return self._offers_since(cursor) if resource == OFFERS else self._sweep(cursor)

    def _offers_since(self, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """The mark of changes is the account's time a minute before the poll that ended at it began."""
        started, begun, mark = self.clock(), cursor.get("begun"), cursor.get("changed")
        place = int(cursor.get("page", 1) if mark else cursor.get("since", 0))
        while True:
            rows, place, last = self._changed(mark, place) if mark else self._beyond(place)
            begun = begun or self._minute_before(started)
            here = {"changed": mark, "page": place} if mark else {"since": place}
            yield Page([self._offer(row, "list") for row in rows], {"changed": begun} if last else here | {"begun": begun}, last)
            if last:
                return

    def _beyond(self, since: int) -> tuple[list[Json], int, bool]:
        """A page of offers by id, the last id, and whether that was all."""
        rows = self._rows("store/offers", OFFERS, {"sinceId": since} if since else {})
        return rows, max([since, *(int(row["id"]) for row in rows)]), len(rows) < PAGE

    def _changed(self, mark: str, page: int) -> tuple[list[Json], int, bool]:
        """Offers of a page of products, which alone bear a time of change (vendor's page on the store methods: sinceUpdatedAt)."""
        body = self.api.get("store/products", {"limit": PAGE, "page": page, "filter": {"sinceUpdatedAt": mark}})
        rows = [offer for product in body["products"] for offer in product.get(OFFERS) or ()]
        return rows, page + 1, page >= int(body["pagination"]["totalPageCount"])

    def _minute_before(self, moment: datetime) -> str:
        """On the account's clock, of which the first answer has told."""
        theirs = moment + timedelta(seconds=self.api.http.clock.skew or 0.0)
        return (theirs.astimezone(self.zone) - OVERLAP).strftime(FORM)

    def _sweep(self, cursor: Mapping[str, Json]) -> Iterator[Page]:
        page = int(cursor.get("page", 1))
        while True:
            body = self.api.get("store/inventories", {"limit": INVENTORY_PAGE, "page": page, "filter": {"details": 1}})
            last = page >= int(body["pagination"]["totalPageCount"])
            page += 1
            yield Page([one for row in body[OFFERS] for one in _stocks(row, "list")], {} if last else {"page": page}, last)
            if last:
                return

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        if resource == OFFERS:
            return [self._offer(row, "fetch") for row in self._by_ids("store/offers", ids)]
        wanted, offers = set(ids), list(dict.fromkeys(ident.partition("@")[0] for ident in ids))
        rows = self._by_ids("store/inventories", offers, details=1)
        return [one for row in rows for one in _stocks(row, "fetch") if one.id in wanted]

    def _by_ids(self, path: str, ids: Sequence[str], **more: Json) -> list[Json]:
        wanted = [ident for ident in ids if ident.isdigit()]
        pieces = [wanted[start : start + PAGE] for start in range(0, len(wanted), PAGE)]
        return [row for piece in pieces for row in self._rows(path, OFFERS, {"ids": piece, **more})]

    def _rows(self, path: str, member: str, wanted: Mapping[str, Json]) -> list[Json]:
        return list(self.api.get(path, {"limit": PAGE, "filter": wanted}).get(member) or ())

    def _offer(self, row: Mapping[str, Json], view: str) -> Remote:
        """An offer as mappings see it, with the prices of the named types alone."""
        kept = {name: row.get(name) for name in NAMED} | {"properties": row.get("properties") or {}}
        prices = [one for one in row.get("prices") or () if one.get("priceType") in self.named]
        return Remote(str(row["id"]), kept | {"prices": prices}, view)

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        made = self._price if resource == OFFERS else self._stock
        outcomes, most = list[Outcome](), MANIFEST.resources[resource].batch
        for start in range(0, len(writes), most):
            outcomes += self._upload(resource, writes[start : start + most], made)
        return outcomes

    def _upload(self, resource: str, writes: Sequence[Write], made: Callable[[Write], dict[str, Json]]) -> list[Outcome]:
        """Many in one request; one that is refused as a whole is sent offer by offer, so that one bad offer is one."""
        path, name = ("store/prices/upload", "prices") if resource == OFFERS else ("store/inventories/upload", OFFERS)
        try:
            items = [made(write) for write in writes]
            body = self.api.post(path, {name: items, "site": self.site})
        except Rejected as error:
            if len(writes) == 1:
                return [Outcome(error=error)]
            return [one for write in writes for one in self._upload(resource, [write], made)]
        except ConnectorError as error:
            return [Outcome(error=error) for _ in writes]
        lacking = {str(row.get("id")) for row in body.get("notFoundOffers") or () if isinstance(row, dict)}
        return [_told(write, item, lacking) for write, item in zip(writes, items, strict=True)]

    def _price(self, write: Write) -> dict[str, Json]:
        """Prices of the named types; one that the offer had and has no longer is taken away."""
        wanted = [one for one in write.data.get("prices") or () if one.get("priceType") in self.named]
        held = {one.get("priceType") for one in (write.held or {}).get("prices") or ()}
        gone = sorted(held - {one["priceType"] for one in wanted})
        rows = [{"code": one["priceType"], "price": one["price"]} for one in wanted] + [{"code": code, "remove": True} for code in gone]
        return {"id": int(write.id or 0), "prices": rows} | ({"site": self.site} if self.site else {})

    def _stock(self, write: Write) -> dict[str, Json]:
        offer, store = (write.data.get("offer"), write.data.get("store")) if write.id is None else write.id.split("@", 1)
        if not offer or not store:
            raise Rejected("a stock names an offer and a store", code="place", field="offer" if not offer else "store")
        return {"id": int(offer), "stores": [{"code": store, "available": write.data.get("available") or 0}]}


def _stocks(row: Mapping[str, Json], view: str) -> list[Remote]:
    """A store's stock of an offer is an object of its own."""
    return [
        Remote(f"{row['id']}@{one['store']}", {"id": f"{row['id']}@{one['store']}", "offer": str(row["id"]), "store": one["store"], "available": one["quantity"]}, view)
        for one in row.get("stores") or ()
    ]  # fmt: skip


def _told(write: Write, item: Mapping[str, Json], lacking: set[str]) -> Outcome:
    """The outcome of one item. The answer shows nothing of what was stored: it is read back."""
    if str(item["id"]) in lacking:
        return Outcome(error=Missing("there is no such offer", code="404"))
    ident = write.id or f"{item['id']}@{item['stores'][0]['code']}"
    return Outcome(Remote(ident, {"id": ident}, "answer"))
