"""A support person at the dashboard, who knows only what the pages show: by names that are read out, never by addresses. Clicks and page
loads are counted, loads by the browser's own word for the main frame."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_dashboard import overflow
from tests.faces.shop import PASSWORD

MOST = 6  # page loads that a mend may take, the sign-in page among them
REFRESH = 7_000  # milliseconds after which a page has refreshed its live parts


class Desk:
    """One person on one page, from the sign-in page on."""

    def __init__(self, page):
        self.page, self.clicks, self.loads = page, 0, 0
        page.on("framenavigated", self._loaded)
        page.clock.install()

    def _loaded(self, frame):
        self.loads += frame == self.page.main_frame

    def sign_in(self, role="support"):
        self.page.goto("/login")
        self.write("Имя", role)
        self.write("Пароль", PASSWORD)
        self.press("Войти")

    def find(self, text):
        """Search as people do: type and press Enter."""
        self.page.get_by_role("searchbox", name="Найти запись").fill(text)
        self._act(lambda: self.page.keyboard.press("Enter"), leaves=True)

    def press(self, name, *, of=""):
        """A button that sends a form. ``of``: the part of the page that is called so, a system's for one."""
        self._act(self._part(of).get_by_role("button", name=name).click, leaves=True)

    def follow(self, name, *, of=""):
        self._act(self._part(of).get_by_role("link", name=name).first.click, leaves=True)

    def choose(self, label, option, *, of=""):
        box = self._part(of).get_by_label(label, exact=True)
        self._act(lambda: box.select_option(label=option))

    def write(self, label, text):
        """Type into a field; to put the cursor there is a click."""
        field = self.page.get_by_label(label, exact=True)
        self._act(field.click)
        field.fill(text)

    def reads(self, text, *, of=""):
        """The page says so, by itself or once it has refreshed its live parts."""
        found = self._part(of).get_by_text(text).first
        if not found.is_visible():
            self.page.clock.fast_forward(REFRESH)
        expect(found).to_be_visible()

    def looks_well(self):
        """Nothing serious is said by axe, nor does a phone scroll sideways."""
        for size in (PHONE, DESKTOP):
            self.page.set_viewport_size(size)
            found = Axe().run(self.page).response["violations"]
            assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")] == [], size
            assert overflow(self.page) <= 0, size

    def _part(self, of):
        return self.page.get_by_label(of, exact=True) if of else self.page.locator("body")

    def _act(self, act, *, leaves=False):
        self.clicks += 1
        if not leaves:
            act()
            return
        before = self.loads
        with self.page.expect_navigation():
            act()
        assert self.loads > before, "every load is counted"
