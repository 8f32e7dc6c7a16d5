"""A served dashboard over a small shop, and a real Chromium."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.faces.shop import PASSWORD, stocked
from tests.listening import listening

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
expect.set_options(timeout=10_000)


@contextmanager
def served(folder, **changes):
    """The shop of tests.faces.shop with its dashboard at ``shop.address``. ``changes``: of its settings."""
    with stocked(folder, **changes) as shop, listening(shop.hub) as shop.address:
        shop.signed_in = {}  # role -> what a browser keeps of a sign-in: each person signs in once
        yield shop


@pytest.fixture(scope="session")
def shop(chromium, tmp_path_factory):
    """One for all tests that leave it as it was. Asked for after the browser: without one no shop is made."""
    with served(tmp_path_factory.mktemp("browser")) as shop:
        yield shop


@pytest.fixture(scope="session")
def browser(chromium):
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def visit(browser, shop):
    """``visit(role, path)``: a page of a browser in which that person has just signed in. What a page complains of fails the test."""
    contexts, complaints = [], []

    def enter(role, path="/", *, size=DESKTOP, locale="ru-RU"):
        known = shop.signed_in.get(role)
        context = browser.new_context(viewport=size, locale=locale, base_url=shop.address, storage_state=known)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        if known is None:
            sign_in(page, role)
            shop.signed_in[role] = context.storage_state()
        if known is not None or path != "/":
            page.goto(path)
        return page

    yield enter
    for context in contexts:
        context.close()
    assert not complaints


def sign_in(page, role):
    page.goto("/login")
    page.fill("#user", role)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url("**/")
