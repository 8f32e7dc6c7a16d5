"""A purchase, placed on the site or made at a till."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from hub.entities.field import meta, moment, money, points, text


class Line(Schema):
    """One line. ``price``: for one, before discount; ``discount``: for the whole line; ``sum``: after discount."""

    sku = fields.String(allow_none=True)
    name = fields.String(allow_none=True)
    quantity = fields.Decimal(as_string=True, required=True)
    price = fields.Decimal(places=2, as_string=True)
    discount = fields.Decimal(places=2, as_string=True)
    sum = fields.Decimal(places=2, as_string=True)
    kind = fields.String(validate=validate.OneOf(["product", "delivery", "service"]), load_default="product")


class Payment(Schema):
    kind = fields.String(allow_none=True)
    amount = fields.Decimal(places=2, as_string=True)
    time = fields.AwareDateTime(allow_none=True)
    id = fields.String(allow_none=True)


class Returned(Schema):
    """What of the order was brought back, as its returns tell it. ``sold``: number of the order's line, where known."""

    sku = fields.String(allow_none=True)
    name = fields.String(allow_none=True)
    quantity = fields.Decimal(as_string=True, required=True)
    sum = fields.Decimal(places=2, as_string=True)
    kind = fields.String(load_default="product")
    sold = fields.Integer(allow_none=True)


Order = Schema.from_dict(
    {
        "number": text("Номер", "Number", match="number"),
        "own_number": text("Номер там, где создан", "Number where it was made", policy="derived"),  # of an order without a number
        "customer": text("Клиент", "Customer", ref="customer"),
        "contact.name": text("Имя в заказе", "Contact name", pii=True),
        "contact.phone": text("Телефон в заказе", "Contact phone", pii=True),
        "contact.email": text("Почта в заказе", "Contact e-mail", pii=True),
        "channel": fields.String(validate=validate.OneOf(["online", "retail"]), allow_none=True, metadata=meta("Канал", "Channel")),
        "store": text("Магазин", "Store"),
        "seller": text("Продавец", "Seller"),
        "responsible": text("Ответственный", "Responsible"),
        "organisation": text("Организация", "Organisation"),
        "status": text("Статус", "Status"),
        "lines": fields.List(fields.Nested(Line), allow_none=True, metadata=meta("Состав", "Lines")),
        "total": money("Итого", "Total"),
        "rounding": money("Округление", "Rounding"),
        "bonus_spent": points("Списано баллов", "Bonuses spent"),
        "bonus_accrued": points("Начислено баллов", "Bonuses accrued"),
        "card": text("Карта", "Discount card", pii=True),
        "promo_codes": fields.List(fields.String(), allow_none=True, metadata=meta("Промокоды", "Promo codes")),
        "payments": fields.List(fields.Nested(Payment), allow_none=True, metadata=meta("Оплаты", "Payments")),
        "paid_total": money("Оплачено денег", "Money paid", policy="derived"),
        "receipt.number": text("Номер чека", "Receipt number"),
        "receipt.sign": text("Фискальный признак", "Fiscal sign"),
        "receipt.drive": text("Фискальный накопитель", "Fiscal drive"),
        "receipt.time": moment("Время чека", "Receipt time"),
        "delivery.kind": text("Доставка", "Delivery"),
        "delivery.address": text("Адрес доставки", "Delivery address", pii=True),
        "delivery.price": money("Стоимость доставки", "Delivery price"),
        "delivery.track": text("Трек-номер", "Tracking number"),
        "delivery.status": text(
            "Статус доставки", "Delivery status"
        ),  # accepted, in_transit, arrived, ready, courier, delivered, returning ...
        "source": text("Источник", "Source"),
        "utm.source": text("utm_source", "utm_source"),
        "utm.medium": text("utm_medium", "utm_medium"),
        "utm.campaign": text("utm_campaign", "utm_campaign"),
        "utm.term": text("utm_term", "utm_term"),
        "utm.content": text("utm_content", "utm_content"),
        "returned": fields.List(fields.Nested(Returned), allow_none=True, metadata=meta("Возвращено", "Returned", policy="derived")),
        "returned_total": money("Возвращено денег", "Money given back", policy="derived"),
        "cancel_reason": text("Причина отмены", "Cancel reason"),
        "created": moment("Создан", "Created"),
        "paid": moment("Оплачен", "Paid"),
        "closed": moment("Закрыт", "Closed"),
        "comment": text("Комментарий", "Comment", pii=True),
    },
    name="Order",
)
