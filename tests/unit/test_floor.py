"""The floor of I3 is counted by cause, and only it."""

from __future__ import annotations

import pytest

from hub.storage import states
from tests.property.vendors import Traits
from tests.property.world import World, person


@pytest.fixture
def world():
    made = World({"a": Traits(), "b": Traits()})
    made.vendors["a"].user_makes(person(1) | {"note": "old", "city": "Ufa"})
    made.quiet()
    yield made
    made.close()


def floor(world):
    with world.hub.store.read() as at:
        counted = states.counters(at)
    return counted.get("floor_one_interval", 0), counted.get("floor_before_write", 0)


def edit(world, system, path, value):
    world.clock.advance(30)
    (thing,) = world.vendors[system].things.values()
    world.vendors[system].user_edits(thing.id, path, value)


@pytest.mark.parametrize(
    ("edits", "counted"),
    [
        pytest.param([("a", "note", "x"), ("b", "note", "y")], 1, id="two places, one interval"),
        pytest.param([("a", "note", "x"), ("b", "note", "x")], 0, id="the same word in both"),
        pytest.param([("a", "note", "x"), ("b", "city", "y")], 0, id="two fields"),
        pytest.param([("a", "note", "x"), ("a", "note", "y")], 0, id="one place"),
        pytest.param([("a", "note", "x"), None, ("b", "note", "y")], 0, id="the second was typed by somebody who saw the first"),
    ],
)
def test_edits_of_one_field_within_one_interval_between_looks(world, edits, counted):
    for one in edits:
        if one is None:
            world.quiet()
        else:
            edit(world, *one)
    world.quiet()
    assert floor(world) == (counted, 0)


def test_an_edit_between_our_re_read_and_our_write(world):
    edit(world, "a", "note", "new")
    world.poll("a")
    world.take()
    (thing,) = world.vendors["b"].things.values()
    world.absorb([world.look("b", thing.id)])  # our re-read: the write that follows takes it for fresh
    stale = world.look("b", thing.id)
    world.vendors["b"].user_edits(thing.id, "note", "typed meanwhile")
    shown = world.look("b", thing.id)  # a poll that ran beside the write
    world.drain("b")
    assert thing.values["note"] == "new"
    for look in (stale, shown, shown):
        world.absorb([look])
    world.quiet()
    assert floor(world) == (0, 1), "once, and what the re-read saw is no edit"
