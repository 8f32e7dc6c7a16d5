"""The page of Mango Office for who sets it up: its first section, followed word for word against the stand-in."""

from __future__ import annotations

import re

import pytest

from connectors.mango.door import QUIET
from connectors.mango.history import OVERLAP, SETTLES
from sandbox.mango.app import Mango
from tests.contract.pages import Page

PAGE = Page("mango", "127.0.0.1:8796")


@pytest.fixture
def address(tmp_path, monkeypatch):
    app = Mango()
    app.reports.polls, app.limits.enforce = 0, False
    with PAGE.served(app, tmp_path, monkeypatch, hurried=True) as url:
        yield url


def test_the_commands_of_the_first_section_do_what_it_says(address, monkeypatch):
    assert PAGE.commands[0] == f"python -m sandbox mango --port {PAGE.port.rpartition(':')[2]}"
    said = [PAGE.follow(command, address, monkeypatch) for command in PAGE.commands[1:]]
    assert "entry_id" in said[0]
    assert "71" in said[-1] and ("Анна Ильина" in said[-1] or "Anna Ilyina" in said[-1])


def test_the_seconds_that_the_page_names_are_those_of_the_code():
    assert set(re.findall(r"\b(\d{3}) s\b", PAGE.text)) == {str(int(QUIET))}
    assert (OVERLAP, SETTLES) == (6 * 3600, 120)
