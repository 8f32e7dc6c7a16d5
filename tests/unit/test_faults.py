"""An exception in a connector's own code: told once as a problem of its record, tried again later and later, and in nobody else's way."""

from __future__ import annotations

import pytest

from hub.storage import states, views
from hub.words.problems import advice
from tests.property.vendors import Traits
from tests.property.world import World, person

HOUR = 3600.0


@pytest.fixture
def world():
    """Three people, each known to a and b."""
    made = World({"a": Traits(), "b": Traits()})
    for number in range(3):
        made.vendors["a"].user_makes(person(number))
    made.quiet()
    yield made
    made.close()


class Broken:
    """A connector's function that fails over one object. ``calls``: how often it did."""

    def __init__(self, function, ident):
        self.function, self.ident, self.calls = function, ident, 0

    def __call__(self, resource, things):
        if self.ident in [getattr(one, "id", one) for one in things]:
            self.calls += 1
            raise KeyError("a slip")
        return self.function(resource, things)


def there(world, number):
    """The object in b of a person."""
    return next(one for one in world.vendors["b"].things.values() if one.values["phone"] == person(number)["phone"])


def edited(world):
    for thing in list(world.vendors["a"].things.values()):
        world.vendors["a"].user_edits(thing.id, "city", "Ufa")
    world.poll("a")
    world.take()


def problems(world):
    with world.hub.store.read() as at:
        return [(row["system"], row["entity"], f"{row['error_class']}:{row['error_code']}", row["count"]) for row in views.problems(at)]


def failures(world):
    with world.hub.store.read() as at:
        return states.get(at, "b")["breaker_failures"]


@pytest.mark.parametrize(
    ("name", "told"),
    [pytest.param("write", "Unknown:escaped", id="while it writes"), pytest.param("fetch", "Unavailable:escaped", id="while it reads before it writes")],
)  # fmt: skip
def test_a_fault_over_one_object_is_told_and_backs_off_and_the_others_are_written(world, monkeypatch, name, told):
    guilty, connector = there(world, 1), world.connectors["b"]
    world.clock.advance(HOUR)
    edited(world)
    with monkeypatch.context() as broken:
        fails = Broken(getattr(connector, name), guilty.id)
        broken.setattr(connector, name, fails)
        until = world.clock() + HOUR
        while world.clock() < until:
            world.drain("b")
            world.clock.advance(5.0)
        assert [there(world, n).values.get("city") for n in range(3)] == ["Ufa", None, "Ufa"]
        assert problems(world) == [("b", "customer", told, 1)] and failures(world) == 0
        assert fails.calls <= 2 * 12, "5 s, 10 s, 20 s …, and no more: the first time beside the others"
        assert advice(*told.split(":")).press[1].startswith("Give the text of the error and the record")
    world.quiet()
    assert guilty.values["city"] == "Ufa" and problems(world) == [] and world.differences() == []


def test_an_object_over_whose_reading_the_code_fails_is_laid_aside_and_the_others_are_taken(world, monkeypatch):
    connector, things = world.connectors["b"], [there(world, number) for number in range(3)]
    for thing in things:
        world.vendors["b"].user_edits(thing.id, "city", "Omsk")
        world.hint("b", thing.id)
    with monkeypatch.context() as broken:
        fails = Broken(connector.fetch, things[1].id)
        broken.setattr(connector, "fetch", fails)
        until = world.clock() + HOUR
        while world.clock() < until:
            world.take()
            world.clock.advance(5.0)
        assert sorted(str(one.data.get("address.city")) for one in world.records()) == ["None", "Omsk", "Omsk"]
        with world.hub.store.read() as at:
            (aside,) = views.parked_objects(at)
        assert aside["system"] == "b" and things[1].id in aside["reason"] and "KeyError" in aside["reason"]
        assert fails.calls <= 14 and failures(world) == 0
    world.clock.advance(HOUR)
    world.take()
    assert [one.data["address.city"] for one in world.records()] == ["Omsk"] * 3
