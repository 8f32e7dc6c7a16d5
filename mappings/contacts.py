"""Codecs for a person's phones and e-mails where a system keeps them as text; the same for every vendor.

All are lenses: what the system holds now is kept while it already says the same, spelling, words and all. What cannot be read is never
erased for an empty value: a person typed it, and it may be half a number.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from mappings import phones
from mappings.codec import BadValue, Context, codec
from mappings.scalars import as_text

Json = Any
Items = list[dict[str, Json]]

_NOTHING = re.compile(r"\s*(?:нет(?:\s+телефона|\s+почты|\s+e-?mail)?|не\s*указан[аоы]?|отсутствует|none|no|n/a|0+|[-–—.?\s]*)\s*", re.I)
_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\"']+@[^\s@,;:<>()\[\]\"'.]+(?:\.[^\s@,;:<>()\[\]\"'.]+)+")

FORMS = {"plus": "", "digits": "+", "ten": "+7"}  # what goes from the front of an E.164 number


def no_phone() -> BadValue:
    return BadValue("phone_impossible", "Ни одного возможного номера телефона", "No possible phone number")


def no_email() -> BadValue:
    return BadValue("email_impossible", "Это не адрес электронной почты", "Not an e-mail address")


def says_nothing(text: str) -> bool:
    """Whether a text is empty or one of the words that people type for "none"."""
    return _NOTHING.fullmatch(text) is not None


def said(wanted: Items | None, key: str) -> list[str]:
    """The values of a canonical list, each once, those not marked invalid first when only one can be kept."""
    return list(dict.fromkeys(str(item[key]) for item in wanted or () if item.get(key)))


def best(wanted: Items | None, key: str) -> list[str]:
    """Like :func:`said`, but values marked invalid come last."""
    return said(sorted(wanted or (), key=lambda item: bool(item.get("invalid"))), key)


def text_or_blank(held: Json) -> str:
    """What is held as text; "" where it is of a shape that no text has."""
    return "" if isinstance(held, (dict, list)) else as_text(held)


def read_phones(text: str) -> list[str]:
    """The numbers in a text. Raises BadValue when it has digits and none can be a phone."""
    found = phones.numbers(text)
    if not found and any(c.isdigit() for c in text) and not says_nothing(text):
        raise no_phone()
    return found


@codec("phones_text", "list[Phone]", "string")
class PhonesText:
    """Free text <-> canonical phones. ``8 903 … муж, 8 926 … Маша`` keeps its words and its second number."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> Items | None:
        return [{"number": number, "invalid": False} for number in read_phones(as_text(value))] or None

    @staticmethod
    def encode(value: Items | None, held: Json, ctx: Context) -> Json:
        text, wanted = text_or_blank(held), said(value, "number")
        if phones.numbers(text) == wanted:
            return held
        if says_nothing(text):
            text = ""
        return phones.rewrite(text, wanted)


class Written:
    """How a field for one number wants a new one written. ``form``: ``plus`` +79031234567, ``digits`` 79031234567, ``ten`` 9031234567, for
    fields that hold Russian numbers alone."""

    def __init__(self, form: str = "plus") -> None:
        if form not in FORMS:
            raise TypeError(f"form is one of {', '.join(FORMS)}, not {form}")
        self.form = form

    def one(self, wanted: list[str], held: Json) -> Json:
        """As :func:`one_phone`; what is new stands alone in a field that takes digits only. Raises BadValue for a number without such a form."""
        text = one_phone(wanted, held)
        return text if text == held or text not in wanted else self._said(text)

    def _said(self, number: str) -> str:
        text = number.removeprefix(FORMS[self.form])
        if not number.startswith(FORMS[self.form]) or phones.numbers(text) != [number]:
            raise BadValue("phone_foreign", "Поле принимает только российские номера", "The field takes Russian numbers alone")
        return text


