"""RetailCRM's forms: the account's own clock, phones as a list of objects, lines with a discount of the whole line, words in any case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP
from typing import Any

from mappings import phones, tags
from mappings.codec import BadValue, Context, Lens, codec
from mappings.contacts import no_phone, said, says_nothing
from mappings.free_lines import free_name, told
from mappings.lists import Item
from mappings.scalars import CENT, as_text, decimal, money_text, number_text, plain
from mappings.times import moment_of, moment_text, unreadable_time

Json = Any
Remote = Mapping[str, Json]
Items = list[dict[str, Json]]
FORM = "%Y-%m-%d %H:%M:%S"
GOODS = "goods_by_sku"


@codec("retailcrm_time", "moment", "datetime time string any")
class Time(Lens):
    """``2026-08-03 12:40:11`` on the clock of the account, without an offset <-> UTC."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        if not value:
            return None
        try:
            return moment_text(datetime.fromisoformat(str(value)).replace(tzinfo=ctx.timezone).astimezone(UTC))
        except (ValueError, OverflowError):
            raise unreadable_time() from None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if not value:
            return held if held in (None, "") else ""
        try:
            return moment_of(value).astimezone(ctx.timezone).strftime(FORM)
        except (ValueError, OverflowError):
            raise unreadable_time() from None


@codec("retailcrm_phones", "list[Phone]", "list")
class Phones:
    """``[{"number": ...}]``, each as people type it <-> canonical phones. What says the same, in whatever order, is kept."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> Items | None:
        found = dict.fromkeys(number for text in texts(value) for number in phones.numbers(text))
        if not found and not all(says_nothing(text) for text in texts(value)):
            raise no_phone()
        return [{"number": number, "invalid": False} for number in found] or None

    @staticmethod
    def encode(value: Items | None, held: Json, ctx: Context) -> Json:
        """Held entries stay while one of their numbers does, new numbers follow; a struck out one makes room for a new one."""
        try:
            rows = list(zip(texts(held), held or (), strict=True))
        except BadValue:
            rows, held = [], None
        wanted = said(value, "number")
        there = [number for text, _ in rows for number in phones.numbers(text)]
        if sorted(set(there)) == sorted(wanted):
            return held
        new, made = [number for number in wanted if number not in there], []
        for text, row in rows:
            mine = phones.numbers(text)
            stay = [number for number in mine if number in wanted] or ([new.pop(0)] if mine and new else [])
            if stay or not mine:
                made.append(row if stay == mine or not mine else {**row, "number": phones.rewrite(text, stay)})
        return made + [{"number": number} for number in new]


def texts(value: Json) -> list[str]:
    """The numbers of a list as they are typed. Raises BadValue for another shape."""
    if value is not None and (not isinstance(value, list) or not all(isinstance(one, dict) for one in value)):
        raise BadValue("list_unreadable", "Ожидался список телефонов", "Expected a list of phones")
    return [as_text(one.get("number")) for one in value or ()]


@codec("retailcrm_tags", "list[text]", "list")
class Tags(tags.Tags):
    """Words <-> tags."""


@codec("retailcrm_words", "list[text]", "string text any")
class Words(Lens):
    """``spring, лето`` in an additional field <-> a list of words, in order. A comma inside a word becomes a space."""

    def decode(self, value: Json, ctx: Context) -> list[str] | None:
        return list(dict.fromkeys(word.strip() for word in as_text(value).split(",") if word.strip())) or None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        wanted = ", ".join(" ".join(as_text(word).replace(",", " ").split()) for word in value or ())
        return wanted or (held if held in (None, "") else "")


@codec("retailcrm_line", "Line", "object", asks="lookup:goods_by_sku")
class Line(Item):
    """A line as the connector shows it <-> a canonical line: ``discount`` is of the whole line. Delivery is a line with a price alone.
    Goods of the catalogue are named by it; others are free lines named ``SKU | name``."""

    def read(self, value: Remote, ctx: Context) -> dict[str, Json]:
        price = decimal(value.get("initialPrice") or 0).quantize(CENT)
        offer = value.get("offer")
        if value.get("type") == "delivery":
            kind, sku, name = "delivery", "", ""
        elif offer:
            kind, sku, name = "product", as_text(offer.get("article")), ""
        else:
            kind, sku, name = told(as_text(value.get("name")))
        quantity, discount = decimal(value.get("quantity") or 1), decimal(value.get("discount") or 0)
        return {
            "sku": sku or None,
            "name": name or None,
            "quantity": number_text(quantity),
            "price": money_text(price),
            "discount": money_text(discount),
            "sum": money_text(price * quantity - discount),
            "kind": kind,
        }

    def write(self, value: Remote, held: Remote, ctx: Context) -> dict[str, Json]:
        price, quantity, off = (decimal(value.get(name) or 0) for name in ("price", "quantity", "discount"))
        if off > price * quantity or not quantity:
            raise BadValue("discount_impossible", "Скидка больше суммы строки", "Discount exceeds the line")
        sku, kind = value.get("sku"), value.get("kind")
        if kind == "delivery" and not sku:
            return {"type": "delivery", "quantity": 1, "initialPrice": plain((price * quantity - off).quantize(CENT)), "discount": 0}
        row = {"type": "item", "quantity": plain(quantity), "initialPrice": plain(price), "discount": plain(off)}
        offer = offer_of(str(sku), held, ctx) if sku else None
        if offer is not None:
            return row | {"offer": {"id": offer, "article": sku}}
        return row | {"name": free_name(kind, sku, as_text(value.get("name")) or told(as_text(held.get("name")))[2])}

    def encode(self, value: Json, held: Json, ctx: Context) -> Json:
        """A row that differs from the held one by the rounding of one unit's discount alone is the held one: a discount that does not
        divide by the quantity cannot be said more exactly."""
        row = super().encode(value, held, ctx)
        if row is held or not isinstance(held, dict) or any(held.get(key) != row[key] for key in row if key != "discount"):
            return row
        quantity, there = decimal(row["quantity"]), held.get("discount")
        return held if (decimal(row["discount"]) / quantity).quantize(CENT, ROUND_HALF_UP) * quantity == decimal(there or 0) else row


@codec("retailcrm_returned_line", "Line", "object", asks="lookup:goods_by_sku")
class ReturnedLine(Line):
    """A line that came back; ``sold``: number of the order's line."""

    def read(self, value: Remote, ctx: Context) -> dict[str, Json]:
        return super().read(value, ctx) | {"sold": value.get("sold")}

    def write(self, value: Remote, held: Remote, ctx: Context) -> dict[str, Json]:
        return super().write(value, held, ctx) | {"sold": value.get("sold")}


