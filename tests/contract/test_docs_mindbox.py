"""The page of Mindbox for who sets it up: its first section, followed word for word against the stand-in, and what its tables name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connectors.mindbox.operations import DEFAULTS
from sandbox.mindbox.app import Mindbox
from tests.contract.pages import Page

PAGE = Page("mindbox", "127.0.0.1:8798")
TEXT = PAGE.text


@pytest.fixture
def address(tmp_path, monkeypatch):
    with PAGE.served(Mindbox(), tmp_path, monkeypatch) as url:
        yield url


def test_the_commands_of_the_first_section_do_what_it_says(address, monkeypatch):
    assert PAGE.commands[0] == f"python -m sandbox mindbox --port {PAGE.port.rpartition(':')[2]}"
    said = [PAGE.follow(command, address, monkeypatch) for command in PAGE.commands[1:]]
    assert '"Created"' in said[0]
    assert "Орлова" in said[-1]


def test_the_page_names_every_operation_with_the_name_that_it_has():
    rows = TEXT[TEXT.index("| for | name") : TEXT.index("| option | meaning")]
    for what, name in DEFAULTS.items():
        (row,) = [line for line in rows.splitlines() if line.startswith("|") and f"`{what}`" in line.split("|")[1]]
        assert f"`{name}`" in row if name else "| none |" in row


def test_the_page_names_the_options_and_custom_fields_that_are_used():
    folder = Path(__file__).parents[2]
    code = "".join(path.read_text() for path in (folder / "connectors" / "mindbox").glob("*.py"))
    names = (
        "id_system",
        "order_id_system",
        "products",
        "brand",
        "balance",
        "point",
        "cancelled",
        "ids",
        "segments",
    )  # read together, in shape.py
    used = set(re.findall(r"""options\.get\(["'](\w+)["']""", code)) | set(names)
    table = TEXT[TEXT.index("| option | meaning") : TEXT.index("**Flows.**")]
    assert used == set(re.findall(r"^\| `(\w+)`", table, re.M)) | set(re.findall(r"`(order_id_system)`", table))
    fields = {
        name
        for path in (folder / "mappings" / "mindbox").glob("*.yaml")
        for name in re.findall(r"remote: customFields\.(\w+)", path.read_text())
    }
    named = TEXT[TEXT.index("Custom fields that") : TEXT.index("## How it behaves")]
    assert fields <= set(re.findall(r"`(\w+)`", named))
