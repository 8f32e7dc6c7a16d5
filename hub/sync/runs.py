"""Runs: what writes many records at once (a first load, a replay, a new revision, a system that goes live), each under a name of its own,
so that it can be counted before its first write, held back, approved or refused as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from connectors.errors import Rejected
from hub.app import Hub
from hub.storage import brakes, inbox, links
from hub.storage.links import new_id
from hub.storage.tables import delivery, weighed
from hub.storage.tables import run as table
from retry_queue.contract import BULK
from retry_queue.runs import going_on

Json = Any
BUILDING, OPEN, DONE = "building", "open", "done"
APPROVED, REPAIR = "approved", "repair"  # kinds of runs about which a person has decided already
SETTLED = 120.0  # seconds after which a run without deliveries is over: the first of them are opened well before
BUILT_WITHIN = 600.0  # seconds after which a run whose maker was killed is taken for whole


def begin(at: Connection, kind: str, *, now: float, system: str = "", entity: str = "", actor: str = "hub", building: bool = False, counts: Mapping[str, Json] | None = None) -> str:  # fmt: skip
    """A new run; its id. ``building``: its deliveries are still being opened, and none is written before :func:`built`."""
    ident = new_id()
    row = {"id": ident, "kind": kind, "system": system, "entity": entity, "started_at": now, "actor": actor}
    at.execute(insert(table).values(**row, counts=dict(counts or {}), state=BUILDING if building else OPEN))
    return ident


def built(at: Connection, ident: str) -> None:
    """All deliveries of the run are opened."""
    at.execute(update(table).where(table.c.id == ident, table.c.state == BUILDING).values(state=OPEN))


def put_back(hub: Hub, at: Connection, ids: Sequence[str], run: str) -> int:
    """Deliveries as part of a replay: what their systems refused of them and was set aside is said once more. Returns how many."""
    query = select(delivery.c.system, delivery.c.record_id).where(delivery.c.id.in_(ids), delivery.c.error_class == Rejected.__name__)
    of = set(at.execute(query).tuples())
    found = links.by_records(at, {record for _, record in of}).values()
    refused = [one for mine in found for one in mine if one.set_aside and (one.system, one.record_id) in of]
    for one in refused:
        one.set_aside = {}
    links.save(at, refused)
    return hub.outbox.replay(at, ids, now=hub.clock(), lane=BULK, run=run)


def finish(at: Connection, ident: str) -> None:
    """Nothing of the run is left to do."""
    at.execute(update(table).where(table.c.id == ident).values(state=DONE))


def end_those_done(hub: Hub) -> None:
    """Mark the runs done of which nothing is left to write, and withdraw what was asked about them: a later run has taken over what waited, or
    later edits have written it. A first load ends when nothing is being loaded any more."""
    with hub.store.read_intake() as at:
        loading = inbox.loading(at)
    with hub.store.read() as at:
        open_ones = [run for run in going(at) if run["state"] == OPEN and hub.clock() - run["started_at"] > SETTLED]
        over = [run["id"] for run in open_ones if not going_on(at, hub.outbox.table, run["id"], list(hub.settings.systems))]
    if over and not loading:
        with hub.store.write() as at:
            for ident in over:
                finish(at, ident)
                brakes.withdraw(at, ident, list(hub.settings.systems), now=hub.clock())


def going(at: Connection, *, kind: str = "") -> list[dict[str, Json]]:
    """Runs that are not done, oldest first."""
    query = select(table).where(table.c.state != DONE).order_by(table.c.started_at)
    return [dict(row) for row in at.execute(query.where(table.c.kind == kind) if kind else query).mappings()]


def by_ids(at: Connection, ids: list[str]) -> dict[str, dict[str, Json]]:
    """Run id -> its row."""
    return {row["id"]: dict(row) for row in at.execute(select(table).where(table.c.id.in_(ids))).mappings()} if ids else {}


def reading(at: Connection, *, now: float, actor: str = "hub") -> str:
    """The run of the first load that goes on, begun where there is none: systems that are read at the same time are one run. One that is
    counted already, since a system was not waited for, is left alone."""
    found = going(at, kind="backfill")
    if found and not weights(at, str(found[-1]["id"])):
        return str(found[-1]["id"])
    return begin(at, "backfill", now=now, actor=actor)


def weights(at: Connection, ident: str) -> dict[tuple[str, str], dict[str, Json]]:
    """(system, entity) -> how far the run is counted there."""
    return {(row["system"], row["entity"]): dict(row) for row in at.execute(select(weighed).where(weighed.c.run == ident)).mappings()}
