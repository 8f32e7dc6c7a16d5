"""Owners by stage and status steps through the whole engine: the same looks, absorbed in any order of the systems, give the same order and
the same questions to a person; and then all systems hold it, in silence."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from hub.entities.policy import Policy
from hub.storage.tables import conflict
from tests.property.orders import Orders, TillTraits, row
from tests.property.test_engine import PROFILE

SYSTEMS = ("stock", "crm", "site")
STEPS = (("new", ("packed", "cancelled")), ("packed", ("new", "done")), ("done", ("packed",)), ("cancelled", ()))
POLICIES = {
    ("order", "status"): Policy("steps", steps=STEPS),
    ("order", "lines"): Policy("owner", ("crm", "site"), until=("packed", "done"), then=("stock",)),
}
edits = st.lists(
    st.tuples(
        st.sampled_from(SYSTEMS),
        st.tuples(st.just("status"), st.sampled_from(("new", "packed", "done", "cancelled")))
        | st.tuples(st.just("rows"), st.integers(1, 9).map(lambda n: [row("A", n, "10.00")])),
    ),
    max_size=6,
)


def opened() -> Orders:
    world = Orders({name: TillTraits() for name in SYSTEMS}, policies=POLICIES)
    world.vendors["crm"].user_makes({"number": "1", "status": "new", "rows": [row("A", 1, "10.00")]})
    world.quiet()
    return world


def outcome(world: Orders) -> tuple[object, object]:
    (record,) = world.records()
    with world.hub.store.read() as at:
        asked = [(name, [one["value"] for one in options]) for name, options in at.execute(select(conflict.c.field, conflict.c.options))]
    return {name: value for name, value in record.data.items() if name in ("status", "lines")}, asked


def played(world: Orders, typed: list, order: tuple[str, ...]) -> None:
    """Each edit a minute after the one before, each followed by a look at its system; the looks are absorbed system by system."""
    looks = {name: [] for name in SYSTEMS}
    for system, (path, value) in typed:
        world.clock.advance(60)
        (thing,) = world.vendors[system].things
        world.vendors[system].user_edits(thing, path, value)
        looks[system].append(world.look(system, thing))
    for system in order:
        for look in looks[system]:
            world.absorb([look])


@settings(PROFILE, max_examples=max(2, PROFILE.max_examples // 10))
@given(typed=edits, order=st.permutations(SYSTEMS))
def test_the_order_of_arrival_decides_nothing(typed, order):
    found = []
    for chosen in (SYSTEMS, tuple(order)):
        world = opened()
        try:
            played(world, typed, chosen)
            found.append(outcome(world))
            world.quiet()
            data, asked = outcome(world)
            before = world.writes()
            for system in SYSTEMS:
                lines = [(line["sku"], line["count"]) for line in world.value(system, "rows")]
                assert lines == [(line["sku"], int(line["quantity"])) for line in data["lines"]], f"{system} does not hold the lines"
                assert asked or world.value(system, "status") == data["status"], f"{system} does not hold the status"
                for thing in world.vendors[system].things:
                    world.hint(system, thing)
            world.quiet()
            assert (world.writes(), outcome(world)) == (before, (data, asked)), "not silent"
        finally:
            world.close()
    assert found[0] == found[1]
