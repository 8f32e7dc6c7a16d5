"""Causes and outcomes of audit rows in the reader's words; what a person typed stands as it was typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hub.language import N_, Speech
from hub.language.shown import Shown
from hub.sync.welcome import WITHHELD
from hub.words import welcome
from hub.words.problems import advice
from hub.words.states import WORDS

Json = Any
VERSION = re.compile(r"version (\d+)(?:, alias (.+))?")
MODE = re.compile(r"(\w+) -> (\w+)(.*)")
PILOT = re.compile(r"stores (.*); phones (.*)")
OUTCOMES = {
    "ok": N_("done"),
    "failed": N_("failed"),
    "skipped": N_("skipped by a person"),
    "acknowledged": N_("taken care of"),
    "begun again": N_("begun again"),
    "written again": N_("written again"),
    "off by hand": N_("off by hand"),
    "on again": N_("on again"),
    "active": N_("may sign in"),
    "inactive": N_("may not sign in"),
}


def of_write(say: Speech, outcome: str) -> str:
    """What came of a write, of which the row has ``ok`` or the class and the vendor's code of its error; empty where it is not known yet."""
    kind, _, code = outcome.partition(" ")
    if not kind or kind in OUTCOMES:
        return say(OUTCOMES[kind]) if kind else ""
    told = advice(kind, code).texts(say.language)[0]
    return f"{told} ({code})" if code else told


def because(shown: Shown, row: Mapping[str, Json]) -> str:
    """Cause and outcome of a row, in one line. What may speak of a person is masked for readers who may not see it."""
    say, cause, outcome = shown.say, str(row["cause"] or ""), str(row["outcome"] or "")
    if row["action"].startswith("write.") and (found := VERSION.fullmatch(cause)):
        cause = say("version %(n)s of the record", n=found[1])
        cause += say(", to its second object %(id)s", id=found[2]) if found[2] else ""
    elif row["action"] == WITHHELD:
        return welcome.why(cause, say)
    elif row["action"] in ("operator.mode", "mode") and (found := MODE.fullmatch(cause)):
        before, after = (say(WORDS.get(found[n], found[n])) for n in (1, 2))
        more = say(", the base is right") if "the base is right" in found[3] else found[3]
        return f"{before} → {after}{more}"
    elif row["action"] == "operator.pilot" and (found := PILOT.fullmatch(cause)):
        cause = say("stores: %(stores)s; phones: %(phones)s", stores=found[1] or "—", phones=shown.private(found[2]) or "—")
    else:
        cause = shown.private(cause)
    told = say(OUTCOMES.get(outcome) or WORDS.get(outcome) or shown.private(outcome)) if outcome else ""
    return ", ".join(part for part in (cause, told) if part)
