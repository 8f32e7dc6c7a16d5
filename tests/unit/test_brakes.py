"""Brakes: what changes too much alike is stopped before it is merged or written, a person is asked, and each answer does what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from hub.config.sections.brakes import Brakes
from hub.decisions import brakes
from hub.explain.record import explain
from hub.language import Speech
from hub.language.shown import Shown
from hub.storage import brakes as rows
from hub.storage import inbox, records, views
from hub.storage.tables import audit
from hub.storage.tables import record as record_table
from hub.sync import revisions, runs
from hub.sync.manual import set_field
from hub.sync.rethought import think
from hub.sync.scale import CHANGED, EMPTIED, HOUR, Braked, Example, Scale
from hub.systems import modes
from hub.verify.reconcile import verify
from hub.watch import alerts
from hub.watch.amiss import amiss
from tests.property.vendors import Traits
from tests.property.world import ENTITY, MAPPING, World, compiled, person

TIGHT = Brakes(floor=5, floor_loss=3)
PEOPLE = 8
NAMES, NOTES = [f"Orlova{n}" for n in range(PEOPLE)], [f"note{n}" for n in range(PEOPLE)]


@pytest.mark.parametrize(("kind", "objects", "most"), [
    pytest.param("changed", 30, 50, id="a shop of 30: one person's hour is no storm"),
    pytest.param("emptied", 30, 10, id="a shop of 30: ten emptied"),
    pytest.param("lost", 30, 10, id="a shop of 30: ten lost"),
    pytest.param("created", 2_000, 100, id="five in a hundred"),
    pytest.param("lost", 2_000, 100, id="five in a hundred lost"),
    pytest.param("changed", 100_000, 200, id="never more than the number"),
    pytest.param("backwards", 100_000, 3, id="versions do not go backwards"),
])  # fmt: skip
def test_how_much_is_let_through(kind, objects, most):
    assert Brakes().most(kind, objects) == most


@pytest.fixture
def world():
    """Two systems that know eight people each, under tight brakes; the first load was approved."""
    found = World({"a": Traits(), "b": Traits()}, clears=frozenset({"a"}), brakes=TIGHT)
    for number in range(PEOPLE):
        found.vendors["a"].user_makes(person(number) | {"last": f"Orlova{number}", "city": "Ufa", "note": f"note{number}"})
    go(found)
    answer(found, brakes.APPROVE)
    go(found)
    assert len(found.vendors["b"].things) == PEOPLE
    for vendor in found.vendors.values():
        vendor.writes.clear()
    found.clock.advance(7200.0)
    yield found
    found.close()


def go(world, rounds=6):
    """What a running hub does in a minute, whatever waits for a person."""
    for _ in range(rounds):
        for system in world.settings.systems:
            world.poll(system)
        while world.take():
            pass
        for system in world.settings.systems:
            while world.drain(system):
                pass
        world.expire()
        world.clock.advance(10.0)


def asked(world):
    with world.hub.store.read() as at:
        return rows.undecided(at)


def answer(world, decision):
    for row in asked(world):
        brakes.decide(world.hub, row["id"], decision, actor="anna")


def storm(world, value="", path="last", count=PEOPLE):
    """One field of many objects becomes the same."""
    for thing in list(world.vendors["a"].things.values())[:count]:
        world.vendors["a"].user_edits(thing.id, path, value)


def held_by(world, system, path="last"):
    return sorted(str(t.values.get(path) or "") for t in world.vendors[system].things.values())


def written(world):
    return sum(len(v.writes) for v in world.vendors.values())


def test_a_first_load_is_counted_before_its_first_write():
    world = World({"a": Traits(), "b": Traits()}, brakes=TIGHT)
    try:
        for number in range(PEOPLE):
            world.vendors["a"].user_makes(person(number) | {"last": f"Orlova{number}"})
        go(world)
        (row,) = asked(world)
        assert (row["system"], row["way"], row["kind"], row["count"], row["most"]) == ("b", "out", "created", PEOPLE, 5)
        assert ["last_name", None, "Orlova0"] in [c for one in row["sample"] for c in one["changes"]]
        assert not written(world)
        answer(world, brakes.APPROVE)
        go(world)
        assert held_by(world, "b") == NAMES
        assert asked(world) == []
    finally:
        world.close()


def test_a_refused_run_is_given_up_and_a_later_edit_flows():
    found = World({"a": Traits(), "b": Traits()}, brakes=TIGHT)
    try:
        for number in range(PEOPLE):
            found.vendors["a"].user_makes(person(number) | {"last": f"Orlova{number}"})
        go(found)
        answer(found, brakes.REFUSE)
        go(found)
        assert not written(found)
        assert {reason for _, _, state, _, reason in found.deliveries() if state == "skipped"} == {"refused at the brake by anna"}
        found.vendors["a"].user_edits("a-1", "last", "Petrova")
        go(found)
        assert held_by(found, "b") == ["Petrova"]
    finally:
        found.close()


def test_a_question_whose_writes_a_later_run_has_taken_over_is_withdrawn():
    """A system goes live, and live again, before anybody answers: what waits is asked about once."""
    found = World({"a": Traits(), "b": Traits()}, brakes=TIGHT)
    try:
        for number in range(PEOPLE):
            found.vendors["a"].user_makes(person(number) | {"last": f"Orlova{number}"})
        go(found)
        (first,) = asked(found)
        for mode in ("observe", "live"):
            with found.hub.store.write() as at:
                modes.change(found.hub, at, "b", mode, actor="anna")
        go(found)
        assert len(asked(found)) == 2
        found.clock.advance(runs.SETTLED)
        runs.end_those_done(found.hub)
        (second,) = asked(found)
        assert (second["id"] != first["id"], second["count"]) == (True, PEOPLE)
        with found.hub.store.read() as at:
            assert (rows.get(at, first["id"]) or {})["decision"] == "withdrawn"
        answer(found, brakes.APPROVE)
        go(found)
        assert (held_by(found, "b"), asked(found)) == (NAMES, [])
    finally:
        found.close()


@pytest.mark.parametrize("of", ["a run", "changes of the day"])
def test_a_question_of_what_was_skipped_and_replayed_is_not_asked_twice(world, of):
    """Whoever skips what a brake holds, and replays it, is asked about the replay alone."""
    for record in world.records():
        set_field(world.hub, record.id, "comment", "спам", actor="anna")
    go(world)
    if of == "a run":
        replayed(world)
    before = {row["id"] for row in asked(world)}
    assert len(before) == 2
    with world.hub.store.write() as at:
        runs.skip(world.hub, at, waiting(world), "nobody's wish")
    assert asked(world) == []
    replayed(world)
    assert len(asked(world)) == 2 and not before & {row["id"] for row in asked(world)}
    answer(world, brakes.APPROVE)
    go(world)
    assert held_by(world, "a", "note") == held_by(world, "b", "note") == ["спам"] * PEOPLE


def waiting(world):
    """Everything that was not written."""
    table = world.hub.outbox.table
    with world.hub.store.read() as at:
        return list(at.execute(table.select().with_only_columns(table.c.id).where(table.c.state != "done")).scalars())


def replayed(world):
    """Everything is put back as one run, as `sverka queue replay` does."""
    with world.hub.store.write() as at:
        run = runs.begin(at, "replay", now=world.hub.clock())
        runs.put_back(world.hub, at, waiting(world), run)
    go(world)


@pytest.mark.parametrize("decision", [brakes.APPROVE, brakes.REFUSE])
@pytest.mark.parametrize(("path", "field", "kept"), [
    pytest.param("last", "last_name", (NAMES, NAMES), id="a field that the vendor may not empty comes back, whatever is answered"),
    pytest.param("note", "comment", ([""] * PEOPLE, NOTES), id="a field that it may empty stays empty if somebody approves"),
])  # fmt: skip
def test_a_vendor_that_returns_empty_names(world, decision, path, field, kept):
    """Nothing is merged before a person has answered; refused, the vendor gets the values back."""
    storm(world, path=path)
    go(world)
    (row,) = asked(world)
    assert (row["system"], row["way"], row["kind"], row["field"], row["count"]) == ("a", "in", "emptied", field, PEOPLE)
    assert all(r.data[field] for r in world.records())
    assert not written(world)
    with world.hub.store.read_intake() as at:
        assert inbox.depth(at) == PEOPLE, "each object is kept once, however often polls come by"
    answer(world, decision)
    go(world)
    assert held_by(world, "a", path) == held_by(world, "b", path) == kept[decision == brakes.REFUSE]
    assert asked(world) == []


def test_a_record_says_that_what_was_changed_there_waits(world):
    """Nobody is told that a system agrees while a brake keeps back what it has said since."""
    storm(world)
    go(world)
    record = world.records()[0]
    with world.hub.store.read() as at:
        page = views.record_page(at, record.id)
        said = {one.system: one for one in explain(world.hub, at, page, Shown(Speech("en"), {}))}
    assert (said["a"].state, said["a"].place) == ("waits", "brakes") and "held back by a brake" in said["a"].text
    report = verify(world.hub)
    assert (report.agrees, report.explained["a customer"]) == (True, {"held at a brake": PEOPLE}), "a person is asked: that is a reason"
    answer(world, brakes.APPROVE)
    go(world)
    with world.hub.store.read() as at:
        said = {one.system: one.state for one in explain(world.hub, at, views.record_page(at, record.id), Shown(Speech("en"), {}))}
    assert said["a"] == "agrees"


@pytest.mark.parametrize("path", [pytest.param("note", id="only read there"), pytest.param("city", id="written there, too")])
def test_what_a_person_refused_stays_on_a_second_object_and_the_page_says_so(world, path):
    """A robot of the vendor changes everybody, and somebody stands there twice."""
    second = world.vendors["a"].user_makes(person(0) | {"note": "note0"})
    go(world)
    world.clock.advance(7200.0)
    storm(world, "robot", path, count=PEOPLE + 1)
    go(world)
    answer(world, brakes.REFUSE)
    go(world)
    first = world.vendors["a"].things["a-1"]

    def told():
        with world.hub.store.read() as at:
            page = views.record_page(at, world.record_of("a", "a-1").id)
            return next(one for one in explain(world.hub, at, page, Shown(Speech("en"), {})) if one.system == "a")

    assert first.values[path] != "robot"
    if path == "city":
        assert second.values[path] == first.values[path] and told().state == "agrees"
        return
    assert second.values[path] == "robot" and told().state == "differs"
    assert f"The object that the hub writes agrees. Its second object here, {second.id}, says otherwise in: Comment." in told().text
    world.vendors["a"].user_edits(second.id, path, "note0")
    go(world)
    assert told().state == "agrees", "mended by hand"


@pytest.fixture
def bare():
    """Two systems that know eight people each, of whom nobody has a note or a city."""
    found = World({"a": Traits(), "b": Traits()}, clears=frozenset({"a"}))
    for number in range(PEOPLE):
        found.vendors["a"].user_makes(person(number) | {"last": f"Orlova{number}"})
    go(found)
    found.hub.settings = found.settings = replace(found.settings, brakes=TIGHT)
    found.clock.advance(7200.0)
    yield found
    found.close()


def refused_storm(world, path):
    storm(world, "robot", path)
    go(world)
    assert [(row["kind"], row["count"]) for row in asked(world)] == [("changed", PEOPLE)]
    answer(world, brakes.REFUSE)
    go(world)
    assert asked(world) == []


def said_of(world, external_id):
    with world.hub.store.read() as at:
        page = views.record_page(at, world.record_of("a", external_id).id)
        return next(one for one in explain(world.hub, at, page, Shown(Speech("en"), {})) if one.system == "a")


def test_what_a_robot_filled_and_a_person_refused_is_empty_again(bare):
    """No record had a note, so that none says what to write over the robot's."""
    refused_storm(bare, "note")
    assert held_by(bare, "a", "note") == held_by(bare, "b", "note") == [""] * PEOPLE
    assert said_of(bare, "a-1").state == "agrees" and verify(bare.hub).agrees
    bare.vendors["a"].user_edits("a-1", "note", "likes linen")
    go(bare)
    assert held_by(bare, "b", "note").count("likes linen") == 1, "a person's own note is taken as ever"


