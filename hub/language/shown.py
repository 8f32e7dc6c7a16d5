"""Values of records as people read them: money, moments, directory titles, lists; personal data masked where the reader may not see them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from marshmallow import fields

from hub.entities import FIELDS, SCHEMAS
from hub.entities.field import Points
from hub.language import N_, Speech
from mappings import CALLED

Json = Any
Titles = Mapping[tuple[str, str], tuple[str, str]]  # (directory, value) -> titles in Russian and English
KINDS = {entity: dict(schema().fields) for entity, schema in SCHEMAS.items()}
DIRECTORY_OF = {
    "status": "order_status",
    "responsible": "employee",
    "seller": "employee",
    "agent": "employee",
    "delivery.kind": "delivery_kind",
}
DERIVED = {  # what shipped mappings write and no record has: made of other fields
    ("customer", "full_name"): N_("Full name"),
    ("customer", "names"): N_("Full name"),
    ("order", "order_date"): N_("Order date"),
    ("call", "text"): N_("Text of the note"),
    ("product", "price"): N_("Retail price"),
    ("product", "counted"): N_("Stock is counted"),
    ("order", "money"): N_("The money has come"),
    ("order", CALLED): N_("Its number there"),
}
LIKE = {("order", "order_date"): "created"}  # derived fields of another kind than text: shown as that field is
LARGEST = 300  # characters of one value in a list
WORDS = {
    "male": N_("male"), "female": N_("female"), "online": N_("online"), "retail": N_("at a till"), "in": N_("incoming"),
    "out": N_("outgoing"), "talked": N_("talked"), "no_answer": N_("no answer"), "busy": N_("busy"), "call_later": N_("call later"),
    "wrong_number": N_("wrong number"), "refused": N_("refused"), "promised": N_("promised"), "bought": N_("bought"), "other": N_("other"),
    "email": N_("e-mail"), "sms": N_("SMS"), "viber": N_("Viber"), "push": N_("push"), "messenger": N_("messenger"), "queued": N_("queued"), "sent": N_("sent"),
    "delivered": N_("delivered"), "opened": N_("read"), "clicked": N_("link opened"), "failed": N_("did not arrive"), "expired": N_("came too late to arrive"),
    "blocked": N_("not let through"),
}  # fmt: skip
ENTITIES = {
    "customer": N_("Customer"),
    "order": N_("Order"),
    "return": N_("Return"),
    "call": N_("Call"),
    "call_request": N_("Call request"),
    "call_task": N_("Call task"),
    "message": N_("Message"),
    "loyalty_operation": N_("Loyalty operation"),
    "product": N_("Product"),
    "stock": N_("Stock"),
    "segment_membership": N_("Segment membership"),
}
PLURALS = {
    "customer": N_("Customers"),
    "order": N_("Orders"),
    "return": N_("Returns"),
    "call": N_("Calls"),
    "call_request": N_("Call requests"),
    "call_task": N_("Call tasks"),
    "message": N_("Messages"),
    "loyalty_operation": N_("Loyalty operations"),
    "product": N_("Products"),
    "stock": N_("Stocks"),
    "segment_membership": N_("Segment memberships"),
}
ANSWERS = {True: N_("yes"), False: N_("no"), None: N_("not known")}  # to a consent


def mask(value: Any) -> str:
    """Personal data as logs may show it: the first and last letters of each word."""
    return re.sub(r"(?<=\w)\w+(?=\w)", lambda m: "*" * len(m.group()), str(value))


class Shown:
    """Shows values in one language, to one reader. ``hide``: personal data are masked."""

    def __init__(self, say: Speech, titles: Titles, *, hide: bool = False) -> None:
        self.say, self.titles, self.hide = say, titles, hide

    def name(self, entity: str, data: Mapping[str, Json]) -> str:
        """What to call a record in a list: a person's name, an order's number, a product's name, a call's beginning."""
        if entity == "customer":
            parts = [data.get(name) for name in ("last_name", "first_name")]
            known = (
                " ".join(str(part) for part in parts if part)
                or _first(data.get("phones"), "number")
                or _first(data.get("emails"), "address")
            )
            return self.private(known) if known else self.say("without a name")
        if entity in ("order", "return"):
            if number := data.get("number") or data.get("own_number"):
                return self.say("No. %(number)s", number=number)
            return (
                self.say("Receipt %(number)s", number=data["receipt.number"])
                if data.get("receipt.number")
                else self.say("without a number")
            )
        if entity == "product":
            return ", ".join(str(data[name]) for name in ("name", "size", "colour") if data.get(name)) or self._goods_code(data)
        if entity == "segment_membership":
            name = str(data.get("segment") or "") or self.say("without a name")
            return name if data.get("member") else self.say("%(segment)s: has left it", segment=name)
        if entity == "stock":
            return self.value(entity, "store", data.get("store")) or self.say("without a store")
        if entity == "call_task":
            said = (str(data.get("campaign") or ""), self.value(entity, "asked", data.get("asked")))
            return ", ".join(part for part in said if part) or self.say("without a time")
        return self.value(entity, "start", data.get("start")) or self.say("without a time")

    def _goods_code(self, data: Mapping[str, Json]) -> str:
        """Goods without a name by what else tells them apart: the article, the first barcode, the guid of 1C."""
        codes = (data.get("article"), *(data.get("barcodes") or ())[:1], data.get("guid"))
        code = next((str(code) for code in codes if code), "")
        return self.say("without a name, %(code)s", code=code) if code else self.say("without a name")

    def contacts(self, data: Mapping[str, Json]) -> str:
        """What tells a customer from a namesake: phones, addresses, cards."""
        return " · ".join(text for name in ("phones", "emails", "cards") if (text := self.value("customer", name, data.get(name))))

    def entity(self, entity: str) -> str:
        return self.say(ENTITIES.get(entity, entity))

    def entities(self, entity: str) -> str:
        return self.say(PLURALS.get(entity, entity))

    def label(self, entity: str, field: str) -> str:
        """A field's title; a field of the shop's own by its name."""
        if info := FIELDS.get(entity, {}).get(field):
            return self.say.pick(info.ru, info.en)
        return self.say(DERIVED[entity, field]) if (entity, field) in DERIVED else field.removeprefix("custom.")

    def labels(self, entity: str, fields: list[str]) -> str:
        return ", ".join(dict.fromkeys(self.label(entity, name) for name in fields))

    def private(self, text: str) -> str:
        return mask(text) if self.hide else text

    def told(self, text: str) -> str:
        """What is said of a failure, in the reader's language; a vendor's words as they came."""
        return self.private(self.say.own(text))

    def is_private(self, entity: str, field: str) -> bool:
        info = FIELDS.get(entity, {}).get(field)
        return info.pii if info else True  # a field of the shop's own may be anything

    def value(self, entity: str, field: str, value: Json) -> str:
        """A canonical value as text; empty where there is none."""
        if value is None or value in ("", [], {}):
            return ""
        text = self._text(entity, field, value)
        return mask(text) if self.hide and self.is_private(entity, field) else text

    def meaning(self, entity: str, field: str, value: Json) -> str:
        """A canonical value where it says more than a system's own form of it: a day, a moment, a sum, one of few words, a directory's value, lines and
        payments of an order; else empty. A text stays as it was typed there."""
        field = LIKE.get((entity, field), field)
        if field == "lines" and isinstance(value, list):
            return "; ".join(map(self._line, value))
        if field == "payments" and isinstance(value, list):
            return self.value(entity, field, value)
        kind = KINDS.get(entity, {}).get(field)
        few = isinstance(kind, fields.String) and bool(kind.validators)
        known = isinstance(value, str) and bool(self.titles.get((DIRECTORY_OF.get(field, field), value)))
        typed = isinstance(kind, (fields.Date, fields.AwareDateTime, fields.Decimal))
        return self.value(entity, field, value) if few or known or typed else ""

    def remote(self, entity: str, names: list[str], value: Json) -> str:
        """A value in a system's own form, shortened."""
        if value is None or value in ("", [], {}):
            return "—"
        text = self._items(value) if isinstance(value, (list, dict)) else self._plain(value)
        text = text if len(text) <= LARGEST else text[:LARGEST] + "…"
        return mask(text) if self.hide and (not names or any(self.is_private(entity, name) for name in names)) else text

    def _text(self, entity: str, field: str, value: Json) -> str:
        kind = KINDS.get(entity, {}).get(field)
        if isinstance(kind, fields.AwareDateTime):
            return self._moment(value)
        if isinstance(kind, fields.Date):
            return ".".join(reversed(str(value).split("-"))) if self.say.language == "ru" else str(value)
        if isinstance(kind, fields.Decimal):
            return (
                self.say.money(value) if kind.places is not None and not isinstance(kind, Points) else self.say.number(Decimal(str(value)))
            )
        if field == "payments" and isinstance(value, list):
            return "; ".join(map(self._payment, value))
        if field == "consents" and isinstance(value, list):
            return "; ".join(map(self._consent, value))
        if isinstance(value, (list, dict)):
            return self._items(value)
        titles = self.titles.get((DIRECTORY_OF.get(field, field), str(value)))
        if titles:
            return self.say.pick(*titles)
        return self.say(WORDS[value]) if isinstance(kind, fields.String) and kind.validators and value in WORDS else self._plain(value)

    def _line(self, line: Mapping[str, Json]) -> str:
        """``Подушка × 2 по 1 490,00 ₽``; without a name its article."""
        name = str(line.get("name") or line.get("sku") or "") or self.say("without a name")
        many = self.say.number(Decimal(str(line.get("quantity") or 0)).normalize() + 0)
        return self.say("%(name)s × %(many)s at %(price)s", name=name, many=many, price=self.say.money(line.get("price") or 0))

    def _consent(self, one: Mapping[str, Json]) -> str:
        """``marketing/sms: да``, as people type it into the field of a CRM."""
        named = "/".join(str(one[part]) for part in ("purpose", "channel", "brand") if one.get(part))
        return f"{named}: {self.say(ANSWERS[one.get('value')])}"

    def _payment(self, one: Mapping[str, Json]) -> str:
        """``Карта 7 533,00 ₽, 30 ноября 2026, 19:38``; a kind that no directory knows by its own word."""
        kind = str(one.get("kind") or "")
        titles = self.titles.get(("payment_kind", kind))
        paid = f"{self.say.pick(*titles) if titles else kind} {self.say.money(one.get('amount') or 0)}".strip()
        return ", ".join([paid, self._moment(one["time"])] if one.get("time") else [paid])

    def moment_of(self, entity: str, field: str, value: Json) -> float | None:
        """A field of type moment as seconds since the epoch; None for others and for what cannot be read."""
        if not isinstance(KINDS.get(entity, {}).get(field), fields.AwareDateTime):
            return None
        try:
            return datetime.fromisoformat(str(value)).timestamp()
        except ValueError:
            return None

    def _moment(self, value: Json) -> str:
        try:
            return self.say.moment(datetime.fromisoformat(str(value)).timestamp())
        except ValueError:
            return str(value)

    def _plain(self, value: Json) -> str:
        if isinstance(value, bool):
            return self.say("yes") if value else self.say("no")
        return self.say.number(value) if isinstance(value, (float, Decimal)) else str(value)

    def _items(self, value: Json) -> str:
        if isinstance(value, list):
            return "; ".join(self._items(item) for item in value)
        if isinstance(value, dict):
            parts = [self._items(v) for k, v in value.items() if v not in (None, "", [], {}) and k != "invalid"]
            return " ".join([*parts, self.say("(not valid)")] if value.get("invalid") else parts)
        return self._plain(value)


def _first(items: Json, key: str) -> str:
    return str(items[0].get(key, "")) if items else ""
