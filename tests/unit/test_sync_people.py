"""People beside systems: manual edits, undo, conflicts that wait for a person, owners, removed systems, revisions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.config.settings import default_policy
from hub.entities import FIELDS
from hub.entities.policy import Policy
from hub.storage import conflicts
from hub.sync import manual, revisions
from hub.sync.merge import HUB, Said, merge
from tests.property.vendors import Traits
from tests.property.world import ENTITY, World, person


@pytest.fixture
def opened():
    worlds = []

    def make(traits=None, **more):
        world = World(traits or {"a": Traits(), "b": Traits()}, **more)
        worlds.append(world)
        return world

    yield make
    for world in worlds:
        world.close()


def start(world, **values):
    """One person, made in a and known to all."""
    thing = world.vendors["a"].user_makes(person(1) | values)
    world.quiet()
    return world.record_of("a", thing.id)


def note(world, system):
    return next(iter(world.vendors[system].things.values())).values.get("note")


def test_a_field_set_by_hand_reaches_every_system_and_can_be_undone(opened):
    world = opened()
    record = start(world, note="old")
    manual.set_field(world.hub, record.id, "comment", "new", actor="olga")
    world.quiet()
    assert (note(world, "a"), note(world, "b")) == ("new", "new")
    manual.undo(world.hub, record.id, "comment", actor="olga")
    world.quiet()
    assert (note(world, "a"), note(world, "b")) == ("old", "old")


def test_a_field_cleared_by_hand_is_empty_everywhere_and_stays_so(opened):
    world = opened()
    record = start(world, note="old")
    manual.clear_field(world.hub, record.id, "comment", actor="olga")
    world.quiet()
    assert (note(world, "a"), note(world, "b")) == ("", "")


def test_what_was_edited_since_is_not_undone(opened):
    world = opened()
    record = start(world, note="old")
    manual.set_field(world.hub, record.id, "comment", "new", actor="olga")
    world.quiet()
    world.vendors["b"].user_edits("b-1", "note", "newest")
    world.quiet()
    with pytest.raises(manual.Refused, match="edited since"):
        manual.undo(world.hub, record.id, "comment", actor="olga")
    assert note(world, "a") == "newest"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [("no_such", "x", "no such field"), ("birthday", "yesterday", "birthday"), ("points_active", "5", "belongs to")],
)
def test_what_cannot_be_is_refused_by_name(opened, name, value, says):
    world = opened()
    record = start(world)
    with pytest.raises(manual.Refused, match=says):
        manual.set_field(world.hub, record.id, name, value, actor="olga")


def test_a_field_that_asks_keeps_its_value_until_a_person_decides(opened):
    world = opened(policies={(ENTITY, "comment"): Policy("ask")})
    record = start(world, note="agreed")
    world.vendors["b"].user_edits("b-1", "note", "from b")
    world.quiet()
    assert world.record_of("a", "a-1").data["comment"] == "agreed"
    assert (note(world, "a"), note(world, "b")) == ("agreed", "from b"), "nobody is overwritten before the decision"
    with world.hub.store.read() as at:
        assert conflicts.fields(at, [record.id]) == {record.id: {"comment"}}
    manual.decide(world.hub, record.id, "comment", "from b", actor="olga")
    world.quiet()
    assert (note(world, "a"), note(world, "b")) == ("from b", "from b")
    with world.hub.store.read() as at:
        assert conflicts.fields(at, [record.id]) == {}


def test_an_owner_field_never_takes_another_systems_value(opened):
    world = opened(policies={(ENTITY, "comment"): Policy("owner", ("a",))})
    start(world, note="owned")
    world.vendors["b"].user_edits("b-1", "note", "elsewhere")
    world.quiet()
    assert (note(world, "a"), note(world, "b")) == ("owned", "owned"), "enforced: written back"


def test_elsewhere_tolerate_leaves_what_stands_there(opened):
    world = opened(policies={(ENTITY, "comment"): Policy("owner", ("a",), elsewhere="tolerate")})
    start(world, note="owned")
    world.vendors["b"].user_edits("b-1", "note", "elsewhere")
    world.quiet()
    assert (note(world, "a"), note(world, "b")) == ("owned", "elsewhere")


@pytest.mark.parametrize(("may", "expected"), [(frozenset(), "kept"), (frozenset("b"), "")])
def test_an_empty_value_beats_a_filled_one_only_where_the_mapping_says_so(opened, may, expected):
    world = opened(clears=may)
    start(world, note="kept")
    world.vendors["b"].user_edits("b-1", "note", "")
    world.quiet()
    assert (note(world, "a"), note(world, "b")) == (expected, expected)


def test_what_a_removed_system_left_in_the_inbox_stops_nobody_and_is_seen_when_it_is_back(opened):
    world = opened()
    start(world, note="old")
    world.vendors["b"].user_edits("b-1", "note", "on the way")
    world.poll("b")
    world.connect(("a",))
    world.vendors["a"].user_edits("a-1", "city", "Ufa")
    world.quiet()
    assert world.record_of("a", "a-1").data["address.city"] == "Ufa"
    world.connect(("a", "b"))
    world.quiet()
    assert (note(world, "a"), world.vendors["b"].things["b-1"].values["city"]) == ("on the way", "Ufa")


def test_writes_of_one_object_keep_their_distance(opened):
    world = opened({"a": Traits(), "b": Traits(min_write_interval=60.0)})
    start(world, note="one")
    for value in ("two", "three"):
        world.vendors["a"].user_edits("a-1", "note", value)
        world.quiet()
    times = [at for at, *_ in world.vendors["b"].writes]
    assert len(times) >= 2 and all(later - earlier >= 60.0 for earlier, later in zip(times, times[1:], strict=False))
    assert note(world, "b") == "three"


def test_an_edit_taken_back_before_it_was_merged_is_as_if_it_had_not_been(opened):
    """The look that shows it waits in the inbox; the next poll finds the object as the link knows it."""
    world = opened()
    start(world, note="one")
    world.vendors["a"].user_edits("a-1", "note", "two")
    world.poll("a")
    world.vendors["a"].user_edits("a-1", "note", "one")
    world.poll("a")
    while world.take():
        pass
    assert note(world, "a") == "one" and world.records()[0].data["comment"] == "one"
    world.quiet()
    assert note(world, "a") == note(world, "b") == "one"


def test_a_worker_with_another_revision_claims_nothing(opened):
    world = opened()
    start(world, note="one")
    old = world.hub
    world.hub = replace(old, settings=replace(old.settings, trust=("b", "a")), cache={})
    assert revisions.activate(world.hub) == 1
    world.hub = old
    world.vendors["a"].user_edits("a-1", "note", "two")
    world.poll("a")
    assert world.take() == 0 and not revisions.in_force(old)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([("a", "x", 10), ("b", "y", 12)], "y"),
        ([("a", "x", None), ("b", "y", None)], "x"),
        ([("a", "x", None), ("b", "y", 1)], "y"),
        ([("b", "", 12), ("a", "x", 10)], "x"),
        ([(HUB, "by hand", 11), ("a", "x", 10)], "by hand"),
    ],
)
def test_merge_takes_the_latest_word_whatever_the_order(said, expected):
    statements = [Said(f"link-{system}", system, value, at, False) for system, value, at in said]
    for order in (statements, statements[::-1]):
        assert merge({"comment": order}, lambda _: Policy(), {"a": 2, "b": 1}).data == {"comment": expected}


@pytest.mark.parametrize("name", [name for name, one in FIELDS["customer"].items() if one.policy == "owner:loyalty"])
def test_points_belong_to_loyalty_alone_and_without_one_to_nobody(name):
    info = FIELDS["customer"][name]
    policy = default_policy(info.policy, info.element)
    said = {name: [Said("link-a", "sklad", 100, 10.0, False), Said("link-h", HUB, 200, 11.0, True)]}
    assert merge(said, lambda _: policy, {}).data == {}
    loyal = {name: [*said[name], Said("link-l", "loyalty", 7, 1.0, False)]}
    assert merge(loyal, lambda _: policy, {}).data == {name: 7}
