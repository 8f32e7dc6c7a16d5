"""Events to the address that was typed into the cabinet: signed, sent beside each other and so in any order, never again."""

from __future__ import annotations

import json
import random
import urllib.parse
from functools import partial
from typing import Any

from sandbox.frame.outgoing import Outgoing

from .state import Conversation, Leg, Pbx
from .wire import DONE, sign

Row = dict[str, Any]
SPREAD = 0.03  # seconds by which events of one moment come out of order


class Hooks(Outgoing):
    """Only loopback addresses, and those only when allowed. ``address``: what was typed in; each event's path is put behind it. ``edition``
    2017: stamps and numbers as text."""

    def __init__(self, pbx: Pbx, key: str, salt: str, allow_loopback: bool, seed: int = 1) -> None:
        super().__init__(allow_loopback)
        self.pbx, self.key, self.salt, self.random = pbx, key, salt, random.Random(seed)
        self.address, self.edition = "", "now"

    def announce(self, one: Conversation) -> None:
        """All events of a conversation that has ended."""
        for leg in one.legs:
            for seq, state in enumerate(["Appeared", *(["Connected"] if leg.answer else []), "Disconnected"], 1):
                self._send("/events/call", self._leg(one, leg, seq, state))
            for ident in leg.recordings:
                told = {
                    "recording_id": ident,
                    "recording_state": "Completed",
                    "seq": 1,
                    "entry_id": one.entry_id,
                    "call_id": leg.call_id,
                    "completion_code": DONE,
                }
                self._send("/events/recording", told | {"timestamp": leg.finish, "recipient": "Cloud"})
                self._send(
                    "/events/record/added",
                    {"recording_id": ident, "entry_id": one.entry_id, "product_id": 7, "user_id": -1, "timestamp": leg.finish},
                )
        self._send("/events/summary", summary(one, self.edition))

    def result(self, path: str, command_id: str) -> None:
        self._send(
            f"/result/{path.removeprefix('commands/')}", {"command_id": command_id, "result": DONE if self.edition == "now" else str(DONE)}
        )

    def ping(self) -> None:
        """The button "Проверить подключение"."""
        self._send("/ping", {})

    def _leg(self, one: Conversation, leg: Leg, seq: int, state: str) -> Row:
        at = {"Appeared": leg.start, "Connected": leg.answer}.get(state, leg.finish)
        told: Row = {
            "entry_id": one.entry_id,
            "call_id": leg.call_id,
            "timestamp": self._told(at),
            "seq": self._told(seq),
            "call_state": state,
        }
        told |= {"location": leg.location, "from": dict(leg.source), "to": {**leg.target, "line_number": one.line}, "dct": {"type": 0}}
        if leg.taken_from:
            told["from"]["taken_from_call_id"] = leg.taken_from
        if state == "Disconnected":
            told["disconnect_reason"] = self._told(leg.reason)
        return told | ({"command_id": one.command_id, "callback_initiator": "API"} if one.command_id else {})

    def _told(self, number: int) -> int | str:
        return number if self.edition == "now" else str(number)

    def _send(self, path: str, event: Row) -> None:
        if self.address:
            self.queue(partial(self.call, self.address.rstrip("/") + path, self.form(event)), self.random.uniform(0.0, SPREAD))

    def form(self, event: Row) -> bytes:
        """The body of one event."""
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        return urllib.parse.urlencode({"vpbx_api_key": self.key, "sign": sign(self.key, text, self.salt), "json": text}).encode()


def summary(one: Conversation, edition: str = "now") -> Row:
    """The event of a call's end. Who talked, else the first who was rung."""
    talk, first = one.talked, one.legs[0]
    leg = talk or first
    source, target = (leg.source, leg.target) if not one.command_id else (one.legs[-1].source, one.legs[-1].target)
    told: Row = {
        "entry_id": one.entry_id, "call_direction": one.direction, "from": dict(source), "to": dict(target), "create_time": one.created,
        "forward_time": first.start if first.location == "abonent" else 0, "talk_time": talk.answer if talk else 0, "end_time": one.end,
        "entry_result": 1 if talk or first.location == "ivr" else 0, "disconnect_reason": one.legs[-1].reason, "dct": {"type": 0},
    }  # fmt: skip
    told |= {"line_number": one.line} if one.line else {}
    numbers = ("call_direction", "create_time", "forward_time", "talk_time", "end_time", "disconnect_reason")
    return told if edition == "now" else told | {name: str(told[name]) for name in numbers}
