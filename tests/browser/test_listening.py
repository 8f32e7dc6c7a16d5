"""A recording in a real browser: its player is let play, its sound comes through the hub, and it fits its place."""

from __future__ import annotations

import pytest

from hub.storage.accounts import set_user
from tests.browser.conftest import PHONE
from tests.browser.test_dashboard import overflow
from tests.faces.shop import PASSWORD
from tests.listening import listening
from tests.scenarios.test_mango import ANNA, shop_of, with_anna

PLAYS = """() => new Promise(done => {
    const player = document.querySelector('audio');
    player.addEventListener('playing', () => done('playing'));
    player.addEventListener('error', () => done(`error ${player.error.message}`));
    player.play().catch(refused => done(`refused ${refused}`));
})"""
SPILLS = "() => [...document.querySelectorAll('.card')].filter(one => one.scrollWidth > one.clientWidth + 1).length"


@pytest.fixture
def shop(chromium, tmp_path, monkeypatch):
    with shop_of(tmp_path, monkeypatch) as shop:
        with_anna(shop)
        shop.control("call", number=ANNA, talk=30, recorded=True)
        shop.clock.skip(400)
        shop.sync()
        with shop.hub.store.write() as at:
            set_user(at, "support", PASSWORD, "support")
        with listening(shop.hub) as shop.address:
            shop.signed_in = {}
            yield shop


def test_a_recording_plays_on_the_page_of_its_call(visit, shop):
    (call,) = shop.calls()
    page = visit("support", f"/records/{call['id']}")
    assert page.locator("audio").count() == 1 and page.evaluate(SPILLS) == 0
    page.locator("audio").click()  # somebody has touched the page: browsers play nothing before
    assert page.evaluate(PLAYS) == "playing"
    assert len(shop.read("listened")) == 1, "fetched once for one listening"
    assert overflow(visit("support", f"/records/{call['id']}", size=PHONE)) <= 0
