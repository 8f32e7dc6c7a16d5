"""The page of Mango Office for who sets it up: its first section, followed word for word against the stand-in."""

from __future__ import annotations

import re

import pytest
import requests

from connectors.mango.door import QUIET
from connectors.mango.history import OVERLAP, SETTLES
from sandbox.mango.app import Mango
from tests.contract.pages import Page


def curl(words):
    assert [words[1], words[3]] == ["-H", "-d"]
    answer = requests.post(words[5], data=words[4], headers=dict([words[2].split(": ")]), timeout=5)
    assert answer.status_code == 200, answer.text
    return answer.text


PAGE = Page("mango", "127.0.0.1:8797", curl)


@pytest.fixture
def address(tmp_path, monkeypatch):
    app = Mango()
    app.reports.polls = 0
    with PAGE.served(app, tmp_path, monkeypatch) as url:
        yield url


def test_the_commands_of_the_first_section_do_what_it_says(address, monkeypatch):
    assert PAGE.commands[0] == f"python -m sandbox mango --port {PAGE.port.rpartition(':')[2]}"
    said = {command.split()[1]: PAGE.follow(command, address, monkeypatch) for command in PAGE.commands[1:]}
    assert "entry_id" in said["-H"]
    assert "3" in said["check"]
    assert "71" in said["record"]


def test_the_seconds_that_the_page_names_are_those_of_the_code():
    assert set(re.findall(r"(\d+) s,? nobody|silence for (\d+) s", PAGE.text)) == {(str(int(QUIET)), ""), ("", str(int(QUIET)))}
    assert (OVERLAP, SETTLES) == (6 * 3600, 120)
