"""Bitrix24's forms: multifields, dates with a zone of the server, enumerations by item id, product rows, call codes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from mappings import phones
from mappings.answers import no_twin, nothing
from mappings.codec import BadValue, Context, Lens, Needs, Types, codec
from mappings.contacts import addresses, no_email, no_phone
from mappings.free_lines import free_name, told
from mappings.lines import canonical_line
from mappings.lists import Item
from mappings.scalars import CENT, Text, as_text, decimal, money_text, plain
from mappings.times import day_text, moment_of, moment_text, unreadable_time
from mappings.typed_rows import Row, TypedRows

Json = Any
HALF_A_KOPECK = Decimal("0.00501")  # prices of the portal are binary fractions
Remote = Mapping[str, Json]
GOODS = "goods_by_sku"
NAMELESS = "Без имени"  # the connector gives this name to a contact that has none


# --- multifields --------------------------------------------------------------------------------------


class Multifield(TypedRows):
    """The items of one ``typeId`` in ``fm`` <-> a canonical list. Items keep their ids and value types; other types are not touched.

    bitrix24 docs, multifields: an item is {id, typeId, valueType, value}; a value that went is deleted by its id.
    """

    def __init__(self, type_id: str, key: str, value_type: str) -> None:
        super().__init__("typeId", type_id, key)
        self.value_type = value_type

    def typed(self, item: Row) -> str:
        return as_text(item.get("value"))

    def fresh(self, text: str) -> Row:
        return {"typeId": self.type_id, "valueType": self.value_type, "value": text}


@codec("bitrix_fm_phones", "list[Phone]", "multifield", shares=True)
class FmPhones(Multifield):
    """``fm`` items of type PHONE <-> canonical phones."""

    def __init__(self) -> None:
        super().__init__("PHONE", "number", "MOBILE")

    def values(self, item: dict[str, Json]) -> list[str]:
        return phones.numbers(str(item.get("value") or ""))

    def rewritten(self, item: Row, wanted: str) -> Row:
        return {**item, "value": phones.rewrite(str(item["value"]), [wanted])}

    def impossible(self) -> BadValue:
        return no_phone()


@codec("bitrix_fm_emails", "list[Email]", "multifield", shares=True)
class FmEmails(Multifield):
    """``fm`` items of type EMAIL <-> canonical e-mails."""

    def __init__(self) -> None:
        super().__init__("EMAIL", "address", "HOME")

    def values(self, item: dict[str, Json]) -> list[str]:
        return addresses(str(item.get("value") or ""))

    def rewritten(self, item: Row, wanted: str) -> Row:
        return {**item, "value": wanted}

    def impossible(self) -> BadValue:
        return no_email()


# --- times --------------------------------------------------------------------------------------------


def instant(value: Json) -> datetime:
    """``2026-09-01T12:00:03+03:00`` as aware UTC. Raises BadValue, also without an offset."""
    try:
        moment = datetime.fromisoformat(str(value))
        if moment.tzinfo is None:
            raise BadValue("time_without_zone", "Время без часового пояса", "Time without an offset")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise unreadable_time() from None


@codec("bitrix_datetime", "moment", "datetime")
class Time(Lens):
    """A time with the portal's offset <-> UTC. Sent in the zone of the system, as the portal shows it."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return moment_text(instant(value)) if value else None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if not value:
            return held if held is None else ""
        try:
            return moment_of(value).astimezone(ctx.timezone).isoformat(timespec="seconds")
        except (ValueError, OverflowError):
            raise unreadable_time() from None


@codec("bitrix_date", "date", "date datetime")
class Day(Lens):
    """A date that comes back as a time of the server's zone <-> ``YYYY-MM-DD``: the first ten characters, zones never converted."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return day_text(value) if value else None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return day_text(value) if value else ""


# --- scalars ------------------------------------------------------------------------------------------


def same_or(held: Json, wanted: Decimal) -> Json:
    """The held number, in whatever form, if it equals ``wanted``; else ``wanted``."""
    return held if held not in (None, "") and decimal(held) == wanted else plain(wanted)


@codec("bitrix_money", "money", "number string")
class Money(Lens):
    """Roubles as a number (or text, or ``300|RUB``) <-> text with two digits."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return None if value in (None, "") else money_text(decimal(as_text(value).partition("|")[0]))

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return "" if value is None else plain(decimal(value))


@codec("bitrix_yes_no", "boolean", "boolean string")
class YesNo(Lens):
    """``Y``/``N`` <-> true/false; a JSON boolean is understood too (``user.get`` answers one)."""

    def decode(self, value: Json, ctx: Context) -> bool | None:
        if value in (None, ""):
            return None
        if value in ("Y", True, "1", 1):
            return True
        if value in ("N", False, "0", 0):
            return False
        raise BadValue("boolean_unreadable", "Ожидалось Y или N", "Expected Y or N")

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return "" if value is None else "Y" if value else "N"


