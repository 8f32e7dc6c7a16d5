"""Runs: what writes many records at once (a first load, a replay, a new revision, a system that goes live), each under a name of its own,
so that it can be counted before its first write, held back, approved or refused as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from connectors.errors import Rejected
from hub.app import Hub
from hub.storage import brakes, inbox, links, views
from hub.storage.runs import BUILDING, DONE, OPEN, begin, built, by_ids, finish, going, weights
from hub.sync.scale import OUT
from retry_queue.contract import BULK
from retry_queue.runs import going_on, of_run

Json = Any
APPROVED, REPAIR = "approved", "repair"  # kinds of runs about which a person has decided already
SETTLED = 120.0  # seconds after which a run without deliveries is over: the first of them are opened well before
BUILT_WITHIN = 600.0  # seconds after which a run whose maker was killed is taken for whole


def put_back(hub: Hub, at: Connection, ids: Sequence[str], run: str) -> int:
    """Deliveries as part of a replay: what their systems refused of them and was set aside is said once more. Returns how many."""
    rows = views.queue(at, id=list(ids), error=Rejected.__name__, limit=None) if ids else []
    of = {(row["system"], row["record_id"]) for row in rows}
    found = links.by_records(at, {record for _, record in of}).values()
    refused = [one for mine in found for one in mine if one.set_aside and (one.system, one.record_id) in of]
    for one in refused:
        one.set_aside = {}
    links.save(at, refused)
    count = hub.outbox.replay(at, ids, now=hub.clock(), lane=BULK, run=run)
    withdraw_idle(hub, at)
    return count


def skip(hub: Hub, at: Connection, ids: Sequence[str], reason: str) -> int:
    """Stop trying deliveries, with a person's reason. Returns how many."""
    count = hub.outbox.skip(at, ids, reason, now=hub.clock())
    withdraw_idle(hub, at)
    return count


def withdraw_idle(hub: Hub, at: Connection) -> None:
    """Withdraw what is asked about writes of which none is left: a later run has taken them over, a person has skipped them, or later edits have
    written them."""
    idle = [row["id"] for row in brakes.undecided(at) if row["way"] == OUT
            and not of_run(at, hub.outbox.table, row["system"], row["run"], row["entity"], limit=1)]  # fmt: skip
    if idle:
        brakes.withdraw(at, idle, now=hub.clock())


def end_those_done(hub: Hub) -> None:
    """Mark the runs done of which nothing is left to write, and withdraw what was asked about them. A first load ends when nothing is being loaded
    any more."""
    with hub.store.read_intake() as at:
        loading = inbox.loading(at)
    with hub.store.read() as at:
        open_ones = [run for run in going(at) if run["state"] == OPEN and hub.clock() - run["started_at"] > SETTLED]
        over = [run["id"] for run in open_ones if not going_on(at, hub.outbox.table, run["id"], list(hub.settings.systems))]
    if over and not loading:
        with hub.store.write() as at:
            for ident in over:
                finish(at, ident)
    with hub.store.read() as at:
        asked = any(row["way"] == OUT for row in brakes.undecided(at))
    if asked:
        with hub.store.write() as at:
            withdraw_idle(hub, at)


def reading(at: Connection, *, now: float, actor: str = "hub") -> str:
    """The run of the first load that goes on, begun where there is none: systems that are read at the same time are one run. One that is
    counted already, since a system was not waited for, is left alone."""
    found = going(at, kind="backfill")
    if found and not weights(at, str(found[-1]["id"])):
        return str(found[-1]["id"])
    return begin(at, "backfill", now=now, actor=actor)


__all__ = [
    "APPROVED",
    "BUILDING",
    "BUILT_WITHIN",
    "DONE",
    "OPEN",
    "REPAIR",
    "begin",
    "built",
    "by_ids",
    "end_those_done",
    "finish",
    "going",
    "put_back",
    "reading",
    "skip",
    "weights",
    "withdraw_idle",
]
