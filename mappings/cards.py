"""Codecs for discount cards, as text: zeros in front belong to the number, and every letter too.

Two systems seldom keep one card alike. A till reads it with a scanner, which sets marks of its own before and after the number (a stripe's
``;…?``, a bar code's ``]C0``), and a bar code ends with a check digit that an office leaves out. The codec's arguments say what stands in
the field beside the number: ``strip`` lists marks, ``check`` names the check digit (``ean13``, ``luhn``), ``drop`` says that the number goes
without it elsewhere. As with every lens, what a field holds stays as it is while it names the same card, in whichever spelling.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mappings.codec import BadValue, Context, codec
from mappings.contacts import said, text_or_blank
from mappings.scalars import as_text

Json = Any
Items = list[dict[str, Json]]
TWINS = str.maketrans("авекмнорстухё", "abekmhopctyxe")  # letters that look alike on a card, small


def folded_card(number: Json) -> str:
    """A card's number as it is compared, never as it is kept: letters of any case, Cyrillic or Latin, without spaces and dashes. It is text:
    leading zeros count."""
    return re.sub(r"[\s\-‐-―]+", "", str(number or "").casefold()).translate(TWINS)


def one_card(number: Json) -> str:
    """What all spellings of one card of one person share: the same, and leading zeros, which a table of figures loses, do not count."""
    folded = folded_card(number)
    return folded.lstrip("0") or folded


def among(number: str, others: Iterable[str]) -> bool:
    """Whether a card is one of others, in whichever spelling."""
    return bool(number) and one_card(number) in {one_card(one) for one in others}


def luhn(digits: str) -> str:
    """The check digit of a number by ISO/IEC 7812-1: from the right every other digit is doubled."""
    doubled = [sum(divmod(2 * int(one), 10)) if at % 2 == 0 else int(one) for at, one in enumerate(reversed(digits))]
    return str(-sum(doubled) % 10)


def ean13(digits: str) -> str:
    """The check digit of twelve digits by GS1: from the left every other digit counts three times."""
    return str(-sum(int(one) * (3 if at % 2 else 1) for at, one in enumerate(digits)) % 10)


CHECKS: dict[str, tuple[Callable[[str], str], int | None]] = {"luhn": (luhn, None), "ean13": (ean13, 12)}  # and how many digits it is of


class Cards:
    """How one system writes a card. Raises ValueError for arguments that say nothing sensible."""

    def __init__(self, strip: Sequence[str] = (), check: str = "", drop: bool = False) -> None:
        if check and check not in CHECKS:
            raise ValueError(f"check is one of {', '.join(sorted(CHECKS))}, not {check!r}")
        if drop and not check:
            raise ValueError("`drop` leaves a check digit out: say which, `check: ean13`")
        self.strip, self.check, self.drop = sorted((str(mark) for mark in strip if mark), key=len, reverse=True), check, drop

    def number(self, held: Json) -> str:
        """The card in a field; empty where there is none. Raises BadValue where its check digit is wrong: it was mistyped or misread."""
        text = self._bare(text_or_blank(held))
        if not self.check or not text:
            return text
        digit, of = CHECKS[self.check]
        body, last = text[:-1], text[-1]
        if not text.isdecimal() or not body or (of is not None and len(body) != of) or digit(body) != last:
            raise BadValue(
                "card_check", f"Контрольная цифра карты неверна ({self.check})", f"The card's check digit is wrong ({self.check})"
            )
        return body if self.drop else text

    def text(self, number: str) -> str:
        """The number as the system writes it. Raises BadValue where a check digit can not be made for it."""
        if not self.drop:
            return number
        digit, of = CHECKS[self.check]
        if not number.isdecimal() or (of is not None and len(number) != of):
            raise BadValue(
                "card_check", f"У такого номера нет контрольной цифры {self.check}", f"Such a number has no check digit {self.check}"
            )
        return number + digit(number)

    def _bare(self, text: str) -> str:
        before = None
        while before != text:
            before = text
            for mark in self.strip:
                text = text.removeprefix(mark).removesuffix(mark).strip()
        return text


@codec("single_card", "list[Card]", "string")
class SingleCard(Cards):
    """A field for one card <-> canonical cards. The held card stays while the record still has it; struck out, the newest one takes its
    place."""

    def decode(self, value: Json, ctx: Context) -> Items | None:
        number = self.number(as_text(value))
        return [{"number": number, "type": None}] if number else None

    def encode(self, value: Items | None, held: Json, ctx: Context) -> Json:
        wanted, text = said(value, "number"), text_or_blank(held)
        try:
            number = self.number(held)
        except BadValue:
            if not wanted:  # nobody wished away what nobody could read
                return held
            number = ""
        if among(number, wanted) or (not number and not wanted):
            return held
        if not wanted:
            return ""
        return self.text(wanted[-1] if text else wanted[0])


@codec("card", "text", "string")
class OneCard(Cards):
    """A field for one card <-> one number: the card that an order was made with."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return self.number(as_text(value)) or None

    def encode(self, value: str | None, held: Json, ctx: Context) -> Json:
        try:
            if one_card(self.number(held)) == one_card(value):
                return held
        except BadValue:
            if not value:  # nobody wished away what nobody could read
                return held
        return self.text(value) if value else ""
