"""1C's forms: times on the base's own clock, an empty date that is a date, lines of goods whose sums the writer reckons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mappings.codec import BadValue, Context, Lens, Needs, Types, codec
from mappings.lines import canonical_line
from mappings.lists import Item
from mappings.onec import contacts  # noqa: F401 - it registers the codecs of contact information
from mappings.scalars import CENT, as_text, decimal, money_text, number_text, plain
from mappings.times import day_text, moment_of, moment_text, unreadable_time

Json = Any
Remote = Mapping[str, Json]
NEVER = "0001-01-01T00:00:00"  # how an empty date is said
GOODS = "goods_by_sku"


def blank(value: Json) -> bool:
    """Whether a date is empty; a time of day alone stands in the year 1 too."""
    return not value or str(value).startswith("0001-01-01")


def empty(held: Json) -> Json:
    """An empty date as the base says it: what is held if that is one."""
    return held if not held or held == NEVER else NEVER


PARTS = ("last", "first", "middle")


@codec("onec_names", "list[text]", "names", shares=True)
class Names(Lens):
    """The three parts of a name, as one value <-> ``names``. In one text "Гусейн Али" cannot be told from a first and a middle name: what such a
    name comes back as is the base's form of it, and no edit of its parts."""

    def decode(self, value: Json, ctx: Context) -> list[str | None] | None:
        return [part(value, name) for name in PARTS] if value else None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if not any(value or ()):  # who is known by a phone alone keeps the name that the base has
            return held
        return {name: as_text(one) for name, one in zip(PARTS, value, strict=True)}


@codec("onec_name", "text", "names", shares=True)
class Name(Lens):
    """One part of ``names``, to be read."""

    types = Types("text", frozenset({"names"}), shares=True)

    def __init__(self, part: str) -> None:
        self.part = part

    def decode(self, value: Json, ctx: Context) -> str | None:
        return part(value, self.part) if value else None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return {**dict.fromkeys(PARTS, ""), **(held if isinstance(held, Mapping) else {}), self.part: as_text(value)}


def part(names: Json, name: str) -> str | None:
    if not isinstance(names, Mapping):
        raise BadValue("names_unreadable", "Ожидались части имени", "Expected the parts of a name")
    return as_text(names.get(name)) or None


@codec("onec_time", "moment", "datetime")
class Time(Lens):
    """A time without a zone, on the clock of the base <-> UTC."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        if blank(value):
            return None
        try:
            return moment_text(datetime.fromisoformat(str(value)).replace(tzinfo=ctx.timezone))
        except (ValueError, OverflowError):
            raise unreadable_time() from None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if not value:
            return empty(held)
        try:
            return moment_of(value).astimezone(UTC).astimezone(ctx.timezone).replace(tzinfo=None).isoformat(timespec="seconds")
        except (ValueError, OverflowError):
            raise unreadable_time() from None


@codec("onec_date", "date", "datetime")
class Day(Lens):
    """``1988-04-12T00:00:00`` <-> ``1988-04-12``; the time of day means nothing and no zone applies."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return None if blank(value) else day_text(value)

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return f"{day_text(value)}T00:00:00" if value else empty(held)


def unknown_sku(needs: Needs) -> BadValue:
    return BadValue("sku_unknown", f"Товар строки не найден в 1С: {needs[2]}", f"The line's goods are not in 1C: {needs[2]}", needs)


@codec("onec_line", "Line", "object", asks="lookup:goods_by_sku")
class Line(Item):
    """A line of the part of goods <-> a canonical line. A discount is what the sum lacks, whether a person or the program gave it; another
    one is written as a person's. Lines carry no name, the goods tell it.

    ``delivery``, ``service``: articles of the services that stand for delivery and for a service that has no article of its own.
    """

    def __init__(self, delivery: str = "DELIVERY", service: str = "SERVICE") -> None:
        self.generic = {"delivery": delivery, "service": service}
        self.kinds = {article: kind for kind, article in self.generic.items()}

    def read(self, value: Remote, ctx: Context) -> dict[str, Json]:
        goods = value.get("goods")
        sku = ctx.lookup(GOODS, goods) if goods else None
        if sku is None:
            raise unknown_sku(("lookup", GOODS, goods))
        price, quantity = decimal(value.get("Цена") or 0).quantize(CENT), decimal(value.get("Количество") or 0)
        total = decimal(value.get("Сумма") or 0).quantize(CENT)
        kind = self.kinds.get(sku)
        return canonical_line(kind or "product", None if kind else sku, None, quantity, price, total)

    def write(self, value: Remote, held: Remote, ctx: Context) -> dict[str, Json]:
        sku = value.get("sku") or self.generic.get(value.get("kind") or "product")
        goods = ctx.lookup_back(GOODS, str(sku)) if sku else None
        if goods is None:
            raise unknown_sku(("lookup_back", GOODS, sku))
        price, quantity, discount = decimal(value["price"]), decimal(value["quantity"]), decimal(value.get("discount") or 0)
        whole = price * quantity
        return {
            "goods": goods,
            "Количество": plain(quantity),
            "Цена": plain(price),
            "Сумма": plain((whole - discount).quantize(CENT)),
            "СуммаРучнойСкидки": plain(discount.quantize(CENT)),
            "ПроцентРучнойСкидки": plain((discount * 100 / whole).quantize(CENT)) if whole else 0,
            "СуммаАвтоматическойСкидки": 0,
            "ПроцентАвтоматическойСкидки": 0,
        }


