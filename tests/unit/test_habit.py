"""Verify as a habit: what no webhook and no poll told of is found in one comparison, explained, and put right by the policies."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from hub.config.sections.verify import Habit
from hub.language import Speech
from hub.storage import states, verifications
from hub.storage.tables import delivery, drift
from hub.verify import habit, reconcile
from hub.words.drift import sentence
from tests.property.vendors import Traits
from tests.property.world import MAPPING, RESOURCE, World, person

SYSTEMS = ("a", "b", "c")


@pytest.fixture
def world():
    world = World({name: Traits() for name in SYSTEMS})
    for number in range(1, 5):
        world.vendors["a"].user_makes(person(number) | {"last": f"Last{number}"})
    world.quiet()
    world.clock.advance(600)
    yield world
    world.close()


def in_silence(world, system, name, path, value):
    """An edit that moves neither the time of the object nor anything that a poll lists."""
    thing = next(t for t in world.vendors[system].things.values() if t.values["name"] == name)
    thing.values[path] = value
    return thing


def cycle(world):
    """One comparison of everything, and what it leads to."""
    for system in SYSTEMS:
        habit.whole(world.hub, system, RESOURCE)
    world.quiet()


def found(world):
    with world.hub.store.read() as at:
        return [(row["system"], row["kind"], row["field"], row["why"], row["done"]) for row in verifications.drifts(at)][::-1]


def last_names(world, name):
    return {t.values.get("last") for v in world.vendors.values() for t in v.things.values() if t.values["name"] == name}


def test_where_all_agrees_nothing_is_found_and_it_is_known_up_to_when(world):
    before = world.writes()
    began = world.clock()
    cycle(world)
    assert found(world) == [] and world.writes() == before
    with world.hub.store.read() as at:
        assert all(row["verified"]["customer"] >= began for row in states.all_states(at).values())
        assert verifications.every(at)["a", RESOURCE]["last"]["objects"] == 4


def test_an_edit_that_nobody_told_of_is_found_and_reaches_everybody(world):
    in_silence(world, "b", "Name2", "last", "Silent")
    world.quiet()
    assert last_names(world, "Name2") == {"Last2", "Silent"}
    cycle(world)
    assert found(world) == [("b", "changed", "last_name", "missed", "look")]
    assert last_names(world, "Name2") == {"Silent"}
    with world.hub.store.read() as at:
        (row,) = verifications.drifts(at)
    assert "neither a webhook nor a poll" in sentence(row, Speech("en")) and row["audit_id"]


def test_a_write_that_was_lost_is_found_and_made_up_for(world):
    """The record was changed, and the row that owed it to a system is gone: without a comparison nobody would ever know."""
    thing = next(t for t in world.vendors["a"].things.values() if t.values["name"] == "Name3")
    world.vendors["a"].user_edits(thing.id, "last", "New")
    world.poll("a"), world.take()
    with world.hub.store.write() as at:
        at.execute(delete(delivery).where(delivery.c.system == "c"))
        at.execute(update(delivery).where(delivery.c.system == "b").values(state="done"))
    world.quiet()
    assert last_names(world, "Name3") == {"New", "Last3"}
    cycle(world)
    assert found(world) == [("b", "owed", "last_name", "no_delivery", "delivery"), ("c", "owed", "last_name", "no_delivery", "delivery")]
    assert last_names(world, "Name3") == {"New"}
    with world.hub.store.read() as at:
        row = verifications.drifts(at)[0]
    assert row["said"][0] == "a" and "comes from a" in sentence(row, Speech("en"))


def test_a_create_that_was_lost_is_found(world):
    world.vendors["a"].user_makes(person(7))
    world.poll("a"), world.take()
    with world.hub.store.write() as at:
        at.execute(delete(delivery).where(delivery.c.system == "b", delivery.c.state == "pending"))
    world.quiet()
    assert len(world.vendors["b"].things) == 4
    assert not reconcile.verify(world.hub).agrees
    cycle(world)
    assert found(world) == [("b", "absent", "", "no_delivery", "delivery")]
    assert len(world.vendors["b"].things) == 5


def test_an_object_that_appeared_in_silence_is_linked(world):
    made = world.vendors["c"].user_makes(person(8) | {"last": "Quiet"})
    made.seq = 1  # no poll lists it any more
    world.quiet()
    assert len(world.vendors["a"].things) == 4
    cycle(world)
    assert found(world) == [("c", "stranger", "", "unheard", "look")]
    assert last_names(world, "Name8") == {"Quiet"} and len(world.vendors["a"].things) == 5


def test_a_deletion_that_no_webhook_told_of_is_seen_by_the_sweep_and_nothing_is_created_anew(world):
    gone = next(i for i, t in world.vendors["b"].things.items() if t.values["name"] == "Name1")
    del world.vendors["b"].things[gone]
    world.quiet()
    assert world.link("b", gone).state == "live"
    cycle(world)
    assert found(world) == [("b", "lost", "", "deleted", "gone")]
    assert world.link("b", gone).state == "gone"
    assert len(world.vendors["b"].things) == 3 and world.link("a", world.links()[0].external_id) is not None
    cycle(world)
    assert len(found(world)) == 1, "told once"


def test_a_list_that_was_cut_short_is_no_deletion(world, monkeypatch):
    connector = world.connectors["b"]
    whole = connector.changes
    monkeypatch.setattr(
        connector, "changes", lambda resource, cursor: (replace(page, last=True) for page in list(whole(resource, cursor))[:1])
    )
    cycle(world)
    assert found(world) == []
    assert {x.state for x in world.links() if x.system == "b"} == {"live"}
    with world.hub.store.read() as at:
        assert verifications.every(at)["b", RESOURCE]["last"]["not_shown"] == 1


def test_what_came_after_the_last_poll_is_lag_and_no_drift(world):
    thing = next(t for t in world.vendors["b"].things.values() if t.values["name"] == "Name2")
    world.clock.advance(5)
    world.vendors["b"].user_edits(thing.id, "last", "Now")
    habit.whole(world.hub, "b", RESOURCE)
    assert found(world) == []
    world.quiet()
    assert last_names(world, "Name2") == {"Now"}


def test_without_repair_differences_are_only_listed(world):
    world.hub.settings = replace(world.settings, verify=Habit(repair=False))
    in_silence(world, "b", "Name2", "last", "Silent")
    cycle(world)
    assert found(world) == [("b", "changed", "last_name", "missed", "none")]
    assert last_names(world, "Name2") == {"Last2", "Silent"}


def test_a_comparison_is_taken_up_where_a_killed_process_left_it(world):
    habit.ask(world.hub, "a", RESOURCE)
    habit.step(world.hub, "a", RESOURCE, lambda: False, gentle=False)
    with world.hub.store.read() as at:
        row = verifications.get(at, "a", RESOURCE)
    assert row["cursor"] and row["found"]["objects"] == 3
    world.start()
    habit.step(world.hub, "a", RESOURCE, lambda: True, gentle=False)
    with world.hub.store.read() as at:
        row = verifications.get(at, "a", RESOURCE)
    assert row["cursor"] is None and row["last"]["objects"] == 4 and row["last"]["lost"] == 0


@pytest.mark.parametrize(
    "every, hours, passed, due",
    [
        pytest.param(24.0, {}, 3600.0, False, id="not yet"),
        pytest.param(24.0, {}, 25 * 3600.0, True, id="after a day"),
        pytest.param(24.0, {"a": {RESOURCE: 0.5}}, 3600.0, True, id="this one every half hour"),
        pytest.param(0.0, {}, 90 * 86400.0, False, id="never by itself"),
    ],
)
def test_when_a_comparison_is_due(world, every, hours, passed, due):
    world.hub.settings = replace(world.settings, verify=Habit(every, hours))
    habit.whole(world.hub, "a", RESOURCE)
    assert (("a", RESOURCE) in habit.due(world.hub, now=world.clock() + passed)) is due


def test_a_vendor_that_is_down_is_asked_again_later(world):
    world.connectors["a"].down = True
    habit.whole(world.hub, "a", RESOURCE)
    with world.hub.store.read() as at:
        row = verifications.get(at, "a", RESOURCE)
    assert row["error"] and row["ended_at"] is None
    now = world.clock()
    assert ("a", RESOURCE) not in habit.due(world.hub, now=now) and ("a", RESOURCE) in habit.due(world.hub, now=now + habit.AGAIN + 1)


def test_the_rows_of_what_was_found_hold_no_values(world):
    in_silence(world, "b", "Name2", "last", "Silent")
    cycle(world)
    with world.hub.store.read() as at:
        text = str([tuple(row) for row in at.execute(drift.select())])
    assert "Silent" not in text and "Last2" not in text


class Listeners(World):
    """A hub that only reads."""

    mapping = f"give: false\n{MAPPING}"


@pytest.fixture
def listening():
    world = Listeners({name: Traits() for name in SYSTEMS})
    world.vendors["a"].user_makes(person(1) | {"last": "Last1"})
    world.quiet()
    world.clock.advance(600)
    yield world
    world.close()


@pytest.mark.parametrize("fetched", [True, False], ids=["by its id", "from the list alone"])
def test_what_is_only_read_is_compared_too_and_a_missed_change_is_taken_in(listening, fetched):
    """Nothing can be written there, and an edit that nobody told of would be lost for ever."""
    world = listening
    about = world.connectors["a"].manifest
    alone = replace(about.resources[RESOURCE], writable=False, operations={}, fetched=fetched)
    world.connectors["a"].manifest = replace(about, resources={RESOURCE: alone})
    in_silence(world, "a", "Name1", "last", "Silent")
    made = world.vendors["a"].user_makes(person(8) | {"last": "Unheard"})
    made.seq = 1  # no poll lists it any more
    world.quiet()
    report = reconcile.verify(world.hub)
    assert [(row["system"], row["kind"], row["path"], row["there"]) for row in report.drift] == [("a", "changed", "last", "Silent")]
    assert [row["id"] for row in report.strangers] == [made.id] and report.absent == []
    cycle(world)
    assert sorted(found(world)) == [("a", "changed", "last_name", "missed", "look"), ("a", "stranger", "", "unheard", "look")]
    assert {record.data["last_name"] for record in world.records()} == {"Silent", "Unheard"}
    assert reconcile.verify(world.hub).agrees and world.writes() == 0
    cycle(world)
    assert len(found(world)) == 2, "told once"
