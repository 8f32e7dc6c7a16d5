"""Phones and e-mails that stand in a request in clear: of a program that tells people as digests alone there must be none."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from flask import Request

PHONE = re.compile(r"(?<!\w)(?:\+?7|8)?[ (-]*9\d{2}[ )-]*\d{3}[ -]?\d{2}[ -]?\d{2}(?!\w)")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-zА-я]{2,}")


def in_clear(text: str) -> list[str]:
    """Everything in a text that is a Russian mobile phone, however it is typed, or an e-mail. A digest is neither."""
    return [found.group().strip() for kind in (PHONE, EMAIL) for found in kind.finditer(text)]


def of_request(request: Request) -> list[str]:
    """The same of an address and a body; files and fields can still be read afterwards."""
    return in_clear(unquote_plus(request.full_path)) + in_clear(request.get_data(cache=True).decode(errors="replace"))
