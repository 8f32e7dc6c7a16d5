"""Mindbox's forms: times of UTC without a mark, a contact with its flag, subscriptions by brand and channel, lines priced as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings import phones
from mappings.codec import BadValue, Context, Lens, codec
from mappings.contacts import addresses, best, no_email, no_phone, one_email, one_phone, says_nothing, text_or_blank
from mappings.free_lines import FREE, free_name, told
from mappings.lines import canonical_line
from mappings.lists import Item
from mappings.scalars import CENT, as_text, decimal, plain
from mappings.times import UtcTime, moment_of, unreadable_time

Json = Any
Remote = Mapping[str, Json]
Items = list[dict[str, Json]]
FORM = "%Y-%m-%d %H:%M:%S"
CHANNELS = {"Email": "email", "Sms": "sms", "Viber": "viber", "Webpush": "webpush", "Mobilepush": "push", "Call": "call"}
NAMES = {channel: name for name, channel in CHANNELS.items()}
MARKETING = "marketing"  # the purpose of a subscription without a topic; a topic is a purpose of its own
UNNAMED = "Без артикула: "  # how goods without an SKU are called, which a line must name by an id


@codec("mindbox_time", "moment", "datetime time string any")
class Time(UtcTime):
    """``2026-02-03 10:15:07.431``, UTC without a mark of it <-> UTC; written to the second."""

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if not value:
            return held if held in (None, "") else ""
        try:
            return moment_of(value).strftime(FORM)
        except (ValueError, OverflowError):
            raise unreadable_time() from None


def contact(value: Json) -> tuple[str, bool]:
    """The text of a contact, and whether the vendor found it to be bad. Raises BadValue for another shape."""
    if value in (None, ""):
        return "", False
    if not isinstance(value, Mapping):
        raise BadValue("contact_unreadable", "Непонятный контакт", "An unreadable contact")
    return text_or_blank(value.get("value")), bool(value.get("invalid"))


@codec("mindbox_phone", "list[Phone]", "object")
class Phone:
    """``{"value": "79031234567", "invalid": false}`` <-> one canonical phone. Whether it is bad only the vendor says."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> Items | None:
        text, bad = contact(value)
        found = phones.numbers(text)
        if not found and not says_nothing(text):
            raise no_phone()
        return [{"number": number, "invalid": bad} for number in found[:1]] or None

    @staticmethod
    def encode(value: Items | None, held: Json, ctx: Context) -> Json:
        return _contact(one_phone, best(value, "number"), held)


@codec("mindbox_email", "list[Email]", "object")
class Email:
    """``{"value": "anna@example.ru", "invalid": false}`` <-> one canonical e-mail."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> Items | None:
        text, bad = contact(value)
        found = addresses(text)
        if not found and not says_nothing(text):
            raise no_email()
        return [{"address": address, "invalid": bad} for address in found[:1]] or None

    @staticmethod
    def encode(value: Items | None, held: Json, ctx: Context) -> Json:
        return _contact(one_email, best(value, "address"), held)


def _contact(chosen: Any, wanted: list[str], held: Json) -> Json:
    """The held contact while it may stay, else the chosen one; what cannot be read stays for an empty value."""
    try:
        text, _ = contact(held)
    except BadValue:
        if not wanted:
            return held
        text = ""
    said = chosen(wanted, text)
    return held if said == text else {"value": said, "invalid": False} if said else None


@codec("mindbox_subscriptions", "list[Consent]", "list")
class Subscriptions(Lens):
    """Subscriptions by brand, channel and topic, with the yes or no to calls beside them <-> consents. What the vendor has no channel for is left
    out, and what is unknown is not said; rows that the record does not know stay."""

    def decode(self, value: Json, ctx: Context) -> Items | None:
        if value is not None and (not isinstance(value, list) or not all(isinstance(one, dict) for one in value)):
            raise BadValue("list_unreadable", "Ожидался список подписок", "Expected a list of subscriptions")
        return [_consent(one) for one in value or () if isinstance(one.get("isSubscribed"), bool) and _channel(one)] or None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        made = {_key(one): one for one in held or () if isinstance(one, dict)} if isinstance(held, list) else {}
        for one in value or ():
            if one.get("value") is not None and one.get("channel") in NAMES:
                row = _row(one)
                there = made.get(_key(row))
                made[_key(row)] = there if there and there.get("isSubscribed") == row["isSubscribed"] else {**(there or {}), **row}
        rows = list(made.values())
        return held if rows == held else rows


def _channel(row: Remote) -> str:
    return CHANNELS.get(str(row.get("pointOfContact") or ""), "")


def _key(row: Remote) -> tuple[str, str, str]:
    brand, channel, topic = (str(row.get(name) or "") for name in ("brand", "pointOfContact", "topic"))
    return brand, channel, topic


def _consent(row: Remote) -> dict[str, Json]:
    said = {
        "purpose": as_text(row.get("topic")) or MARKETING,
        "channel": _channel(row),
        "value": row["isSubscribed"],
        "source": None,
        "time": None,
    }
    return said | ({"brand": as_text(row["brand"])} if row.get("brand") else {})


def _row(one: Remote) -> dict[str, Json]:
    row = {"brand": one.get("brand"), "pointOfContact": NAMES[str(one["channel"])], "isSubscribed": one["value"]}
    row |= {"topic": one["purpose"]} if one.get("purpose") not in (None, "", MARKETING) else {}
    return {name: value for name, value in row.items() if value not in (None, "")}


@codec("mindbox_line", "Line", "object")
class Line(Item):
    """A line as the connector shows it <-> a canonical line: ``price`` of one before discount, ``sum`` of the whole after it. Goods are named
    by their SKU; what has none by its name."""

    def read(self, value: Remote, ctx: Context) -> dict[str, Json]:
        price, quantity = decimal(value.get("price") or 0).quantize(CENT), decimal(value.get("quantity") or 1)
        total = decimal(value.get("sum") if value.get("sum") is not None else price * quantity).quantize(CENT)
        kind, sku, name = ("delivery", "", "") if value.get("type") == "delivery" else _named(as_text(value.get("product")))
        return canonical_line(kind, sku, name, quantity, price, total)

    def write(self, value: Remote, held: Remote, ctx: Context) -> dict[str, Json]:
        price, quantity, off = (decimal(value.get(name) or 0) for name in ("price", "quantity", "discount"))
        total = (price * quantity - off).quantize(CENT)
        if total < 0 or quantity <= 0:
            raise BadValue("discount_impossible", "Скидка больше суммы строки", "Discount exceeds the line")
        kind, sku, name = value.get("kind"), value.get("sku"), as_text(value.get("name"))
        if kind == "delivery" and not sku:
            return {"type": "delivery", "quantity": 1, "price": plain(total), "sum": plain(total)}
        called = sku or (free_name(kind, None, name) if kind in FREE else f"{UNNAMED}{name}")
        return {"type": "item", "product": called, "quantity": plain(quantity), "price": plain(price), "sum": plain(total)}


def _named(product: str) -> tuple[str, str, str]:
    """Kind, SKU and name of what a line names."""
    if product.startswith(UNNAMED):
        return "product", "", product.removeprefix(UNNAMED)
    kind, _, name = told(product) if product.partition(":")[0] in FREE.values() else ("product", "", "")
    return (kind, "", name) if kind in FREE else ("product", product, "")
