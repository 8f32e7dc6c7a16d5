"""A customer's consents as the record page shows them: what holds now, and every answer before it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.language.shown import ANSWERS, Shown

Json = Any


@dataclass(frozen=True, slots=True)
class Row:
    """One consent, or one answer of its history; texts as they are shown. ``words``: the answers, newest first."""

    purpose: str
    channel: str
    brand: str
    answer: str
    time: str
    source: str
    text: str
    system: str = ""
    words: tuple[Row, ...] = ()


def consents_of(data: Mapping[str, Json], shown: Shown) -> list[Row]:
    """What a person was asked, and answered; an answer that nobody gave is told as not known."""
    history = data.get("consent_history") or []
    found = []
    for one in data.get("consents") or ():
        words = tuple(_row(word, shown) for word in reversed(history) if _key(word) == _key(one))
        found.append(_row(one, shown, words))
    return found


def _key(one: Mapping[str, Json]) -> tuple[str, ...]:
    return tuple(str(one.get(name) or "") for name in ("purpose", "channel", "brand"))


def _row(one: Mapping[str, Json], shown: Shown, words: tuple[Row, ...] = ()) -> Row:
    purpose, channel, brand = _key(one)
    try:
        time = shown.say.moment(datetime.fromisoformat(str(one["time"])).timestamp()) if one.get("time") else ""
    except ValueError:
        time = str(one["time"])
    source, text, system = (str(one.get(name) or "") for name in ("source", "text", "system"))
    return Row(purpose, channel, brand, shown.say(ANSWERS[one.get("value")]), time, source, text, system, words)
