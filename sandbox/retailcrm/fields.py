"""Additional fields and lengths, as the vendor checks them. Codes that the account does not have are silently dropped (not documented)."""

from __future__ import annotations

import re
from typing import Any

from .wire import invalid

Json = Any
Row = dict[str, Any]
FORMS = {"date": re.compile(r"\d{4}-\d\d-\d\d"), "datetime": re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")}
TYPES: dict[str, Any] = {"integer": int, "numeric": (int, float), "boolean": bool}


def custom(types: dict[str, str], held: Row, given: Json) -> Row:
    """The additional fields after an edit: merged by code, empty ones gone. Raises ApiError."""
    found = dict(held)
    for code, value in given.items() if isinstance(given, dict) else ():
        kind = types.get(code)
        if kind is None:
            continue
        if value in (None, ""):
            found.pop(code, None)
            continue
        wrong = kind in TYPES and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"))
        if wrong or (kind in FORMS and not FORMS[kind].fullmatch(str(value))):
            raise invalid(f"customFields.{code}", "This value is not valid.")
        if kind == "string" and len(str(value)) > 255:
            raise invalid(f"customFields.{code}", "This value is too long. It should have 255 characters or less.")
        found[code] = value
    return found


def length(given: Row, names: tuple[str, ...]) -> None:
    for name in names:
        if len(str(given.get(name) or "")) > 255:
            raise invalid(name, "This value is too long. It should have 255 characters or less.")
