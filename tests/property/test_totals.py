"""A rounding that was derived stays in the record: it never travels, so nothing loops, whoever adds up how and whatever users do."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.entities.policy import Policy
from hub.storage.tables import field_problem
from tests.property.orders import Orders, TillTraits, row
from tests.property.test_engine import PROFILE

SYSTEMS = ("a", "b", "c")
traits = st.builds(TillTraits, kopecks=st.sampled_from((-1, 0, 1)), fees=st.booleans(), typed=st.booleans(), dates=st.just(True))
prices = st.sampled_from(("10.00", "33.33", "0.01", "99.99"))
rows = st.lists(st.builds(row, st.sampled_from(("A", "B", "C")), st.integers(1, 3), prices), min_size=1, max_size=3)
edits = st.tuples(
    st.sampled_from(SYSTEMS), st.sampled_from(("rows", "rows", "total", "fee")), rows, st.sampled_from(("-0.40", "0.03", "5.00"))
)


@settings(PROFILE, max_examples=max(3, PROFILE.max_examples // 10), suppress_health_check=list(HealthCheck))
@given(kinds=st.tuples(traits, traits, traits), first=rows, typed=st.lists(edits, max_size=4), lines_only=st.booleans())
def test_totals_converge_and_are_silent(kinds, first, typed, lines_only):
    world = Orders(
        dict(zip(SYSTEMS, kinds, strict=True)),
        lines_only=lines_only,
        rounding=Decimal("1.00"),
        policies={("order", "total"): Policy("priority", SYSTEMS)},
    )
    try:
        world.vendors["a"].user_makes({"number": "1", "rows": first})
        world.quiet()
        fees = set()
        for system, path, lines, amount in typed:
            (thing,) = world.vendors[system].things.values()
            value = lines if path == "rows" else amount
            fees |= {Decimal(amount)} if path == "fee" else set()
            world.vendors[system].user_edits(thing.id, path, value)
            world.quiet()
        before, versions = world.writes(), [r.version for r in world.records()]
        assert before <= (len(typed) + 1) * len(SYSTEMS) * 2, "a storm"
        for system in SYSTEMS:
            assert Decimal(world.value(system, "fee") or 0) in fees | {Decimal(0)}, "a rounding travelled that nobody typed"
            for thing in world.vendors[system].things:
                world.hint(system, thing)
        world.quiet()
        assert (world.writes(), [r.version for r in world.records()]) == (before, versions)
        (record,) = world.records()
        sums = sum(Decimal(line["sum"]) for line in record.data["lines"]) + Decimal(record.data.get("rounding") or 0)
        with world.hub.store.read() as at:
            told = {row.code for row in at.execute(field_problem.select())}
        assert (Decimal(record.data["total"]) == sums) is (told == set()), "it adds up, or a problem says that it does not"
    finally:
        world.close()