@codec("retailcrm_returned", "list[Returned]", "list", asks="lookup:goods_by_sku")
class Returned(Lens):
    """What came back of an order -> how many pieces of which goods. Read, only goods and pieces are known; delivery has no status."""

    def decode(self, value: Json, ctx: Context) -> Items | None:
        found = []
        if value is not None and (not isinstance(value, list) or not all(isinstance(one, dict) for one in value)):
            raise BadValue("list_unreadable", "Ожидался список возвращённого", "Expected a list of what came back")
        for one in value or ():
            kind, sku, name = told(as_text(one.get("name")))
            if offer := one.get("offer"):
                kind, sku, name = "product", as_text(ctx.lookup(GOODS, offer.get("id")) or ""), ""
            found.append(
                {"sku": sku or None, "name": name or None, "quantity": number_text(decimal(one.get("quantity") or 0)), "kind": kind}
            )
        return found or None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        pieces: dict[Json, Any] = {}
        for one in value or ():
            if one.get("kind") == "delivery":
                continue
            sku = one.get("sku")
            offer = ctx.lookup_back(GOODS, str(sku)) if sku else None
            key = ("offer", offer) if offer is not None else ("name", free_name(one.get("kind"), sku, as_text(one.get("name"))))
            pieces[key] = pieces.get(key, 0) + decimal(one.get("quantity") or 0)
        there = held if isinstance(held, list) and all(isinstance(one, dict) for one in held) else []
        if {_goods(one): decimal(one.get("quantity") or 0) for one in there} == pieces and pieces:
            return held
        rows = [
            ({"offer": {"id": key}} if kind == "offer" else {"name": key}) | {"quantity": plain(n)} for (kind, key), n in pieces.items()
        ]
        return rows or (held if held in (None, []) else [])


def _goods(row: Remote) -> tuple[str, Json]:
    return ("offer", row["offer"].get("id")) if row.get("offer") else ("name", row.get("name"))


def offer_of(sku: str, held: Remote, ctx: Context) -> Json:
    """The id of the goods in the catalogue: the held one while its SKU is the same; None where the account does not know them."""
    offer = held.get("offer") or {}
    return offer["id"] if offer.get("article") == sku and offer.get("id") else ctx.lookup_back(GOODS, sku)