def test_what_a_person_refused_and_the_hub_cannot_empty_is_told(bare):
    """A field that the system may not empty: the robot's value stays, and nobody says that it agrees."""
    refused_storm(bare, "city")
    assert (held_by(bare, "a", "city"), held_by(bare, "b", "city")) == (["robot"] * PEOPLE, [""] * PEOPLE)
    said = said_of(bare, "a-1")
    assert said.state == "differs" and "Here alone stands: City." in said.text and "Agrees" not in said.text
    report = verify(bare.hub)
    assert report.agrees and report.explained["a customer"] == {"alone": PEOPLE}
    assert {(row["path"], row["there"]) for row in report.alone} == {("city", "robot")}
    bare.vendors["a"].user_edits("a-1", "city", "")
    bare.vendors["a"].user_edits("a-2", "city", "Ufa")
    go(bare)
    assert [said_of(bare, one).state for one in ("a-1", "a-2", "a-3")] == ["agrees", "agrees", "differs"], "mended by hand, either way"
    assert held_by(bare, "b", "city").count("Ufa") == 1


def test_while_a_brake_is_on_everything_else_goes_on(world):
    storm(world)
    go(world)
    world.vendors["b"].user_makes(person(50) | {"last": "Sedova"})
    world.vendors["b"].user_edits("b-1", "city", "Perm")
    go(world)
    assert "Sedova" not in held_by(world, "a"), "nothing is written where the storm comes from"
    assert next(r for r in world.records() if r.data.get("address.city") == "Perm")
    answer(world, brakes.REFUSE)
    go(world)
    assert held_by(world, "a") == held_by(world, "b") == sorted([*NAMES, "Sedova"])


