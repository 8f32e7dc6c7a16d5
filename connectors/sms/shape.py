"""Messages and entries of the stop list between the gateway's words and what mappings see. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.contract import Remote

Json = Any
Row = dict[str, Json]
# what `extendStatus` says goes before the number, of which papers disagree (SMS Aero docs: statuses; 3 is "handed over" in one, "rejected" in another)
WORDS = {
    "queue": "queued", "moderation": "queued", "wait": "queued", "wait status": "sent", "send": "sent", "sent": "sent", "transmitted": "sent", "delivery": "delivered",
    "delivered": "delivered", "read": "opened", "fail": "failed", "failed": "failed", "undelivered": "failed", "not delivered": "failed", "expired": "expired", "reject": "blocked", "rejected": "blocked",
}  # fmt: skip
NUMBERS = {0: "queued", 1: "delivered", 2: "failed", 3: "sent", 4: "sent", 6: "blocked", 8: "queued"}
BY = {"VIBER": "viber", "TELEGRAM": "messenger", "WHATSAPP": "messenger"}  # by the channel's name; whatever else is named is an SMS


def message(row: Mapping[str, Json], view: str) -> Remote:
    """One message. Numbers come as numbers and as text, by method; what a cost is in the gateway's account is roubles."""
    state = state_of(row)
    made: Row = {
        "id": int(row["id"]),
        "number": str(row.get("number") or ""),
        "by": next((way for name, way in BY.items() if name in str(row.get("channel") or "").upper()), "sms"),
        "sender": row.get("from"),
        "cost": str(row["cost"]) if row.get("cost") not in (None, "") else None,
        "sent": _seconds(row.get("dateSend")) or _seconds(row.get("dateCreate")),
        "answered": _seconds(row.get("dateAnswer")),
        "state": state,
        "reason": str(row.get("extendStatus") or "") if state in ("failed", "expired", "blocked") else None,
    }
    return Remote(str(made["id"]), made, view)


def state_of(row: Mapping[str, Json]) -> str | None:
    """What became of a message, by the word and else by the number; None for what no paper explains."""
    word = " ".join(re.split(r"[\s_-]+", str(row.get("extendStatus") or "").strip().lower()))
    if word in WORDS:
        return WORDS[word]
    number = str(row.get("status") if row.get("status") is not None else "")
    return NUMBERS.get(int(number)) if number.isdigit() else None


def created(row: Mapping[str, Json]) -> int:
    return _seconds(row.get("dateCreate")) or 0


def _seconds(value: Json) -> int | None:
    return int(value) if str(value or "").isdigit() and int(value) else None


def stop(number: str, row: Mapping[str, Json] | None, view: str) -> Remote:
    """A phone, and whether it stands on the list. It is known by its digits: the list's own number of an entry goes with the entry."""
    names = " ".join(str(row[name]) for name in ("lname", "fname", "sname") if row.get(name)) if row else ""
    return Remote(number, {"id": number, "number": number, "refused": row is not None, "names": names}, view)
