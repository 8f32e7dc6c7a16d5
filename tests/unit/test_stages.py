"""The status by its steps, and owners that change with it: tables of the pure rules, and the engine over orders in memory."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from hub.entities.policy import Policy
from hub.language import Speech
from hub.language.shown import Shown
from hub.storage import conflicts
from hub.sync import manual
from hub.sync.course import course_of
from hub.sync.merge import HUB, Said, merge
from hub.sync.observe import KEPT_OPS, edits_of, kept
from hub.web.whose import owners
from tests.property.orders import Orders, TillTraits, row

TRUST = {"sklad": 3.0, "crm": 2.0, "site": 1.0}
STEPS = (
    ("new", ("confirmed", "cancelled")),
    ("confirmed", ("packed", "new", "cancelled")),
    ("packed", ("done", "confirmed")),
    ("done", ("packed",)),
    ("cancelled", ()),
)
LINES = Policy("owner", ("crm", "site"), until=("packed", "done"), then=("sklad",))


def said(system, *edits):
    """Edits of one link: (value, time), the first seen without one."""
    ops, before = [], None
    for value, at in edits:
        ops.append((before, value, at))
        before = value
    return Said(f"link-{system}", system, edits[-1][0], edits[-1][1], False, tuple(ops))


@pytest.mark.parametrize(
    ("statements", "status", "refused"),
    [
        pytest.param([said("crm", ("new", None), ("confirmed", 10))], "confirmed", [], id="a step of the table"),
        pytest.param([said("crm", ("new", None), ("done", 10))], "new", ["done"], id="a step that the table lacks waits"),
        pytest.param([said("crm", ("new", None), ("done", 10), ("confirmed", 20))], "confirmed", [], id="and is forgotten once a good one comes"),
        pytest.param([said("crm", ("confirmed", None), ("packed", 10), ("confirmed", 20))], "confirmed", [], id="a step back by a user, newer"),
        pytest.param(
            [said("crm", ("packed", None), ("done", 20)), said("site", ("packed", None), ("confirmed", 10))], "done", [], id="an older one is not"
        ),
        pytest.param(
            [said("crm", ("confirmed", None), ("packed", 10)), said("site", ("new", None), ("packed", 20))], "packed", [], id="a repeated one is none"
        ),
        pytest.param(
            [said("crm", ("confirmed", None), ("packed", 10)), said("site", ("confirmed", None), ("cancelled", 20))], "cancelled", [],
            id="what its own system may do counts, though the record went on",
        ),
        pytest.param(
            [said("crm", ("confirmed", None), ("packed", 10)), said("site", ("new", None), ("done", 20))], "done", [],
            id="and what the record may do, where a system shows less",
        ),
        pytest.param([said("crm", ("cancelled", None), ("new", 10)), said(HUB, ("new", 20))], "new", [], id="a person's word always"),
        pytest.param([said("crm", ("new", None)), said("sklad", ("packed", None))], "packed", [], id="at first sight the most trusted"),
    ],
)  # fmt: skip
def test_a_status_goes_by_its_steps(statements, status, refused):
    for order in itertools.permutations(statements):
        course = course_of(order, Policy("steps", steps=STEPS), TRUST)
        assert (course.status, [step.after for step in course.refused]) == (status, refused)


STATUS = said("crm", ("new", None), ("packed", 10), ("new", 20))


@pytest.mark.parametrize(
    ("lines", "winner"),
    [
        pytest.param([said("crm", ("c0", None)), said("sklad", ("s", 5))], "c0", id="before the stage the other system's edit is none"),
        pytest.param([said("crm", ("c0", None), ("c1", 5)), said("sklad", ("s", 15))], "s", id="in the stage it is the owner's"),
        pytest.param(
            [said("crm", ("c0", None), ("c1", 5), ("c2", 15))], "c1", id="and the first owner's is none: what it said before stands"
        ),
        pytest.param([said("crm", ("c0", None), ("c1", 25)), said("sklad", ("s", 15))], "c1", id="after a step back the first owns again"),
        pytest.param([said("crm", ("c0", None)), said("sklad", ("s", 25))], "c0", id="and the second no more"),
        pytest.param([said("sklad", ("s", None))], "s", id="what a document was born with, whoever made it"),
        pytest.param([said("sklad", ("s", None)), said("crm", ("c", None))], "c", id="but an owner's is more"),
        pytest.param(
            [said("sklad", ("s", None)), replace(said("crm", ("c", None)), made=True)], "s", id="and a default in what the hub made is not"
        ),
        pytest.param([said("site", ("w", 6)), said("crm", ("c", 5))], "c", id="owners in their order"),
        pytest.param([said("crm", ("c0", None), ("c1", 10))], "c1", id="lines and status in one go, by the old owner"),
        pytest.param([said("crm", ("c0", None), ("c1", 5)), said("sklad", ("s", 10))], "s", id="and by the new one"),
    ],
)
def test_lines_belong_to_the_owner_of_their_time(lines, winner):
    policies = {"status": Policy("steps"), "lines": LINES}
    for order in itertools.permutations(lines):
        data = merge({"status": [STATUS], "lines": order}, policies.__getitem__, TRUST).data
        assert data["lines"] == winner


@pytest.fixture
def shop():
    worlds = []

    def make(**policies):
        chosen = {("order", "status"): Policy("steps", steps=STEPS)} | {("order", name): policy for name, policy in policies.items()}
        world = Orders({name: TillTraits() for name in ("sklad", "crm", "site")}, policies=chosen)
        worlds.append(world)
        world.vendors["crm"].user_makes({"number": "1", "status": "new", "rows": [row("A", 1, "10.00")]})
        world.quiet()
        return world

    yield make
    for world in worlds:
        world.close()


def edit(world, system, path, value):
    """A user's edit, a minute after all before it."""
    world.clock.advance(60)
    (thing,) = world.vendors[system].things.values()
    world.vendors[system].user_edits(thing.id, path, value)


