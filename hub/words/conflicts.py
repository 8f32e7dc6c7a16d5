"""Why a field waits for a person, and who says what in it, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.decisions.conflicts import ASKED, NEWEST, STEP, said_by
from hub.language import N_, Speech

WHY = {
    ASKED: N_("the systems disagree, and this field asks a person"),
    STEP: N_("a step of the status that the table of steps does not have"),
}


def why(say: Speech, code: str) -> str:
    return say(WHY[code])


def side(say: Speech, chosen: str) -> str:
    """On a button that decides many: whose values are taken."""
    return say("What was said last") if chosen == NEWEST else say("From %(system)s", system=who(say, {"system": chosen}))


def who(say: Speech, option: Mapping[str, Any]) -> str:
    return said_by(option) or say("by hand")


def between(say: Speech, systems: Sequence[str]) -> str:
    return ", ".join(who(say, {"system": system}) for system in systems)


def when(say: Speech, option: Mapping[str, Any]) -> str:
    """When it was said; what was there when the hub came has no date."""
    return say.moment(option["at"]) if option["at"] else say("from the beginning")
