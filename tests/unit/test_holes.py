"""Where the simple rule of synchronisation breaks, each on the real engine: the test fails when its mend is taken away."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import select

from hub.storage import inbox
from hub.storage.tables import field_problem
from tests.property.vendors import Traits
from tests.property.world import RESOURCE, World, person


@pytest.fixture
def opened():
    worlds = []

    def make(**traits):
        world = World(traits)
        worlds.append(world)
        return world

    yield make
    for world in worlds:
        world.close()


def shop(opened, **traits):
    """One person, made in ``a`` with ``last`` = Orlova, known to all systems and quiet."""
    world = opened(**traits)
    world.vendors["a"].user_makes(person(1) | {"last": "Orlova"})
    world.quiet()
    return world


def said(world):
    return world.record_of("a", "a-1").data["last_name"]


def held(world):
    return {name: vendor.things[f"{name}-1"].values.get("last") for name, vendor in world.vendors.items()}


def take_in(world, system):
    """The system's changes become the record's, and nothing is written yet."""
    world.poll(system)
    world.take()


@pytest.mark.parametrize("fault", ["lost", "kill_after"])
def test_d1_the_stored_form_of_a_write_whose_answer_was_lost_is_no_edit(opened, fault):
    world = shop(opened, a=Traits(), b=Traits(normalise={"last": lambda v: v[:3]}))
    world.vendors["a"].user_edits("a-1", "last", "Smirnova")
    take_in(world, "a")
    world.mortal(lambda: world.drain("b", fault))
    world.quiet()
    assert (said(world), held(world)) == ("Smirnova", {"a": "Smirnova", "b": "Smi"})


@pytest.mark.parametrize("fault", ["lost", "kill_after", "kill_before"])
def test_d1_an_edit_made_while_an_intent_was_open_is_not_swallowed(opened, fault):
    world = shop(opened, a=Traits(), b=Traits(normalise={"last": lambda v: v[:3]}))
    world.vendors["a"].user_edits("a-1", "last", "Smirnova")
    take_in(world, "a")
    world.mortal(lambda: world.drain("b", fault))
    world.vendors["b"].user_edits("b-1", "last", "Ivanova")
    world.quiet()
    assert (said(world), held(world)) == ("Iva", {"a": "Iva", "b": "Iva"})


def test_d2_a_look_older_than_our_write_is_not_taken_for_an_edit(opened):
    world = shop(opened, a=Traits(), b=Traits())
    stale = world.look("b", "b-1")
    world.vendors["a"].user_edits("a-1", "last", "Smirnova")
    world.quiet()
    world.absorb([stale])
    world.quiet()
    assert (said(world), held(world)) == ("Smirnova", {"a": "Smirnova", "b": "Smirnova"})


def test_d2_a_look_that_may_not_be_applied_is_made_again(opened):
    world = shop(opened, a=Traits(), b=Traits(answer_lacks=frozenset({"note"})))
    world.vendors["a"].user_edits("a-1", "last", "Smirnova")
    take_in(world, "a")
    world.hint("b", "b-1")
    world.take()  # b was seen a moment ago, so it is not read again before the write
    world.vendors["b"].user_edits("b-1", "note", "call me")
    world.poll("b")  # this look lies in the inbox while the write goes on
    world.drain("b")
    world.quiet(polls=False)
    assert world.record_of("a", "a-1").data["comment"] == "call me"


def test_d3_a_change_that_comes_while_a_delivery_is_leased_is_not_swallowed(opened):
    world = shop(opened, a=Traits(), b=Traits())
    world.vendors["a"].user_edits("a-1", "last", "Smirnova")
    take_in(world, "a")
    connector = world.connectors["b"]
    answer = connector.write

    def write(resource, writes):
        connector.write = answer
        world.vendors["a"].user_edits("a-1", "last", "Petrova")
        world.absorb([world.look("a", "a-1")])
        return answer(resource, writes)

    connector.write = write
    world.drain("b")
    world.quiet(polls=False)
    assert held(world) == {"a": "Petrova", "b": "Petrova"}


@pytest.mark.parametrize("order", itertools.permutations("abc"))
def test_d4_edits_read_in_any_order_give_one_record(opened, order):
    world = shop(opened, a=Traits(), b=Traits(), c=Traits())
    for system, value in (("a", "Same"), ("c", "Other"), ("b", "Same")):
        world.clock.advance(10.0)
        world.vendors[system].user_edits(f"{system}-1", "last", value)
    for system in order:
        world.absorb([world.look(system, f"{system}-1")])
    assert said(world) == "Same"


def test_d5_a_removed_system_keeps_its_word(opened):
    world = shop(opened, a=Traits(), b=Traits(), c=Traits())
    world.vendors["c"].user_edits("c-1", "last", "Petrova")
    world.quiet()
    world.connect(("a", "b"))
    world.vendors["a"].user_edits("a-1", "note", "merged again")
    world.quiet()
    assert (said(world), held(world)["a"], held(world)["b"]) == ("Petrova", "Petrova", "Petrova")


def test_d6_robots_that_undo_each_other_are_frozen_and_raised_as_a_problem(opened):
    late = {"robot_delay": 40.0}  # after the time in which a like value counts as the stored form
    world = shop(opened, a=Traits(robots={"last": str.upper}, **late), b=Traits(robots={"last": str.lower}, **late))
    world.quiet(rounds=200)
    assert len(world.vendors["a"].writes) + len(world.vendors["b"].writes) < 20
    assert any("last" in link.frozen for link in world.links())
    with world.hub.store.read() as at:
        assert set(at.execute(select(field_problem.c.code, field_problem.c.field)).tuples()) == {("frozen", "last_name")}


@pytest.mark.parametrize("where", ["list_lacks", "answer_lacks"])
def test_d7_a_path_that_a_view_leaves_out_is_not_empty_there(opened, where):
    world = shop(opened, a=Traits(), b=Traits(normalise={"last": lambda v: v[:3]}, **{where: frozenset({"last"})}))
    for _ in range(3):
        world.hint("b", "b-1")
        world.quiet()
    assert (said(world), len(world.vendors["b"].writes)) == ("Orlova", 1)


def test_d8_our_own_write_does_not_make_an_older_edit_the_newest(opened):
    world = shop(opened, a=Traits(answer_lacks=frozenset({"last"})), b=Traits())
    world.vendors["b"].user_edits("b-1", "note", "to be written to a")
    take_in(world, "b")
    world.drain("a")  # a's object is looked at, and written to
    world.clock.advance(20.0)
    world.vendors["a"].user_edits("a-1", "last", "Older")
    world.clock.advance(20.0)
    world.vendors["b"].user_edits("b-1", "last", "Newest")
    world.clock.advance(20.0)
    world.vendors["b"].user_edits("b-1", "note", "written to a again")
    take_in(world, "b")
    world.drain("a")  # our write moves a's date beyond b's edit
    world.quiet()
    assert (said(world), held(world)) == ("Newest", {"a": "Newest", "b": "Newest"})


def test_d8_an_edit_found_in_the_answer_of_our_write_is_not_dated_by_it(opened):
    world = shop(opened, a=Traits(), b=Traits())
    world.vendors["b"].user_edits("b-1", "note", "to be written to a")
    take_in(world, "b")
    world.hint("a", "a-1")
    world.take()  # a was seen a moment ago, so it is not read again before the write
    world.vendors["a"].user_edits("a-1", "last", "Older")
    world.clock.advance(1.5)
    world.vendors["b"].user_edits("b-1", "last", "Newest")
    world.clock.advance(1.5)
    world.drain("a")
    world.quiet()
    assert (said(world), held(world)) == ("Newest", {"a": "Newest", "b": "Newest"})


def test_d8_first_contact_without_a_date_does_not_beat_a_dated_edit(opened):
    world = opened(a=Traits(dates=False), b=Traits())
    world.vendors["b"].user_makes(person(1) | {"last": "Orlova"})
    world.connect(("b",))
    world.quiet()
    world.vendors["b"].user_edits("b-1", "last", "Edited")
    world.quiet()
    world.vendors["a"].user_makes(person(1) | {"last": "Of 2019"})
    world.connect(("a", "b"))
    world.quiet()
    assert held(world) == {"a": "Edited", "b": "Edited"}


def test_d9_a_hint_that_comes_while_its_like_is_worked_on_is_kept(opened):
    world = shop(opened, a=Traits(), b=Traits())
    world.hint("a", "a-1")
    with world.hub.store.intake() as at:
        claimed = inbox.claim(at, "a", limit=10, lease=60.0, now=world.clock())
    world.hint("a", "a-1")
    world.hint("a", "a-1")
    assert [item.resource for item in claimed] == [RESOURCE]
    assert world.waiting_inbox() == 2, "one under way and one to come; the third says nothing that the second does not"


def test_an_object_seen_before_it_was_deleted_does_not_come_back(opened):
    world = shop(opened, a=Traits(), b=Traits())
    seen = world.look("a", "a-1")
    del world.vendors["a"].things["a-1"]
    world.hint("a", "a-1")
    world.take()
    assert world.link("a", "a-1").state == "gone"
    world.absorb([seen])
    assert world.link("a", "a-1").state == "gone"
