"""A phone call: a fact, created once and never changed."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from hub.entities.field import meta, moment, text

OTHER = "other"  # a code that nobody knows
OUTCOMES = ("talked", "no_answer", "busy", "call_later", "wrong_number", "refused", "promised", "bought", OTHER)
TALKED = frozenset({"talked", "call_later", "refused", "promised", "bought"})  # somebody answered and said something

Call = Schema.from_dict(
    {
        "customer": text("Клиент", "Customer", ref="customer"),
        "direction": fields.String(validate=validate.OneOf(["in", "out"]), allow_none=True, metadata=meta("Направление", "Direction")),
        "start": moment("Начало", "Start"),
        "duration": fields.Integer(allow_none=True, metadata=meta("Длительность, с", "Duration, s")),
        "outcome": fields.String(validate=validate.OneOf(OUTCOMES), allow_none=True, metadata=meta("Итог", "Outcome", vague=(OTHER,))),
        "agent": text("Сотрудник", "Agent"),
        "phone": text("Телефон", "Phone", pii=True),
        "recording": text("Запись", "Recording"),
        "campaign": text("Кампания", "Campaign"),
        "comment": text("Комментарий", "Comment", pii=True),
    },
    name="Call",
)
