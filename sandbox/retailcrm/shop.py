"""Goods of the account: offers with their prices and their stock in each store, uploads of both, and the catalogue file (ICML) that is fetched
from the address that a person typed."""

from __future__ import annotations

import urllib.request
from typing import Any
from xml.etree import ElementTree

from .listing import offers
from .state import Account
from .wire import ApiError, json_field, paged

Json = Any
Row = dict[str, Any]
UPLOAD = 250  # offers in one upload (constant of the vendor's own modules)


def inventories(account: Account) -> Row:
    """Stocks by store, where details are asked for."""
    rows = [
        {"id": row["id"], "externalId": row["externalId"], "quantity": row["quantity"], "stores": [{"store": store, "quantity": many} for store, many in sorted(account.stocks.get(row["id"], {}).items())]}
        for row in offers(account, more=("details",))
    ]  # fmt: skip
    return paged("offers", rows, (20, 50, 100, 250))


def upload_inventories(account: Account) -> Row:
    """Absolute numbers: what a store has from now on."""
    known = account.references["stores"]

    def take(row: Row, given: Row) -> None:
        for one in given.get("stores") or ():
            if one.get("code") not in known:
                raise ApiError(400, "Errors in the input parameters", {"stores.code": f'Store "{one.get("code")}" does not exist.'})
            account.stocks.setdefault(row["id"], {})[one["code"]] = one["available"]
        row["quantity"] = sum(account.stocks.get(row["id"], {}).values())

    return _uploaded(account, "offers", take)


def upload_prices(account: Account) -> Row:
    def take(row: Row, given: Row) -> None:
        row["updatedAt"] = account.stamp()
        for one in given.get("prices") or ():
            if one.get("code") not in account.references["price-types"]:
                raise ApiError(400, "Errors in the input parameters", {"prices.code": f'Price type "{one.get("code")}" does not exist.'})
            row["prices"] = [held for held in row["prices"] if held["priceType"] != one["code"]]
            if not one.get("remove"):
                row["prices"].append({"priceType": one["code"], "price": one["price"], "ordering": 10})

    return _uploaded(account, "prices", take)


def _uploaded(account: Account, name: str, take: Any) -> Row:
    given = json_field(name, list)
    if len(given) > UPLOAD:
        raise ApiError(400, "Errors in the input parameters", {name: f"This collection should contain {UPLOAD} elements or less."})
    found = [(_offer(account, one), one) for one in given]
    account.uploads.append((name, len(given)))
    for row, one in found:
        if row is not None:
            take(row, one)
    lacking = [{key: one[key] for key in ("id", "externalId", "xmlId") if key in one} for row, one in found if row is None]
    return {"success": True, "processedOffersCount": len(given) - len(lacking), "notFoundOffers": lacking}


def _offer(account: Account, given: Row) -> Row | None:
    for key in ("id", "externalId", "xmlId"):
        if key in given:
            return next((row for row in account.offers.values() if str(row[key]) == str(given[key])), None)
    return None


def load(account: Account, url: str) -> int:
    """Fetch a catalogue file and take its offers over, by their external id, as the account does by its schedule. Prices of the file are those
    of the base type."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        shop = ElementTree.fromstring(answer.read()).find("shop")
    rows = shop.findall("offers/offer") if shop is not None else []
    for one in rows:
        row = _offer(account, {"externalId": one.get("id")}) or _fresh(account, str(one.get("id")))
        params = {str(p.get("code")): p.text for p in one.findall("param")}
        row |= {
            "xmlId": one.findtext("xmlId"), "name": one.findtext("name"), "article": params.get("article", ""),
            "barcode": one.findtext("barcode"), "properties": {k: v for k, v in params.items() if k != "article"},
            "active": one.findtext("productActivity") != "N", "updatedAt": account.stamp(),
        }  # fmt: skip
        base = {"priceType": "base", "price": float(one.findtext("price") or 0), "ordering": 10}
        row["prices"] = [base, *(held for held in row["prices"] if held["priceType"] != "base")]
    return len(rows)


def _fresh(account: Account, key: str) -> Row:
    ident = max([*account.offers, 1000]) + 1
    account.offers[ident] = {"id": ident, "externalId": key, "prices": [], "quantity": 0, "vatRate": "none", "properties": {}}
    return account.offers[ident]
