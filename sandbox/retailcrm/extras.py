"""What stands beside customers and orders: references, additional fields, people, goods, calls, the account itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, request

from . import seed, shop, telephony
from .keys import needs
from .listing import offers
from .state import Account
from .wire import ApiError, filters, json_field, paged, reply

Json = Any
Row = dict[str, Any]
REFERENCES = {
    "statuses": "statuses", "status-groups": "statusGroups", "payment-types": "paymentTypes", "payment-statuses": "paymentStatuses",
    "delivery-types": "deliveryTypes", "delivery-services": "deliveryServices", "order-types": "orderTypes", "order-methods": "orderMethods",
    "product-statuses": "productStatuses", "price-types": "priceTypes", "sites": "sites", "stores": "stores", "legal-entities": "legalEntities",
}  # fmt: skip


class Extras:
    """Routes of one account. Callers were admitted before."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def routes(self, flask: Flask, api: str) -> None:
        table: list[tuple[str, str, Any]] = [
            ("GET", "/api/api-versions", lambda: reply({"success": True, "versions": ["3.0", "4.0", "5.0"]})),
            ("GET", "/api/credentials", self.credentials),
            ("GET", "/api/system-info", self.info),
            ("GET", f"{api}/orders/statuses", lambda: self.answer("order_read", self.statuses)),
            ("GET", f"{api}/reference/<name>", self.reference),
            ("POST", f"{api}/reference/stores/<code>/edit", self.store),
            ("GET", f"{api}/custom-fields", lambda: self.answer("custom_fields_read", self.custom_fields)),
            ("GET", f"{api}/users", lambda: self.answer("user_read", lambda: paged("users", self.account.users))),
            ("GET", f"{api}/store/offers", lambda: self.answer("store_read", lambda: paged("offers", offers(self.account)))),
            ("GET", f"{api}/store/products", lambda: self.answer("store_read", self.products)),
            ("GET", f"{api}/store/inventories", lambda: self.answer("store_read", lambda: shop.inventories(self.account))),
            ("POST", f"{api}/store/inventories/upload", lambda: self.answer("store_write", lambda: shop.upload_inventories(self.account))),
            ("POST", f"{api}/store/prices/upload", lambda: self.answer("store_write", lambda: shop.upload_prices(self.account))),
            ("POST", f"{api}/telephony/calls/upload", lambda: self.answer("telephony_write", lambda: telephony.upload(self.account))),
            ("GET", f"{api}/telephony/manager", lambda: self.answer("telephony_write", lambda: telephony.manager(self.account))),
        ]
        for method, rule, view in table:
            flask.add_url_rule(rule, f"{method} {rule}", view, methods=[method])

    def answer(self, scope: str, made: Callable[[], Row]) -> Response:
        needs(g.caller, scope)
        with self.account.lock:
            return reply(made())

    def credentials(self) -> Response:
        access = {"siteAccess": "access_full", "sitesAvailable": self.account.sites}
        return reply({"success": True, "credentials": [], "scopes": list(g.caller.scopes), **access})

    def info(self) -> Response:
        url = request.host_url.rstrip("/")
        return reply({"success": True, "systemVersion": "8.9.215", "publicUrl": url, "technicalUrl": "https://lavka.retailcrm.ru"})

    def reference(self, name: str) -> Response:
        if name not in REFERENCES:
            raise ApiError(404, "API method not found")
        return self.answer("reference_read", lambda: {"success": True, REFERENCES[name]: self.account.references[name]})

    def store(self, code: str) -> Response:
        """A store is opened, or called otherwise."""
        needs(g.caller, "reference_write")
        given, known = json_field("store", dict), self.account.references["stores"]
        if not (given.get("name") or code in known):
            raise ApiError(400, "Errors in the entity format", {"name": "This value should not be blank."})
        with self.account.lock:
            held = known.get(code) or seed.row(code, "", len(known) + 1)
            known[code] = held | {name: given[name] for name in ("name", "active") if name in given}
        return reply({"success": True})

    def custom_fields(self) -> Row:
        entity = filters().get("entity")
        return paged("customFields", [one for one in self.account.fields if entity in (None, one["entity"])], (20, 50, 100, 250))

    def products(self) -> Row:
        """Goods, each with its one offer."""
        asked = filters()
        rows = [row for row in self.account.offers.values() if str(asked.get("offerExternalId", row["externalId"])) == row["externalId"]]
        rows = [row for row in rows if row.get("updatedAt", "") >= asked.get("sinceUpdatedAt", "")]
        named = ("externalId", "name", "article", "active", "updatedAt")
        return paged("products", [{"id": row["id"] + 1000, **{key: row.get(key) for key in named}, "offers": [row]} for row in rows])

    def statuses(self) -> Row:
        """The cheap way to see where orders stand."""
        asked = {int(one) for key in ("ids[]", "ids") for one in request.args.getlist(key) if one.isdigit()}
        groups = self.account.references["statuses"]
        rows = [row for ident, row in self.account.tables["orders"].items() if ident in asked]
        named = ("id", "externalId", "status")
        return {"success": True, "orders": [{k: row.get(k) for k in named} | {"group": groups[row["status"]]["group"]} for row in rows]}