@codec("site_line", "Line", "object", asks="lookup:goods_by_sku")
class SiteLine(Item):
    """A line of an order that is exchanged as with a site <-> a canonical line. Goods that the base has not brought are never written: it would
    make them. Delivery and services are goods too, as in :class:`Line`; read, they are told by their kind."""

    def __init__(self, delivery: str = "DELIVERY", service: str = "SERVICE") -> None:
        self.generic = {"delivery": delivery, "service": service}
        self.kinds = {article: kind for kind, article in self.generic.items()}

    def read(self, value: Remote, ctx: Context) -> dict[str, Json]:
        goods, kind = value.get("goods"), value.get("kind") or "product"
        sku = None if kind != "product" else (ctx.lookup(GOODS, goods) if goods else None) or value.get("Артикул") or None
        kind = self.kinds.get(str(sku), kind)
        if sku is None and kind == "product":
            raise unknown_sku(("lookup", GOODS, goods))
        price, quantity = decimal(value["Цена"]).quantize(CENT), decimal(value["Количество"])
        total = decimal(value["Сумма"]).quantize(CENT)
        return canonical_line(kind, sku if kind == "product" else None, value.get("Наименование"), quantity, price, total)

    def write(self, value: Remote, held: Remote, ctx: Context) -> dict[str, Json]:
        kind = value.get("kind") or "product"
        sku = value.get("sku") or self.generic.get(kind)
        goods = ctx.lookup_back(GOODS, str(sku)) if sku else None
        if goods is None:
            raise unknown_sku(("lookup_back", GOODS, sku or value.get("name")))
        price, quantity, discount = decimal(value["price"]), decimal(value["quantity"]), decimal(value.get("discount") or 0)
        told = {"Артикул": value.get("sku"), "Наименование": value.get("name")}
        return {name: text for name, text in told.items() if text} | {
            "goods": goods,
            "kind": kind,
            "Количество": number_text(quantity),
            "Цена": money_text(price),
            "Сумма": money_text((price * quantity - discount).quantize(CENT)),
        }


@codec("soap_line", "Line", "object")
class ToldLine(Item):
    """A line that a service of the base tells by our names <-> a canonical line. The article names the goods, the service knows which they are; those
    of delivery and services are told by theirs, as in :class:`Line`. A discount is what the sum lacks; without a sum it is what is said."""

    def __init__(self, delivery: str = "DELIVERY", service: str = "SERVICE") -> None:
        self.generic = {"delivery": delivery, "service": service}
        self.kinds = {article: kind for kind, article in self.generic.items()}

    def read(self, value: Remote, ctx: Context) -> dict[str, Json]:
        sku = value.get("sku")
        kind = value.get("kind") or self.kinds.get(str(sku), "product")
        if kind not in ("product", *self.generic):
            raise BadValue("line_unreadable", f"Неизвестный вид строки «{kind}»", f"Unknown kind of line {kind!r}")
        price, quantity = decimal(value["price"]).quantize(CENT), decimal(value["quantity"])
        told = value.get("sum")
        total = decimal(told) if told is not None else price * quantity - decimal(value.get("discount") or 0)
        return canonical_line(kind, None if sku in self.kinds else sku, value.get("name"), quantity, price, total.quantize(CENT))

    def write(self, value: Remote, held: Remote, ctx: Context) -> dict[str, Json]:
        price, quantity, discount = decimal(value["price"]), decimal(value["quantity"]), decimal(value.get("discount") or 0)
        kind = value.get("kind") or "product"
        return {
            "sku": value.get("sku") or self.generic.get(kind),
            "name": value.get("name"),
            "quantity": number_text(quantity),
            "price": money_text(price),
            "discount": money_text(discount),
            "sum": money_text((price * quantity - discount).quantize(CENT)),
            "kind": kind,
        }
