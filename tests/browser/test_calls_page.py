"""The page of calls in a real browser: who has how many, somebody marked as away, her tasks handed to the others, and why somebody is not called."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from playwright.sync_api import expect

from hub.storage.accounts import set_user
from tests.browser.desk import Desk
from tests.faces.shop import PASSWORD
from tests.listening import listening
from tests.scenarios.calling_shop import UFA, opened
from tests.scenarios.test_call_loop import met


@pytest.fixture(scope="module")
def shop(chromium, tmp_path_factory):
    """Four customers who are called by two sellers, and a fifth who had refused."""
    with opened(tmp_path_factory.mktemp("calls")) as shop:
        refuses = shop.person(9, consent=False)
        people = [*met(shop, 4), refuses]
        for who in people:
            shop.wants(who)
        shop.turn(2)
        with shop.hub.store.write() as at:
            for role in ("viewer", "support"):
                set_user(at, role, PASSWORD, role)
        with listening(shop.hub) as shop.address:
            shop.signed_in = {}
            yield shop


def row(page, name):
    """The cells of a seller's line, or of a customer's."""
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name))


def test_a_seller_who_falls_ill_is_marked_and_her_customers_are_handed_out(visit, shop):
    desk = Desk(visit("support", "/"))
    page = desk.page
    desk.follow("Звонки")
    for seller in ("Анна Ильина", "Руслан Хабибуллин"):
        expect(row(page, seller).get_by_role("cell").nth(1)).to_have_text("2")
    desk.looks_well()
    desk.follow("Кого нет, кто где работает и сколько звонит")
    desk.write("Дни отсутствия: Анна Ильина", datetime.fromtimestamp(shop.clock(), UFA).date().isoformat())
    desk.press("Сохранить: Анна Ильина")
    desk.follow("Звонки")
    expect(row(page, "Анна Ильина")).to_have_count(0)
    desk.press("Раздать заново сейчас")
    desk.reads("Изменено задач: ")
    shop.turn(2)
    page.reload()
    expect(row(page, "Руслан Хабибуллин").get_by_role("cell").nth(1)).to_have_text("4")
    assert (len(shop.tasks(1)), len(shop.tasks(2))) == (0, 4), "and so does the CRM"


def test_why_somebody_is_not_called_is_told_by_her_closed_task(visit, shop):
    desk = Desk(visit("viewer", "/calls"))
    expect(desk.page.get_by_role("button", name="Раздать заново сейчас")).to_have_count(0)
    expect(desk.page.get_by_text("клиент отказался")).to_have_count(0)
    desk.follow("Вместе с закрытыми")
    expect(desk.page.get_by_role("row").filter(has_text="клиент отказался")).to_have_count(1)


def test_without_a_campaign_the_menu_has_no_calls(visit, shop):
    settings = shop.hub.settings
    page = visit("viewer", "/")
    menu = page.get_by_role("navigation", name="Страницы")
    expect(menu.get_by_role("link", name="Звонки")).to_have_count(1)
    shop.hub.settings = replace(settings, campaigns={})
    page.reload()
    expect(menu.get_by_role("link", name="Звонки")).to_have_count(0)
    expect(menu.get_by_role("link", name="Дубли")).to_have_count(1)
    shop.hub.settings = settings
