"""What the loyalty service is told of a purchase: a fact, made by the hub from an order, created once and never changed."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from hub.entities.field import meta, moment, points, text

PURCHASE, RETURN, RELEASE = "purchase", "return", "release"  # of points held for an order that comes to nothing


class Posted(Schema):
    """One line as the loyalty service knows it. ``key``: unique over all purchases; a return names it. ``sum``: after discount. ``last``: of a
    return, whether nothing of the line is bought any more."""

    key = fields.String(required=True)
    sku = fields.String(allow_none=True)
    name = fields.String(allow_none=True)
    quantity = fields.Decimal(as_string=True, required=True)
    price = fields.Decimal(places=2, as_string=True)
    sum = fields.Decimal(places=2, as_string=True)
    last = fields.Boolean(allow_none=True)


LoyaltyOperation = Schema.from_dict(
    {
        "kind": fields.String(validate=validate.OneOf([PURCHASE, RETURN, RELEASE]), metadata=meta("Операция", "Operation")),
        "order": text("Заказ", "Order", ref="order"),
        "customer": text("Клиент", "Customer", ref="customer"),
        "purchase": text("Покупка", "Purchase", ref="loyalty_operation"),
        "after": text("После операции", "After", ref="loyalty_operation"),
        "number": text("Номер заказа", "Order number"),
        "channel": fields.String(validate=validate.OneOf(["online", "retail"]), allow_none=True, metadata=meta("Канал", "Channel")),
        "store": text("Магазин", "Store"),
        "lines": fields.List(fields.Nested(Posted), metadata=meta("Состав", "Lines")),
        "points": points("Списано баллов", "Points spent"),
        "start": moment("Время", "Time"),
    },
    name="LoyaltyOperation",
)
