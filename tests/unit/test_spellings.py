"""A card that systems spell differently: one card on the record, found by each spelling, and left as it is in each system."""

from __future__ import annotations

import pytest

from hub.entities.policy import Policy
from hub.explain.found import find
from hub.sync.merge import merge
from hub.sync.statement import Said
from mappings.phones import numbers
from tests.property.vendors import Traits
from tests.property.world import MAPPING, World, person

CARDS = MAPPING.replace("address.city: {{remote: city, aliases: true}}", "cards: {{remote: city, as: single_card}}")


def merged(*said):
    """Systems a, b … in order of trust: (card before, card, time)."""
    found = []
    for name, (before, after, at) in zip("abcd", said, strict=False):
        old, new = ([{"number": one, "type": None}] if one else None for one in (before, after))
        found.append(Said(f"link-{name}", name, new, at, True, ((old, new, at),)))
    return merge({"cards": found}, lambda _: Policy("union", element="number"), {"a": 2.0, "b": 1.0})


@pytest.mark.parametrize(
    ("said", "kept", "beside"),
    [
        pytest.param([(None, "0012", None), (None, "12", None)], ["0012"], {"12"}, id="of baselines the most trusted system's"),
        pytest.param([(None, "12", 5.0), (None, "00 12", None)], ["00 12"], {"12"}, id="as it was spelt first"),
        pytest.param([(None, "АВ-7", 1.0), (None, "ab7", 2.0)], ["АВ-7"], {"ab7"}, id="a Cyrillic twin"),
        pytest.param([(None, "СК-17", 1.0), (None, "СК-18", 2.0)], ["СК-17", "СК-18"], set(), id="two cards are two"),
        pytest.param([("0012", "12", 5.0), (None, "0012", None)], ["0012"], {"12"}, id="spelt anew there"),
        pytest.param([("0012", "77", 5.0), (None, "12", None)], ["77"], set(), id="a card given anew, in whichever spelling"),
    ],
)
def test_a_card_in_two_spellings_is_one(said, kept, beside):
    found = merged(*said)
    assert [one["number"] for one in found.data["cards"]] == kept and found.spellings == beside


def test_a_former_card_is_kept_as_it_was_spelt():
    assert merged(("0012", "77", 5.0)).data["cards_before"] == ["0012"]


class Shop(World):
    mapping = CARDS


def test_each_system_keeps_its_spelling_and_the_owner_is_found_by_each():
    world = Shop({"a": Traits(), "b": Traits(), "c": Traits()}, identity={"customer": ("phone", "card")})
    try:
        for name, card in (("a", "0001234"), ("b", "1234"), ("c", "000 1234")):
            world.vendors[name].user_makes(person(1) | {"city": card})
        world.quiet()
        (anna,) = world.records()
        assert [one["number"] for one in anna.data["cards"]] == ["0001234"]
        for name, card in (("a", "0001234"), ("b", "1234"), ("c", "000 1234")):
            assert [one.values["city"] for one in world.vendors[name].things.values()] == [card]
            with world.hub.store.read() as at:
                assert [row["id"] for row in find(world.hub, at, card, numbers(card))] == [anna.id]
        assert world.writes() == 0
    finally:
        world.close()
