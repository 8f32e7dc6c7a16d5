"""Modes: what observe holds back is planned anew when it ends; a pilot writes what it names and nothing else; all of it audited elsewhere."""

from __future__ import annotations

import pytest

from hub.config.sections.pilot import Pilot
from hub.explain import planning
from hub.storage import directories, views
from hub.storage import records as record_rows
from hub.storage.records import Record
from hub.sync.draft import Draft
from hub.sync.pilot import LEFT_OUT, Piloted
from hub.systems import modes
from retry_queue.contract import Again, Failure
from retry_queue.outbox import as_delivery
from tests.property.vendors import Traits
from tests.property.world import World, person


@pytest.fixture
def world():
    """Two systems, the second observed, with three people who are known to the first."""
    found = World({"a": Traits(), "b": Traits()})
    put(found, "b", "observe")
    for number in range(3):
        found.vendors["a"].user_makes(person(number) | {"last": f"Orlova{number}"})
    read(found)
    yield found
    found.close()


def put(world, system, mode):
    with world.hub.store.write() as at:
        return modes.change(world.hub, at, system, mode)


def choose(world, stores=(), phones=()):
    with world.hub.store.write() as at:
        modes.set_pilot(world.hub, at, "b", stores, phones)


def read(world):
    """What a running hub does in a minute, whatever waits."""
    for _ in range(6):
        for system in world.settings.systems:
            world.poll(system)
        while world.take():
            pass
        for system in world.settings.systems:
            while world.drain(system):
                pass
        world.expire()
        world.clock.advance(10.0)


def names(world):
    return sorted(thing.values["last"] for thing in world.vendors["b"].things.values())


def test_observe_writes_nothing_and_plans_from_the_state_of_the_moment_when_it_ends(world):
    assert not world.vendors["b"].things
    world.vendors["a"].user_edits("a-1", "last", "Petrova")
    world.clock.advance(3600.0)
    read(world)
    put(world, "b", "live")
    read(world)
    assert names(world) == ["Orlova1", "Orlova2", "Petrova"]
    assert [len(world.vendors["b"].writes)] == [3], "each was made once, as it is now"


def test_a_pilot_writes_what_it_names_and_going_live_writes_the_rest(world):
    choose(world, phones=["8 (903) 123-00-01"])
    put(world, "b", "pilot")
    read(world)
    assert names(world) == ["Orlova1"]
    world.vendors["a"].user_edits("a-1", "last", "Petrova")
    world.vendors["a"].user_edits("a-2", "last", "Sedova")
    read(world)
    assert names(world) == ["Sedova"]
    assert {reason for system, _, state, _, reason in world.deliveries() if state == "skipped"} == {LEFT_OUT}
    put(world, "b", "live")
    read(world)
    assert names(world) == ["Orlova2", "Petrova", "Sedova"]


def test_a_pilot_that_grows_takes_up_what_it_left_out(world):
    put(world, "b", "pilot")
    read(world)
    assert not names(world), "nothing is chosen, so nothing is written"
    choose(world, phones=["+79031230000", "+79031230002"])
    read(world)
    assert names(world) == ["Orlova0", "Orlova2"]


def test_the_way_back_to_observe_stops_writing_at_once(world):
    put(world, "b", "live")
    put(world, "b", "observe")
    read(world)
    assert not names(world)


def test_a_plan_is_made_as_if_in_a_mode(world):
    choose(world, phones=["+79031230001"])
    for mode, creates in (("live", 3), ("pilot", 1)):
        counts, _ = planning.count(planning.plan(world.hub, ["b"], (), mode))
        assert counts["b", "customer"][planning.CREATES] == creates
        assert counts["b", "customer"][planning.SKIPPED] == 3 - creates


@pytest.mark.parametrize(("stores", "phones", "says"), [((), ("no phone",), "no phone number"), (("mga",), (), "there are: mega")])
def test_what_cannot_be_a_pilot_is_told(world, stores, phones, says):
    with world.hub.store.write() as at:
        directories.seed(at, {"store": {"mega": {"ru": "Мега", "en": "Mega"}}}, [], now=0.0)
    with pytest.raises(modes.Refused, match=says):
        choose(world, stores, phones)


@pytest.mark.parametrize(("pilot", "wanted"), [
    pytest.param(Pilot(stores=("mega",)), {"anna", "anna's order"}, id="a store: its orders and their buyers"),
    pytest.param(Pilot(stores=("lenina",)), {"ivan", "ivan's order"}, id="a store of a customer, with all of the customer's orders"),
    pytest.param(Pilot(phones=("79031234567",)), {"anna", "anna's order", "anna's call"}, id="a phone: the customer, the orders, the calls"),
    pytest.param(Pilot(phones=("+7 905 000-00-00",)), {"a guest's order"}, id="a phone in an order alone"),
    pytest.param(Pilot(), set(), id="nothing chosen: nothing written"),
])  # fmt: skip
def test_what_belongs_to_a_pilot(world, pilot, wanted):
    rows = {
        "anna": ("customer", {"phones": [{"number": "+79031234567"}]}),
        "ivan": ("customer", {"phones": [{"number": "+79051112233"}], "store": "lenina"}),
        "anna's order": ("order", {"customer": "anna", "store": "mega"}),
        "ivan's order": ("order", {"customer": "ivan"}),
        "anna's call": ("call", {"customer": "anna"}),
        "a guest's order": ("order", {"contact.phone": "+79050000000"}),
    }
    records = [Record(ident, entity, 1, data) for ident, (entity, data) in rows.items()]
    chosen = Piloted(frozenset(pilot.stores), Piloted.numbers(pilot.phones))
    with world.hub.store.state() as at:
        record_rows.add(at, records)
        record_rows.set_keys(at, "order", {"anna's order": {("customer", "anna")}, "ivan's order": {("customer", "ivan")}})
        assert chosen.choose(at, records) == wanted


@pytest.mark.parametrize("ending", [None, Again(Failure(""), after=9.0, counts=False)], ids=["due now", "its object rests"])
def test_what_is_to_be_written_is_planned_as_that_though_its_object_rests(world, ending):
    with world.hub.store.read() as at:
        (row, *_) = views.queue(at, system="b", limit=1)
    draft = Draft(as_delivery(row), writes={"last": "Orlova"}, ending=ending)
    assert (draft.owed, planning.planned(draft).kind) == (True, planning.CREATES)
    assert not Draft(as_delivery(row), ending=ending).owed
