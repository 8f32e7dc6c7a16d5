"""A call that a seller is to make, and the word by which somebody was put on the list: a task is state, a request is a fact."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from hub.entities.call import OUTCOMES as OF_CALLS
from hub.entities.field import meta, moment, text

OPEN, DONE, CANCELLED = "open", "done", "cancelled"
STATES = (OPEN, DONE, CANCELLED)
REASONS = (
    "cycle",
    "segment",
    "cart",
    "manual",
)  # a message cycle that ended without a purchase, a segment, an abandoned cart, a person's list
OUTCOMES = tuple(name for name in OF_CALLS if name != "other")
CLOSED_STAGE = "closed"  # of a task that came to nothing, in a system that shows tasks as cards
STAGES = (OPEN, *OUTCOMES, CLOSED_STAGE)
# why a task was closed, beside its outcome
BOUGHT, REFUSED, NO_CONSENT, LIMIT, INVALID, NOBODY, TWICE, LEFT, LATE, BY_HAND = (
    "bought", "refused", "no_consent", "limit", "invalid_phone", "nobody", "open_already", "left", "late", "by_hand",
)  # fmt: skip
CLOSED = (BOUGHT, REFUSED, NO_CONSENT, LIMIT, INVALID, NOBODY, TWICE, LEFT, LATE, BY_HAND)

CallRequest = Schema.from_dict(
    {
        "customer": text("Клиент", "Customer", ref="customer"),
        "campaign": text("Кампания", "Campaign"),
        "reason": fields.String(validate=validate.OneOf(REASONS), allow_none=True, metadata=meta("Повод", "Reason")),
        "phone": text("Телефон", "Phone", pii=True),
        "store": text("Магазин", "Store"),
        "start": moment("Время", "Time"),
        "not_before": moment("Не раньше", "Not before"),
        "comment": text("Комментарий", "Comment", pii=True),
    },
    name="CallRequest",
)

CallTask = Schema.from_dict(
    {
        "request": text("Кто попросил", "Request", ref="call_request"),
        "customer": text("Клиент", "Customer", ref="customer"),
        "campaign": text("Кампания", "Campaign"),
        "reason": fields.String(validate=validate.OneOf(REASONS), allow_none=True, metadata=meta("Повод", "Reason")),
        "store": text("Магазин", "Store"),
        "seller": text("Продавец", "Seller"),
        "phone": text("Телефон", "Phone", pii=True),
        "title": text("Тема", "Title", pii=True),
        "text": text("Что видит продавец", "What the seller sees", pii=True),
        "asked": moment("Попросили", "Asked for"),
        "not_before": moment("Не раньше", "Not before"),
        "deadline": moment("Срок", "Deadline"),
        "offered_at": moment("Отдана продавцу", "Offered"),
        "as_of": moment("Данные на", "Data as of"),
        "state": fields.String(validate=validate.OneOf(STATES), allow_none=True, metadata=meta("Состояние", "State")),
        "marked": fields.Boolean(allow_none=True, metadata=meta("Отмечена как сделанная", "Marked as done")),
        "stage": fields.String(validate=validate.OneOf(STAGES), allow_none=True, metadata=meta("Стадия карточки", "Stage of the card")),
        "remark": text("Отметка продавца", "The seller's remark", pii=True),
        "tries": fields.Integer(allow_none=True, metadata=meta("Попыток", "Tries")),
        "outcome": fields.String(validate=validate.OneOf(OUTCOMES), allow_none=True, metadata=meta("Итог", "Outcome")),
        "outcome_at": moment("Время итога", "Time of the outcome"),
        "call_later_at": moment("Перезвонить", "Call later at"),
        "closed_at": moment("Закрыта", "Closed"),
        "closed_reason": fields.String(validate=validate.OneOf(CLOSED), allow_none=True, metadata=meta("Почему закрыта", "Why closed")),
        "comment": text("Комментарий", "Comment", pii=True),
    },
    name="CallTask",
)
