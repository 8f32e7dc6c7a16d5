"""Two remote values that decode to the same, but for what vendors do to texts and what they add to a line."""

from __future__ import annotations

import pytest

from hub.sync.rules import flat, same

LINE = {"sku": "SV-005", "quantity": "2", "price": "890.00"}


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        pytest.param({"city": "Уфа"}, {"city": " УФА."}, True, id="case, spaces and punctuation"),
        pytest.param({"city": "Уфа"}, {"city": "Бирск"}, False, id="another word"),
        pytest.param({"city": "Уфа"}, {"city": None}, False, id="nothing is no spelling"),
        pytest.param({"lines": [LINE | {"name": None}]}, {"lines": [LINE | {"name": "Носки"}]}, True, id="the name of the goods, added"),
        pytest.param({"lines": [LINE | {"name": "Шарф"}]}, {"lines": [LINE | {"name": "Носки"}]}, False, id="another name"),
        pytest.param({"lines": [LINE]}, {"lines": [LINE | {"quantity": "3"}]}, False, id="another quantity"),
        pytest.param({"lines": [LINE]}, {"lines": [LINE, LINE]}, False, id="a line more"),
        pytest.param({"lines": [LINE | {"sku": None}]}, {"lines": [LINE]}, False, id="goods where there were none"),
    ],
)
def test_what_says_the_same(a, b, alike):
    assert same(flat(a), flat(b)) is alike
    assert same(flat(b), flat(a)) is alike
