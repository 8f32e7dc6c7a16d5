"""What the programme's own books say after a storm, held against what the shop's orders and the hub's facts say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import requests

from hub.storage import links as link_rows
from hub.storage.tables import record
from tests.scenarios.points_shop import PointsShop

Json = Any
FACT = "loyalty_operation"
FAULTS = ("sold_twice", "returned_too_much", "wrong_orders", "unlike", "astray", "stale", "held")  # of a verdict: what must be empty
ROUNDED = 0.05  # roubles: parts of a position are counted in kopecks of what the card's discount left


def kopecks(roubles: float) -> int:
    return round(roubles * 100)


def verdict(shop: PointsShop, wanted: Mapping[str, float], open_: Collection[str]) -> dict[str, Json]:
    """Every list empty: no point was accrued, written off or returned twice, and none is missing. ``wanted``: number of an order -> roubles
    that are bought and paid. ``open_``: numbers of orders that wait to be paid: points may be held for them alone."""
    book = requests.get(f"{shop.loyalty_url}/_sandbox/ledger", timeout=30).json()
    sales = book["sales"]
    bought = {p["ext"]: p for s in sales if not s["parentId"] for p in s["positions"]}
    sold = Counter(p["ext"] for s in sales if not s["parentId"] for p in s["positions"])
    back: Counter[str] = Counter()
    for row in (p for s in sales if s["parentId"] for p in s["positions"]):
        back[row["ext"]] += kopecks(row["totalSum"])
    states = Counter(row["state"] for row in shop.rows() if row["entity"] == FACT)
    return {
        "operations": sum(states.values()), "states": dict(states), "sales": sum(not s["parentId"] for s in sales), "returns": sum(bool(s["parentId"]) for s in sales),
        "sold_twice": sorted(ext for ext, times in sold.items() if times > 1),
        "returned_too_much": sorted(ext for ext, sum_ in back.items() if sum_ > kopecks(bought[ext]["totalSum"])),
        "wrong_orders": _orders(shop, wanted, bought, back),
        "unlike": _unlike(shop, {str(s["id"]): s for s in sales}),
        "astray": _astray(book), "stale": _stale(shop), "held": [n for one in book["balances"].values() for n in one["reserves"] if n not in open_],
    }  # fmt: skip


def _orders(shop: PointsShop, wanted: Mapping[str, float], bought: Mapping[str, Json], back: Mapping[str, int]) -> list[Json]:
    """Orders of which another sum stands in the programme than is bought."""
    net: dict[str, float] = defaultdict(float)
    for fact in facts(shop).values():
        for line in fact["lines"] if fact["kind"] == "purchase" else ():
            position = bought.get(line["key"])
            if position:
                net[fact["number"]] += position["sum"] * (1 - back.get(line["key"], 0) / kopecks(position["totalSum"]))
    return [(n, net.get(n, 0.0), w) for n, w in wanted.items() if abs(net.get(n, 0.0) - w) > ROUNDED]


def facts(shop: PointsShop) -> dict[str, dict[str, Json]]:
    """Record id -> the data of every purchase and return that the hub made."""
    with shop.hub.store.read() as at:
        rows = at.execute(record.select().where(record.c.entity == FACT)).mappings()
        return {row["id"]: row["data"] for row in rows if row["data"]["kind"] != "release"}


def standing(shop: PointsShop, ident: str) -> str:
    """Number of the sale or return in the programme that is a fact's and no other's; empty: there is none."""
    known = facts(shop)
    with shop.hub.store.read() as at:
        links = link_rows.by_records(at, known, system="loyalty")
    taken = {x.external_id for some in links.values() for x in some if x.external_id}
    fact, keys = known[ident], {line["key"] for line in known[ident]["lines"]}
    mine = [s for s in shop.sales() if bool(s["parentId"]) == (fact["kind"] == "return") and {p["ext"] for p in s["positions"]} == keys]
    return next((str(s["id"]) for s in mine if str(s["id"]) not in taken), "")


def _unlike(shop: PointsShop, sales: Mapping[str, Json]) -> list[Json]:
    """Facts that do not stand in the programme as one sale or return of those very lines and points, and what stands there without a fact."""
    known, wrong, left = facts(shop), [], set(sales)
    with shop.hub.store.read() as at:
        links = link_rows.by_records(at, known, system="loyalty")
    ids = {ident: next((x.external_id for x in some if x.external_id), None) for ident, some in links.items()}
    for ident, fact in known.items():
        sale = sales.get(str(ids[ident]))
        left.discard(str(ids[ident]))
        parent = str(ids.get(fact.get("purchase", ""))) if fact["kind"] == "return" else "None"
        spent = kopecks(sum(p["bonusDebit"] for p in sale["positions"])) if sale and fact["kind"] == "purchase" else 0
        same = sale and str(sale["parentId"]) == parent and {p["ext"] for p in sale["positions"]} == {line["key"] for line in fact["lines"]}
        if not same or spent != kopecks(float(fact.get("points") or 0)):
            wrong.append((ident, fact["kind"], ids[ident]))
    return wrong + sorted(left)


def _astray(book: Mapping[str, Json]) -> list[Json]:
    """People whose points are not the sum of what was given by hand and at the welcome, what sales moved and what returns moved back."""
    due: Counter[int] = Counter()
    moved: Counter[int] = Counter()
    people = {phone: one["person"] for phone, one in book["balances"].items()}
    for m in book["movements"]:
        moved[m["personId"]] += kopecks(m["amount"])
        due[m["personId"]] += kopecks(m["amount"]) if m["kind"] in ("Credit_Registration", "Credit_Manual") else 0
    for sale in book["sales"]:
        sign = -1 if sale["parentId"] else 1
        due[people[sale["customerPhone"]]] += sign * sum(kopecks(p["bonusCredit"]) - kopecks(p["bonusDebit"]) for p in sale["positions"])
    has = {one["person"]: kopecks(one["available"] + one["pending"] + one["reserved"]) for one in book["balances"].values()}
    return [(who, has[who], moved[who], due[who]) for who in has if not has[who] == moved[who] == due[who]]


def _stale(shop: PointsShop) -> list[Json]:
    """Accounts of the site that show other points than the programme has."""
    members = {one["phone"]: one["availableBonuses"] for one in shop.members()}
    shown = {row["billing"]["phone"].lstrip("+"): row["meta"].get("points_active") for row in shop.accounts()}
    return [
        (phone, shown.get(phone), points) for phone, points in members.items() if kopecks(float(shown.get(phone) or 0)) != kopecks(points)
    ]
