"""Calls and messages of a customer as one time line, whoever made them: what the record page shows of its facts. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.language.shown import Shown

Json = Any
CALL, MESSAGE = "call", "message"
KINDS = (CALL, MESSAGE)
SHOWN = 100  # of each kind; the figures count all


@dataclass(frozen=True, slots=True)
class Contact:
    """One call or message; texts as they are shown. ``what``: its outcome, or what became of it. ``systems``: who told of it."""

    id: str
    entity: str
    start: str
    when: str
    how: str
    what: str
    who: str
    about: str
    systems: str


def contacts_of(facts: Mapping[str, Sequence[Mapping[str, Json]]], tellers: Mapping[str, Collection[str]], shown: Shown) -> list[Contact]:
    """Newest first. ``facts``: entity -> rows of records; ``tellers``: record id -> systems that told of it."""
    found = [
        _contact(entity, row, ", ".join(sorted(tellers.get(row["id"], ()))), shown) for entity in KINDS for row in facts.get(entity, ())
    ]
    return sorted(found, key=lambda one: (one.start, one.id), reverse=True)


def _contact(entity: str, row: Mapping[str, Json], systems: str, shown: Shown) -> Contact:
    data = row["data"]

    def told(*names: str) -> str:
        return " · ".join(text for name in names if (text := shown.value(entity, name, data.get(name))))

    how, what = (told("direction"), told("outcome")) if entity == CALL else (told("channel"), told("state", "reason"))
    if entity == CALL and data.get("duration"):
        lasted = shown.say("%(n)s s", n=data["duration"])
        what = f"{what} · {lasted}"
    about = told("campaign", "subject") if entity == MESSAGE else told("campaign", "comment")
    return Contact(row["id"], entity, str(data.get("start") or ""), told("start"), how, what, told("agent"), about, systems)
