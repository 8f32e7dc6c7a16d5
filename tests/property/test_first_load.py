"""A first load collects before it identifies: whatever comes first, and whoever is read while, the same records, links and values come of it."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hub.config.sections.first_load import Patience
from hub.storage import inbox
from hub.sync.first_load import FirstLoad, Loading, Step, next_step
from hub.sync.poll import poll
from tests.property.vendors import Thing, Traits
from tests.property.world import RESOURCE, World

SYSTEMS = ("a", "b", "c")
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
PROFILE = settings(
    deadline=None, max_examples=1000 if LONG else 8, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
PHONES = [f"+7903123{n:04d}" for n in range(4)]
NAMES = ["Anna", "Ivan", ""]


@st.composite
def shops(draw: Any) -> dict[str, list[dict[str, str]]]:
    """system -> objects: few people, so that they meet in many ways; twins and shared phones among them."""
    values = st.fixed_dictionaries(
        {
            "name": st.sampled_from(NAMES),
            "phone": st.sampled_from(PHONES),
            "last": st.sampled_from(["Orlova", "Petrov", ""]),
            "city": st.sampled_from(["Ufa", "Perm", ""]),
        }
    )
    return {system: draw(st.lists(values, max_size=5)) for system in SYSTEMS}


def stand(world: World, shop: dict[str, list[dict[str, str]]], rng: random.Random) -> None:
    """Put the shop into the vendors; the order in which each lists its objects is the rng's."""
    for system, objects in shop.items():
        vendor = world.vendors[system]
        numbered = list(enumerate(objects, 1))
        rng.shuffle(numbered)
        for number, values in numbered:
            thing = Thing(f"{system}-{number}", {k: v for k, v in values.items() if v})
            vendor.things[thing.id] = thing
            vendor._touch(thing)


def load(world: World, rng: random.Random) -> None:
    """Pages, webhooks and intakes in any order, a process that dies now and then, until all is identified."""
    loads = FirstLoad(world.hub)
    for _ in range(400):
        system = rng.choice(SYSTEMS)
        move = rng.choice(["page", "page", "page", "take", "take", "hint"])
        fuse = rng.choice([None, None, None, None, None, 0, 1, 2])
        if move == "page":
            world.mortal(lambda system=system: poll(world.hub, system, RESOURCE, more=lambda: rng.random() < 0.5), fuse)
        elif move == "take":
            world.mortal(lambda: world.take(rng.choice([1, 2, 200])), fuse)
        elif things := sorted(world.vendors[system].things):
            world.hint(system, rng.choice(things))
        with world.hub.store.read_intake() as at:
            rows = inbox.cursors(at)
        if all(rows[s, RESOURCE]["identified_at"] for s in SYSTEMS):
            break
        world.clock.advance(60.0)  # the claims of the dead lapse
    else:
        raise AssertionError("never identified")
    assert loads.open_places() == frozenset()
    world.clock.advance(60.0)
    take_all(world)


def outcome(world: World) -> set[Any]:
    """Records as people see them: which objects they are, in which role, and what they say. Ids of ours are left out."""
    links: dict[str, list[tuple[str, str, str]]] = {}
    for link in world.links():
        links.setdefault(link.record_id, []).append((link.system, link.external_id or "", link.role))
    return {(tuple(sorted(links.get(r.id, ()))), repr(sorted(r.data.items()))) for r in world.records()}


PATIENT = Patience(idle=1e6, longest=1e6)  # nobody is left out: who is left out comes after the others by right, see the tests below


@PROFILE
@given(shop=shops(), seeds=st.lists(st.integers(0, 10_000), min_size=2, max_size=2, unique=True))
def test_the_order_of_arrival_does_not_matter(shop, seeds):
    found = []
    for seed in seeds:
        world = World(dict.fromkeys(SYSTEMS, Traits(dates=seed % 2 == 0)), first_load=PATIENT)
        try:
            rng = random.Random(seed)
            stand(world, shop, rng)
            load(world, rng)
            found.append(outcome(world))
        finally:
            world.close()
    assert found[0] == found[1]


@pytest.fixture
def world():
    made = World(dict.fromkeys(SYSTEMS, Traits()))
    yield made
    made.close()


def take_all(world):
    while world.take():
        pass


def one_each(world):
    for system in SYSTEMS:
        world.vendors[system].user_makes({"name": "Anna", "phone": PHONES[0], "last": system.upper()})


def test_nothing_is_identified_before_all_is_collected(world):
    one_each(world)
    world.poll("a")
    world.poll("b")
    assert (world.take(), world.records(), world.waiting_inbox()) == (0, [], 2)
    world.poll("c")
    take_all(world)
    (record,) = world.records()
    assert record.data["last_name"] == "A", "the first in trust wins among baselines, whoever was read first"


