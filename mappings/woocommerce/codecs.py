"""WooCommerce's forms: text with HTML entities, items of three kinds in one list, amounts as fees, lists in meta."""

from __future__ import annotations

import html
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mappings.codec import BadValue, Context, Lens, codec
from mappings.lines import canonical_line, goods_of
from mappings.lists import Item
from mappings.scalars import CENT, as_text, decimal, empty_or_blank, money_text, plain

Json = Any
Remote = Mapping[str, Json]
TYPES = {"line_item": "product", "shipping": "delivery", "fee": "service"}
KINDS = {kind: name for name, kind in TYPES.items()}
NEW_METHOD = "flat_rate"  # a shipping line needs a method_id (woocommerce docs: order lines on update)
ANSWERS = {  # what sites keep of a ticked box, by habit of PHP and of its plugins: yes, no, or nobody's answer
    **dict.fromkeys(("true", "1", "yes", "on", "да"), True),
    **dict.fromkeys(("false", "0", "no", "off", "нет"), False),
    **dict.fromkeys(("", "none", "null"), None),
}
UNNAMED = {"delivery": "Доставка", "service": "Услуга"}


def opened(value: Json) -> str:
    """Text as people read it: entities opened (woocommerce docs: names may hold HTML entities). Raises BadValue for lists and objects."""
    return html.unescape(as_text(value)).strip()


def marked(text: str) -> str:
    """Text for the shop: an ampersand that would read as an entity is written as one."""
    return text.replace("&", "&amp;") if html.unescape(text) != text else text


@codec("woo_text", "text", "string integer number any")
class Text(Lens):
    """Text that the shop may hold with HTML entities."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return opened(value) or None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return marked(as_text(value)) or empty_or_blank(held)


@codec("woo_line", "Line", "object", asks="lookup:goods_by_sku")
class Line(Item):
    """An item of an order <-> a canonical line. ``subtotal`` is before coupons, ``total`` after, both of the whole line and without
    tax; what a buyer pays is each with its tax (woocommerce docs: orders). A product without a SKU gives a line without one.
    Shipping lines are delivery, fees are services; both have a name and one sum."""

    def read(self, value: Remote, ctx: Context) -> dict[str, Json]:
        kind = TYPES.get(value.get("type") or "line_item", "product")
        total = gross(value, "total")
        name, price, quantity = opened(value.get("method_title" if kind == "delivery" else "name")), total.quantize(CENT), Decimal(1)
        if kind == "product":
            quantity = decimal(value.get("quantity") or 0)
            if not quantity:
                raise BadValue("quantity_zero", "Количество в строке равно нулю", "The line's quantity is zero")
            price = (gross(value, "subtotal") / quantity).quantize(CENT)
        return canonical_line(kind, value.get("sku") if kind == "product" else None, name, quantity, price, total)

    def write(self, value: Remote, held: Remote, ctx: Context) -> dict[str, Json]:
        kind = value.get("kind") or "product"
        before = decimal(value["price"]) * decimal(value["quantity"])
        after = before - decimal(value.get("discount") or 0)
        if kind == "product":
            return self._product(value, held, before, after, ctx)
        name = value.get("name") or opened(held.get("method_title" if kind == "delivery" else "name")) or value.get("sku") or UNNAMED[kind]
        made: dict[str, Json] = {"type": KINDS[kind], "total": net(after, held, "total")}
        if kind == "delivery":
            return made | {"method_id": held.get("method_id") or NEW_METHOD, "method_title": marked(name)}
        return made | {"name": marked(name)}

    @staticmethod
    def _product(value: Remote, held: Remote, before: Decimal, after: Decimal, ctx: Context) -> dict[str, Json]:
        sku = value.get("sku")
        product = goods_of(sku, held.get("sku"), held.get("product_id"), ctx)
        made: dict[str, Json] = {"type": "line_item", "quantity": plain(decimal(value["quantity"])), "product_id": product, "sku": sku}
        if value.get("name") or held.get("name"):
            made["name"] = marked(value["name"]) if value.get("name") else held["name"]
        return made | {"subtotal": net(before, held, "subtotal"), "total": net(after, held, "total")}


@codec("woo_returned_line", "Line", "object", asks="lookup:goods_by_sku")
class ReturnedLine(Line):
    """An item of a refund, in positive figures; ``sold``: number of the order's line."""

    def read(self, value: Remote, ctx: Context) -> dict[str, Json]:
        return super().read(value, ctx) | {"sold": value.get("sold")}

    def write(self, value: Remote, held: Remote, ctx: Context) -> dict[str, Json]:
        return super().write(value, held, ctx) | {"sold": value.get("sold")}


