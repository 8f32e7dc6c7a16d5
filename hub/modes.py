"""Modes of systems: observe, pilot, live. Changed at once, without a restart."""

from __future__ import annotations

from sqlalchemy import Connection, select

from hub.app import Hub
from hub.entities import FACTS
from hub.storage import states


def change(hub: Hub, at: Connection, system: str, mode: str) -> str:
    """Put a system into a mode; the mode it was in. Facts that came while it was observed are not passed on for ever: a call of last
    month must not become news on the day a system goes live."""
    before = str(states.get(at, system)["mode"])
    states.set_values(at, system, mode=mode)
    if before == "observe" and mode != "observe":
        t = hub.outbox.table.c
        came = list(at.execute(select(t.id).where(t.system == system, t.entity.in_(sorted(FACTS)), t.state != "skipped")).scalars())
        hub.outbox.skip(at, came, "came while the system was observed", now=hub.clock())
    return before