def test_a_system_that_is_down_delays_itself_alone(world):
    one_each(world)
    world.connectors["c"].down = True
    for system in SYSTEMS:
        world.poll(system)
    world.clock.advance(299.0)
    world.poll("c")
    assert (world.take(), world.drain("a")) == (0, 0)
    world.clock.advance(2.0)
    take_all(world)
    assert [link.system for link in world.links()] == ["a", "b"]
    assert world.drain("b") == 1, "b takes what a said"
    assert world.drain("c") == 0, "what c holds is not known yet"
    world.connectors["c"].down = False
    world.quiet()
    assert {v.things[f"{s}-1"].values["last"] for s, v in world.vendors.items()} == {"A"}
    assert sum(len(v.things) for v in world.vendors.values()) == 3, "nothing was made twice"


def test_a_system_connected_later_delays_nobody_else(world):
    world.connect(("a", "b"))
    one_each(world)
    world.quiet()
    world.clock.advance(86_400.0)
    world.connect(SYSTEMS)
    world.connectors["c"].down = True
    world.poll("c")
    world.take()
    world.vendors["a"].user_edits("a-1", "note", "new")
    world.poll("a")
    world.take()
    assert world.drain("b") == 1
    assert world.vendors["b"].things["b-1"].values["note"] == "new"


@pytest.fixture
def adding():
    """A person in one of four systems; each of the others adds something of its own to an object that is made in it."""
    world = World({"a": Traits(), "b": Traits(adds={"last": "B"}), "c": Traits(adds={"city": "C"}), "d": Traits(adds={"note": "D"})})
    world.vendors["a"].user_makes({"name": "Anna", "phone": PHONES[0]})
    for system in world.vendors:
        world.poll(system)
    take_all(world)
    yield world
    world.close()


def written(world, system):
    return [data for _, _, data in world.vendors[system].writes]


def test_what_systems_add_to_what_they_are_given_goes_on_in_one_write(adding):
    for system in ("b", "c", "d"):
        assert adding.drain(system) == 1
        adding.drain("a")
        adding.drain("b")
    adding.quiet()
    assert written(adding, "a") == [{"last": "B", "city": "C", "note": "D"}]
    assert written(adding, "b")[1:] == [{"city": "C", "note": "D"}]
    assert not adding.differences()


def test_nobody_waits_for_long_for_what_a_slow_system_will_add(adding):
    adding.drain("b")
    adding.drain("a")
    assert not written(adding, "a")
    adding.clock.advance(16.0)
    adding.drain("a")
    assert written(adding, "a") == [{"last": "B"}]
    adding.quiet()
    assert written(adding, "a")[1:] == [{"city": "C", "note": "D"}] and not adding.differences()


NOW, P = 1000.0, Patience(idle=300.0, longest=3600.0)


def loading(system, stage=0, wave=1.0, collected=None, moved=None, identified=False):
    return Loading((system, f"r{stage}"), stage, wave, collected, moved, identified)


@pytest.mark.parametrize(
    "rows, now, step",
    [
        pytest.param([], NOW, Step(), id="nothing is loading"),
        pytest.param([loading("a", collected=NOW), loading("b")], NOW, Step(), id="one is not collected"),
        pytest.param([loading("a", collected=NOW), loading("b", collected=NOW)], NOW, Step((("a", "r0"),)), id="in load order"),
        pytest.param([loading("b", collected=NOW), loading("a", 1)], NOW, Step((("b", "r0"),)), id="customers need no orders"),
        pytest.param([loading("a", collected=NOW), loading("b", 1, collected=NOW)], NOW, Step((("a", "r0"),)), id="stage by stage"),
        pytest.param([loading("a", collected=NOW), loading("b")], NOW + 300, Step((), frozenset("b")), id="one that does not get on is left out"),
        pytest.param([loading("a", collected=NOW), loading("b", moved=NOW + 299)], NOW + 300, Step(), id="one that gets on is waited for"),
        pytest.param([loading("a", collected=NOW), loading("b", moved=NOW + 3599)], NOW + 3600, Step((), frozenset("b")), id="but not for ever"),
        pytest.param([loading("a"), loading("b")], NOW + 9999, Step(), id="nobody waits, nobody is left out"),
        pytest.param([loading("a", collected=NOW, identified=True), loading("b")], NOW + 300, Step((), frozenset("b")), id="one that comes back late is alone"),
        pytest.param([loading("a", collected=NOW), Loading(("a", "other"), 0, 1.0, None, None)], NOW + 9999, Step(), id="a system does not leave itself out"),
        pytest.param([loading("a", wave=1.0), loading("b", wave=2.0, collected=NOW)], NOW, Step((("b", "r0"),)), id="waves do not wait for each other"),
    ],
)  # fmt: skip
def test_what_may_be_done_next(rows, now, step):
    assert next_step(rows, P, now) == step
