"""What an order without a number is called: by the system in which people made it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from hub.sync.merge import Merged
from hub.sync.own_number import NOBODYS, put

NUMBERS = {"sklad": "ПРЕД-1", "uchet": "УТ00-7", "site": ""}


def link(system, *, made_by_hub=False, role="primary"):
    return SimpleNamespace(system=system, resource="orders", external_id="1", base={}, role=role, create_key="r" if made_by_hub else None)


@pytest.mark.parametrize(
    ("number", "links", "own"),
    [
        pytest.param(None, [link("sklad"), link("crm", made_by_hub=True)], "ПРЕД-1", id="typed into the warehouse"),
        pytest.param(None, [link("sklad"), link("uchet", made_by_hub=True)], "ПРЕД-1", id="the number of the hub's own copy is nobody's name for it"),
        pytest.param(None, [link("uchet"), link("sklad", made_by_hub=True)], "УТ00-7", id="whichever system it was"),
        pytest.param(None, [link("sklad", role="alias"), link("uchet")], "УТ00-7", id="the object that is written before its twins"),
        pytest.param("5012", [link("sklad")], None, id="an order of the site has its number"),
        pytest.param(None, [link("site")], None, id="a system without numbers of its own"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("turned", [False, True], ids=["in order", "turned round"])
def test_an_order_is_called_by_the_number_of_where_it_was_made(number, links, own, turned):
    merged = Merged({"number": number} if number else {}, {})
    put("order", merged, links[::-1] if turned else links, lambda system, resource, base: NUMBERS.get(system, ""))
    assert merged.data.get("own_number") == own
    assert merged.provenance == ({"own_number": NOBODYS} if own else {})


def test_nothing_but_an_order_has_one():
    merged = Merged({}, {})
    put("customer", merged, [link("sklad")], lambda *of: "7")
    assert merged.data == {}