def gross(value: Remote, name: str) -> Decimal:
    return decimal(value.get(name) or 0) + decimal(value.get(f"{name}_tax") or 0)


def net(wanted: Decimal, held: Remote, name: str) -> str:
    """The sum without tax, at the rate that the held line was taxed by; without a held tax they are the same."""
    was, tax = decimal(held.get(name) or 0), decimal(held.get(f"{name}_tax") or 0)
    if tax and was and was + tax:
        wanted = wanted * was / (was + tax)
    return f"{wanted:.2f}"


@codec("woo_minus", "money", "money string number")
class Minus(Lens):
    """A negative fee <-> the positive amount that it takes off."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return None if value in (None, "") else money_text(-decimal(value))

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return empty_or_blank(held) if value is None else money_text(-decimal(value))


@codec("woo_coupons", "list[text]", "list")
class Coupons(Lens):
    """``coupon_lines`` <-> promo codes."""

    def decode(self, value: Json, ctx: Context) -> list[str] | None:
        try:
            return [code for one in value or () if (code := as_text(one["code"]))] or None
        except (KeyError, TypeError):
            raise BadValue("list_unreadable", "Ожидался список купонов", "Expected a list of coupons") from None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return [{"code": code} for code in value] if value else ([] if held else held)


@codec("woo_tags", "list[text]", "list string any")
class Tags(Lens):
    """A list of words, or text with commas, in meta <-> tags in small letters. Order and case mean nothing: what says the same is kept."""

    def decode(self, value: Json, ctx: Context) -> list[str] | None:
        items = value if isinstance(value, list) else as_text(value).split(",")
        return list(dict.fromkeys(word.lower() for item in items if (word := as_text(item)))) or None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        wanted = list(dict.fromkeys(as_text(tag).lower() for tag in value or ()))
        try:
            if wanted and sorted(self.decode(held, ctx) or ()) == sorted(wanted):
                return held
        except BadValue:
            pass
        return wanted or empty_or_blank(held)


@codec("woo_consents", "list[Consent]", "list any")
class Consents(Lens):
    """A list of {purpose, channel, brand, value, source, time, text} in meta <-> canonical consents. A value of null or of no text is
    unknown, and so is one that the shop marks as nobody's answer: {default: true}. A word that is neither yes nor no is no consent."""

    def decode(self, value: Json, ctx: Context) -> list[dict[str, Json]] | None:
        if value in (None, "", []):
            return None
        try:
            return [self._one(one) for one in value]
        except (TypeError, KeyError, AttributeError):
            raise BadValue("consent_unreadable", "Непонятная запись согласия", "An unreadable consent") from None

    @staticmethod
    def _one(one: Remote) -> dict[str, Json]:
        answer = None if one.get("default") else ANSWERS[str(one["value"]).strip().lower()]
        said = {"purpose": as_text(one["purpose"]), "channel": as_text(one["channel"]), "value": answer}
        said |= {"source": as_text(one.get("source")) or None, "time": as_text(one.get("time")) or None}
        return said | {name: text for name in ("brand", "text") if (text := as_text(one.get(name)))}

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if not value:
            return held if held in (None, "", []) else ""
        return self.decode(value, ctx)
