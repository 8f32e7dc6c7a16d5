"""Conflicts in a real browser: a phone shows both sides, and axe finds nothing serious."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import select

from hub.storage import conflicts
from hub.storage.tables import record
from tests.browser.conftest import PHONE
from tests.browser.test_dashboard import overflow


@pytest.fixture
def disputed(shop):
    """Two fields of every customer are in conflict; afterwards none."""
    sides = [{"system": "sklad", "value": "Из склада", "at": 1_795_000_000.0}, {"system": "site", "value": "С сайта", "at": None}]
    with shop.hub.store.write() as at:
        ids = at.execute(select(record.c.id).where(record.c.entity == "customer")).scalars().all()
        conflicts.keep(at, {ident: {"comment": sides, "middle_name": sides} for ident in ids}, now=shop.hub.clock())
    yield
    with shop.hub.store.write() as at:
        conflicts.keep(at, {ident: {} for ident in ids}, now=shop.hub.clock())


def test_a_phone_shows_both_sides_with_a_button_each(visit, disputed):
    page = visit("support", "/conflicts", size=PHONE)
    expect(page.get_by_role("heading", name="Конфликты")).to_be_visible()
    assert overflow(page) <= 0
    assert not [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert (
        page.get_by_role("button", name="Верно это: Из склада").count()
        == page.get_by_role("button", name="Верно это: С сайта").count()
        >= 2
    )