@codec("bitrix_enum")
class Enumeration(Lens):
    """An enumeration field: its item id <-> a canonical value, by the text of the item.

    Args: {field: UF_CRM_SEX, options: {Мужской: male, Женский: female}}. Item ids differ in every portal, so they are
    asked for by the lookup ``enum:<field>``; a portal that shows the text itself is understood too.
    """

    def __init__(self, field: str, options: dict[str, str]) -> None:
        self.name = f"enum:{field}"
        self.options = options
        self.texts = {canonical: text for text, canonical in options.items()}
        self.types = Types("text", frozenset({"enum"}), (("lookup", self.name),), values=tuple(self.texts))

    def decode(self, value: Json, ctx: Context) -> str | None:
        if nothing(value):
            return None
        text = str(value) if str(value) in self.options else ctx.lookup(self.name, value)
        if text is None or text not in self.options:
            raise self.unknown(("lookup", self.name, value) if text is None else None)
        return self.options[text]

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if value is None:
            return held if nothing(held) else ""
        text = self.texts.get(str(value))
        item = None if text is None else ctx.lookup_back(self.name, text)
        if item is None:
            raise self.unknown()
        return item

    def unknown(self, needs: Needs | None = None) -> BadValue:
        return BadValue("option_unknown", "Неизвестное значение списка", "Unknown option of the list", needs)


# --- lines --------------------------------------------------------------------------------------------

SERVICE = 7  # bitrix24 docs, product rows: type 1 product, 4 variation, 7 service


@codec("bitrix_line", "Line", "object", asks="lookup:goods_by_sku")
class Line(Item):
    """A product row <-> a canonical line.

    bitrix24 docs, product rows: ``price`` is the final unit price, discount and tax included; ``discountSum`` is money off one unit
    before tax. Goods outside the catalogue are free rows named ``SKU | name``.
    """

    def read(self, value: Remote, ctx: Context) -> dict[str, Json]:
        product, name = value.get("productId") or 0, as_text(value.get("productName"))
        kind, sku, name = ("product", known_sku(product, ctx), name) if product else told(name)
        final, quantity = decimal(value.get("price") or 0), decimal(value.get("quantity") or 1)
        price = (final + decimal(value.get("discountSum") or 0) * tax_of(value)).quantize(CENT)
        total = (final * quantity).quantize(CENT)
        return canonical_line("service" if value.get("type") == SERVICE else kind, sku, name, quantity, price, total)

    def write(self, value: Remote, held: Remote, ctx: Context) -> dict[str, Json]:
        product, tax = product_of(value, held, ctx), tax_of(held)
        price, quantity = decimal(value["price"]), decimal(value["quantity"])
        off, final = unit_discount(price, quantity, decimal(value.get("discount") or 0))
        kept = kept_price(held.get("price"), final, quantity)
        if decimal(kept) != final:  # a held price that gives the same sum goes with its own discount
            off = price - decimal(kept)
        row = {
            "productId": product,
            "price": kept,
            "quantity": same_or(held.get("quantity"), quantity),
            "discountTypeId": 1,
            "discountSum": same_or(held.get("discountSum"), untaxed(off, tax, decimal(kept))),
        }
        row |= {key: held[key] for key in ("taxRate", "taxIncluded") if held.get(key) is not None}
        name = row_name(value, held, product)
        return row | ({"productName": name} if name else {})

    def encode(self, value: Json, held: Json, ctx: Context) -> Json:
        """A row that differs from the held one by parts of a kopeck alone is the held one: the portal keeps two digits of a unit's price,
        and a sum that does not divide by the quantity cannot be said more exactly."""
        row = super().encode(value, held, ctx)
        return held if isinstance(held, dict) and as_exact_as_can_be(row, held) else row


def as_exact_as_can_be(row: Remote, held: Remote) -> bool:
    """Whether the portal's own rounding of a written row gives the held one."""
    for key, wanted in row.items():
        there = held.get(key)
        if wanted == there:
            continue
        if key not in ("price", "discountSum") or isinstance(there, bool) or not isinstance(there, (int, float, str)):
            return False
        try:
            if abs(decimal(wanted) - decimal(there or 0)) > HALF_A_KOPECK:
                return False
        except BadValue:  # no amount at all
            return False
    return True


def known_sku(product: Json, ctx: Context) -> str:
    """The SKU of goods in the catalogue. Raises BadValue while it has not been asked for."""
    sku = ctx.lookup(GOODS, product)
    if sku is None:
        needs = ("lookup", GOODS, product)
        raise BadValue("sku_unknown", f"Артикул товара {product} ещё не известен", f"The SKU of product {product} is not known yet", needs)
    return sku


def product_of(value: Remote, held: Remote, ctx: Context) -> Json:
    """The catalogue's product of a line: the held one while it has the same SKU; 0 makes a free row."""
    sku = value.get("sku")
    if not sku:
        return 0
    if held.get("productId") and ctx.lookup(GOODS, held["productId"]) == sku:
        return held["productId"]
    return ctx.lookup_back(GOODS, str(sku)) or 0


