"""Calls: what the exchange told, against the notes in MoySklad and the statistics of the CRM. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.judge.purchases import Talk

MOSCOW = timezone(timedelta(hours=3))
WAYS = {"out": "исходящий", "in": "входящий"}
OUTCOMES = {"200": "поговорили", "304": "не дозвонились", "603": "не дозвонились", "486": "занято"}
NOTE = re.compile(
    r"Звонок (?P<way>\w+) (?P<start>\d\d\.\d\d\.\d{4} \d\d:\d\d)(?:, (?:(?P<minutes>\d+) мин ?)?(?:(?P<seconds>\d+) с)?)?: (?P<outcome>[^.]+)"
)
CallView = tuple[tuple[str, Any], ...]


def said(one: Talk) -> CallView:
    """A call as the note of it must read."""
    start = datetime.fromisoformat(one.start).astimezone(MOSCOW)
    fields = {"direction": WAYS[one.direction], "start": f"{start:%d.%m.%Y %H:%M}", "duration": one.duration, "outcome": OUTCOMES[one.code]}
    return tuple(fields.items()) + (("phone", one.phone[-10:]),)


def read(text: str) -> CallView | None:
    """A note as a call; None for a note of another kind."""
    found = NOTE.match(text)
    if not found:
        return None
    seconds = 60 * int(found["minutes"] or 0) + int(found["seconds"] or 0)
    digits = re.findall(r"\+7(\d{10})", text[found.end() :])
    fields = {"direction": found["way"], "start": found["start"], "duration": seconds, "outcome": found["outcome"].strip()}
    return tuple(fields.items()) + (("phone", digits[0] if digits else ""),)


@dataclass(slots=True)
class Compared:
    """Calls that no note tells, notes that tell no call, and pairs that differ: {field: (call, note)}."""

    lost: list[CallView] = field(default_factory=list)
    extra: list[CallView] = field(default_factory=list)
    differ: list[Mapping[str, tuple[Any, Any]]] = field(default_factory=list)


def compare(talks: Sequence[Talk], notes: Sequence[str]) -> Compared:
    """One person's calls against the notes on all their objects. What is left over on both sides is paired in order of time."""
    wanted = Counter(said(one) for one in talks)
    held = Counter(view for text in notes if (view := read(text)))
    lost, extra = sorted((wanted - held).elements()), sorted((held - wanted).elements())
    paired = list(zip(lost, extra, strict=False))
    differ = [{name: (a, dict(note)[name]) for name, a in call if dict(note)[name] != a} for call, note in paired]
    return Compared(lost[len(paired) :], extra[len(paired) :], differ)
