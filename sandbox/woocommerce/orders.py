"""Saving orders: lines, delivery, fees, coupons, totals, payment; and what it sets off (woocommerce docs: orders, order lines on update)."""

from __future__ import annotations

import secrets
from decimal import Decimal, InvalidOperation
from typing import Any

from .state import ADDRESS, COUPONS, EMAIL, Shop, WooError, invalid

STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "trash", "checkout-draft")
MAILED = frozenset({"processing", "completed", "on-hold", "cancelled", "refunded", "failed"})
STOCK_TAKEN = frozenset({"processing", "completed", "on-hold"})
NULLED = ("product_id", "name", "method_id")  # null in a known line takes it away
Row = dict[str, Any]


def money(value: Any) -> str:
    """An amount as the shop keeps it. Raises WooError for what is no number."""
    try:
        return f"{Decimal(str(value)):.2f}"
    except InvalidOperation:
        raise invalid("line_items", "is not a number") from None


def save(shop: Shop, body: Row, ident: int | None) -> Row:
    """Create or update one order. Nothing of it is kept when any part is refused."""
    check(shop, body)
    row = new(shop, body) if ident is None else copied(shop.known("orders", ident))
    before = row["status"]
    for given in body.get("line_items") or ():
        line_item(shop, row["line_items"], given)
    for given in body.get("shipping_lines") or ():
        named_line(shop, row["shipping_lines"], given, "method_id", "woocommerce_rest_invalid_shipping_item")
    for given in body.get("fee_lines") or ():
        named_line(shop, row["fee_lines"], given, "name", "woocommerce_rest_invalid_fee_item")
    if "coupon_lines" in body:
        coupons(shop, row, body["coupon_lines"] or ())
    for name in ("status", "currency", "parent_id", "customer_note", "payment_method", "payment_method_title", "transaction_id"):
        if body.get(name) is not None:
            row[name] = body[name]
    if body.get("customer_id") is not None:
        row["customer_id"] = int(body["customer_id"])
    shop.common(row, body)
    paid_and_closed(shop, row, before, bool(body.get("set_paid")))
    totals(row)
    announce(shop, row, None if ident is None else before)
    return shop.keep("orders", row)


def check(shop: Shop, body: Row) -> None:
    if body.get("status") is not None and body["status"] not in STATUSES:
        raise invalid("status", "status is not one of the allowed ones.")
    if body.get("customer_id") and int(body["customer_id"]) not in shop.tables["customers"]:
        raise WooError("woocommerce_rest_invalid_customer_id", "Customer ID is invalid.")
    email = (body.get("billing") or {}).get("email")
    if email and not EMAIL.fullmatch(str(email)):
        raise WooError("order_invalid_billing_email", "Invalid billing email address")


def copied(row: Row) -> Row:
    lists = {
        name: [dict(line) for line in row[name]] for name in ("line_items", "shipping_lines", "fee_lines", "coupon_lines", "meta_data")
    }
    for line in (*lists["line_items"], *lists["shipping_lines"], *lists["fee_lines"]):
        line["meta_data"] = [dict(one) for one in line["meta_data"]]
    return {**row, **lists, "billing": dict(row["billing"]), "shipping": dict(row["shipping"])}


def new(shop: Shop, body: Row) -> Row:
    number = shop.next("orders")
    return {
        "id": number, "number": str(number), "parent_id": 0, "order_key": f"wc_order_{secrets.token_hex(6)}",
        "created_via": body.get("created_via") or "rest-api", "version": "11.0.1", "status": "pending", "currency": "RUB",
        "prices_include_tax": False, "customer_id": 0, "customer_note": "", "payment_method": "", "payment_method_title": "",
        "transaction_id": "", "date_paid": None, "date_paid_gmt": None, "date_completed": None, "date_completed_gmt": None,
        "shipping_total": "0.00", "total": "0.00", "discount_total": "0.00", "discount_tax": "0.00", "shipping_tax": "0.00", "cart_tax": "0.00",
        "total_tax": "0.00", "billing": dict.fromkeys((*ADDRESS, "email"), ""), "shipping": dict.fromkeys(ADDRESS, ""), "meta_data": [],
        "customer_ip_address": "", "customer_user_agent": "", "cart_hash": "", "is_editable": True, "needs_payment": False,
        "needs_processing": False, "payment_url": f"https://shop.example.ru/checkout/order-pay/{number}/?pay_for_order=true",
        "line_items": [], "tax_lines": [], "shipping_lines": [], "fee_lines": [], "coupon_lines": [], "refunds": [],
    }  # fmt: skip


