"""The page of InSales for who sets it up: its first section, followed word for word against the stand-in, and the fields that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox.insales.app import Insales
from tests.contract.pages import Page

PAGE = Page("insales", "127.0.0.1:8793")
TEXT = PAGE.text


@pytest.fixture
def address(tmp_path, monkeypatch):
    with PAGE.served(Insales(), tmp_path, monkeypatch, hurried=True) as url:
        yield url


def test_the_commands_of_the_first_section_do_what_it_says(address, monkeypatch):
    assert PAGE.commands[0] == f"python -m sandbox insales --port {PAGE.port.rpartition(':')[2]}"
    said = [PAGE.follow(command, address, monkeypatch) for command in PAGE.commands[1:]]
    assert '"number": 1841' in said[0]
    assert "Орлова" in said[-1]


def test_the_page_names_the_own_fields_and_options_that_are_used():
    folder = Path(__file__).parents[2]
    used = {
        handle
        for path in (folder / "mappings" / "insales").glob("*.yaml")
        for handle in re.findall(r"fields_values\[handle='(\w+)'\].value\"", path.read_text())
    }
    named = TEXT[TEXT.index("2. InSales → Настройки") : TEXT.index("4. [examples/")]
    assert used - {"guid"} == set(re.findall(r"`(\w+)`", named))
    code = "".join(path.read_text() for path in (folder / "connectors" / "insales").glob("*.py"))
    for option in ("delivery_variant", "payment_gateway"):
        assert f'"{option}"' in code and f"`{option}`" in TEXT
