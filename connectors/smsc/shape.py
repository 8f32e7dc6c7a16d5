"""Messages of SMSC.ru as mappings see them. Pure.

One sending to several phones has one id: a message is known by id and phone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.contract import Remote
from connectors.gateways import digits, is_phone

Json = Any
Row = dict[str, Json]
MOSCOW = ZoneInfo("Europe/Moscow")  # of dates without an offset (SMSC.ru docs: status)
UNKNOWN = -3  # there is no such message, or not any more
STATES = {  # SMSC.ru docs: statuses
    -2: "queued", -1: "queued", 0: "sent", 1: "delivered", 2: "opened", 3: "expired", 4: "opened", 20: "failed", 22: "failed", 23: "blocked",
    24: "blocked", 25: "failed",
}  # fmt: skip
BY = {"10": "viber"}
NO_MESSAGE = frozenset({"4", "5", "7"})  # requests about a number, and calls (SMSC.ru docs: status, `type`)


def ident(message: Json, phone: Json) -> str:
    return f"{message}:{digits(phone)}"


def parts(key: str) -> tuple[str, str] | None:
    """Id of the sending and phone; None for what is no key."""
    message, _, phone = key.partition(":")
    return (message, phone) if message.isdigit() and is_phone(phone) else None


def message(row: Mapping[str, Json], view: str, key: tuple[str, str] | None = None) -> Remote | None:
    """One message of a history or a status. ``key``: as it was asked for; an answer does not repeat it. None: it is none, or nothing is known of it."""
    sending, phone = key or (str(row.get("id") or ""), digits(row.get("phone")))
    status = number(row.get("status"))
    if not sending.isdigit() or not is_phone(phone) or status == UNKNOWN or str(row.get("type") or "") in NO_MESSAGE:
        return None
    state = STATES.get(status) if status is not None else None
    named = ident(sending, phone)
    return Remote(named, {
        "id": named,
        "number": phone,
        "by": BY.get(str(row.get("type") or ""), "sms"),
        "sender": row.get("sender_id") or None,
        "cost": str(row["cost"]) if row.get("cost") not in (None, "") else None,
        "parts": number(row.get("sms_cnt")),
        "sent": seconds(row, "send"),
        "answered": seconds(row, "last") if status not in (None, -1, -2) else None,
        "state": state,
        "reason": reason(row) if state in ("failed", "expired", "blocked") else None,
    }, view)  # fmt: skip


def reason(row: Mapping[str, Json]) -> str:
    """The name of the state, with the number of the detail where there is one: many of those numbers have no name."""
    detail = number(row.get("err"))
    return " ".join(filter(None, (str(row.get("status_name") or ""), f"({detail})" if detail else "")))


def seconds(row: Mapping[str, Json], what: str) -> int | None:
    """Unix seconds of ``<what>_timestamp``, else of ``<what>_date``, which is Moscow's."""
    stamp = number(row.get(f"{what}_timestamp"))
    if stamp:
        return stamp
    try:
        return int(datetime.strptime(str(row.get(f"{what}_date")), "%d.%m.%Y %H:%M:%S").replace(tzinfo=MOSCOW).timestamp())
    except ValueError:
        return None


def number(value: Json) -> int | None:
    """A whole number, which comes as a number or as text."""
    try:
        return int(str(value))
    except ValueError:
        return None
