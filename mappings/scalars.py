"""Codecs that every vendor shares: text, numbers, yes and no, words in a list."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from mappings.codec import BadValue, Context, Lens, codec

Json = Any
CENT = Decimal("0.01")
LARGEST = 15  # digits before the point, or zeros after it; beyond them stands no sum of money and no count


def as_text(value: Json) -> str:
    """A JSON scalar as text without spaces around it, "" where there is nothing. Raises BadValue for lists and objects."""
    if isinstance(value, str):
        return value.strip()
    if value is None or value == [] or value == {}:
        return ""
    if isinstance(value, (dict, list)):
        raise BadValue("text_unreadable", "Ожидался текст", "Expected text")
    return str(value).strip()


def decimal(value: Json) -> Decimal:
    """A JSON number or numeric text (``1234.5``, ``1 234,50``) as Decimal. Raises BadValue."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = _typed_by_hand(value)
    if not found.is_finite() or (found and not -LARGEST <= found.adjusted() < LARGEST):
        raise unreadable_number()
    return found


def _typed_by_hand(value: Json) -> Decimal:
    try:
        return Decimal("".join(str(value).split()).replace(",", "."))
    except InvalidOperation:
        raise unreadable_number() from None


def unreadable_number() -> BadValue:
    return BadValue("number_unreadable", "Это не число", "Not a number")


def plain(value: Decimal) -> int | float:
    """A Decimal as a JSON number: whole where it is whole."""
    return int(value) if value == value.to_integral_value() else float(value)


def empty_or_blank(held: Json) -> Json:
    """Nothing, said as the system says it: what is held if that is null or "", else ""."""
    return held if held in (None, "") else ""


@codec("text", "text", "string integer number")
class Text(Lens):
    """Text without spaces around it, cut to ``max`` characters on write; what is cut already and says the same is kept."""

    def __init__(self, max: int | None = None) -> None:
        self.max = max

    def decode(self, value: Json, ctx: Context) -> str | None:
        return as_text(value) or None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        text = self.cut(as_text(value))
        if not text:
            return empty_or_blank(held)
        return held if not isinstance(held, (dict, list)) and as_text(held) == text else text

    def cut(self, text: str) -> str:
        return text[: self.max].rstrip() if self.max else text


@codec("web_address", "text", "string")
class WebAddress(Text):
    """An address of the web as text. What is none, such as a vendor's own id of a recording, is of no use elsewhere and written as nothing."""

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return super().say(value if as_text(value).startswith(("https://", "http://")) else None, held, ctx)


@codec("squeezed", "text", "string")
class Squeezed(Text):
    """Text made of parts: one space between words, none at the ends, cut to ``max`` characters (255 unless told). ``gap``: what is said for
    want of anything to say, such as a name: it never takes the place of what somebody has typed there."""

    def __init__(self, max: int = 255, gap: str = "") -> None:
        super().__init__(max)
        self.gap = gap

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        text = " ".join(as_text(value).split())
        if self.gap and f"{text} ".startswith(f"{self.gap} ") and as_text(held):
            return held
        return super().say(text, held, ctx)


@codec("integer", "integer", "string integer number")
class Integer(Lens):
    """A whole number, also typed as text."""

    def decode(self, value: Json, ctx: Context) -> int | None:
        if value in (None, ""):
            return None
        found = decimal(value)
        if found != found.to_integral_value():
            raise BadValue("number_unreadable", "Ожидалось целое число", "Expected a whole number")
        return int(found)

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return None if value is None else int(decimal(value))


@codec("decimal", "decimal", "string integer number")
class Number(Lens):
    """A number with any count of digits <-> decimal text without needless zeros. ``text: true`` writes text."""

    def __init__(self, text: bool = False) -> None:
        self.text = text

    def decode(self, value: Json, ctx: Context) -> str | None:
        return None if value in (None, "") else number_text(decimal(value))

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if value is None:
            return empty_or_blank(held)
        wanted = decimal(value)
        return number_text(wanted) if self.text else plain(wanted)


def number_text(value: Decimal) -> str:
    """A Decimal as canonical text: ``2`` and not ``2.00``."""
    return format(value.normalize(), "f") if value else "0"


def money_text(value: Decimal) -> str:
    """A Decimal as canonical roubles: two digits after the point, never minus zero."""
    return str(value.quantize(CENT) + 0)


@codec("pieces", "decimal", "integer number string")
class Pieces(Lens):
    """How many there are: a shop counts whole pieces, so that a part of one is not sold."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return None if value in (None, "") else number_text(decimal(value))

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return None if value in (None, "") else int(decimal(value))


@codec("money", "money", "string integer number")
class Money(Lens):
    """Roubles as a number or text <-> text with two digits. ``text: true`` writes text."""

    def __init__(self, text: bool = False) -> None:
        self.text = text

    def decode(self, value: Json, ctx: Context) -> str | None:
        return None if value in (None, "") else money_text(decimal(value))

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if value is None:
            return empty_or_blank(held)
        wanted = decimal(value)
        return money_text(wanted) if self.text else plain(wanted)


@codec("kopecks", "money", "kopecks integer number string")
class Kopecks(Lens):
    """Kopecks as a number <-> roubles as text with two digits. Half a kopeck that a vendor counts is rounded on read and kept on write."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return None if value in (None, "") else money_text(decimal(value) / 100)

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return None if value is None else plain(decimal(value) * 100)


_YES, _NO = frozenset({"true", "1", "y", "yes", "да"}), frozenset({"false", "0", "n", "no", "нет"})


@codec("boolean", "boolean", "boolean string integer")
class Boolean(Lens):
    """A JSON boolean, or a word for it in what is read (``1``, ``Y``, ``да`` ...) <-> true or false. Written as a JSON boolean;
    for other written forms use a table: ``{Y: true, N: false}``."""

    def decode(self, value: Json, ctx: Context) -> bool | None:
        word = as_text(value).lower()
        if word in _YES or word in _NO:
            return word in _YES
        if word:
            raise BadValue("boolean_unreadable", "Ожидалось да или нет", "Expected yes or no")
        return None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return None if value is None else bool(value)


@codec("tags", "list[text]", "list")
class Tags:
    """A list of words <-> the same, empty as None. Order means nothing: another order is kept."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> list[str] | None:
        if value is not None and not isinstance(value, list):
            raise BadValue("list_unreadable", "Ожидался список", "Expected a list")
        return [word for item in value or () if (word := as_text(item))] or None

    @staticmethod
    def encode(value: list[str] | None, held: Json, ctx: Context) -> Json:
        try:
            if sorted(Tags.decode(held, ctx) or ()) == sorted(value or ()):
                return held
        except BadValue:
            if not value:
                return held
        return list(value or ())
