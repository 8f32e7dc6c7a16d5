"""Rows go when their time is over, and nothing else goes; every table has a rule or a reason."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from hub import audit
from hub.config.sections.retention import DAYS, Retention
from hub.keeping import purge
from hub.storage import aged
from hub.storage.tables import audit_body, intake, main
from tests.property.vendors import Traits
from tests.property.world import World, person

DAY = 86_400.0
FOR_EVER = {  # table -> why its rows have no time of their own
    "record": "the truth", "match_key": "of its record", "link": "the truth", "directory": "the shop's lists", "directory_twin": "the shop's lists",
    "delivery": "one for each record and system", "audit": "append-only", "audit_block": "append-only", "duplicate": "'not the same' is remembered",
    "union_step": "merges are taken back", "stand_in": "decisions", "waiting": "goes with what it waits for", "system_state": "one for each system",
    "counter": "figures", "store_seen": "one for each store", "revision": "what was in force", "tombstone": "erased for ever", "past_key": "welcomed once for ever",
    "verification": "one for each resource", "seen": "of the comparison under way", "user": "people", "inbox": "goes once it is merged",
    "cursor": "one for each resource",
    "upload": "goes a day after it was worked on", "upload_piece": "of its upload", "offer": "one for each document",
    "goods_name": "the vendor's goods", "audience": "one for each audience and system",
}  # fmt: skip


def test_every_table_has_a_time_or_a_reason():
    timed = {kind.table.name for kind in aged.KINDS.values()} | {table.name for kind in aged.KINDS.values() for table, _ in kind.beside}
    assert timed | FOR_EVER.keys() == set(main.tables) | set(intake.tables)
    assert not timed & FOR_EVER.keys()
    assert aged.KINDS.keys() == DAYS.keys()


def fill(at, table, moment, number):
    """A row of its kind, over since ``moment``."""
    times = {"at", "found_at", "opened_at", "closed_at", "decided_at", "asked_at", "restored_at", "started_at"}
    values = {}
    for column in table.columns:
        kind = column.type.python_type if column.type.__class__.__name__ != "Json" else dict
        values[column.name] = {str: f"x{number}", int: number, float: moment, bool: True, dict: {}}[kind]
        if column.name in times:
            values[column.name] = moment
    values |= {"hour": int(moment // 3600)} if table.name == "tally" else {}
    values |= {"decided": {"value": 1, "at": moment}} if table.name == "conflict" else {}
    values |= {"state": "done"} if table.name == "run" else {}
    values |= {"stage": "over"} if table.name == "restoration" else {}
    at.execute(table.insert().values(**values))


class Hub:
    def __init__(self, store, **days):
        self.store, self.clock = store, lambda: 1000 * DAY
        self.settings = type("Settings", (), {"retention": Retention({**dict.fromkeys(DAYS, 0.0), **days})})()


@pytest.mark.parametrize("kind", sorted(set(DAYS) - {"audit_values"}))
def test_what_is_over_its_time_goes_and_what_is_younger_stays(store, kind):
    table, hub = aged.KINDS[kind].table, Hub(store, **{kind: 10.0})
    with store.write() as at:
        for number, age in enumerate((30, 11, 9, 0), start=1):
            fill(at, table, hub.clock() - age * DAY, number)
    assert {one.kind: one.rows for one in purge.due(hub) if one.rows} == {kind: 2}
    assert purge.purge(hub) == {kind: 2}
    assert purge.purge(hub) == {}
    with store.read() as at:
        assert at.execute(select(func.count()).select_from(table)).scalar() == 2
    forever = Hub(store, **{kind: 0.0})
    forever.clock = lambda: 100_000 * DAY
    assert purge.purge(forever) == {}


def test_values_go_in_batches_and_the_log_is_still_proven(store, monkeypatch):
    monkeypatch.setattr(aged, "BATCH", 3)
    monkeypatch.setattr(purge, "BATCH", 3)
    hub = Hub(store, audit_values=100.0)
    with store.state() as at:
        audit.write(at, [audit.Entry("write.intent", record_id=str(n), after={"phone": n}) for n in range(10)], now=hub.clock() - 300 * DAY)
        audit.write(at, [audit.Entry("operator.erase", cause="certificate", after={"record": "r"})], now=hub.clock() - 300 * DAY)
        audit.seal(at, now=hub.clock() - 300 * DAY)
        audit.write(at, [audit.Entry("write.intent", after={"phone": 77})], now=hub.clock())
        audit.seal(at, now=hub.clock())
    assert purge.purge(hub) == {"audit_values": 10}
    with store.state() as at:
        left = at.execute(select(audit_body.c.after).order_by(audit_body.c.audit_id)).scalars().all()
        assert left == [{"record": "r"}, {"phone": 77}, {"audit_values": 10}]
        while audit.seal(at, now=hub.clock()):
            pass
        assert audit.prove(at) == audit.Proof([], 13, 10)


def test_a_purge_stops_when_it_is_told_and_goes_on_the_next_time(store, monkeypatch):
    monkeypatch.setattr(aged, "BATCH", 3)
    monkeypatch.setattr(purge, "BATCH", 3)
    hub, turns = Hub(store, parked=1.0), iter([True, False])
    with store.write() as at:
        for number in range(1, 8):
            fill(at, aged.KINDS["parked"].table, 0.0, number)
    assert purge.purge(hub, more=lambda: next(turns, False)) == {"parked": 3}
    assert purge.purge(hub) == {"parked": 4}


def test_a_hub_goes_on_after_everything_that_may_go_is_gone():
    world = World({"a": Traits(), "b": Traits()})
    thing = world.vendors["a"].user_makes(person(1) | {"last": "Old"})
    world.quiet()
    world.clock.advance(4000 * DAY)
    purge.purge(world.hub)
    world.vendors["a"].user_edits(thing.id, "last", "New")
    world.quiet()
    assert world.differences() == []
    world.close()
