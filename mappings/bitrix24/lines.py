"""Product rows of Bitrix24: prices after discount and tax, as exact as the portal keeps them, and goods by their SKU."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mappings.codec import BadValue, Context, codec
from mappings.free_lines import free_name, told
from mappings.lines import canonical_line
from mappings.lists import Item
from mappings.scalars import CENT, as_text, decimal, plain

Json = Any
Remote = Mapping[str, Json]
HALF_A_KOPECK = Decimal("0.00501")  # prices of the portal are binary fractions
GOODS = "goods_by_sku"
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


def same_or(held: Json, wanted: Decimal) -> Json:
    """The held number, in whatever form, if it equals ``wanted``; else ``wanted``."""
    return held if held not in (None, "") and decimal(held) == wanted else plain(wanted)
