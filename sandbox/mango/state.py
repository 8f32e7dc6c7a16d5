"""One PBX in memory: employees, conversations with their legs, recordings, what was commanded."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.frame.effects import Effects

Json = Any
Row = dict[str, Any]
LINE = "74950001122"
STAFF = {
    "101": ("Анна Ильина", "anna@lavka.example"),
    "102": ("Руслан Хабибуллин", "ruslan@lavka.example"),
    "103": ("Ольга Седова", "olga@lavka.example"),
}
DIRECTIONS = {"internal": 0, "in": 1, "out": 2}
RINGS = 10  # seconds before anybody answers, unless told otherwise


@dataclass(slots=True)
class Leg:
    """``answer`` 0: nobody took it. ``taken_from``: the leg that it grew from."""

    call_id: str
    start: int
    finish: int
    answer: int
    source: Row
    target: Row
    reason: int
    location: str = "abonent"
    recordings: list[str] = field(default_factory=list)
    taken_from: str = ""


@dataclass(slots=True)
class Conversation:
    entry_id: str
    direction: int
    line: str
    created: int
    legs: list[Leg]
    command_id: str = ""

    @property
    def end(self) -> int:
        return max(leg.finish for leg in self.legs)

    @property
    def talked(self) -> Leg | None:
        """The leg of the talk: with an employee on it."""
        with_staff = [leg for leg in self.legs if leg.answer and (leg.source.get("extension") or leg.target.get("extension"))]
        return with_staff[-1] if self.command_id and with_staff else with_staff[0] if with_staff else None


class Pbx:
    """All state. Callers hold ``lock``. ``now`` gives aware UTC."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.lock, self.now = threading.RLock(), now
        self.staff = dict(STAFF)
        self.conversations: dict[str, Conversation] = {}
        self.recordings: dict[str, float] = {}  # id -> from when it can be fetched
        self.listened: list[str] = []
        self.commands: list[Row] = []
        self.effects = Effects()
        self._count = 0

    def seconds(self) -> int:
        return int(self.now().timestamp())

    def ident(self, kind: str) -> str:
        """An opaque id, as the vendor's are."""
        self._count += 1
        return base64.b64encode(f"{kind}:{100_000 + self._count}".encode()).decode()

    def happen(self, said: Row) -> Conversation:
        """A conversation that has ended: ``direction`` in | out | internal, ``number``, ``extension``, ``line``, ``at`` (Unix time of its
        beginning) or ``ago`` (seconds since its end; else it ends now), ``talk`` seconds, ``ring`` seconds, ``reason``, ``recorded``, ``transferred`` (to whom)."""
        direction, talk, ring = DIRECTIONS[said.get("direction", "in")], int(said.get("talk", 0)), int(said.get("ring", RINGS))
        begun = int(said.get("at") or self.seconds() - int(said.get("ago", 0)) - talk - ring)
        other, staff = {"number": said.get("number", "")}, {"extension": said.get("extension", "101"), "number": "sip:101@lavka.example"}
        if said.get("extension") == "":  # nobody was rung: it ended in the menu
            staff = {}
        source, target = (other, staff) if direction == 1 else (staff, other if direction == 2 else {"extension": "102"})
        reason = int(said.get("reason") or (1110 if talk else 1111))
        leg = Leg(self.ident("leg"), begun, begun + ring + talk, begun + ring if talk else 0, source, target, reason)
        leg.location = "abonent" if staff else "ivr"
        made = Conversation(
            self.ident("entry"), direction, "" if direction == 0 else said.get("line", LINE), begun, [leg], said.get("command_id", "")
        )
        if said.get("transferred"):
            second = Leg(
                self.ident("leg"),
                leg.finish,
                leg.finish + 20,
                leg.finish + 5,
                other,
                {"extension": said["transferred"]},
                1110,
                taken_from=leg.call_id,
            )
            made.legs.append(second)
        if said.get("recorded") and talk:
            ident = self.ident("record")
            leg.recordings.append(ident)
            self.recordings[ident] = float(made.end + int(said.get("recorded_after", 0)))
        self.conversations[made.entry_id] = made
        return made

    def called_back(self, command: Row) -> Conversation:
        """What a call-back leads to: the employee is rung as if the customer called, then the customer is."""
        begun, staff, other = self.seconds(), {"extension": command["from"]["extension"]}, {"number": command["to_number"]}
        first = Leg(self.ident("leg"), begun, begun + 45, begun + 5, other, staff, 1110)
        second = Leg(self.ident("leg"), begun + 5, begun + 45, begun + 15, staff, other, 1110, taken_from=first.call_id)
        made = Conversation(self.ident("entry"), 2, command.get("line_number", LINE), begun, [first, second], command["command_id"])
        self.conversations[made.entry_id] = made
        self.effects["call: employee"] += 1
        self.effects["call: customer"] += 1
        return made
