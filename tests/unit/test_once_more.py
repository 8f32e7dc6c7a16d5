"""verify by hand while the hub works: what differs is looked at once more, and only that; an edit on its way is no drift."""

from __future__ import annotations

import pytest

from hub.verify.reconcile import verify
from tests.property.vendors import Traits
from tests.property.world import World, person


@pytest.fixture
def world():
    """Three people, each known to a and b."""
    made = World({"a": Traits(), "b": Traits()})
    for number in range(3):
        made.vendors["a"].user_makes(person(number))
    made.quiet()
    made.clock.advance(60.0)
    yield made
    made.close()


def edited(world):
    """Somebody types a city, and the hub hears of it; in b it is not yet."""
    thing = next(iter(world.vendors["a"].things.values()))
    world.vendors["a"].user_edits(thing.id, "city", "Ufa")
    return thing


def asked(world, monkeypatch):
    """Ids that are fetched from a from now on."""
    connector, seen = world.connectors["a"], []
    fetch = connector.fetch
    monkeypatch.setattr(connector, "fetch", lambda resource, ids: seen.extend(ids) or fetch(resource, ids))
    return seen


def test_an_edit_that_comes_through_meanwhile_agrees_and_nothing_else_is_asked_for(world, monkeypatch):
    thing = edited(world)
    assert [row["id"] for row in verify(world.hub).drift] == [thing.id], "of a hub that stands still it is drift"
    ids = asked(world, monkeypatch)
    found = verify(world.hub, pause=world.quiet)
    assert found.agrees and found.objects == {"a customer": 3, "b customer": 3}
    assert ids[-1:] == [thing.id] and set(ids) == {thing.id}


def test_an_edit_that_the_next_poll_will_bring_has_its_reason(world):
    edited(world)
    found = verify(world.hub, pause=lambda: None)
    assert found.agrees and found.explained["a customer"] == {"newer than the last poll": 1}


def test_who_was_made_there_a_moment_ago_is_no_stranger(world):
    world.vendors["b"].user_makes(person(7))
    assert len(verify(world.hub).strangers) == 1
    assert verify(world.hub, pause=world.quiet).agrees


def test_what_differs_for_good_is_told(world):
    changed, deleted, _ = world.vendors["b"].things.values()
    changed.values["city"] = "Omsk"  # behind the hub's back
    del world.vendors["b"].things[deleted.id]
    found = verify(world.hub, pause=lambda: None)
    assert [(row["id"], row["path"]) for row in found.drift] == [(changed.id, "city")]
    assert [row["id"] for row in found.lost] == [deleted.id] and not found.agrees
    (row,) = [one for one in found.table() if one["system"] == "b"]
    assert (row["objects"], row["drift"], row["lost"]) == (2, 1, 1)


def test_all_agrees_and_nobody_waits(world):
    assert verify(world.hub, pause=lambda: pytest.fail("there is nothing to look at once more")).agrees
