"""Customers that mean nobody, through commands and pages."""

from __future__ import annotations

import json

import pytest

from hub.web.app import create_app
from tests.faces.reader import Reader
from tests.faces.shop import stocked, written


@pytest.fixture
def shop(tmp_path):
    with stocked(tmp_path) as shop:
        shop.config = str(written(shop, tmp_path))
        body = {"name": "Гость", "companyType": "individual", "legalFirstName": "Гость"}
        shop.guest = shop.sklad("POST", "counterparty", body)["id"]
        shop.sync()
        yield shop


def test_discover_proposes_and_a_decision_is_made_and_turned_round(shop, run):
    (one,) = json.loads(run("discover", "--json"))
    assert (one["name"], one["why"], one["objects"]) == ("Гость", "name", [["sklad", shop.guest]])
    assert f"sklad {shop.guest}" in run("discover")
    assert "seem to mean nobody" in run("check", "--system", "sklad")
    assert "no such object" in run("stand-ins", "decide", "sklad", "nothing", "nobody", code=1)
    run("stand-ins", "decide", "sklad", shop.guest, "nobody")
    assert run("discover").startswith("no customer") and "nobody  Гость" in run("stand-ins", "list")
    run("stand-ins", "decide", "sklad", shop.guest, "person")
    assert run("discover").startswith("no customer") and "person  Гость" in run("stand-ins", "list")
    assert "seem to mean nobody" not in run("check", "--system", "sklad")


def test_the_page_asks_support_and_is_read_by_viewers(shop):
    app = create_app(shop.hub)
    viewer, support = Reader(app, "viewer"), Reader(app, "support")
    answer = {"system": "sklad", "ident": shop.guest, "decision": "nobody"}
    seen = viewer.get("/stand-ins").text
    assert shop.guest in seen and "Гость" not in seen and '<button class="btn' not in seen, (
        "names are hidden, and there is nothing to press"
    )
    assert viewer.post("/stand-ins", **answer).status_code == 403
    assert "обычное название для «никого»" in support.get("/stand-ins").text
    assert support.post("/stand-ins", **answer).status_code == 302
    text = support.get("/stand-ins").text
    assert "Ни один клиент не под вопросом" in text and "Гость" in text
    assert "сказано, кто есть «никто»" in support.get("/audit?action=operator.stand-in").text
    assert 'href="/stand-ins"' in viewer.get("/review").text
