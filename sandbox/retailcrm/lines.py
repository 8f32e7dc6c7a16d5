"""Lines of an order and its sums. An edit's list is the whole: lines that it does not name are removed; an ``id`` keeps a line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .state import Account
from .wire import invalid

Json = Any
Row = dict[str, Any]
CENT = Decimal("0.01")
NAMES = (
    "productName",
    "quantity",
    "initialPrice",
    "purchasePrice",
    "discountManualAmount",
    "discountManualPercent",
    "vatRate",
    "comment",
    "externalIds",
)
OFFER = ("id", "externalId", "xmlId", "name", "article", "unit", "vatRate", "properties")


def money(value: Json) -> Decimal:
    return Decimal(str(value or 0))


def lines(account: Account, held: list[Row], given: list[Row], order: Row) -> list[Row]:
    """The lines after a write. Raises ApiError for goods that are not there, and for quantities that are none."""
    earlier = {line["id"]: line for line in held}
    named = {(x["code"], x["value"]): line["id"] for line in held for x in line.get("externalIds") or ()}
    made = []
    for n, one in enumerate(given):
        ident = one.get("id") or next((named[key] for x in one.get("externalIds") or () if (key := (x["code"], x["value"])) in named), None)
        if one.get("id") and one["id"] not in earlier:
            raise invalid(f"items[{n}].id", f"Order product with id {one['id']} not found.")
        row = dict(
            earlier.get(ident)
            or {
                "id": account.next("lines"),
                "quantity": 1,
                "initialPrice": None,
                "status": "new",
                "createdAt": account.stamp(),
                "properties": {},
            }
        )
        row |= {name: one[name] for name in NAMES if name in one}
        if one.get("offer"):
            row["offer"] = offer(account, one["offer"], n)
        if one.get("status"):
            row["status"] = one["status"]
        known = account.references["product-statuses"]
        if row["status"] not in known:
            raise invalid(f"items[{n}].status", "Product status does not exist.")
        row["isCanceled"] = bool(known[row["status"]].get("cancelStatus"))
        if not row.get("offer") and not row.get("productName"):
            raise invalid(f"items[{n}].productName", "This value should not be blank.")
        if money(row["quantity"]) <= 0:
            raise invalid(f"items[{n}].quantity", "This value should be greater than 0.")
        if row["initialPrice"] is None:
            row["initialPrice"] = account.offers[row["offer"]["id"]]["price"] if row.get("offer") else 0
        made.append(row)
    return made


def offer(account: Account, given: Row, n: int) -> Row:
    for key in ("id", "externalId", "xmlId"):
        if given.get(key) is not None:
            found = next((row for row in account.offers.values() if str(row[key]) == str(given[key])), None)
            if found is None:
                raise invalid(f"items[{n}].offer.{key}", f"Offer with {key} {given[key]} not found.")
            return {name: found[name] for name in OFFER} | {"displayName": found["name"]}
    raise invalid(f"items[{n}].offer", "This value should not be blank.")


def sums(order: Row) -> None:
    """Discounts of one unit, the split price, and the order's sums. The order's own discount is spread over the lines."""
    goods = sum((money(line["initialPrice"]) * money(line["quantity"]) for line in order["items"]), Decimal(0))
    share = money(order["discountManualAmount"]) / goods if goods else Decimal(0)
    total = Decimal(0)
    for line in order["items"]:
        price = money(line["initialPrice"])
        own = money(line.get("discountManualAmount")) + price * money(line.get("discountManualPercent")) / 100
        wide = price * (share + money(order["discountManualPercent"]) / 100)
        discounts = [("manual_product", own.quantize(CENT)), ("manual_order", wide.quantize(CENT))]
        off = min(price, sum((amount for _, amount in discounts), Decimal(0)))
        line["discounts"] = [{"type": kind, "amount": float(amount)} for kind, amount in discounts if amount]
        line["discountTotal"] = float(off)
        line["prices"] = [{"price": float(price - off), "quantity": line["quantity"]}]
        if not line.get("isCanceled"):
            total += ((price - off) * money(line["quantity"])).quantize(CENT)
    order["summ"] = float(total)
    order["totalSumm"] = float(total + money((order.get("delivery") or {}).get("cost")))
    order["purchaseSumm"] = float(sum((money(line.get("purchasePrice")) * money(line["quantity"]) for line in order["items"]), Decimal(0)))
