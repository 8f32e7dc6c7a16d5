"""Somebody who stands twice in one system: what is written to the second object, what is not, and what is said of it."""

from __future__ import annotations

import pytest

from connectors.contract import Outcome
from connectors.errors import Rejected
from hub.explain.found import find, only_there
from hub.explain.record import explain
from hub.explain.standing import DIFFERS
from hub.language import Speech
from hub.language.shown import Shown
from hub.storage import views
from hub.storage.tables import audit
from hub.sync.runs import put_back
from hub.verify.reconcile import verify
from mappings.phones import numbers
from tests.property.vendors import Traits
from tests.property.world import World, person


@pytest.fixture
def world():
    """Anna stands twice in a; `city` is what is written to aliases, too."""
    made = World({"a": Traits(), "b": Traits()})
    first, second = (made.vendors["a"].user_makes(person(1) | said) for said in ({"last": "Orlova", "note": "red"}, {}))
    made.quiet()
    yield made, first, second
    made.close()


def sentence(world, thing, system="a"):
    with world.hub.store.read() as at:
        page = views.record_page(at, world.record_of(system, thing.id).id)
        return next(one for one in explain(world.hub, at, page, Shown(Speech("en"), {})) if one.system == system)


def words(world, system, of):
    """What was written to an object, in order."""
    return [data for _, ident, data in world.vendors[system].writes if ident == of.id]


@pytest.mark.parametrize("where", ["first", "second", "elsewhere"])
def test_what_is_marked_is_written_to_every_object_and_nothing_else_is(world, where):
    world, first, second = world
    (other,) = world.vendors["b"].things.values()
    system, thing = {"first": ("a", first), "second": ("a", second), "elsewhere": ("b", other)}[where]
    world.vendors[system].user_edits(thing.id, "city", "Ufa")
    world.vendors[system].user_edits(thing.id, "note", "blue")
    world.quiet()
    assert {one.values["city"] for one in (first, second, other)} == {"Ufa"}
    assert words(world, "a", second) == ([] if where == "second" else [{"city": "Ufa"}])
    assert (first.values["note"], second.values.get("note")) == ("blue", "blue" if where == "second" else None)
    with world.hub.store.read() as at:
        causes = [row.cause for row in at.execute(audit.select().where(audit.c.action == "write.intent"))]
    assert any(cause.endswith(f", alias {second.id}") for cause in causes) == (where != "second")


def test_a_second_object_is_written_quietly_and_bears_nobodys_other_ids(world, monkeypatch):
    world, first, second = world
    connector, seen = world.connectors["a"], []
    write = connector.write
    monkeypatch.setattr(connector, "write", lambda resource, writes: seen.extend(writes) or write(resource, writes))
    world.vendors["b"].user_edits(next(iter(world.vendors["b"].things)), "city", "Ufa")
    world.quiet()
    assert [(one.id, one.quiet, dict(one.others)) for one in seen] == [(first.id, False, {}), (second.id, True, {})]


def test_a_write_to_a_second_object_that_was_lost_is_looked_up_and_not_said_twice(world):
    world, first, second = world
    world.vendors["a"].user_edits(first.id, "city", "Ufa")
    world.poll("a")
    world.take()
    world.drain("a", "lost")
    world.quiet()
    assert words(world, "a", second) == [{"city": "Ufa"}] and world.link("a", second.id).intent is None


def test_a_second_object_is_read_before_it_is_written_though_the_first_was_looked_at_and_agrees(world):
    world, first, second = world
    (other,) = world.vendors["b"].things.values()
    world.clock.advance(600.0)
    world.vendors["b"].user_edits(other.id, "city", "Ufa")
    world.poll("b")
    world.take()
    world.clock.advance(1.0)
    world.vendors["a"].user_edits(first.id, "city", "Ufa")
    world.vendors["a"].user_edits(second.id, "city", "Omsk")
    world.drain("a")
    world.quiet()
    assert words(world, "a", second) == [] and {one.values["city"] for one in (first, second, other)} == {"Omsk"}


