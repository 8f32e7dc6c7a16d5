"""BonusPlus's forms: cards that requests take, dates of two spellings, what burns next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mappings.cards import among
from mappings.codec import BadValue, Context, Lens, codec
from mappings.contacts import said, text_or_blank
from mappings.scalars import as_text, decimal, money_text
from mappings.times import day_text, unreadable_time

Json = Any
EAN = re.compile(r"\d{8}|\d{13}")


@codec("bonusplus_card", "list[Card]", "string")
class Card:
    """A card's number <-> canonical cards. Only EAN-8 and EAN-13 are ever said, with a zero in front only where none is held (updates take a
    number); a held card stays while the record has it or no other that could take its place: the programme gives cards, nobody takes them."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> list[dict[str, Json]] | None:
        number = as_text(value)
        return [{"number": number, "type": None}] if number else None

    @staticmethod
    def encode(value: list[dict[str, Json]] | None, held: Json, ctx: Context) -> Json:
        wanted, number = said(value, "number"), text_or_blank(held)
        fit = [one for one in wanted if EAN.fullmatch(one) and not (number and one.startswith("0"))]
        if among(number, wanted) or not fit:
            return held
        return fit[-1] if number else fit[0]


@codec("bonusplus_date", "date", "time string")
class Day(Lens):
    """A birthday as a time with an offset, or ``DD.MM.YYYY`` <-> ``YYYY-MM-DD``."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        text = as_text(value)
        if not text:
            return None
        if re.fullmatch(r"\d{1,2}\.\d{1,2}\.\d{4}", text):
            try:
                return datetime.strptime(text, "%d.%m.%Y").date().isoformat()
            except ValueError:
                raise unreadable_time() from None
        return day_text(text)

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if not value:
            return held if held in (None, "") else ""
        return day_text(value)


@codec("bonusplus_burn", "text", "any")
class Burn(Lens):
    """What burns next, as ``2026-12-01: 100.00``. Read only: the programme alone decides."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        if not value:
            return None
        if not isinstance(value, Mapping):
            raise BadValue("burn_unreadable", "Непонятное сгорание баллов", "An unreadable next burn")
        return f"{day_text(value.get('date'))}: {money_text(decimal(value.get('amount')))}"

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if not value:
            return held if held in (None, "") else None
        day, _, amount = str(value).partition(": ")
        return {"date": day_text(day), "amount": money_text(decimal(amount))}