def test_a_base_restored_from_last_weeks_copy(world):
    """Versions go backwards and people who came this week are not there: three questions at most, and no old value is spread."""
    vendor = world.vendors["a"]
    storm(world, "Ivanova", count=4)
    go(world)
    assert asked(world) == [], "four people's new names are work"
    world.clock.advance(7200.0)
    for thing in list(vendor.things.values())[:4]:
        thing.values["last"], thing.modified, vendor.seq = "Orlova", thing.modified - 7 * 86400.0, vendor.seq + 1
        thing.seq = vendor.seq
    go(world)
    (row,) = asked(world)
    assert (row["kind"], row["count"], row["most"]) == ("backwards", 4, 3)
    assert held_by(world, "b").count("Ivanova") == 4
    answer(world, brakes.REFUSE)
    go(world)
    assert held_by(world, "a") == held_by(world, "b") == sorted(["Ivanova"] * 4 + NAMES[4:])


@pytest.mark.parametrize("decision", [brakes.APPROVE, brakes.REFUSE])
def test_objects_that_vanish_at_once(world, decision):
    gone = list(world.vendors["a"].things)[:5]
    for ident in gone:
        del world.vendors["a"].things[ident]
        world.hint("a", ident)
    go(world)
    (row,) = asked(world)
    assert (row["kind"], row["count"]) == ("lost", 5)
    assert {x.state for x in world.links() if x.external_id in gone} == {"live"}
    answer(world, decision)
    go(world)
    states = {x.state for x in world.links() if x.external_id in gone}
    assert states == ({"gone"} if decision == brakes.APPROVE else {"live"})


