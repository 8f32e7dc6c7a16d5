"""A line of an order in canonical form, from what every vendor tells of one somehow."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mappings.scalars import money_text, number_text


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