def held(world, path="status"):
    found = [world.value(system, path) for system in ("sklad", "crm", "site")]
    return [[(x["sku"], x["count"]) for x in rows] for rows in found] if path == "rows" else found


def test_a_step_back_is_obeyed_everywhere(shop):
    world = shop()
    edit(world, "sklad", "status", "confirmed")
    world.quiet()
    edit(world, "site", "status", "new")
    world.quiet()
    assert held(world) == ["new"] * 3


@pytest.mark.parametrize("first", ["crm", "site"])
def test_an_older_step_that_comes_later_is_not(shop, first):
    """Two looks, taken in the order of the edits, absorbed in either."""
    world = shop()
    edit(world, "sklad", "status", "confirmed")
    world.quiet()
    (crm,), (site,) = (world.vendors[name].things for name in ("crm", "site"))
    edit(world, "site", "status", "cancelled")
    looks = {"site": world.look("site", site)}
    edit(world, "crm", "status", "packed")
    looks["crm"] = world.look("crm", crm)
    for system in (first, *({"crm", "site"} - {first})):
        world.absorb([looks[system]])
    world.quiet()
    assert held(world) == ["packed"] * 3


def test_a_step_that_the_table_lacks_waits_for_a_person_and_overwrites_nobody(shop):
    world = shop()
    edit(world, "site", "status", "done")
    world.quiet()
    (record,) = world.records()
    assert (record.data["status"], held(world)) == ("new", ["new", "new", "done"])
    with world.hub.store.read() as at:
        assert conflicts.fields(at, [record.id]) == {record.id: {"status"}}
    manual.decide(world.hub, record.id, "status", "done", actor="olga")
    world.quiet()
    assert held(world) == ["done"] * 3
    with world.hub.store.read() as at:
        assert conflicts.fields(at, [record.id]) == {}
    edit(world, "crm", "status", "packed")
    world.quiet()
    assert held(world) == ["packed"] * 3


def test_lines_are_the_crms_until_packed_and_the_stocks_from_then_on(shop):
    world = shop(lines=LINES)
    edit(world, "sklad", "rows", [row("A", 9, "10.00")])
    world.quiet()
    assert held(world, "rows") == [[("A", 1)]] * 3, "not the stock's yet: written back"
    edit(world, "crm", "rows", [row("A", 2, "10.00")])
    world.quiet()
    for status in ("confirmed", "packed"):
        edit(world, "crm", "status", status)
        world.quiet()
    edit(world, "crm", "rows", [row("A", 7, "10.00")])
    world.quiet()
    assert held(world, "rows") == [[("A", 2)]] * 3, "not the CRM's any more: what it said in its time stands"
    edit(world, "sklad", "rows", [row("A", 3, "10.00")])
    world.quiet()
    assert held(world, "rows") == [[("A", 3)]] * 3
    edit(world, "site", "status", "confirmed")
    world.quiet()
    edit(world, "crm", "rows", [row("B", 1, "20.00")])
    world.quiet()
    assert held(world, "rows") == [[("B", 1)]] * 3, "a step back gives them back"
    (record,) = world.records()
    with pytest.raises(manual.Refused, match="belongs to crm, site"):
        manual.set_field(world.hub, record.id, "lines", [], actor="olga")


def test_what_was_said_before_steps_were_configured_counts_as_one_edit():
    assert edits_of({"v": "new", "t": 5.0}) == [[None, "new", 5.0]]
    assert edits_of({"v": "new", "t": None, "ops": [[None, "new", None]]}) == [[None, "new", None]]
    assert edits_of(None) == []


def test_of_many_edits_the_first_and_the_newest_are_kept():
    edits = [[None, 0, None]]
    for n in range(1, 100):
        edits = kept([*edits, [n - 1, n, float(n)]])
    assert len(edits) == KEPT_OPS and edits[0] == [None, 0, None] and edits[-1] == [98, 99, 99.0]
    assert all(later[0] == earlier[1] for earlier, later in itertools.pairwise(edits)), "each begins where the one before it ended"


@pytest.mark.parametrize(("policy", "status", "text"), [
    pytest.param(Policy("owner", ("crm",)), "new", "decided by crm; what others say is written over", id="always"),
    pytest.param(Policy("owner", ("crm",), elsewhere="tolerate"), "new", "decided by crm; what others say there is left as it is", id="tolerated"),
    pytest.param(LINES, "new", "decided by crm, site until the statuses packed, done, then by sklad; what others say is written over", id="before"),
    pytest.param(LINES, "packed", "decided by sklad in the statuses packed, done; what others say is written over", id="in the stage"),
])  # fmt: skip
def test_people_are_told_whose_a_field_is(policy, status, text):
    """Beside the field on the page of the record: an edit that was written over is no riddle then."""
    found = owners({("order", "lines"): policy, ("customer", "phones"): policy}, "order", {"status": status}, Shown(Speech("en"), {}))
    assert found == {"lines": text}
