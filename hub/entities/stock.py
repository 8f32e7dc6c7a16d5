"""How many of a product a store has: a record for each pair. It belongs to the accounting system: others are told it, and do not change it."""

from __future__ import annotations

from marshmallow import Schema, fields

from hub.entities.field import meta, text

Stock = Schema.from_dict(
    {
        "product": text("Товар", "Product", ref="product"),
        "store": text("Магазин", "Store"),
        # what the store holds, and what of it is promised to buyers already
        "available": fields.Decimal(as_string=True, allow_none=True, metadata=meta("В наличии", "Available")),
        "reserved": fields.Decimal(as_string=True, allow_none=True, metadata=meta("В резерве", "Reserved")),
        "free": fields.Decimal(as_string=True, allow_none=True, metadata=meta("Свободно", "Free", policy="derived")),
    },
    name="Stock",
)

FIGURES = frozenset({"available", "reserved", "free"})  # they move with every sale, and no two people type them
