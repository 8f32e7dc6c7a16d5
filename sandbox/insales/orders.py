"""Saving orders: lines, discounts, statuses, sums, the log of changes; and what it sets off (insales docs: orders, partial discounts)."""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import Any

from . import clients
from .state import Shop
from .wire import invalid

Row = dict[str, Any]
CENT = Decimal("0.01")
PLAIN = ("comment", "manager_comment", "responsible_user_id", "delivery_date", "delivery_from_hour", "delivery_to_hour", "archived")
ADDRESS = ("name", "surname", "middlename", "phone", "address", "country", "state", "city", "zip", "street", "house", "flat")


def save(shop: Shop, body: Row, ident: int | None, who: str) -> Row:
    """Create or update one order; nothing of it is kept when any part is refused. ``order_lines`` without the suffix is ignored."""
    row = new(shop, body) if ident is None else copied(shop.known("orders", ident))
    was = dict(row)
    for given in body.get("order_lines_attributes") or ():
        line(shop, row, given)
    for name, listed in (("payment_gateway_id", "payment_gateways"), ("delivery_variant_id", "delivery_variants")):
        if name in body:
            chosen(shop, row, name, listed, body[name])
    if "delivery_price" in body:
        row["delivery_price"] = float(body["delivery_price"] or 0)
    discounts(shop, row, body.get("discounts_attributes") or (), new=ident is None)
    state(shop, row, body)
    row |= {name: body[name] for name in PLAIN if name in body}
    if given := body.get("shipping_address_attributes"):
        row["shipping_address"] |= {name: given[name] for name in ADDRESS if name in given}
        full = [row["shipping_address"][part] for part in ("name", "middlename", "surname")]
        row["shipping_address"] |= {"full_name": " ".join(filter(None, full)), "full_delivery_address": row["shipping_address"]["address"]}
    row["fields_values"] = shop.own_values("orders", row["fields_values"], body.get("fields_values_attributes") or [])
    sums(row)
    noticed(shop, row, None if ident is None else was, who)
    return shop.keep("orders", row)


def new(shop: Shop, body: Row) -> Row:
    given = dict(body.get("client") or {})
    client = shop.known("clients", int(given["id"])) if given.get("id") else clients.save(shop, given, None)
    shop.order_number += 1
    address: Row = dict.fromkeys((*ADDRESS, "full_name", "full_delivery_address")) | {"id": shop.next("other")}
    return {
        "id": shop.next("orders"), "number": shop.order_number, "key": secrets.token_hex(16), "account_id": 700001,
        "client": {name: value for name, value in client.items() if name not in ("created_at", "updated_at")}, "shipping_address": address,
        "order_lines": [], "discounts": [], "discount": None, "fulfillment_status": "new", "custom_status": shown_status(shop.statuses[0]),
        "financial_status": "pending", "paid_at": None, "accepted_at": None, "delivered_at": None, "payment_gateway_id": None, "payment_title": None,
        "delivery_variant_id": None, "delivery_title": None, "delivery_price": 0.0, "full_delivery_price": 0.0, "items_price": 0.0, "total_price": 0.0,
        "comment": "", "manager_comment": None, "client_transaction_id": None, "fields_values": [], "order_changes": [], "archived": False,
        "currency_code": "RUR", "responsible_user_id": None, "warehouse_id": None, "locale": "ru", "delivery_date": None,
        "delivery_from_hour": None, "delivery_to_hour": None,
    }  # fmt: skip


def copied(row: Row) -> Row:
    lists = {name: [dict(one) for one in row[name]] for name in ("order_lines", "discounts", "order_changes")}
    return {**row, **lists, "shipping_address": dict(row["shipping_address"])}


def line(shop: Shop, row: Row, given: Row) -> None:
    """One line by its id; without one it is added, each time."""
    if given.get("id"):
        mine = next((one for one in row["order_lines"] if one["id"] == int(given["id"])), None)
        if mine is None:
            raise invalid("order_lines", "позиция не найдена")
        if given.get("_destroy"):
            row["order_lines"].remove(mine)
            return
    else:
        mine = goods(shop, row, given)
        row["order_lines"].append(mine)
    mine |= {
        name: float(given[name]) if name == "sale_price" else given[name]
        for name in ("quantity", "sale_price", "comment")
        if given.get(name) is not None
    }
    mine["updated_at"] = shop.stamp()


def goods(shop: Shop, row: Row, given: Row) -> Row:
    rows = [(product, variant) for product in shop.tables["products"].values() for variant in product["variants"]]
    wanted = [
        (p, v)
        for p, v in rows
        if v["id"] == given.get("variant_id") or (given.get("variant_id") is None and p["id"] == given.get("product_id"))
    ]
    if not wanted:
        raise invalid("order_lines.variant", "не может быть пустым")
    product, variant = wanted[0]
    if variant["quantity"] is not None:
        variant["quantity"] -= int(given.get("quantity") or 1)
        shop.effects["stock: taken"] += 1
    return {"id": shop.next("lines"), "order_id": row["id"], "product_id": product["id"], "variant_id": variant["id"], "sku": variant["sku"],
            "barcode": variant["barcode"], "title": product["title"], "quantity": 1, "reserved_quantity": 0, "sale_price": float(variant["price"]),
            "vat": -1, "weight": None, "dimensions": None, "unit": "pce", "comment": None, "bundle_id": None, "created_at": shop.stamp(),
            "updated_at": shop.stamp()}  # fmt: skip


