"""A recording in a real browser: its player is let play, its sound comes through the hub, and it fits its place."""

from __future__ import annotations

from threading import Thread

import pytest
from werkzeug.serving import make_server

from hub.accounts import set_user
from hub.web.app import create_app
from tests.browser.conftest import PHONE
from tests.browser.test_dashboard import overflow
from tests.faces.shop import PASSWORD
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
        server = make_server("127.0.0.1", 0, create_app(shop.hub), threaded=True)
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        shop.address, shop.signed_in = f"http://127.0.0.1:{server.server_port}", {}
        yield shop
        server.shutdown()
        server.server_close()


def test_a_recording_plays_on_the_page_of_its_call(visit, shop):
    (call,) = shop.calls()
    page = visit("support", f"/records/{call['id']}")
    assert page.locator("audio").count() == 1 and page.evaluate(SPILLS) == 0
    page.locator("audio").click()  # somebody has touched the page: browsers play nothing before
    assert page.evaluate(PLAYS) == "playing"
    assert len(shop.read("listened")) == 1, "fetched once for one listening"
    assert overflow(visit("support", f"/records/{call['id']}", size=PHONE)) <= 0
