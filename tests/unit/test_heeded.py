"""What a check finds and the routes make no matter of."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from connectors.contract import ONLY_READ, Finding
from hub.systems.checks import heeded

READ = Finding(
    f"{ONLY_READ}order", False, "Розница: заказы только читаются", "Retail: orders are only read", "take: false", "take: false", warn=True
)


@pytest.mark.parametrize(
    ("found", "takers", "well"),
    [
        pytest.param(READ, {"order": ("sklad", "kassa")}, False, id="a route would write its orders there"),
        pytest.param(READ, {"order": ("sklad",), "customer": ("kassa",)}, True, id="none does"),
        pytest.param(Finding("order", False, "", ""), {}, False, id="another finding is left as it is"),
    ],
)
def test_what_cannot_be_written_is_news_only_where_a_route_would_write_it(found, takers, well):
    told = heeded(SimpleNamespace(takers=lambda entity: takers.get(entity, ())), "kassa", found)
    assert (told.ok, bool(told.fix_en)) == (well, not well and bool(found.fix_en))
    assert (told.ru, told.en) == (found.ru, found.en)
