"""Fifty pairs decided by two rules, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, served
from tests.browser.test_dashboard import overflow
from tests.faces.shop import families


@pytest.fixture(scope="module")
def shop(chromium, tmp_path_factory):
    with served(tmp_path_factory.mktemp("duplicates")) as shop:
        families(shop, 30, 20)
        yield shop


def test_fifty_duplicates_are_decided_by_rule_and_one_is_taken_back(visit, shop):
    page = visit("support")
    page.get_by_role("link", name="Дубли", exact=True).click()
    expect(page.get_by_role("heading", name="Один телефон, другое имя")).to_be_visible()
    page.get_by_role("button", name="Разные люди: Один телефон, другое имя").click()
    expect(page.get_by_text("Решено 30 пар.")).to_be_visible()
    page.get_by_role("button", name="Один человек: Один телефон, имя неизвестно").click()
    expect(page.get_by_text("Решено 20 пар.")).to_be_visible()
    expect(page.get_by_text("Нет записей, похожих на одного человека.")).to_be_visible()
    page.get_by_role("button", name="Отменить: ").first.click()
    expect(page.get_by_text("Отменено.")).to_be_visible()
    expect(page.get_by_role("heading", name="Один телефон, имя неизвестно")).to_be_visible()


def test_a_phone_shows_the_page_without_scrolling_sideways(visit):
    page = visit("support", "/duplicates", size=PHONE)
    assert overflow(page) <= 0
