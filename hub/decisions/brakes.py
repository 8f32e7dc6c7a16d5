"""Brakes as people see and answer them; the page and the command are two faces of this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from hub import audit
from hub.app import Hub
from hub.language import N_
from hub.language.refused import Refused
from hub.storage import brakes, inbox, states
from hub.sync import runs
from hub.sync.gate import PASSED, Weight
from hub.sync.places import CODE
from hub.sync.scale import CHANGED, CREATED, EFFECTS, EMPTIED, IN, MERGE, OUT, POST
from retry_queue.runs import adopt, refuse

Json = Any
APPROVE, REFUSE = "approve", "refuse"
GOOD_FOR = 3600.0  # seconds after a yes in which more of the same is let through


class Gone(Refused):
    """There is no such question, or it was answered before; the message says which."""


def decide(hub: Hub, ident: str, decision: str, *, actor: str) -> dict[str, Json]:
    """Answer a question: ``approve`` lets what is held go on, ``refuse`` gives it up. Returns the question. Raises Gone.
    What a system said and a person refuses is not taken, and the system gets back what the records say."""
    now = hub.clock()
    with hub.store.state() as at:
        row = brakes.get(at, ident)
        if row is None:
            raise Gone(N_("there is no brake %(id)s: sverka brake list"), id=ident)
        yes = decision == APPROVE
        if not brakes.decide(at, ident, decision, actor, now=now, until=now + GOOD_FOR if yes else 0.0):
            raise Gone(
                N_("the brake %(id)s was answered already: %(answer)s by %(who)s"), id=ident, answer=row["decision"], who=row["actor"]
            )
        asked = [row, *beside(hub, at, row)]
        cause = "; ".join(f"{one['way']} {one['kind']} {one['field']} {one['count']}".replace("  ", " ") for one in asked)
        entry = audit.Entry("operator.brake", actor, row["system"], row["entity"], "", cause, decision)
        audit.write(at, [entry], now=now)
        after = _written(hub, at, row, yes, actor) if row["way"] == OUT else _said(hub, at, row, yes, actor)
        if row["way"] == POST:
            hub.outbox.hurry(at, row["system"], CODE, now=now)
    if row["way"] == IN:
        with hub.store.intake() as at:
            inbox.release(at, ident, after, now=now)
    return row


def release_answered(hub: Hub) -> int:
    """Let go on what an answer let go and the process that kept it died: an answer and the inbox are two files. Returns how many rows."""
    with hub.store.read_intake() as at:
        holding = inbox.holding(at)
    count = 0
    for ident in holding:
        with hub.store.state() as at:
            row = brakes.get(at, ident)
            run = _said(hub, at, row, row["decision"] == APPROVE, row["actor"] or "") if row is not None and row["decision"] else None
        if run is not None:
            with hub.store.intake() as at:
                count += inbox.release(at, ident, run, now=hub.clock())
    return count


def beside(hub: Hub, at: Connection, row: Mapping[str, Json]) -> list[dict[str, Json]]:
    """What else the same answer lets a run, or a new configuration, do in this place, each as a question of its own would say it: a run is asked about once, and
    nobody agrees to mails or emptied fields by agreeing to something else. Created and changed objects only where they are too many, too."""
    if row["way"] == IN or not row["run"]:
        return []
    weight = Weight.of(runs.weights(at, row["run"]).get((row["system"], row["entity"]), {}).get("counts") or {})
    most = hub.settings.brakes.most
    sizes = ((CREATED, weight.created), (CHANGED, weight.changed))
    found = [(EMPTIED, name, number) for name, number in weight.emptied.items()]
    found += [(kind, "", number) for kind, number in sizes if number > most(kind, row["objects"])]
    if row["way"] == OUT and not states.get(at, row["system"])["hushed"]:
        found += [(EFFECTS, name, number) for name, number in weight.effects.items()]
    others = [one for one in found if one[:2] != (row["kind"], row["field"])]
    return [dict(row) | {"kind": kind, "field": name, "count": number} for kind, name, number in others]


def _written(hub: Hub, at: Connection, row: Mapping[str, Json], yes: bool, actor: str) -> str:
    """What would be written: a run goes on or is given up; changes of the day become a run of their own."""
    system, entity, run, now = row["system"], row["entity"], str(row["run"]), hub.clock()
    if not yes:
        refuse(at, hub.outbox.table, system, run, entity, f"refused at the brake by {actor}", now=now)
        if run:
            brakes.weigh(at, run, system, entity, PASSED, {})
        return run
    if not run:
        run = runs.begin(at, runs.APPROVED, system=system, entity=entity, actor=actor, now=now)
        adopt(at, hub.outbox.table, system, run, now=now, entity=entity, only_of="")
    brakes.weigh(at, run, system, entity, PASSED, {"confirmed": True})
    return run


def _said(hub: Hub, at: Connection, row: Mapping[str, Json], yes: bool, actor: str) -> str:
    """What a system said, or a revision would change: taken as a run of its own, or put right."""
    if row["way"] in (MERGE, POST):
        return ""
    kind = runs.APPROVED if yes else runs.REPAIR
    return runs.begin(at, kind, system="", entity=row["entity"], actor=actor, now=hub.clock())


def held_rows(hub: Hub, row: Mapping[str, Json]) -> int:
    """How many looks and hints an open question keeps back; 0 for what would be written."""
    with hub.store.read_intake() as at:
        return inbox.held(at, row["id"])
