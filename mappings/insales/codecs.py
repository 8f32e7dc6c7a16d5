"""InSales's forms: a line of an order as the connector shows it, delivery among the lines."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mappings.codec import BadValue, Context, Lens, codec
from mappings.lines import canonical_line, goods_of
from mappings.lists import Item
from mappings.scalars import CENT, as_text, decimal, plain

Json = Any
Remote = Mapping[str, Json]


@codec("insales_line", "Line", "object", asks="lookup:goods_by_sku")
class Line(Item):
    """A line <-> a canonical line. ``sale_price``: of one before discounts; ``sum``: of the whole line after them, before bonuses. Goods are named
    by the variant that has the SKU, and called as the shop calls them; delivery has a price alone. The shop knows no free lines: a
    service is goods there, or nothing."""

    def read(self, value: Remote, ctx: Context) -> dict[str, Json]:
        kind = "delivery" if value.get("type") == "delivery" else "product"
        quantity, price = decimal(value.get("quantity") or 1), decimal(value.get("sale_price") or 0).quantize(CENT)
        total = decimal(value.get("sum") or 0).quantize(CENT)
        return canonical_line(kind, as_text(value.get("sku")), as_text(value.get("title")), quantity, price, total)

    def write(self, value: Remote, held: Remote, ctx: Context) -> dict[str, Json]:
        price, quantity, off = (decimal(value.get(name) or 0) for name in ("price", "quantity", "discount"))
        total = (price * quantity - off).quantize(CENT)
        if value.get("kind") == "delivery":
            return {"type": "delivery", "id": "delivery", "quantity": 1, "sale_price": plain(total), "sum": plain(total)}
        if total < Decimal(0) or not quantity:
            raise BadValue("discount_impossible", "Скидка больше суммы строки", "Discount exceeds the line")
        sku = value.get("sku")
        row = {"type": "line", "variant_id": goods_of(sku, held.get("sku"), held.get("variant_id"), ctx), "sku": sku}
        return row | {"quantity": plain(quantity), "sale_price": plain(price), "sum": plain(total)}


@codec("insales_paid", "boolean", "string")
class Paid(Lens):
    """``paid`` <-> true. Whatever else the shop says of the money is nothing, and nobody takes a payment back by saying nothing."""

    def decode(self, value: Json, ctx: Context) -> bool | None:
        return True if as_text(value) == "paid" else None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return "paid" if value else held