def test_a_mapping_that_empties_a_field_is_not_put_in_force_before_somebody_agrees(world):
    good, settings, revision = world.mappings, world.settings, revisions.mine(world.hub)
    without_names(world)
    (row,) = asked(world)
    assert (row["way"], row["kind"], row["field"], row["count"]) == ("merge", "emptied", "last_name", PEOPLE)
    assert sorted(r.data["last_name"] for r in world.records()) == NAMES
    assert not revisions.in_force(world.hub), "nobody works by it"
    assert world.take() == 0
    answer(world, brakes.REFUSE)
    with world.hub.store.read() as at:
        assert revisions.standstill(world.hub, at)["actor"] == "anna"
    found, now = alerts.facts(world.hub, world.clock()), world.clock()
    assert [one.key for one in amiss(found, world.settings.alerts, open_keys=frozenset(), now=now)] == ["standstill:"], "and is told"
    assert revisions.activate(world.hub, again=False) == 0
    world.mappings, world.settings = good, settings
    world.start()
    assert revisions.in_force(world.hub)
    assert revisions.mine(world.hub) == revision
    with world.hub.store.read() as at:
        assert revisions.standstill(world.hub, at) is None
    go(world)
    assert held_by(world, "b") == NAMES
    assert not written(world)


def without_names(world):
    """Another process starts, whose mappings do not speak of the last name."""
    lacking = MAPPING.replace("  last_name:    {{remote: last}}\n", "")
    world.mappings = compiled(tuple(world.vendors), frozenset({"a"}), "", lacking)
    world.settings = replace(world.settings, stand_ins={"a": ("nobody",)})  # these mappings have no files that a revision could tell apart
    world.start()