def chosen(shop: Shop, row: Row, name: str, listed: str, ident: Any) -> None:
    """A way of paying or delivering; delivery brings its price."""
    one = next((x for x in shop.lists[listed] if x["id"] == ident), None)
    if one is None and ident is not None:
        raise invalid(name.removesuffix("_id"), "не может быть пустым")
    row |= {name: ident, f"{name.split('_')[0]}_title": one["title"] if one else None}
    if one and "price" in one:
        row["delivery_price"] = one["price"]


def discounts(shop: Shop, row: Row, given: Any, *, new: bool) -> None:
    """By id, or added; lines can be named of an order that exists alone."""
    for one in given:
        if one.get("_destroy"):
            row["discounts"] = [x for x in row["discounts"] if x["id"] != int(one["id"])]
            continue
        mine = next((x for x in row["discounts"] if x["id"] == one.get("id")), None)
        if mine is None:
            mine = {"id": shop.next("other"), "description": "", "discount": 0.0, "type_id": 2, "discount_order_lines_ids": []}
            row["discounts"].append(mine)
        mine |= {name: one[name] for name in ("description", "discount", "type_id") if name in one}
        if "discount_order_lines_ids" in one and not new:
            mine["discount_order_lines_ids"] = [int(x) for x in one["discount_order_lines_ids"]]


def state(shop: Shop, row: Row, body: Row) -> None:
    """The merchant's own status, or the system's, which means its default one; money by itself."""
    wanted = None
    if body.get("custom_status_permalink"):
        wanted = next((x for x in shop.statuses if x["permalink"] == body["custom_status_permalink"]), None)
        if wanted is None:
            raise invalid("custom_status", "не может быть пустым")
    elif body.get("fulfillment_status"):
        wanted = next((x for x in shop.statuses if x["system_status"] == body["fulfillment_status"] and x["is_default"]), None)
        if wanted is None:
            raise invalid("fulfillment_status", "имеет непредусмотренное значение")
    if wanted:
        row |= {"custom_status": shown_status(wanted), "fulfillment_status": wanted["system_status"]}
        for name, status in (("accepted_at", "accepted"), ("delivered_at", "delivered")):
            if wanted["system_status"] == status and not row[name]:
                row[name] = shop.stamp()
    money = body.get("financial_status")
    if money not in (None, "pending", "paid"):
        raise invalid("financial_status", "имеет непредусмотренное значение")
    if money and money != row["financial_status"]:
        row |= {"financial_status": money, "paid_at": shop.stamp() if money == "paid" else None}


def shown_status(row: Row) -> Row:
    return {"permalink": row["permalink"], "title": row["title"]}


def sums(row: Row) -> None:
    """Prices of lines before and after all discounts, and of the whole."""
    lines = row["order_lines"]
    left = {one["id"]: Decimal(str(one["sale_price"])) * one["quantity"] for one in lines}
    before = dict(left)
    for one in row["discounts"]:
        named = one["discount_order_lines_ids"] or list(left)
        mine = [ident for ident in left if ident in named]
        base = sum((before[ident] for ident in mine), Decimal(0))
        said = Decimal(str(one["discount"]))
        taken = min(base, (base * said / 100).quantize(CENT) if one["type_id"] == 1 else said)
        one["amount"], rest = float(taken), taken
        for place, ident in enumerate(mine, 1):
            part = rest if place == len(mine) else (taken * before[ident] / base).quantize(CENT)
            left[ident], rest = left[ident] - part, rest - part
    for one in lines:
        total, full = before[one["id"]], left[one["id"]]
        one |= {"total_price": float(total), "full_total_price": float(full), "discounts_amount": float(total - full)}
        one["full_sale_price"] = float((full / one["quantity"]).quantize(CENT)) if one["quantity"] else 0.0
    row["discount"] = row["discounts"][0] if row["discounts"] else None
    row["full_delivery_price"] = row["delivery_price"]
    row["items_price"] = float(sum(before.values(), Decimal(0)))
    row["total_price"] = float(sum(left.values(), Decimal(0)) + Decimal(str(row["delivery_price"])))


def noticed(shop: Shop, row: Row, was: Row | None, who: str) -> None:
    """Mails and SMS to the buyer, and a line of the log for each change."""
    if was is None:
        shop.effects["mail: new order"] += 1
        shop.effects["sms: new order"] += 1
    elif was["custom_status"] != row["custom_status"]:
        shop.effects["mail: order status"] += 1
        shop.effects["sms: order status"] += 1
    for name in ("fulfillment_status", "financial_status", "total_price"):
        if was is None or was[name] != row[name]:
            change = {"id": shop.next("other"), "created_at": shop.stamp(), "action": f"{name}_changed", "user_name": who}
            row["order_changes"].append(change | {"value_was": was and str(was[name]), "value_is": str(row[name])})