def known_line(lines: list[Row], given: Row) -> Row:
    found = next((line for line in lines if line["id"] == given["id"]), None)
    if found is None:
        raise WooError("woocommerce_rest_invalid_item_id", "Order item ID provided is not associated with order.")
    return found


def line_item(shop: Shop, lines: list[Row], given: Row) -> None:
    """One item of ``line_items``. Without an id it is added, each time; a changed quantity leaves the sums as they were."""
    if given.get("id"):
        row = known_line(lines, given)
        if given.get("quantity") == 0 or any(name in given and given[name] is None for name in NULLED):
            lines.remove(row)
            return
    else:
        goods = product(shop, given)
        price = Decimal(goods["price"]) * Decimal(str(given.get("quantity", 1)))
        row = {"id": shop.next("lines"), "name": "", "product_id": 0, "variation_id": 0, "quantity": 1, "tax_class": "", "subtotal_tax": "0.00",
               "total_tax": "0.00", "taxes": [], "meta_data": [], "sku": "", "global_unique_id": "", "image": {"id": "", "src": ""}, "parent_name": None, "subtotal": money(price), "total": money(price)} | named(goods)  # fmt: skip
        lines.append(row)
    if given.get("product_id") and given["product_id"] != row["product_id"]:
        row |= named(product(shop, given))
    for name in ("name", "quantity", "variation_id", "tax_class"):
        if given.get(name) is not None:
            row[name] = given[name]
    line_meta(shop, row, given)
    for name in ("subtotal", "total"):
        if given.get(name) is not None:
            row[name] = money(given[name])
    row["price"] = float(Decimal(row["total"]) / Decimal(str(row["quantity"] or 1)))


def line_meta(shop: Shop, row: Row, given: Row) -> None:
    """Further values of a line, which lines also show as people read them."""
    shop.meta(row["meta_data"], given)
    for one in row["meta_data"]:
        one |= {"display_key": one["key"], "display_value": one["value"]}


def named(goods: Row) -> Row:
    return {"product_id": goods["id"], "name": goods["name"], "sku": goods["sku"]}


def product(shop: Shop, given: Row) -> Row:
    if given.get("product_id"):
        return shop.known("products", int(given["product_id"]))
    if given.get("sku") in shop.skus:
        return shop.tables["products"][shop.skus[given["sku"]]]
    raise WooError("woocommerce_rest_required_product_reference", "Product ID or SKU is required.")


def named_line(shop: Shop, lines: list[Row], given: Row, key: str, code: str) -> None:
    """A shipping or fee line: made with its ``key``, removed where that is null."""
    if given.get("id"):
        row = known_line(lines, given)
        if any(name in given and given[name] is None for name in (key, *NULLED)):
            lines.remove(row)
            return
    else:
        if not given.get(key):
            raise WooError(code, f"{'Shipping method' if key == 'method_id' else 'Fee'} {key.replace('method_', '')} is required.")
        row = {"id": shop.next("lines"), "total": "0.00", "total_tax": "0.00", "taxes": [], "meta_data": []}
        row |= {"method_title": "", "instance_id": ""} if key == "method_id" else {"tax_class": "", "tax_status": "taxable"}
        lines.append(row)
    for name in (key, "method_title", "instance_id", "tax_status") if key == "method_id" else (key, "tax_class", "tax_status"):
        if given.get(name) is not None:
            row[name] = given[name]
    line_meta(shop, row, given)
    if given.get("total") is not None:
        row["total"] = money(given["total"])