def test_figures_that_nobody_says_are_no_loss_by_a_new_mapping(world):
    """A customer's calls are counted, an order's payments added up: no mapping says them, so none takes them away."""
    with world.hub.store.write() as at:
        known = records.load(at, list(at.execute(select(record_table.c.id)).scalars()))
        for one in known.values():
            one.data |= {"calls_out": 3, "last_contact": "2026-11-25T10:00:00Z"}
        records.save(at, list(known.values()))
    found = think(world.hub, ENTITY)
    assert (found.records, found.changed, dict(found.emptied)) == (PEOPLE, 0, {})


def test_an_approved_mapping_empties_what_it_empties(world):
    without_names(world)
    with world.hub.store.read() as at:
        (row,) = rows.undecided(at)
        beside = [(one["kind"], one["field"], one["count"]) for one in brakes.beside(world.hub, at, row)]
    assert beside == [("changed", "", PEOPLE)], "the whole of it is told"
    answer(world, brakes.APPROVE)
    assert revisions.activate(world.hub, again=False) == PEOPLE
    assert not any("last_name" in r.data for r in world.records())


def test_a_storm_of_the_day_is_stopped_before_its_first_write(world):
    """Many records changed by hand: each is one edit of the hub's own, and their writes are counted together."""
    for record in world.records():
        set_field(world.hub, record.id, "comment", "спам", actor="anna")
    go(world)
    assert {(row["system"], row["way"], row["kind"], row["field"]) for row in asked(world)} == {
        ("a", "out", "changed", "comment"),
        ("b", "out", "changed", "comment"),
    }
    assert not written(world)
    answer(world, brakes.APPROVE)
    go(world)
    assert held_by(world, "a", "note") == held_by(world, "b", "note") == ["спам"] * PEOPLE


