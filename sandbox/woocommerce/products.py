"""Goods: made, changed and looked up by people and other programs; each change is told (woocommerce docs: products)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from .state import Shop, WooError, invalid

Row = dict[str, Any]
TEXTS = ("name", "sku", "description", "short_description", "regular_price", "sale_price", "weight", "stock_status", "global_unique_id")
STATUSES = ("draft", "pending", "private", "publish", "trash")


def blank(number: int) -> Row:
    return {"id": number, "name": "", "slug": "", "permalink": f"https://shop.example.ru/product/{number}/", "type": "simple", "status": "publish",
            "featured": False, "description": "", "short_description": "", "sku": "", "global_unique_id": "", "price": "", "regular_price": "",
            "sale_price": "", "on_sale": False, "purchasable": True, "total_sales": 0, "manage_stock": False, "stock_quantity": None,
            "stock_status": "instock", "backorders": "no", "weight": "", "parent_id": 0, "categories": [], "tags": [], "images": [],
            "attributes": [], "variations": [], "meta_data": []}  # fmt: skip


def save(shop: Shop, body: Row, ident: int | None) -> Row:
    """Create or update one product. Raises WooError for an article that is taken or a price that is none."""
    row = blank(shop.next("products")) if ident is None else dict(shop.known("products", ident))
    sku = body.get("sku")
    owner = shop.skus.get(sku) if sku else None
    if owner not in (None, row["id"]):
        raise WooError("product_invalid_sku", "Invalid or duplicated SKU.", resource_id=owner, unique_sku=f"{sku}-1")
    if body.get("status") not in (None, *STATUSES):
        raise invalid("status", f"status is not one of {', '.join(STATUSES)}.")
    for name in TEXTS:
        if body.get(name) is not None:
            row[name] = priced(name, body[name]) if name.endswith("_price") else str(body[name])
    for name in ("type", "status", "manage_stock", "stock_quantity", "categories", "tags", "images", "attributes"):
        if body.get(name) is not None:
            row[name] = body[name]
    if not row["manage_stock"]:
        row["stock_quantity"] = None
    row["on_sale"] = row["sale_price"] != ""
    row["price"] = row["sale_price"] or row["regular_price"]
    row["slug"] = row["slug"] or row["name"].lower().replace(" ", "-")
    row["meta_data"] = [dict(one) for one in row["meta_data"]]
    shop.meta(row["meta_data"], body)
    return shop.keep("products", row)


def priced(name: str, value: Any) -> str:
    text = str(value)
    try:
        return text and str(Decimal(text))
    except InvalidOperation:
        raise invalid(name, f"{name} is not a number.") from None