def tax_of(row: Remote) -> Decimal:
    """1.2 for a tax of 20 %."""
    return 1 + decimal(row.get("taxRate") or 0) / 100


def untaxed(off: Decimal, tax: Decimal, final: Decimal) -> Decimal:
    """``off`` without the tax in it, with as few digits as give the price before discount back."""
    if tax == 1:
        return off
    for digits in range(2, 12):
        short = (off / tax).quantize(Decimal(1).scaleb(-digits))
        if (final + short * tax).quantize(CENT) == (final + off).quantize(CENT):
            return short
    return off / tax


def row_name(value: Remote, held: Remote, product: Json) -> str:
    """The name a row gets: the line's, else the held one. Goods of the catalogue without any are named by the portal; a free row says
    its kind or its SKU before the name."""
    name, sku, kind = as_text(value.get("name")), value.get("sku"), value.get("kind")
    before = as_text(held.get("productName"))
    if product:
        return name or (before if held.get("productId") else "")
    return free_name(kind, sku, name or told(before)[2])


def unit_discount(price: Decimal, quantity: Decimal, discount: Decimal) -> tuple[Decimal, Decimal]:
    """Discount and final price of one unit, with as few digits as give the line's kopecks back. Raises BadValue."""
    if discount > price * quantity or not quantity:
        raise BadValue("discount_impossible", "Скидка больше суммы строки", "Discount exceeds the line")
    total = price * quantity - discount
    exact = discount / quantity
    for digits in range(2, 16):
        off = exact.quantize(Decimal(1).scaleb(-digits))
        if ((price - off) * quantity).quantize(CENT) == total.quantize(CENT):
            return off, price - off
    return exact, price - exact


def kept_price(held: Json, final: Decimal, quantity: Decimal) -> Json:
    """The held unit price if it gives the same sum of the line, else ``final``."""
    if held not in (None, "") and (decimal(held) * quantity).quantize(CENT) == (final * quantity).quantize(CENT):
        return held
    return plain(final)


# --- stages and names -----------------------------------------------------------------------------------


@codec("bitrix_stage", "text", "string", asks="directory:order_status")
class Stage(Lens):
    """A deal's stage <-> a value of the directory ``order_status``. ``C3:WON`` is the stage ``WON`` in funnel 3: the directory knows
    stages without the funnel, and a deal stays in the funnel it is in."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        stage = as_text(value).rpartition(":")[2]
        if not stage:
            return None
        found = ctx.directory("order_status", stage)
        if found is None:
            needs = ("directory", "order_status", stage)
            raise BadValue("directory_unknown", f"Стадия «{stage}» не сопоставлена", f"The stage {stage!r} is not mapped", needs)
        return found

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if value is None:
            return held
        found = ctx.directory_back("order_status", str(value))
        if found is None:
            raise no_twin("order_status", value)
        funnel, colon, _ = str(held or "").rpartition(":")
        return f"{funnel}{colon}{found}"


@codec("bitrix_first_name", "text", "string")
class FirstName(Text):
    """A first name; the stand-in that a contact without any name has to carry is none."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        text = super().decode(value, ctx)
        return None if text == NAMELESS else text


# --- calls --------------------------------------------------------------------------------------------

OUTGOING = frozenset({"1", "4", "5"})  # bitrix24 docs, register: 1 out, 2 in, 3 in redirected, 4 callback, 5 info call
INCOMING = frozenset({"2", "3"})
OUTCOMES = {
    "200": "talked",
    "304": "no_answer",
    "603": "no_answer",
    "603-S": "no_answer",
    "480": "no_answer",
    "486": "busy",
    "404": "wrong_number",
}
CODES = {"talked": "200", "no_answer": "304", "busy": "486", "wrong_number": "404", "other": "OTHER"}
VERDICTS = frozenset({"call_later", "refused", "promised", "bought"})  # said by a person after a talk; the code only knows the talk


@codec("bitrix_call_direction", "text", "string integer", closed=True)
class Direction(Lens):
    """CALL_TYPE <-> in | out. A redirected call or a callback keeps its own number."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        if value in (None, ""):
            return None
        if str(value) in OUTGOING:
            return "out"
        if str(value) in INCOMING:
            return "in"
        raise BadValue("direction_unknown", "Неизвестный вид звонка", "Unknown kind of call")

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return None if value is None else "1" if value == "out" else "2"


@codec("bitrix_call_outcome", "text", "string", closed=True)
class Outcome(Lens):
    """CALL_FAILED_CODE <-> outcome. What a person made of the talk (refused, promised ...) has no code: it is written as a talk."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return None if value in (None, "") else OUTCOMES.get(str(value), "other")

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if value is None:
            return None
        outcome = "talked" if value in VERDICTS else value
        return held if self.decode(held, ctx) == outcome else CODES.get(str(outcome), "OTHER")
