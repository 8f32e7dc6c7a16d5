"""The page of RetailCRM for who sets it up: its first section, followed word by word against the stand-in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox.retailcrm.app import Retailcrm
from tests.contract.pages import Page

PAGE = Page("retailcrm", "127.0.0.1:8799")
TEXT = PAGE.text


@pytest.fixture
def address(tmp_path, monkeypatch):
    with PAGE.served(Retailcrm(), tmp_path, monkeypatch) as url:
        yield url


def test_the_commands_of_the_first_section_do_what_it_says(address, monkeypatch):
    assert PAGE.commands[0] == f"python -m sandbox retailcrm --port {PAGE.port.rpartition(':')[2]}"
    said = {command.split()[1]: PAGE.follow(command, address, monkeypatch) for command in PAGE.commands[1:]}
    assert '"success": true' in said["-H"]
    assert "Орлова" in said["record"]


def test_the_fields_that_the_page_names_are_those_of_the_mappings():
    """Every additional field that a shipped mapping writes is in the table of fields to make."""
    folder = Path(__file__).parents[2] / "mappings" / "retailcrm"
    written = {code for path in folder.glob("*.yaml") for code in re.findall(r"remote: customFields\.(\w+)", path.read_text())}
    table = TEXT[TEXT.index("| entity | text |") : TEXT.index("4. [examples/")]
    assert written | {"bonus_spent", "bonus_accrued"} == set(re.findall(r"`(\w+)`", table))
