"""A line of an order in canonical form, from what every vendor tells of one somehow."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mappings.codec import BadValue, Context
from mappings.scalars import money_text, number_text

GOODS = "goods_by_sku"


def canonical_line(kind: str, sku: Any, name: Any, quantity: Decimal, price: Decimal, total: Decimal) -> dict[str, Any]:
    """``price``: roubles of one before discount; ``total``: of the whole line after it. An empty SKU or name is none."""
    return {
        "sku": sku or None,
        "name": name or None,
        "quantity": number_text(quantity),
        "price": money_text(price),
        "discount": money_text(price * quantity - total),
        "sum": money_text(total),
        "kind": kind,
    }


def goods_of(sku: Any, held_sku: Any, held: Any, ctx: Context) -> Any:
    """What a shop's line names its goods by: the held one while its SKU is the same, else what has the SKU there. Raises BadValue: a line without
    goods of the shop cannot be written."""
    if sku and sku == held_sku:
        return held
    found = ctx.lookup_back(GOODS, str(sku)) if sku else None
    if found is None:
        raise BadValue(
            "sku_unknown",
            f"Товар строки не найден на сайте: {sku}",
            f"The line's goods are not in the shop: {sku}",
            ("lookup_back", GOODS, sku),
        )
    return found
