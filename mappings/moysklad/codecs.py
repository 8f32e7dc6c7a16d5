"""MoySklad's forms: Moscow time, kopecks, references by address, lines with a percent discount."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from mappings.codec import BadValue, Context, Needs, codec

Json = Any

MOSCOW = timezone(timedelta(hours=3))  # moysklad docs, date format: every time is UTC+3, whatever the account's zone
BASE = "https://api.moysklad.ru/api/remap/1.2/entity/"
CENT = Decimal("0.01")


def bad_time(value: Json) -> BadValue:
    return BadValue("time_unreadable", "Непонятная дата", "Unreadable date")


def instant(text: Json) -> datetime:
    """``2026-08-03 12:40:11.507`` of Moscow as aware UTC. Raises BadValue."""
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=MOSCOW).astimezone(UTC)
    except ValueError:
        raise bad_time(text) from None


def canonical(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def from_canonical(value: str) -> datetime:
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise bad_time(value) from None


@codec("moysklad_time")
class Time:
    """Moscow time with milliseconds <-> UTC to the second."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> str | None:
        return canonical(instant(value)) if value else None

    @staticmethod
    def encode(value: str | None, held: Json, ctx: Context) -> Json:
        if not value:
            return None
        moment = from_canonical(value)
        if says(held, moment, seconds=True):
            return held
        return moment.astimezone(MOSCOW).strftime("%Y-%m-%d %H:%M:%S")


@codec("moysklad_minute")
class Minute:
    """Like moysklad_time for fields kept to the minute (``moment``, ``deliveryPlannedMoment``): seconds that the vendor drops are no edit."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> str | None:
        return canonical(instant(value)) if value else None

    @staticmethod
    def encode(value: str | None, held: Json, ctx: Context) -> Json:
        if not value:
            return None
        moment = from_canonical(value)
        if says(held, moment, seconds=False):
            return held
        return moment.astimezone(MOSCOW).strftime("%Y-%m-%d %H:%M:00.000")


def says(held: Json, moment: datetime, *, seconds: bool) -> bool:
    """Whether the held time is ``moment``, to the second or to the minute."""
    if not held:
        return False
    try:
        gap = instant(held).replace(microsecond=0)
    except BadValue:
        return False
    return gap == moment if seconds else gap.replace(second=0) == moment.replace(second=0)


@codec("moysklad_date")
class Day:
    """``1990-06-05 00:00:00.000`` <-> ``1990-06-05``. The time of day means nothing and no zone applies."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> str | None:
        if not value:
            return None
        try:
            return date.fromisoformat(str(value)[:10]).isoformat()
        except ValueError:
            raise bad_time(value) from None

    @staticmethod
    def encode(value: str | None, held: Json, ctx: Context) -> Json:
        if not value:
            return None
        return held if str(held or "")[:10] == value else f"{value} 00:00:00"


def number(value: Json) -> Decimal:
    """A JSON number or numeric text as Decimal. Raises BadValue."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise BadValue("number_unreadable", "Это не число", "Not a number") from None
    if not found.is_finite():
        raise BadValue("number_unreadable", "Это не число", "Not a number")
    return found


def plain(value: Decimal) -> int | float:
    """A Decimal as the JSON number the vendor shows: whole where it is whole."""
    return int(value) if value == value.to_integral_value() else float(value)


def quantity_text(value: Decimal) -> str:
    return format(value.normalize(), "f") if value else "0"


@codec("moysklad_kopecks")
class Kopecks:
    """Kopecks as a float <-> roubles as text with two digits."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> str | None:
        return None if value is None or value == "" else str((number(value) / 100).quantize(CENT))

    @staticmethod
    def encode(value: str | None, held: Json, ctx: Context) -> Json:
        if value is None:
            return None
        kopecks = number(value) * 100
        return held if held not in (None, "") and number(held) == kopecks else plain(kopecks)


