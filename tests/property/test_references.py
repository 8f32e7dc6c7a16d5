"""Another program's cross-references: whatever comes first, objects that name each other become one record, and none is made for them."""

from __future__ import annotations

from itertools import permutations

import pytest

from hub.config.sections.first_load import Patience
from hub.storage import views
from hub.sync.first_load import order_of
from tests.property.vendors import Thing, Traits
from tests.property.world import MAPPING, RESOURCE, World

SYSTEMS = ("c", "b", "a")  # the named one is trusted least
NAMING = MAPPING + 'adopt: [{{remote: city, system: a, pattern: "copy of (a-\\\\d+)"}}]\n'
REST = 10.0


class Copied(World):
    """The objects of two systems say of which object of a third they are copies."""

    mapping = NAMING


@pytest.fixture
def world():
    made = Copied({name: Traits() for name in SYSTEMS})
    yield made
    made.close()


def stand(world, system, **values):
    """Somebody whom no key tells apart: without a phone."""
    vendor = world.vendors[system]
    thing = Thing(f"{system}-{len(vendor.things) + 1}", {"name": "Anna", "last": "Orlova"} | values)
    vendor.things[thing.id] = thing
    vendor._touch(thing)
    return thing


def copies(world, system):
    stand(world, system, **({} if system == "a" else {"city": "copy of a-1"}))


def take_all(world, system):
    world.poll(system)
    while world.take():
        pass


def assert_one(world):
    assert len(world.records()) == 1
    assert {(x.system, x.role, x.state) for x in world.links()} == {(name, "primary", "live") for name in SYSTEMS}
    assert [len(vendor.things) for vendor in world.vendors.values()] == [1, 1, 1], "nothing was made"


@pytest.mark.parametrize("order", list(permutations(SYSTEMS)), ids="".join)
def test_a_program_that_copies_while_the_hub_runs_makes_one_record_in_whatever_order(world, order):
    world.quiet()
    for system in order:
        copies(world, system)
        take_all(world, system)
    world.quiet()
    assert_one(world)


@pytest.mark.parametrize("order", list(permutations(SYSTEMS)), ids="".join)
def test_systems_that_are_loaded_one_by_one_make_one_record_in_whatever_order(order):
    with_patience = Copied({name: Traits() for name in SYSTEMS}, first_load=Patience(idle=0.0, longest=0.0))
    try:
        for system in SYSTEMS:
            copies(with_patience, system)
        for system in order:
            take_all(with_patience, system)
        with_patience.quiet()
        assert_one(with_patience)
    finally:
        with_patience.close()


def test_the_named_system_is_identified_first_though_it_is_trusted_least(world):
    assert [place for _, place in order_of(world.hub)] == [("a", RESOURCE), ("c", RESOURCE), ("b", RESOURCE)]


def test_what_names_an_object_that_never_comes_is_let_in_after_a_while(world):
    world.quiet()
    copies(world, "b")
    take_all(world, "b")
    assert world.links() == []
    world.clock.advance(world.settings.reference_wait + REST)
    world.quiet()
    assert {x.system for x in world.links()} == set(SYSTEMS)


def test_a_reference_that_everything_speaks_against_is_shown_to_a_person(world):
    stand(world, "a", phone="+79031230001")
    stand(world, "b", city="copy of a-1", name="Ivan", last="Petrov", phone="+79031230002")
    for system in SYSTEMS:
        world.poll(system)
    while world.take():
        pass
    assert len(world.records()) == 2
    with world.hub.store.read() as at:
        assert [row["reason"] for row in views.duplicates(at)] == ["one names the other, everything else speaks against it"]
