"""A message to a customer (a mail, an SMS, a push): a fact, created once. What became of it is told later, and only ever goes on."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from hub.entities.field import meta, moment, money, text

CHANNELS = ("email", "sms", "viber", "push", "messenger", "other")
STATES = ("queued", "sent", "delivered", "opened", "clicked", "failed", "expired", "blocked")
UNDELIVERED = frozenset({"failed", "expired", "blocked"})  # it did not arrive, or never left: nobody was spoken to

Message = Schema.from_dict(
    {
        "customer": text("Клиент", "Customer", ref="customer"),
        "channel": fields.String(validate=validate.OneOf(CHANNELS), allow_none=True, metadata=meta("Канал", "Channel")),
        "state": fields.String(validate=validate.OneOf(STATES), allow_none=True, metadata=meta("Что стало", "What became of it")),
        "start": moment("Время", "Time"),
        "campaign": text("Кампания", "Campaign"),
        "subject": text("Тема", "Subject"),
        "phone": text("Телефон", "Phone", pii=True),
        "reason": text("Почему не дошло", "Why it did not arrive"),
        "parts": fields.Integer(allow_none=True, metadata=meta("Частей", "Parts")),
        "price": money("Цена", "Price"),
    },
    name="Message",
)
