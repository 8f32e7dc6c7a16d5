"""Contact information of 1C's standard library: one table of phones, e-mails and addresses, each row with what a person sees and the same
as JSON and as search fields. The interface fills none of them by itself: whoever writes one writes all."""

from __future__ import annotations

import json
from typing import Any

from mappings import phones
from mappings.codec import BadValue, Context, Types, codec
from mappings.contacts import addresses, no_email, no_phone
from mappings.scalars import as_text
from mappings.typed_rows import Row, TypedRows, well_formed

Json = Any
SEEN, VALUE = "Представление", "Значение"
PHONE, EMAIL, ADDRESS = "Телефон", "АдресЭлектроннойПочты", "Адрес"
PARTS = {"postcode": "ZIPcode", "city": "city", "street": "street", "text": "comment"}
HOUSES = ("streetType", "houses", "apartments", "buildings")
LONGEST = 500  # characters that a person sees


def said(row: Row) -> dict[str, Json]:
    """The JSON of a row; nothing where it is of another form (older bases keep XML, or nothing)."""
    try:
        found = json.loads(row.get(VALUE) or "{}")
    except (TypeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def seen_of(row: Row) -> str:
    value = row.get(SEEN)
    return "" if isinstance(value, (dict, list)) else as_text(value)


class Contacts(TypedRows):
    """Rows of one ``Тип``. ``field``: the search field that repeats the value."""

    def __init__(self, sort: str, key: str, field: str) -> None:
        super().__init__("Тип", sort, key)
        self.field = field

    def typed(self, item: Row) -> str:
        return seen_of(item) or ("" if isinstance(item.get(self.field), (dict, list)) else as_text(item.get(self.field)))

    def fresh(self, text: str) -> Row:
        return {"Тип": self.type_id, **self.about(text, text)}

    def rewritten(self, item: Row, wanted: str) -> Row:
        return {**item, **self.about(wanted, seen_of(item))}

    def about(self, value: str, seen: str) -> Row:
        """All that a row says of a value, together. ``seen``: what stood there, whose words may stay."""
        raise NotImplementedError


@codec("onec_phones", "list[Phone]", "contacts", shares=True)
class Phones(Contacts):
    """Rows of the type Телефон <-> canonical phones."""

    def __init__(self) -> None:
        super().__init__(PHONE, "number", "НомерТелефона")

    def values(self, item: Row) -> list[str]:
        return phones.numbers(self.typed(item))

    def impossible(self) -> BadValue:
        return no_phone()

    def about(self, value: str, seen: str) -> Row:
        digits, country, area, number = value.lstrip("+"), "", "", value.lstrip("+")
        shown = value
        if value.startswith("+7") and len(digits) == 11:
            country, area, number = "7", digits[1:4], digits[4:]
            shown = f"+7 ({area}) {number[:3]}-{number[3:5]}-{number[5:]}"
        kept = phones.rewrite(seen, [value]) if phones.numbers(seen) and seen != value else shown
        shown = kept if phones.numbers(kept) == [value] else value
        told = {"value": shown, "type": PHONE, "countryCode": country, "areaCode": area, "number": number, "extNumber": "", "comment": ""}
        return {
            SEEN: shown[:LONGEST],
            VALUE: json.dumps(told, ensure_ascii=False),
            "НомерТелефона": digits,
            "НомерТелефонаБезКодов": number,
        }


@codec("onec_emails", "list[Email]", "contacts", shares=True)
class Emails(Contacts):
    """Rows of the type АдресЭлектроннойПочты <-> canonical e-mails."""

    def __init__(self) -> None:
        super().__init__(EMAIL, "address", "АдресЭП")

    def values(self, item: Row) -> list[str]:
        return addresses(self.typed(item))

    def impossible(self) -> BadValue:
        return no_email()

    def about(self, value: str, seen: str) -> Row:
        told = {"value": value, "type": EMAIL, "comment": ""}
        return {SEEN: value, VALUE: json.dumps(told, ensure_ascii=False), "АдресЭП": value, "ДоменноеИмяСервера": value.rpartition("@")[2]}


@codec("onec_address", "text", "contacts", shares=True)
class Address:
    """One part of the first row of the type Адрес <-> a text: ``part`` is postcode, city, street (with its house) or text (what else is to
    be known). An address that was typed as one line is its street."""

    types = Types("text", frozenset({"contacts"}), shares=True)

    def __init__(self, part: str) -> None:
        self.part = part

    @staticmethod
    def row(items: Json) -> Row | None:
        if not well_formed(items):
            raise BadValue("list_unreadable", "Ожидалась таблица контактной информации", "Expected a table of contact information")
        return next((item for item in items or () if item.get("Тип") == ADDRESS), None)

    def decode(self, value: Json, ctx: Context) -> str | None:
        row = self.row(value)
        return parts_of(row).get(self.part) or None if row is not None else None

    def encode(self, value: Json, held: Json, ctx: Context) -> Json:
        if not well_formed(held):
            held = None
        row = self.row(held)
        parts = parts_of(row) if row is not None else {}
        wanted = as_text(value)
        if parts.get(self.part, "") == wanted:
            return held
        fresh = written(row or {"Тип": ADDRESS}, {**parts, self.part: wanted})
        if row is None:
            return [*(held or ()), fresh]
        return [fresh if item is row else item for item in held]


def parts_of(row: Row) -> dict[str, str]:
    """The parts of an address: from its JSON, else the whole line as its street."""
    told = said(row)
    found = {part: plain(told.get(name)) for part, name in PARTS.items()}
    found["street"] = ", ".join(filter(None, [" ".join(filter(None, [plain(told.get("streetType")), found["street"]])), *houses(told)]))
    if not any(found.values()):
        found["street"] = seen_of(row)
    return found


def houses(told: dict[str, Json]) -> list[str]:
    """``дом 1``, ``кв 5`` of an address that was taken apart by the program's own form."""
    found = []
    for name in HOUSES[1:]:
        for one in told.get(name) or () if isinstance(told.get(name), list) else ():
            if isinstance(one, dict) and plain(one.get("number")):
                found.append(f"{plain(one.get('type')).lower()} {plain(one['number'])}".strip())
    return found


def plain(value: Json) -> str:
    return "" if isinstance(value, (dict, list)) else as_text(value)


def written(row: Row, parts: dict[str, str]) -> Row:
    """The row with these parts; what the JSON knows beyond them stays, but for the house, which the street tells."""
    told = {name: value for name, value in said(row).items() if name not in HOUSES}
    seen = ", ".join(filter(None, (parts.get(part, "") for part in PARTS)))
    told |= {"value": seen, "type": ADDRESS} | {name: parts.get(part, "") for part, name in PARTS.items()}
    return {**row, SEEN: seen[:LONGEST], VALUE: json.dumps(told, ensure_ascii=False), "Город": parts.get("city", "")[:50]}
