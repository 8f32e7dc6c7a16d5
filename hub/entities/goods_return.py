"""Goods brought back: with or without the purchase that they are of, in whole or in part, in any store. It never changes the purchase."""

from __future__ import annotations

from marshmallow import Schema, fields

from hub.entities import order
from hub.entities.field import meta, moment, money, text


class Line(order.Line):
    """What came back, in positive figures. ``sum``: what the buyer was given for it. ``sold``: which line of the purchase it is of, counted
    from one, where the system tells."""

    sold = fields.Integer(allow_none=True)


Return = Schema.from_dict(
    {
        "number": text("Номер", "Number"),
        "order": text("Покупка", "Purchase", ref="order"),  # of the site or of a till: a receipt is an order or adds to one
        "customer": text("Клиент", "Customer", ref="customer"),
        "store": text("Магазин", "Store"),
        "seller": text("Продавец", "Seller"),
        "organisation": text("Организация", "Organisation"),
        "reason": text("Причина", "Reason"),
        "lines": fields.List(fields.Nested(Line), allow_none=True, metadata=meta("Состав", "Lines")),
        "total": money("Возвращено денег", "Money given back"),
        "receipt.number": text("Номер чека", "Receipt number"),
        "receipt.sign": text("Фискальный признак", "Fiscal sign"),
        "receipt.drive": text("Фискальный накопитель", "Fiscal drive"),
        "receipt.time": moment("Время чека", "Receipt time"),
        "created": moment("Оформлен", "Made"),
        "comment": text("Комментарий", "Comment", pii=True),
        "cancelled": fields.Boolean(allow_none=True, metadata=meta("Отменён", "Cancelled", policy="derived")),
    },
    name="Return",
)
