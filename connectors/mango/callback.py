"""A call-back: the PBX rings an employee, then the customer. The one command that the hub gives, and the one that is never given again by itself.

The vendor tells no repeat from a first time, and dials twice (vendor's reference: commands/callback). What was accepted is told by no list: the
event of the call that it led to bears ``command_id``, the history does not. So a lost answer is for a person to judge.
"""

from __future__ import annotations

from connectors.contract import Outcome, Remote, Write
from connectors.errors import ConnectorError, Rejected
from connectors.mango.api import Api
from connectors.mango.sendable import CALLBACK
from connectors.mango.shape import digits

CALLBACKS = "callback"
FRESH = (
    900.0  # seconds for which a wish to be called holds: who asked in the evening is not rung at night because something was out of order
)


def write(api: Api, write: Write, line: str) -> Outcome:
    """Give one command. A call that has been, and a wish grown old, are refused before anything leaves."""
    try:
        api.order(CALLBACK, _fields(write, line, api.now()))
    except ConnectorError as error:
        return Outcome(error=error)
    return Outcome(Remote(write.key, {**write.data, "command_id": write.key}, "answer"))


def _fields(write: Write, line: str, now: float) -> dict[str, object]:
    data = write.data
    if data.get("ended") or data.get("direction") != "out":
        text = "this call has been: nobody is rung for it. Let the route pass calls that are wanted only (docs/connectors/mango.md)"
        raise Rejected(text, code="finished", field="ended")
    wanted = float(data.get("wanted_at") or 0)
    if now - wanted > FRESH:
        raise Rejected(
            "the call was wanted more than a quarter of an hour ago: nobody is rung for it any more", code="late", field="wanted_at"
        )
    employee, customer = {"extension": str(data.get("extension") or "")}, digits(data.get("to_number"))
    fields: dict[str, object] = {"command_id": write.key, "from": employee, "to_number": customer}
    return fields | ({"line_number": line} if line else {})
