"""WooCommerce's forms: lines with sums before and after discount."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings.codec import BadValue, Context, codec
from mappings.lists import Item
from mappings.scalars import CENT, decimal, money_text, number_text, plain

Json = Any
Remote = Mapping[str, Json]


@codec("woo_line", "Line", "object", asks="lookup:goods_by_sku")
class Line(Item):
    """An item of ``line_items`` <-> a canonical line. ``subtotal`` is before coupons, ``total`` after, both of the whole line
    (woocommerce docs: orders). A product without a SKU gives a line without one."""

    def read(self, value: Remote, ctx: Context) -> dict[str, Json]:
        quantity = decimal(value.get("quantity") or 0)
        if not quantity:
            raise BadValue("quantity_zero", "Количество в строке равно нулю", "The line's quantity is zero")
        subtotal, total = decimal(value.get("subtotal") or 0), decimal(value.get("total") or 0)
        price = (subtotal / quantity).quantize(CENT)
        return {
            "sku": value.get("sku") or None,
            "name": value.get("name") or None,
            "quantity": number_text(quantity),
            "price": money_text(price),
            "discount": money_text(price * quantity - total),
            "sum": money_text(total),
            "kind": "product",
        }

    def write(self, value: Remote, held: Remote, ctx: Context) -> dict[str, Json]:
        sku, quantity = value.get("sku"), decimal(value["quantity"])
        made: dict[str, Json] = {"quantity": plain(quantity)}
        if not sku or sku != held.get("sku"):
            product = ctx.lookup_back("goods_by_sku", str(sku)) if sku else None
            if product is None:
                needs = ("lookup_back", "goods_by_sku", sku)
                raise BadValue(
                    "sku_unknown", f"Товар строки не найден на сайте: {sku}", f"The line's goods are not in the shop: {sku}", needs
                )
            made |= {"product_id": product, "sku": sku}
        else:
            made |= {"product_id": held.get("product_id"), "sku": sku}
        before = decimal(value["price"]) * quantity
        if value.get("name") or held.get("name"):
            made["name"] = value.get("name") or held["name"]
        return made | {"subtotal": f"{before:.2f}", "total": f"{before - decimal(value.get('discount') or 0):.2f}"}
