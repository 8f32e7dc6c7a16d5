"""A vendor whose clock is wrong: the difference is measured, and of two edits the later one wins by our clock, not by theirs."""

from __future__ import annotations

import pytest
import requests

from hub.storage import states
from tests.scenarios.shop import opened


@pytest.mark.parametrize("system", ["sklad", "site"])
@pytest.mark.parametrize("ahead", [-7200.0, 7200.0], ids=["two hours behind", "two hours ahead"])
def test_the_later_edit_wins_whatever_a_vendors_clock_says(tmp_path, system, ahead):
    with opened(tmp_path) as shop:
        made = shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна"})
        shop.sync()
        (row,) = shop.sklad("GET", "counterparty")["rows"]
        app = {"sklad": shop.sklad_app, "site": shop.site_app}[system]
        shop.hub.store.clock.vendors = tuple(v for v in shop.hub.store.clock.vendors if v is not app)
        url = {"sklad": shop.sklad_url, "site": shop.site_url}[system]
        requests.post(f"{url}/_sandbox/clock", json={"offset": app.offset + ahead}, timeout=5)
        shop.sync()
        with shop.hub.store.read() as at:
            assert abs(states.clock_skews(at)[system] - ahead) < 5.0
        edits = [
            lambda: shop.sklad("PUT", f"counterparty/{row['id']}", {"legalFirstName": "Инна"}),
            lambda: shop.site("PUT", f"customers/{made['id']}", {"first_name": "Жанна"}),
        ]
        first, last = edits if system == "sklad" else edits[::-1]  # the one whose clock is wrong edits first
        (first if ahead > 0 else last)()
        app.offset += 30.0
        shop.hub.store.clock.offset += 30.0
        for vendor in shop.hub.store.clock.vendors:
            vendor.offset += 30.0
        (last if ahead > 0 else first)()
        shop.sync()
        winner = {("sklad", True): "Жанна", ("sklad", False): "Инна", ("site", True): "Инна", ("site", False): "Жанна"}[system, ahead > 0]
        assert shop.site("GET", f"customers/{made['id']}")["first_name"] == winner
        assert shop.sklad("GET", f"counterparty/{row['id']}")["legalFirstName"] == winner
