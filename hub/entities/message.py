"""A message to a customer (a mail, an SMS, a push): a fact, created once and never changed."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from hub.entities.field import meta, moment, text

CHANNELS = ("email", "sms", "viber", "push", "messenger", "other")
STATES = ("sent", "delivered", "opened", "clicked", "failed")

Message = Schema.from_dict(
    {
        "customer": text("Клиент", "Customer", ref="customer"),
        "channel": fields.String(validate=validate.OneOf(CHANNELS), allow_none=True, metadata=meta("Канал", "Channel")),
        "state": fields.String(validate=validate.OneOf(STATES), allow_none=True, metadata=meta("Что стало", "What became of it")),
        "start": moment("Время", "Time"),
        "campaign": text("Кампания", "Campaign"),
        "subject": text("Тема", "Subject"),
    },
    name="Message",
)