def test_a_second_object_that_refuses_holds_up_no_other_and_is_told(world, monkeypatch):
    world, first, second = world
    third, connector = world.vendors["a"].user_makes(person(1)), world.connectors["a"]
    world.quiet()
    assert world.link("a", third.id).role == "alias"
    answer, tried = connector._one, []

    def refuses(write):
        tried.append(write.id)
        return Outcome(error=Rejected("not this city", code="bad_city")) if write.id == second.id else answer(write)

    with monkeypatch.context() as stubborn:
        stubborn.setattr(connector, "_one", refuses)
        world.vendors["a"].user_edits(first.id, "city", "Ufa")
        world.quiet()
        assert (second.values.get("city"), third.values["city"]) == (None, "Ufa")
        (told,) = [row for row in world.deliveries() if row[0] == "a"]
        assert told[2] == "dead" and f"the second object {second.id}: not this city" in told[3]
        world.vendors["a"].user_edits(first.id, "note", "green")
        world.quiet()
        assert tried == [second.id, third.id], "what was refused is not said again"
        assert f"{second.id}: not this city" in sentence(world, first).text
    with world.hub.store.state() as at:
        ids = [row.id for row in at.execute(world.hub.outbox.table.select().where(world.hub.outbox.table.c.state == "dead"))]
        put_back(world.hub, at, ids, "")
    world.quiet()
    assert second.values["city"] == "Ufa" and {state for _, _, state, *_ in world.deliveries()} == {"done"}


def test_a_second_object_that_was_deleted_holds_nothing_up(world):
    world, first, second = world
    del world.vendors["a"].things[second.id]
    world.vendors["a"].user_edits(first.id, "city", "Ufa")
    world.quiet()
    assert world.link("a", second.id).state == "gone" and {state for _, _, state, *_ in world.deliveries()} == {"done"}


def test_what_a_second_object_says_otherwise_is_told_and_what_it_does_not_say_is_not(world):
    world, first, second = world
    assert "second object" not in sentence(world, first).text, "it says less, and nothing else"
    world.vendors["a"].user_edits(second.id, "note", "green")
    world.quiet()
    assert "second object" not in sentence(world, first).text, "its word is the last one"
    world.vendors["a"].user_edits(first.id, "note", "blue")
    world.quiet()
    told = sentence(world, first)
    assert (told.state, told.external_id) == (DIFFERS, first.id)
    assert told.text == (
        f"The object that the hub writes agrees. Its second object here, {second.id}, says otherwise in: Comment. "
        "The hub only reads it: merge the two here, or mend it by hand."
    )
    found = verify(world.hub)
    assert found.agrees and [(row["id"], row["path"], row["there"], row["wanted"]) for row in found.second] == [
        (second.id, "note", "green", "blue")
    ]
    assert found.explained["a customer"] == {"second": 1}


def test_a_marked_field_that_a_second_object_lacks_is_drift(world):
    world, _, second = world
    world.vendors["a"].user_edits(second.id, "city", "Ufa")
    world.quiet()
    second.values["city"] = "Omsk"  # behind the hub's back
    found = verify(world.hub)
    assert [(row["id"], row["path"], row["kind"]) for row in found.drift] == [(second.id, "city", "changed")]


def found(world, text):
    """(record ids, what is said of where it stands)."""
    with world.hub.store.read() as at:
        rows = find(world.hub, at, text, numbers(text))
        return [row["id"] for row in rows], list(only_there(world.hub, at, rows, text, Speech("en")).values())


def test_who_is_looked_for_by_a_phone_of_her_second_object_alone_is_found_and_the_object_named(world):
    world, first, second = world
    ident, old, new = world.record_of("a", first.id).id, "+79031112233", "+79031112244"
    for thing, phone in ((second, old), (first, new)):
        world.vendors["a"].user_edits(thing.id, "phone", phone)
        world.quiet()
    assert (second.values["phone"], first.values["phone"]) == (old, new)
    for text in ("8 (903) 111-22-33", "2233"):
        told = f"“{text}” stands only in a, in the second object {second.id}: the record itself does not have it."
        assert found(world, text) == ([ident], [told])
    assert found(world, new) == ([ident], []), "the record has it"
    assert found(world, person(1)["phone"]) == ([], []), "nobody has it any more"
    stranger = world.vendors["b"].user_makes(person(2) | {"phone": old})
    world.quiet()
    assert world.record_of("b", stranger.id).id != ident, "it finds its owner, and identifies nobody"
    world.vendors["a"].user_edits(second.id, "phone", new)
    world.quiet()
    assert found(world, old) == ([world.record_of("b", stranger.id).id], [])
