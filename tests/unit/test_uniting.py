"""Two records become one and one becomes two; both undone; pairs decided one by one and by rule, and what was decided is remembered."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from hub.decisions import duplicates
from hub.storage import links as link_rows
from hub.storage import records, reviews, unions
from hub.storage.tables import audit
from hub.sync import uniting
from tests.property.vendors import Traits
from tests.property.world import World, person


@pytest.fixture
def world():
    made = World({"a": Traits(), "b": Traits()})
    yield made
    made.close()


def known(world, *people):
    """The records of people made in a and known to b."""
    things = [world.vendors["a"].user_makes(person(n) | values) for n, values in enumerate(people, 1)]
    world.quiet()
    return [world.record_of("a", thing.id).id for thing in things]


def picture(world):
    """Everything that a person would see: records with their links, and what the systems hold."""
    held = {system: {i: dict(t.values) for i, t in vendor.things.items()} for system, vendor in world.vendors.items()}
    living = {r.id: r.data for r in world.records() if not r.merged_into}
    return living, sorted((x.system, x.external_id, x.role, x.record_id) for x in world.links() if x.record_id in living), held


def pair(world, a, b, reason="by hand"):
    with world.hub.store.write() as at:
        reviews.open_duplicate(at, "customer", a, b, reason, now=world.clock())
        return unions.between(at, a, b)["id"]


def test_merged_records_are_one_and_nothing_is_created_or_lost(world):
    one, two = known(world, {"note": "first"}, {"note": "second"})
    things = {system: set(vendor.things) for system, vendor in world.vendors.items()}
    uniting.merge(world.hub, one, two, actor="olga")
    world.quiet()
    (record,) = [r for r in world.records() if not r.merged_into]
    assert record.id == one and len(record.data["phones"]) == 2, "both numbers are the person's"
    assert sorted((x.system, x.role) for x in world.links()) == [("a", "alias"), ("a", "primary"), ("b", "alias"), ("b", "primary")]
    assert {system: set(vendor.things) for system, vendor in world.vendors.items()} == things
    with world.hub.store.read() as at:
        assert at.execute(select(audit.c.action).where(audit.c.actor == "olga")).scalars().all() == ["operator.merge"]


def test_a_merge_undone_is_as_if_it_had_not_been(world):
    one, two = known(world, {"note": "first"}, {"note": "second"})
    before = picture(world)
    step = uniting.merge(world.hub, one, two, actor="olga")
    uniting.undo(world.hub, step, actor="olga")
    world.quiet()
    assert picture(world) == before
    with pytest.raises(uniting.Refused, match="undone already"):
        uniting.undo(world.hub, step, actor="olga")


def test_a_split_gives_the_object_a_record_of_its_own_and_is_undone(world):
    one, two = known(world, {}, {})
    uniting.merge(world.hub, one, two, actor="olga")
    world.quiet()
    before = picture(world)
    with world.hub.store.read() as at:
        mine = [x.id for x in link_rows.by_records(at, [one])[one] if x.role == "alias"]
    step = uniting.split(world.hub, one, mine, actor="olga")
    world.quiet()
    people = [r for r in world.records() if not r.merged_into]
    assert len(people) == 2 and {x.role for x in world.links() if x.record_id in {p.id for p in people}} == {"primary"}
    assert all(len(p.data["phones"]) == 1 for p in people) or len({tuple(map(str, p.data["phones"])) for p in people}) == 2
    uniting.undo(world.hub, step, actor="olga")
    world.quiet()
    assert picture(world)[1] == before[1]


def test_a_later_step_is_undone_first(world):
    one, two, three = known(world, {}, {}, {})
    first = uniting.merge(world.hub, one, two, actor="olga")
    world.clock.advance(1.0)
    second = uniting.merge(world.hub, one, three, actor="olga")
    with pytest.raises(uniting.Refused, match=second):
        uniting.undo(world.hub, first, actor="olga")


@pytest.mark.parametrize("other, why", [("same", "two different customers"), ("nobody", "no such record")])
def test_what_cannot_be_merged_is_refused_by_name(world, other, why):
    (one,) = known(world, {})
    with pytest.raises(uniting.Refused, match=why):
        uniting.merge(world.hub, one, one if other == "same" else other, actor="olga")


def test_pairs_of_the_merged_record_are_asked_of_the_one_that_is_left(world):
    one, two, three = known(world, {}, {}, {})
    pair(world, one, two)
    second = pair(world, two, three)
    step = uniting.merge(world.hub, one, two, actor="olga")
    with world.hub.store.read() as at:
        (left,) = unions.open_pairs(at)
        assert {left["record_a"], left["record_b"]} == {one, three} and unions.pair(at, second)["decision"] == "superseded"
    uniting.undo(world.hub, step, actor="olga")
    with world.hub.store.read() as at:
        assert unions.pair(at, second)["decision"] is None


def test_kept_apart_is_remembered_and_may_be_asked_again(world):
    one, two = known(world, {}, {})
    ident = pair(world, one, two)
    duplicates.decide(world.hub, ident, "different", actor="olga")
    pair(world, one, two, "same phone again")
    with world.hub.store.read() as at:
        assert unions.open_pairs(at) == []
    duplicates.again(world.hub, ident, actor="olga")
    with world.hub.store.read() as at:
        assert [row["id"] for row in unions.open_pairs(at)] == [ident]


PHONE = {"phones": [{"number": "+79031234567", "invalid": False}]}
MAIL = {"emails": [{"address": "a@example.ru", "invalid": False}]}


@pytest.mark.parametrize(
    "a, b, alike",
    [
        (PHONE | {"first_name": "Анна"}, PHONE | {"first_name": "анна"}, (("phone",), "same-name")),
        (PHONE | {"first_name": "Анна"}, PHONE | {"first_name": "Пётр"}, (("phone",), "other-name")),
        (PHONE, PHONE | {"first_name": "Пётр"}, (("phone",), "no-name")),
        (PHONE | MAIL, PHONE | MAIL, (("phone", "email"), "no-name")),
        (MAIL, PHONE, ((), "no-name")),
        ({"phones": [{"number": "+79031234567", "invalid": True}]}, PHONE, ((), "no-name")),
    ],
)
def test_what_two_people_have_alike(a, b, alike):
    assert duplicates.likeness(a, b) == alike


def test_fifty_pairs_are_decided_by_two_rules(world):
    """A chain of namesakes with one phone comes down to one record; others with the same phone are kept apart."""
    same = known(world, *[{"name": "Anna", "note": str(n)} for n in range(6)])
    data = {"first_name": "Anna", **PHONE}
    with world.hub.store.write() as at:
        found = records.load(at, same)
        for number, record in enumerate(found.values()):
            record.data = data | {"first_name": "Anna" if number < 4 else f"Name{number}"}
        records.save(at, list(found.values()))
        for a in same:
            for b in same:
                if a < b:
                    reviews.open_duplicate(at, "customer", a, b, "same phone", now=1.0)
    with world.hub.store.read() as at:
        counted = {g.key: len(g.pairs) for g in duplicates.groups(at)}
    assert counted == {"phone+same-name": 6, "phone+other-name": 9}
    assert duplicates.decide_group(world.hub, "phone+other-name", "different", actor="olga") == (9, [])
    with world.hub.store.read() as at:
        assert [(g.key, len(g.pairs)) for g in duplicates.groups(at)] == [("phone+same-name", 6)]


def test_where_the_primary_is_deleted_the_other_object_of_the_record_is_written_from_then_on(world):
    first = world.vendors["a"].user_makes(person(1) | {"note": "one"})
    world.quiet()
    second = world.vendors["a"].user_makes(person(1) | {"note": "two"})
    world.quiet()
    assert world.link("a", second.id).role == "alias"
    del world.vendors["a"].things[first.id]
    world.hint("a", first.id)
    world.quiet()
    assert (world.link("a", first.id).role, world.link("a", first.id).state) == ("alias", "gone")
    assert world.link("a", second.id).role == "primary"
    world.vendors["b"].user_edits("b-1", "note", "three")
    world.quiet()
    assert second.values["note"] == "three"
