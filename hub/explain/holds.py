"""Why what differs is not being written at once: the one place that the record page, `queue why` and the lists ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.language import N_, Speech
from hub.storage import brakes, restoration, states
from hub.sync import runs
from hub.sync.gate import EVERY, closed, own
from hub.words.problems import pause_of

Json = Any
FETCHED = "fetched"  # what waits so is with the vendor to come for
TEXTS = {
    "paused": N_("Waits: the system is paused (%(reason)s)."),
    "restored": N_("Is not written: a backup was restored, and nobody has agreed yet (sverka restore --status)."),
    "breaker": N_("Waits: the system does not answer; the next try is at %(time)s."),
    "observe": N_("Is not written: the system is in the mode observe."),
    "effects": N_("Waits for a person: writing it would set off side effects. See Brakes."),
    "brake": N_("Waits for a person: a brake is on, since too much would change at once. See Brakes."),
    "building": N_("Waits: the run that writes it is still being put together."),
    "fetched": N_("Is laid out: the system fetches it at its next exchange."),
    "next": N_("Is written next."),
}


@dataclass(frozen=True, slots=True)
class Hold:
    """``code``: a key of TEXTS. ``values``: what its text is made of; ``time`` as seconds."""

    code: str
    values: Mapping[str, Json] = field(default_factory=dict)


def told(hold: Hold, say: Speech) -> str:
    """The hold as a sentence."""
    values = {name: say.clock(value) if name == "time" else pause_of(say, value) for name, value in hold.values.items()}
    return say(TEXTS[hold.code], **values)


def standing(hub: Hub, at: Connection, rows: Sequence[Mapping[str, Json]], say: Speech) -> dict[str, str]:
    """Delivery id -> why it stands, of those that are queued and not simply next."""
    found: dict[str, str] = {}
    kept: dict[tuple[str, str, str], Hold] = {}
    for row in rows:
        if row["state"] == "waiting" and (row.get("waits_for") or {}).get(FETCHED):
            found[row["id"]] = told(Hold(FETCHED), say)
        if row["state"] != "pending" or row["system"] not in hub.settings.systems:
            continue
        key = (row["system"], row["entity"], str(row["run"] or ""))
        hold = kept[key] = kept.get(key) or hold_of(hub, at, *key)
        if hold.code != "next":
            found[row["id"]] = told(hold, say)
    return found


def hold_of(hub: Hub, at: Connection, system: str, entity: str, run: str) -> Hold:
    """What holds back a delivery of this entity and run to a system, the nearest reason first."""
    state, now = states.get(at, system), hub.clock()
    if state["paused"]:
        return Hold("paused", {"reason": state["paused"]})
    if restoration.holds(at, system):
        return Hold("restored")
    if state["breaker_until"] > now:
        return Hold("breaker", {"time": state["breaker_until"]})
    if state["mode"] == "observe":
        return Hold("observe")
    questions = [row for row in brakes.undecided(at, system) if row["entity"] == entity and (row["run"] == run or row["way"] == "in")]
    if questions:
        return Hold("effects" if questions[0]["kind"] == "effects" else "brake")
    held, _ = closed(hub, system, [], own(runs.going(at), system))
    return Hold("building") if any(one in (run, EVERY) and of in ("", entity) for one, of in held) else Hold("next")