@codec("moysklad_ref")
class Reference:
    """``…/entity/counterparty/<id>`` <-> record id, by the hub's links. Args: {entity: customer, type: counterparty}."""

    def __init__(self, entity: str, type: str) -> None:
        self.entity, self.type = entity, type

    def decode(self, value: Json, ctx: Context) -> str | None:
        if not value:
            return None
        found = ctx.ref(self.entity, last_part(value))
        if found is None:
            raise BadValue(
                "ref_unknown", "Связанный объект ещё не известен", "The object named is not known yet", ("ref", self.entity, value)
            )
        return found

    def encode(self, value: str | None, held: Json, ctx: Context) -> Json:
        if not value:
            return None
        wanted = ctx.ref_back(self.entity, value)
        if held and wanted is not None and last_part(held) == str(wanted):
            return held
        if wanted is None:
            raise BadValue("ref_waits", "Ждёт связанного объекта", "Waits for the object it names", ("ref_back", self.entity, value))
        return f"{BASE}{self.type}/{wanted}"


def last_part(href: Json) -> str:
    return str(href).split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1]


# --- lines --------------------------------------------------------------------------------------------


def percent(price: Decimal, quantity: Decimal, discount: Decimal) -> Decimal:
    """The shortest percent that takes ``discount`` roubles off the line, to the kopeck. Raises BadValue for what no percent can say.

    moysklad docs, positions: a line has no amount of discount, only a percent, at most 100; negative is a markup.
    """
    total = price * quantity
    if not discount:
        return Decimal(0)
    if not total or discount > total:
        raise BadValue("discount_impossible", "Скидка больше суммы строки", "Discount exceeds the line")
    exact = discount * 100 / total
    for digits in range(2, 16):
        short = exact.quantize(Decimal(1).scaleb(-digits))
        if (total * short / 100).quantize(CENT) == discount:
            return short
    return exact


def unknown_sku(needs: Needs) -> BadValue:
    return BadValue(
        "sku_unknown", f"Товар строки не найден в каталоге: {needs[2]}", f"The line's goods are not in the catalogue: {needs[2]}", needs
    )


@codec("moysklad_line")
class Line:
    """A position <-> a canonical line. A percent that gives the same kopecks is kept; positions carry no name, the goods tell it."""

    @staticmethod
    def decode(value: dict[str, Json], ctx: Context) -> dict[str, Json]:
        href = ((value.get("assortment") or {}).get("meta") or {}).get("href")
        sku = ctx.lookup("goods_by_sku", href)
        if sku is None:
            raise unknown_sku(("lookup", "goods_by_sku", href))
        price = (number(value.get("price") or 0) / 100).quantize(CENT)
        quantity = number(value.get("quantity", 1))
        total = price * quantity
        discount = (total * number(value.get("discount") or 0) / 100).quantize(CENT)
        return {
            "sku": sku,
            "name": None,
            "quantity": quantity_text(quantity),
            "price": str(price),
            "discount": str(discount),
            "sum": str((total - discount).quantize(CENT)),
            "kind": "service" if "/service/" in str(href) else "product",
        }

    @staticmethod
    def encode(value: dict[str, Json], held: dict[str, Json] | None, ctx: Context) -> dict[str, Json]:
        href = ctx.lookup_back("goods_by_sku", str(value["sku"])) if value.get("sku") else None
        if href is None:
            raise unknown_sku(("lookup_back", "goods_by_sku", value.get("sku")))
        price, quantity, discount = number(value["price"]), number(value["quantity"]), number(value.get("discount") or 0)
        held = held or {}
        return {
            "assortment": {"meta": {"href": href}},
            "quantity": same_or(held.get("quantity"), quantity),
            "price": same_or(held.get("price"), price * 100),
            "discount": kept_percent(held.get("discount"), price, quantity, discount),
        }


def same_or(held: Json, wanted: Decimal) -> Json:
    """The held JSON number if it equals ``wanted`` (2.0 is 2), else ``wanted``."""
    return held if held not in (None, "") and number(held) == wanted else plain(wanted)


def kept_percent(held: Json, price: Decimal, quantity: Decimal, discount: Decimal) -> Json:
    """The held percent if it gives the same kopecks, else the shortest that does."""
    if held is not None and (price * quantity * number(held) / 100).quantize(CENT) == discount:
        return held
    return plain(percent(price, quantity, discount))