def coupons(shop: Shop, row: Row, given: Any) -> None:
    """The whole list by code; the goods are priced anew, first coupon first."""
    codes = []
    for one in given:
        if one.get("id"):
            raise WooError("woocommerce_rest_coupon_item_id_readonly", "Coupon item ID is readonly.")
        code = str(one.get("code", "")).lower()
        if code not in COUPONS:
            raise WooError("woocommerce_rest_invalid_coupon", f'Coupon "{code}" does not exist!')
        codes.append(code)
    row["coupon_lines"] = []
    for line in row["line_items"]:
        line["total"] = line["subtotal"]
    for code in dict.fromkeys(codes):
        kind, amount = COUPONS[code]
        taken = reduced(row["line_items"], kind, Decimal(amount))
        row["coupon_lines"].append({"id": shop.next("lines"), "code": code, "discount": f"{taken:.2f}", "discount_tax": "0.00",
                                    "discount_type": kind, "nominal_amount": float(amount), "free_shipping": False, "meta_data": []})  # fmt: skip
    for line in row["line_items"]:
        line["price"] = float(Decimal(line["total"]) / Decimal(str(line["quantity"] or 1)))


def reduced(lines: list[Row], kind: str, amount: Decimal) -> Decimal:
    """Take a coupon off the lines, in proportion; the last line takes the odd kopeck. Returns what was taken."""
    goods = sum((Decimal(line["total"]) for line in lines), Decimal(0))
    wanted = min(goods, (goods * amount / 100).quantize(Decimal("0.01")) if kind == "percent" else amount)
    left = wanted
    for number, line in enumerate(lines, 1):
        part = (
            left if number == len(lines) else (Decimal(line["total"]) * wanted / goods).quantize(Decimal("0.01")) if goods else Decimal(0)
        )
        line["total"] = f"{Decimal(line['total']) - part:.2f}"
        left -= part
    return wanted


def totals(row: Row) -> None:
    def added(name: str, field: str) -> Decimal:
        return sum((Decimal(line[field]) for line in row[name]), Decimal(0))

    shipping, goods = added("shipping_lines", "total"), added("line_items", "total")
    row["shipping_total"] = f"{shipping:.2f}"
    row["discount_total"] = f"{added('line_items', 'subtotal') - goods:.2f}"
    row["total"] = f"{goods + shipping + added('fee_lines', 'total'):.2f}"
    row["needs_payment"] = row["status"] in ("pending", "failed") and Decimal(row["total"]) > 0
    row["is_editable"] = row["status"] in ("pending", "on-hold", "checkout-draft")


def paid_and_closed(shop: Shop, row: Row, before: str, set_paid: bool) -> None:
    """A payment is dated once: where the caller says so, and where an order comes into the status of paid ones, whoever moved it and paid or
    not (woocommerce: WC_Order::maybe_set_date_paid; of cash on delivery at its completion alone, WC_Gateway_COD)."""
    now = shop.now().replace(microsecond=0)
    if set_paid and row["status"] == "pending":
        row["status"] = "processing"
    reached = ("completed",) if row["payment_method"] == "cod" else ("processing", "completed")
    if not row["date_paid_gmt"] and (set_paid or (row["status"] != before and row["status"] in reached)):
        stamp(row, "date_paid", now)
    if row["status"] == "completed" and not row["date_completed_gmt"]:
        stamp(row, "date_completed", now)


def stamp(row: Row, name: str, now: Any) -> None:
    from .state import SITE

    row[name], row[f"{name}_gmt"] = now.astimezone(SITE).replace(tzinfo=None).isoformat(), now.replace(tzinfo=None).isoformat()


def announce(shop: Shop, row: Row, before: str | None) -> None:
    """Mails to the buyer and the shop, and goods taken or given back."""
    status = row["status"]
    if before is None:
        shop.effects["mail: new order"] += status in MAILED
    elif status != before and status in MAILED:
        shop.effects["mail: order status"] += 1
    if status in STOCK_TAKEN and before not in STOCK_TAKEN:
        shop.effects["stock: taken"] += 1
    elif status == "cancelled" and before in STOCK_TAKEN:
        shop.effects["stock: returned"] += 1
