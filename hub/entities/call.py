"""A phone call: a fact, created once and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from hub.entities.field import meta, moment, text

OTHER = "other"  # a code that nobody knows
OUTCOMES = ("talked", "no_answer", "busy", "call_later", "wrong_number", "refused", "promised", "bought", OTHER)
TALKED = frozenset({"talked", "call_later", "refused", "promised", "bought"})  # somebody answered and said something


def is_wanted(data: Mapping[str, Any]) -> bool:
    """Whether a call was only ordered: what comes of it is a call of its own."""
    return bool(data.get("wanted"))


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
        "wanted": fields.Boolean(allow_none=True, metadata=meta("Только заказан", "Only ordered")),
    },
    name="Call",
)
