"""The dashboard in a real browser, as support, an administrator and a viewer use it."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import PHONE

PAGES = (
    "/",
    "/alerts",
    "/check",
    "/problems",
    "/queue?state=any",
    "/systems",
    "/plan",
    "/brakes",
    "/duplicates",
    "/conflicts",
    "/stand-ins",
    "/review",
    "/audit",
    "/people",
    "/search",
)


def overflow(page):
    """Pixels by which the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def find(page, text):
    page.get_by_role("searchbox", name="Найти запись").fill(text)
    page.keyboard.press("Enter")
    page.wait_for_url("**/records/**")


def test_a_customer_is_found_by_phone_and_leads_to_the_stuck_order(visit, shop):
    """From the overview to the reason in three page loads."""
    page = visit("support")
    find(page, "8 (903) 123-45-67")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Седова Анна")
    page.get_by_role("link", name=f"№ {shop.stuck}").click()
    said = page.get_by_label("Что в каждой системе")
    expect(said).to_contain_text("Товар строки не найден в каталоге: NEW-1")
    expect(said).to_contain_text("Кто исправит")


def test_a_replay_shows_first_what_would_be_written(visit, shop):
    page = visit("support")
    page.get_by_role("link", name="Очередь").click()
    replay = page.get_by_role("button", name="Повторить отмеченные…")
    expect(replay).to_be_disabled()
    page.get_by_label("Отметить эту доставку").first.check()
    replay.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Повтор: что будет записано")
    expect(page.locator("main")).to_contain_text(f"№ {shop.stuck}")
    page.get_by_role("button", name="Повторить 1 доставку").click()
    expect(page.get_by_role("status")).to_contain_text("1 доставка возвращена в очередь")
    shop.work()


def test_the_queue_refreshes_itself(visit, shop):
    """A delivery that fails meanwhile appears without a reload, and what is ticked stays ticked."""
    page = visit("support", "/queue?state=skipped")
    before = page.locator("tbody tr").count()
    rows = {row[2] for row in shop.queue()}
    assert "dead" in rows
    with shop.hub.store.write() as at:
        from hub.storage import views

        ident = views.queue(at, state="dead", limit=1)[0]["id"]
        shop.hub.outbox.skip(at, [ident], "проба", now=shop.hub.clock())
    expect(page.locator("tbody tr")).to_have_count(before + 1)
    with shop.hub.store.write() as at:
        shop.hub.outbox.replay(at, [ident], now=shop.hub.clock())
    shop.work()


def test_the_language_changes_and_stays(visit):
    page = visit("support", "/queue")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Queue")
    page.goto("/problems")
    expect(page.get_by_role("heading", level=1)).to_have_text("Problems")
    assert page.locator("html").get_attribute("lang") == "en"


def test_a_viewer_can_replay_nothing(visit, shop):
    page = visit("viewer")
    for path in ("/queue?state=any", "/problems"):
        page.goto(path)
        expect(page.get_by_role("button", name=re.compile("Повторить"))).to_have_count(0)
    find(page, shop.stuck)
    expect(page.get_by_role("button", name=re.compile("Повторить"))).to_have_count(0)
    expect(page.get_by_label("Что в каждой системе")).to_contain_text("не доставлено")


def test_an_administrator_puts_a_system_into_observe_and_back(visit):
    page = visit("admin")
    for mode, word in (("observe", "наблюдает"), ("live", "работает")):
        page.goto("/systems")
        part = page.locator("#site")
        part.get_by_label("Режим").select_option(mode)
        part.get_by_role("button", name="Изменить").click()
        expect(page.locator("#site .system-head .state")).to_have_text(word)


def test_the_page_of_systems_says_what_each_of_them_can_do(visit):
    page = visit("viewer", "/systems")
    part = page.locator("#site .able")
    expect(part.get_by_text("Отсев эха")).to_be_hidden()
    part.get_by_text("Что умеет").click()
    expect(part.get_by_role("row", name=re.compile("customers"))).to_contain_text("всё, со сравнением")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_system_is_moved_to_a_pilot_of_one_store(visit):
    page = visit("admin", "/systems")
    part = page.locator("#site")
    part.get_by_text("Пилот…").click()
    part.get_by_label("Уфа, Мега").check()
    part.get_by_role("button", name="Перейти в пилот").click()
    expect(page.locator("#site .system-head .state")).to_have_text("пилот")
    expect(page.locator("#site .facts")).to_contain_text("mega")
    page.locator("#site").get_by_label("Режим").select_option("live")
    page.locator("#site").get_by_role("button", name="Изменить").click()
    expect(page.locator("#site .system-head .state")).to_have_text("работает")


@pytest.mark.parametrize("path", [*PAGES, "record"])
def test_a_phone_shows_every_page_without_scrolling_sideways(visit, shop, path):
    page = visit("admin", "/" if path == "record" else path, size=PHONE)
    if path == "record":
        find(page, shop.stuck)
    assert overflow(page) <= 0


def test_a_phone_shows_the_tab_of_the_page(visit):
    """The tabs scroll there: the one of a page far behind is in sight."""
    page = visit("admin", "/audit", size=PHONE)
    box = page.locator(".tabs .here").bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]


@pytest.mark.parametrize("path", ["/plan", "/queue?state=any", "/brakes", "/systems", "/agreement", "/directories"])
def test_no_table_is_wider_than_its_card(visit, path):
    page = visit("admin", path)
    assert page.evaluate("[...document.querySelectorAll('.card > table')].every(t => t.offsetWidth <= t.parentElement.clientWidth)")


@pytest.mark.parametrize("path", [*PAGES, "record"])
def test_pages_are_accessible(visit, shop, path):
    """axe finds nothing serious: names of controls, contrast, order of headings, tables."""
    page = visit("admin", "/" if path == "record" else path)
    if path == "record":
        find(page, shop.stuck)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["impact"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")] == []


def test_the_page_that_erases_a_person_is_accessible(visit):
    page = visit("admin")
    find(page, "8 (903) 123-45-67")
    page.get_by_role("link", name="Стереть этого человека по закону").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Седова Анна")
    assert [v["id"] for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")] == []


def test_the_sign_in_page_is_accessible_and_says_no_in_words(browser, shop):
    page = browser.new_page(locale="ru-RU")
    page.goto(f"{shop.address}/login")
    assert not [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    page.fill("#user", "admin")
    page.fill("#password", "wrong")
    page.get_by_role("button", name="Войти").click()
    expect(page.get_by_role("status")).to_have_text("Имя или пароль не подошли.")
    page.close()
