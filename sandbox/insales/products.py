"""Goods: products with at least one variant each, an archive that is the bin, and a group update that works later (insales docs: products)."""

from __future__ import annotations

from typing import Any

from .state import Shop
from .wire import InsalesError, invalid

Row = dict[str, Any]
TEXTS = ("sku", "barcode", "weight", "dimensions", "title")
GROUP = 100


def save(shop: Shop, body: Row, ident: int | None) -> Row:
    row = blank(shop.next("products")) if ident is None else dict(shop.known("products", ident))
    row |= {name: body[name] for name in ("title", "description", "category_id", "is_hidden", "images", "option_names") if name in body}
    if not row["title"]:
        raise invalid("title", "не может быть пустым")
    for given in body.get("variants_attributes") or ([{}] if ident is None else []):
        if ident is None and "external_id" in given:
            raise invalid("variants_attributes", 'undefined keys ["external_id"]')
        mine = next((one for one in row["variants"] if one["id"] == given.get("id")), None)
        if mine is None:
            mine = variant(shop.next("variants"), row["id"])
            row["variants"] = [*row["variants"], mine]
        fill(mine, given)
    return shop.keep("products", row)


def save_variant(shop: Shop, product: int, ident: int, body: Row) -> Row:
    row = shop.known("products", product)
    mine: Row | None = next((one for one in row["variants"] if one["id"] == ident), None)
    if mine is None:
        raise InsalesError(404)
    fill(mine, body)
    shop.keep("products", row)
    return mine


def grouped(shop: Shop, rows: list[Row]) -> list[int]:
    """The products that a group update touched; what it names that is not there is passed over in silence."""
    if len(rows) > GROUP:
        raise invalid("variants", "слишком много")
    touched = []
    for row in shop.tables["products"].values():
        for given in rows:
            if mine := next((one for one in row["variants"] if one["id"] == given.get("id")), None):
                fill(mine, given)
                touched.append(row["id"])
    for ident in touched:
        shop.keep("products", shop.tables["products"][ident])
    return touched


def fill(mine: Row, given: Row) -> None:
    """Prices are text, pieces a number; the one warehouse holds the same. ``external_id`` is taken and never shown."""
    mine |= {name: given[name] for name in TEXTS if name in given}
    for name in ("price", "old_price", "cost_price"):
        if name in given:
            try:
                mine[name] = None if given[name] is None else str(float(given[name]))
            except (TypeError, ValueError):
                raise invalid(name, "не является числом") from None
    if "option_values" in given:
        mine["option_values"] = given["option_values"]
    if "quantity" in given:
        mine["quantity"] = None if given["quantity"] is None else int(given["quantity"])
    elif "quantity_at_warehouse0" in given:
        mine["quantity"] = int(float(given["quantity_at_warehouse0"]))
    mine["quantity_at_warehouse0"] = None if mine["quantity"] is None else str(float(mine["quantity"]))


def blank(number: int) -> Row:
    return {"id": number, "title": "", "permalink": f"product-{number}", "category_id": 1, "description": None, "short_description": None,
            "archived": False, "is_hidden": False, "variants": [], "images": [], "option_names": [], "product_field_values": []}  # fmt: skip


def variant(number: int, product: int) -> Row:
    return {"id": number, "product_id": product, "title": "", "sku": None, "barcode": None, "price": "0.0", "old_price": None, "cost_price": None,
            "quantity": None, "quantity_at_warehouse0": None, "weight": None, "dimensions": None, "option_values": [], "variant_field_values": []}  # fmt: skip
