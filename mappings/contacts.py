"""Codecs for a person's phones, e-mails and cards where a system keeps them as text; the same for every vendor.

All are lenses: what the system holds now is kept while it already says the same, spelling, words and all.
"""

from __future__ import annotations

import re
from typing import Any

from mappings import phones
from mappings.codec import BadValue, Context, codec

Json = Any
Items = list[dict[str, Json]]

_NOTHING = re.compile(r"\s*(?:нет(?:\s+телефона|\s+почты|\s+e-?mail)?|не\s*указан[аоы]?|отсутствует|none|no|n/a|0+|[-–—.?\s]*)\s*", re.I)
_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\"']+@[^\s@,;:<>()\[\]\"'.]+(?:\.[^\s@,;:<>()\[\]\"'.]+)+")


def no_phone() -> BadValue:
    return BadValue("phone_impossible", "Ни одного возможного номера телефона", "No possible phone number")


def no_email() -> BadValue:
    return BadValue("email_impossible", "Это не адрес электронной почты", "Not an e-mail address")


def said(wanted: Items | None, key: str) -> list[str]:
    """The values of a canonical list, each once, those not marked invalid first when only one can be kept."""
    return list(dict.fromkeys(str(item[key]) for item in wanted or () if item.get(key)))


def best(wanted: Items | None, key: str) -> list[str]:
    """Like :func:`said`, but values marked invalid come last."""
    return said(sorted(wanted or (), key=lambda item: bool(item.get("invalid"))), key)


def or_empty(text: str, held: Json) -> Json:
    """Empty text, said as the system says it."""
    return text or (held if held in (None, "") else "")


# --- phones -------------------------------------------------------------------------------------------


def read_phones(text: str) -> list[str]:
    """The numbers in a text. Raises BadValue when it has digits and none can be a phone."""
    found = phones.numbers(text)
    if not found and any(c.isdigit() for c in text) and not _NOTHING.fullmatch(text):
        raise no_phone()
    return found


@codec("phones_text")
class PhonesText:
    """Free text <-> canonical phones. ``8 903 … муж, 8 926 … Маша`` keeps its words and its second number."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> Items | None:
        return [{"number": number, "invalid": False} for number in read_phones(str(value or ""))] or None

    @staticmethod
    def encode(value: Items | None, held: Json, ctx: Context) -> Json:
        text, wanted = str(held or ""), said(value, "number")
        if phones.numbers(text) == wanted:
            return held if held is not None else or_empty("", held)
        if _NOTHING.fullmatch(text):
            text = ""
        return or_empty(phones.rewrite(text, wanted), held)


@codec("single_phone")
class SinglePhone:
    """A field for one number <-> canonical phones. The held number stays while the record still has it."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> Items | None:
        return [{"number": number, "invalid": False} for number in read_phones(str(value or ""))[:1]] or None

    @staticmethod
    def encode(value: Items | None, held: Json, ctx: Context) -> Json:
        return one_phone(best(value, "number"), held)


def one_phone(wanted: list[str], held: Json) -> Json:
    """The text that says one of ``wanted``: the held one if it may stay, else the first, words beside a lone number kept."""
    found = phones.numbers(str(held or ""))
    if found[:1] == wanted[:1] or (found and found[0] in wanted):
        return held
    if not wanted:
        return ""
    return phones.replace(str(held), found[0], wanted[0]) if len(found) == 1 else wanted[0]


@codec("phone_text")
class PhoneText:
    """A field for one number <-> one E.164 text (an order's contact, a call's other end)."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> str | None:
        return next(iter(read_phones(str(value or ""))), None)

    @staticmethod
    def encode(value: str | None, held: Json, ctx: Context) -> Json:
        return one_phone([value] if value else [], held)


# --- e-mails ------------------------------------------------------------------------------------------


def read_emails(text: str) -> list[str]:
    """Addresses in a text, lower case. Raises BadValue when it says something and has none."""
    found = list(dict.fromkeys(match[0].strip(".").lower() for match in _EMAIL.finditer(text)))
    if not found and not _NOTHING.fullmatch(text):
        raise no_email()
    return found


def addresses(text: str) -> list[str]:
    """Like :func:`read_emails`, with nothing where there is none."""
    try:
        return read_emails(text)
    except BadValue:
        return []


@codec("emails_text")
class EmailsText:
    """Free text <-> canonical e-mails; what stands beside the addresses is kept."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> Items | None:
        return [{"address": address, "invalid": False} for address in read_emails(str(value or ""))] or None

    @staticmethod
    def encode(value: Items | None, held: Json, ctx: Context) -> Json:
        text, wanted = str(held or ""), said(value, "address")
        if addresses(text) == wanted:
            return held if held is not None else or_empty("", held)
        return or_empty(rewrite_emails(text, wanted), held)


def rewrite_emails(text: str, wanted: list[str]) -> str:
    """``text`` with one changed address replaced where it stands; any other change says the list anew."""
    held = addresses(text)
    gone = [address for address in held if address not in wanted]
    new = [address for address in wanted if address not in held]
    if len(gone) == len(new):
        for old, fresh in zip(gone, new, strict=True):
            text = re.sub(re.escape(old), fresh.replace("\\", "\\\\"), text, flags=re.I)
    elif not gone and not _NOTHING.fullmatch(text):
        text = ", ".join([text.rstrip(" ,;"), *new])
    return text if addresses(text) == wanted else ", ".join(wanted)


@codec("single_email")
class SingleEmail:
    """A field for one address <-> canonical e-mails. The held address stays while the record still has it."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> Items | None:
        return [{"address": address, "invalid": False} for address in read_emails(str(value or ""))[:1]] or None

    @staticmethod
    def encode(value: Items | None, held: Json, ctx: Context) -> Json:
        return one_email(best(value, "address"), held)


def one_email(wanted: list[str], held: Json) -> Json:
    found = addresses(str(held or ""))[:1]
    if found == wanted[:1] or (found and found[0] in wanted):
        return held
    return wanted[0] if wanted else ""


@codec("email_text")
class EmailText:
    """A field for one address <-> one address (an order's contact)."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> str | None:
        return next(iter(read_emails(str(value or ""))), None)

    @staticmethod
    def encode(value: str | None, held: Json, ctx: Context) -> Json:
        return one_email([value.lower()] if value else [], held)


# --- cards --------------------------------------------------------------------------------------------


@codec("single_card")
class SingleCard:
    """A field for one card number <-> canonical cards. The held card stays while the record still has it."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> Items | None:
        number = str(value or "").strip()
        return [{"number": number, "type": None}] if number else None

    @staticmethod
    def encode(value: Items | None, held: Json, ctx: Context) -> Json:
        wanted, number = said(value, "number"), str(held or "").strip()
        if number in wanted or (not number and not wanted):
            return held
        return wanted[0] if wanted else ""