@pytest.mark.parametrize("decision", [brakes.APPROVE, brakes.REFUSE])
def test_an_answer_whose_process_dies_is_kept_and_what_was_held_goes_on(world, decision):
    storm(world, "спам", "note")
    world.poll("a")
    world.take()
    (row,) = asked(world)
    world.mortal(lambda: brakes.decide(world.hub, row["id"], decision, actor="olga"), fuse=1)
    assert asked(world) == [] and brakes.held_rows(world.hub, row) == PEOPLE
    assert brakes.release_answered(world.hub) == PEOPLE and brakes.release_answered(world.hub) == 0
    world.quiet()
    assert held_by(world, "b", "note") == (["спам"] * PEOPLE if decision == brakes.APPROVE else NOTES)


def test_peoples_work_is_no_storm(world):
    """As many edits as there are people, but of different fields."""
    for number, thing in enumerate(list(world.vendors["a"].things.values())):
        world.vendors["a"].user_edits(thing.id, ("last", "note", "city")[number % 3], f"value{number}")
    go(world)
    assert asked(world) == []
    assert written(world) == PEOPLE


def test_what_an_outage_kept_waiting_is_no_storm_when_it_ends(world):
    world.connectors["b"].down = True
    for thing in list(world.vendors["a"].things.values()):
        world.vendors["a"].user_edits(thing.id, "city", f"Perm{thing.id}")
        go(world, rounds=1)
        world.clock.advance(1800.0)
    world.connectors["b"].down = False
    for _ in range(60):
        go(world, rounds=1)
        world.clock.advance(60.0)
    assert asked(world) == []
    assert held_by(world, "b", "city") == sorted(f"Perm{ident}" for ident in world.vendors["a"].things)


def test_an_answer_is_given_once_and_kept_in_the_audit_log(world):
    storm(world)
    go(world)
    (row,) = asked(world)
    brakes.decide(world.hub, row["id"], brakes.REFUSE, actor="anna")
    with pytest.raises(brakes.Gone, match="answered already"):
        brakes.decide(world.hub, row["id"], brakes.APPROVE, actor="ivan")
    with world.hub.store.read() as at:
        kept = at.execute(select(audit.c.actor, audit.c.outcome, audit.c.system).where(audit.c.action == "operator.brake")).all()
        assert ("anna", "refuse", "a") in [tuple(one) for one in kept]
        assert rows.get(at, row["id"])["sample"] == [], "people's values do not outlive the question"


def test_figures_that_follow_purchases_are_no_storm_but_emptied_ones_are_counted(world):
    """On a good day the balances of thousands change within an hour: by every till, and on every page that shows them."""
    scale = Scale(world.hub, "in")
    for number in range(500):
        scale.put("a", "customer", 0.0, CHANGED, "points_active", Example(str(number), str(number)))
    assert scale.figures == {}
    scale.put("a", "customer", 0.0, EMPTIED, "points_active", Example("1", "1"))
    scale.put("a", "customer", 0.0, CHANGED, "comment", Example("1", "1"))
    assert sum(sum(counts.values()) for counts in scale.figures.values()) == 2


def test_what_a_chain_does_every_day_is_no_storm(world):
    """Three hours as busy as this were let through: 3 times as much is the measure. Two were not yet a habit, and emptied fields have none."""
    example = Example("1", "1")

    def weigh(kind, hour, number):
        scale = Scale(world.hub, "in")
        for _ in range(number):
            scale.put("a", "customer", hour * HOUR, kind, "comment", example)
        with world.hub.store.write() as at:
            scale.weigh(at)
            scale.keep(at)

    most = world.hub.settings.brakes.most(CHANGED, PEOPLE)
    for hour in (100, 101):
        weigh(CHANGED, hour, most)
    with pytest.raises(Braked):
        weigh(CHANGED, 102, most + 1)
    weigh(CHANGED, 102, most - 1)
    weigh(CHANGED, 103, 3 * (most - 1))
    with pytest.raises(Braked):
        weigh(CHANGED, 104, 3 * most + 1)
    few = world.hub.settings.brakes.most(EMPTIED, PEOPLE)
    for hour in (100, 101, 102):
        weigh(EMPTIED, hour, few)
    with pytest.raises(Braked):
        weigh(EMPTIED, 103, few + 1)
