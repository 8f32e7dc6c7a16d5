"""SMS gateways: what their vendors tell alike. Messages that other programs send are read as facts; the hub sends nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from connectors.contract import Finding, Representation, ResourceManifest, Telling

Json = Any
MESSAGE = "message"
HOUR = 3600.0
LATE = 25 * HOUR  # after a day a gateway gives up on a phone that is off, and a margin
# Fields of a message as connectors show it; "-" before the type: read only. Its text is not among them: it may be a code.
FIELDS = {"number": "-string", "by": "-string", "state": "-string", "reason": "-string", "cost": "-money", "sender": "-string", "sent": "-time", "answered": "-time"}  # fmt: skip


def messages(source: str) -> ResourceManifest:
    """The manifest of messages. ``source``: where the vendor says who is told of a delivery."""
    whole = Representation()
    return ResourceManifest(
        entity="message",
        operations={},  # a repeated sending sends, and bills, again: the hub sends none
        representations={"list": whole, "fetch": whole, "answer": whole},
        fetch_batch=10,
        overlap=3600.0,  # what became of a message is told later: ``back`` says how far is read again
        fact=True,
        moves_on=True,
        writable=False,
        telling=Telling(frozenset({"changed"}), typed=True, source=source),
    )


def back(cursor: Mapping[str, Json], now: float) -> tuple[float, float]:
    """From when a list without a time of change is read again, and when it was last read back far. Each pass reads what was sent in the last hour before
    ``cursor["mark"]``, and once an hour one goes back a day and more: reports that were lost on their way are made up for. 0: from the beginning."""
    mark, deep = float(cursor.get("mark", 0)), float(cursor.get("deep", 0))
    late = now - deep >= HOUR
    return max(0.0, mark - (LATE if late else HOUR)) if mark else 0.0, now if late else deep


def digits(phone: Json) -> str:
    """A phone as gateways write it: digits with the country's code, no plus."""
    return re.sub(r"\D", "", str(phone or ""))


def is_phone(number: str) -> bool:
    return number.isdigit() and 11 <= len(number) <= 15


def said(body: bytes) -> dict[str, str]:
    """The fields of a report, which is a form or JSON; none where it is neither."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {}
    if not text.lstrip().startswith(("{", "[")):
        return {name: values[0].strip() for name, values in parse_qs(text).items()}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {name: str(value if value is not None else "").strip() for name, value in found.items()} if isinstance(found, dict) else {}


def money(balance: Json, fix: tuple[str, str]) -> Finding:
    """Without money nothing is sent: the history of contacts would stop without a word. ``fix``: where to pay, in Russian and English."""
    try:
        left = float(balance)
    except (TypeError, ValueError) as error:
        return Finding("money", False, f"Остаток не виден: {error}", f"The balance is not seen: {error}", warn=True)
    ru, en = f"На счёте {left:.2f} ₽", f"The account has {left:.2f} roubles"
    return Finding("money", left > 0, ru, en, *(("", "") if left > 0 else fix), warn=left <= 0)