@codec("single_phone", "list[Phone]", "string")
class SinglePhone(Written):
    """A field for one number <-> canonical phones. The held number stays while the record still has it."""

    def decode(self, value: Json, ctx: Context) -> Items | None:
        return [{"number": number, "invalid": False} for number in read_phones(as_text(value))[:1]] or None

    def encode(self, value: Items | None, held: Json, ctx: Context) -> Json:
        return self.one(best(value, "number"), held)


def one_phone(wanted: list[str], held: Json) -> Json:
    """The text that says one of ``wanted``: the held one if it may stay; struck out, the newest, words beside a lone number kept; where none
    was, the first."""
    text = text_or_blank(held)
    found = phones.numbers(text)
    if found and found[0] in wanted:
        return held
    if not wanted:
        return "" if found else held
    chosen = wanted[-1] if found else wanted[0]
    fresh = phones.replace(text, found[0], chosen) if len(found) == 1 else chosen
    return fresh if phones.numbers(fresh)[:1] == [chosen] else chosen


@codec("phone", "text", "string")
class OnePhone(Written):
    """A field for one number <-> one E.164 text (an order's contact, a call's other end)."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return next(iter(read_phones(as_text(value))), None)

    def encode(self, value: str | None, held: Json, ctx: Context) -> Json:
        return self.one([value] if value else [], held)


def read_emails(text: str) -> list[str]:
    """Addresses in a text, lower case. Raises BadValue when it says something and has none."""
    found = addresses(text)
    if not found and not says_nothing(text):
        raise no_email()
    return found


def addresses(text: str) -> list[str]:
    """Like :func:`read_emails`, with nothing where there is none."""
    return list(_addresses(text))


@lru_cache(maxsize=65536)  # the same field is read at every look of its object
def _addresses(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match[0].strip(".").lower() for match in _EMAIL.finditer(text)))


@codec("emails_text", "list[Email]", "string")
class EmailsText:
    """Free text <-> canonical e-mails; what stands beside the addresses is kept."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> Items | None:
        return [{"address": address, "invalid": False} for address in read_emails(as_text(value))] or None

    @staticmethod
    def encode(value: Items | None, held: Json, ctx: Context) -> Json:
        text, wanted = text_or_blank(held), said(value, "address")
        if addresses(text) == wanted:
            return held
        return rewrite_emails(text, wanted)


def rewrite_emails(text: str, wanted: list[str]) -> str:
    """``text`` with one changed address replaced where it stands; any other change says the list anew."""
    held = addresses(text)
    gone = [address for address in held if address not in wanted]
    new = [address for address in wanted if address not in held]
    if len(gone) == len(new):
        for old, fresh in zip(gone, new, strict=True):
            text = re.sub(re.escape(old), fresh.replace("\\", "\\\\"), text, flags=re.I)
    elif not gone and not says_nothing(text):
        text = ", ".join([text.rstrip(" ,;"), *new])
    return text if addresses(text) == wanted and wanted else ", ".join(wanted)


@codec("single_email", "list[Email]", "string")
class SingleEmail:
    """A field for one address <-> canonical e-mails. The held address stays while the record still has it; struck out, the newest one
    takes its place (an older one may be that of another account)."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> Items | None:
        return [{"address": address, "invalid": False} for address in read_emails(as_text(value))[:1]] or None

    @staticmethod
    def encode(value: Items | None, held: Json, ctx: Context) -> Json:
        return one_email(best(value, "address"), held)


def one_email(wanted: list[str], held: Json) -> Json:
    text = text_or_blank(held)
    found = addresses(text)
    if found and found[0] in wanted:
        return held
    if wanted:
        return wanted[-1] if found else wanted[0]
    return "" if found else held


@codec("email", "text", "string")
class OneEmail:
    """A field for one address <-> one address (an order's contact)."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> str | None:
        return next(iter(read_emails(as_text(value))), None)

    @staticmethod
    def encode(value: str | None, held: Json, ctx: Context) -> Json:
        return one_email([value.lower()] if value else [], held)
