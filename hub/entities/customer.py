"""A person who buys."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from hub.entities.field import meta, moment, points, text
from hub.entities.message import CHANNELS


class Phone(Schema):
    number = fields.String(required=True)
    invalid = fields.Boolean(load_default=False)


class Email(Schema):
    address = fields.String(required=True)
    invalid = fields.Boolean(load_default=False)


class Card(Schema):
    number = fields.String(required=True)
    type = fields.String(allow_none=True)


class Consent(Schema):
    """Whether a person may be spoken to. ``value``: None is unknown, neither yes nor no. ``time``: when it was given. ``text``: the version
    of the words that were agreed to. ``brand``: empty for all of the shop."""

    purpose = fields.String(required=True)
    channel = fields.String(required=True)
    brand = fields.String(allow_none=True)
    value = fields.Boolean(required=True, allow_none=True)
    source = fields.String(allow_none=True)
    time = fields.AwareDateTime(allow_none=True)
    text = fields.String(allow_none=True)


class ConsentWord(Consent):
    """One yes or no of a consent's history. ``system``: where it was said."""

    system = fields.String()


LOYALTY = "owner:loyalty"
LAST_CONTACT = "last_contact_at"
MESSAGES = {"email": ("Писем", "E-mails"), "sms": ("SMS", "SMS"), "viber": ("Viber", "Viber"), "push": ("Push", "Pushes"),
            "messenger": ("Сообщений в мессенджерах", "Messages in messengers"), "other": ("Прочих сообщений", "Other messages")}  # fmt: skip
COUNTS = {
    "calls_made": ("Звонков клиенту", "Calls made"),
    "calls_received": ("Звонков от клиента", "Calls received"),
    "calls_talked": ("Разговоров", "Talks"),
    "messages_sent": ("Сообщений клиенту", "Messages sent"),
    **{f"messages_{channel}": MESSAGES[channel] for channel in CHANNELS},
}
CONTACT_COUNTS = tuple(COUNTS)
CONTACT_FIGURES = (*CONTACT_COUNTS, LAST_CONTACT)  # counted from calls and messages; hub/sync/contacts.py


def _count(ru: str, en: str) -> fields.Field[int]:
    return fields.Integer(allow_none=True, metadata=meta(ru, en, policy="derived"))


Customer = Schema.from_dict(
    {
        "last_name": text("Фамилия", "Last name", pii=True),
        "first_name": text("Имя", "First name", pii=True),
        "middle_name": text("Отчество", "Middle name", pii=True),
        "phones": fields.List(
            fields.Nested(Phone),
            allow_none=True,
            metadata=meta("Телефоны", "Phones", pii=True, match="phone", policy="union", element="number"),
        ),
        "emails": fields.List(
            fields.Nested(Email),
            allow_none=True,
            metadata=meta("Почта", "E-mails", pii=True, match="email", policy="union", element="address"),
        ),
        "birthday": fields.Date(allow_none=True, metadata=meta("День рождения", "Birthday", pii=True)),
        "sex": fields.String(validate=validate.OneOf(["male", "female"]), allow_none=True, metadata=meta("Пол", "Sex", pii=True)),
        "cards": fields.List(
            fields.Nested(Card), allow_none=True, metadata=meta("Карты", "Cards", pii=True, match="card", policy="union", element="number")
        ),
        "cards_before": fields.List(
            fields.String(), allow_none=True, metadata=meta("Прежние карты", "Former cards", pii=True, policy="derived")
        ),
        "card_type": text("Вид карты", "Card type", policy=LOYALTY),
        "consents": fields.List(fields.Nested(Consent), allow_none=True, metadata=meta("Согласия", "Consents", policy="consent")),
        "consent_history": fields.List(
            fields.Nested(ConsentWord), allow_none=True, metadata=meta("История согласий", "Consent history", policy="derived")
        ),
        "address.postcode": text("Индекс", "Postcode", pii=True),
        "address.city": text("Город", "City", pii=True),
        "address.street": text("Улица, дом", "Street", pii=True),
        "address.text": text("Адрес строкой", "Address as text", pii=True),
        "tags": fields.List(fields.String(), allow_none=True, metadata=meta("Метки", "Tags", policy="union")),
        "store": text("Магазин", "Store"),
        "responsible": text("Ответственный", "Responsible"),
        "points_active": points("Баллы активные", "Active points", policy=LOYALTY),
        "points_pending": points("Баллы ожидающие", "Pending points", policy=LOYALTY),
        "points_spent": points("Баллы потраченные", "Spent points", policy=LOYALTY),
        "points_next_burn": text("Ближайшее сгорание", "Next burn", policy=LOYALTY),
        "first_purchase": moment("Первая покупка", "First purchase"),
        "last_purchase": moment("Последняя покупка", "Last purchase"),
        "comment": text("Комментарий", "Comment", pii=True),
        **{name: _count(*titles) for name, titles in COUNTS.items()},
        LAST_CONTACT: moment("Последний контакт", "Last contact", policy="derived"),
    },
    name="Customer",
)

# figures that move with every purchase: a busy day changes thousands of them, and no two people type them
FIGURES = frozenset(
    {"points_active", "points_pending", "points_spent", "points_next_burn", "first_purchase", "last_purchase", *CONTACT_FIGURES}
)
