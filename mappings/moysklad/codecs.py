"""MoySklad's forms: Moscow time, kopecks, references by address, lines with a percent discount."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from mappings import tags
from mappings.answers import Ref
from mappings.codec import BadValue, Context, Lens, Needs, Types, codec
from mappings.lists import Item
from mappings.moysklad import texts  # noqa: F401 - it registers the codecs of readable text
from mappings.scalars import CENT, as_text, decimal, money_text, number_text, plain
from mappings.times import day_text, moment_of, moment_text, unreadable_time

Json = Any
Remote = Mapping[str, Json]

MOSCOW = timezone(timedelta(hours=3))  # moysklad docs, date format: every time is UTC+3, whatever the account's zone
BASE = "https://api.moysklad.ru/api/remap/1.2/entity/"
GROUPS_MAX = 255


def instant(text: Json) -> datetime:
    """``2026-08-03 12:40:11.507`` of Moscow as aware UTC. Raises BadValue."""
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=MOSCOW).astimezone(UTC)
    except (ValueError, OverflowError):
        raise unreadable_time() from None


def moscow(moment: datetime, form: str) -> str:
    """An aware time on Moscow's clock. Raises BadValue at the ends of the calendar."""
    try:
        return moment.astimezone(MOSCOW).strftime(form)
    except (ValueError, OverflowError):
        raise unreadable_time() from None


@codec("moysklad_time", "moment", "datetime")
class Time(Lens):
    """Moscow time with milliseconds <-> UTC to the second."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return moment_text(instant(value)) if value else None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return moscow(moment_of(value), "%Y-%m-%d %H:%M:%S") if value else None


@codec("moysklad_minute", "moment", "datetime")
class Minute(Time):
    """Like moysklad_time for fields kept to the minute (``moment``, ``deliveryPlannedMoment``): seconds that the vendor drops are no edit."""

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if not value:
            return None
        moment = moment_of(value)
        return held if same_minute(held, moment) else moscow(moment, "%Y-%m-%d %H:%M:00.000")


def same_minute(held: Json, moment: datetime) -> bool:
    """Whether the held time says ``moment`` as far as the vendor keeps it."""
    try:
        return bool(held) and instant(held).replace(second=0, microsecond=0) == moment.replace(second=0)
    except BadValue:
        return False


@codec("moysklad_date", "date", "datetime")
class Day(Lens):
    """``1990-06-05 00:00:00.000`` <-> ``1990-06-05``. The time of day means nothing and no zone applies."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return day_text(value) if value else None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return f"{day_text(value)} 00:00:00" if value else None


@codec("moysklad_ref")
class Reference(Ref):
    """``…/entity/counterparty/<id>`` <-> record id, by the hub's links. Args: {entity: customer, type: counterparty}.
    An empty reference is never written: the vendor requires one wherever it has one."""

    def __init__(self, entity: str, type: str) -> None:
        super().__init__(entity, prefix=f"{BASE}{type}/")
        self.types = Types(f"ref[{entity}]", frozenset({"string"}), (("ref", entity),))

    def decode(self, value: Json, ctx: Context) -> str | None:
        return super().decode(last_part(value) if value else None, ctx)


def last_part(href: Json) -> str:
    return str(href).split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1]


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


@codec("moysklad_line", "Line", "object", asks="lookup:goods_by_sku")
class Line(Item):
    """A position <-> a canonical line. A percent that gives the same kopecks is kept; positions carry no name, the goods tell it.

    ``delivery``, ``service``: codes of the services that stand for delivery and for a service that has no code of its own.
    """

    def __init__(self, delivery: str = "DELIVERY", service: str = "SERVICE") -> None:
        self.generic = {"delivery": delivery, "service": service}
        self.kinds = {code: kind for kind, code in self.generic.items()}

    def read(self, value: Remote, ctx: Context) -> dict[str, Json]:
        href = ((value.get("assortment") or {}).get("meta") or {}).get("href")
        sku = ctx.lookup("goods_by_sku", href) if href else None
        if sku is None:
            raise unknown_sku(("lookup", "goods_by_sku", href))
        price = (decimal(value.get("price") or 0) / 100).quantize(CENT)
        quantity = decimal(value.get("quantity", 1))
        total = price * quantity
        discount = (total * decimal(value.get("discount") or 0) / 100).quantize(CENT)
        kind = self.kinds.get(sku)
        return {
            "sku": None if kind else sku,
            "name": None,
            "quantity": number_text(quantity),
            "price": money_text(price),
            "discount": money_text(discount),
            "sum": money_text(total - discount),
            "kind": kind or ("service" if "/service/" in str(href) else "product"),
        }

    def write(self, value: Remote, held: Remote, ctx: Context) -> dict[str, Json]:
        sku = value.get("sku") or self.generic.get(value.get("kind") or "product")
        href = ctx.lookup_back("goods_by_sku", str(sku)) if sku else None
        if href is None:
            raise unknown_sku(("lookup_back", "goods_by_sku", sku))
        price, quantity, discount = decimal(value["price"]), decimal(value["quantity"]), decimal(value.get("discount") or 0)
        return {
            "assortment": {"meta": {"href": href}},
            "quantity": same_or(held.get("quantity"), quantity),
            "price": same_or(held.get("price"), price * 100),
            "discount": kept_percent(held.get("discount"), price, quantity, discount),
        }


def same_or(held: Json, wanted: Decimal) -> Json:
    """The held JSON number if it equals ``wanted`` (2.0 is 2), else ``wanted``."""
    return held if held not in (None, "") and decimal(held) == wanted else plain(wanted)


def kept_percent(held: Json, price: Decimal, quantity: Decimal, discount: Decimal) -> Json:
    """The held percent if it gives the same kopecks, else the shortest that does."""
    if held is not None and (price * quantity * decimal(held) / 100).quantize(CENT) == discount:
        return held
    return plain(percent(price, quantity, discount))


@codec("moysklad_tags", "list[text]", "list")
class Tags(tags.Tags):
    """Groups of a counterparty <-> tags: at most 255 characters in all, and the vendor's own pages write them small
    (moysklad docs: counterparty, error 3051)."""

    def say(self, value: Json, held: Json, ctx: Context) -> list[Json]:
        made = super().say(value, held, ctx)
        if sum(len(as_text(tag)) for tag in made) > GROUPS_MAX:
            raise BadValue("tags_too_long", "Группы контрагента длиннее 255 символов", "The groups exceed 255 characters")
        return made
