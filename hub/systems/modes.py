"""Modes of systems: observe, pilot, live. Changed at once, without a restart."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from hub.app import Hub
from hub.config.sections.pilot import Pilot
from hub.entities import FACTS
from hub.language import N_
from hub.language.refused import Refused
from hub.storage import directories, states, views
from hub.sync import runs
from hub.sync.pilot import LEFT_OUT, chosen_of
from hub.systems import fingerprints
from mappings.phones import numbers
from retry_queue.runs import adopt, reopen

MODES = ("observe", "pilot", "live")


def change(hub: Hub, at: Connection, system: str, mode: str, *, actor: str = "hub", accept: bool = False) -> str:
    """Put a system into a mode; the mode it was in. Leaving observe, what waits becomes a run that is planned from the state of this
    moment, under the brake. Facts that came while it was observed are not passed on for ever: a call of last month must not become news
    on the day a system goes live. ``accept``: the base is right as it is, although it is not the one that was known."""
    before = str(states.get(at, system)["mode"])
    states.set_values(at, system, mode=mode, **({"alarm": None} if mode != "observe" else {}))
    if accept:
        fingerprints.forget(hub, at, system)
    if before == "observe" and mode != "observe":
        _skip_facts(hub, at, system)
        _go(hub, at, system, "go-live", actor)
    elif before == "pilot" and mode == "live":
        _go(hub, at, system, "go-live", actor, only_left_out=True)
    return before


def _skip_facts(hub: Hub, at: Connection, system: str) -> None:
    came = views.open_ids(at, {"system": system, "entity": sorted(FACTS)}, ("pending", "retrying", "waiting", "dead"), limit=None)
    hub.outbox.skip(at, came, "came while the system was observed", now=hub.clock())


def _go(hub: Hub, at: Connection, system: str, kind: str, actor: str, *, only_left_out: bool = False) -> None:
    """What was held back until now is one run: counted and asked about as a whole, and planned anew."""
    run, now = runs.begin(at, kind, system=system, actor=actor, now=hub.clock()), hub.clock()
    if not only_left_out:
        adopt(at, hub.outbox.table, system, run, now=now)
    reopen(at, hub.outbox.table, system, LEFT_OUT, run, now=now)


def pilot(hub: Hub, at: Connection, system: str) -> Pilot:
    """The stores and phones of a system's pilot as they are now."""
    return chosen_of(hub, states.get(at, system))


def set_pilot(hub: Hub, at: Connection, system: str, stores: Sequence[str], phones: Sequence[str], *, actor: str = "hub") -> Pilot:
    """Choose what a pilot writes. What it left out so far is looked at again. Raises Refused for an unknown store or a text without a phone."""
    known = [value.value for value in directories.values(at, "store")]
    for one in stores:
        if known and one not in known:
            raise Refused(
                N_("there is no store “%(store)s” in the directory “store”; there are: %(known)s"), store=one, known=", ".join(known)
            )
    for one in phones:
        if not numbers(one):
            raise Refused(N_("“%(text)s” is no phone number; write it as +7 903 123-45-67"), text=one)
    states.set_values(at, system, pilot={"stores": list(stores), "phones": list(phones)})
    if states.get(at, system)["mode"] == "pilot":
        _go(hub, at, system, "pilot", actor, only_left_out=True)
    return pilot(hub, at, system)
