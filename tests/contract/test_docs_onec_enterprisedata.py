"""The page about messages of EnterpriseData is followed word for word against the stand-in."""

from __future__ import annotations

from sandbox.onec.app import Onec
from tests.contract.pages import Page

PAGE = Page("onec-enterprisedata", "127.0.0.1:18100")


def test_the_page_can_be_followed(tmp_path, monkeypatch):
    app = Onec()
    app.services.exchange.polls = 0
    with PAGE.served(app, tmp_path, monkeypatch) as address:
        _, checked, _, loaded, shown, compared = [PAGE.follow(command, address, monkeypatch) for command in PAGE.commands]
    assert "HUB" in checked
    assert "everything is read and merged" in loaded
    assert "Орлова" in shown and "Мария" in shown
    assert "agrees" in compared
    assert app.services.exchange.loaded == [], "a system that is observed is told nothing"
