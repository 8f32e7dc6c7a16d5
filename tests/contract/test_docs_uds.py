"""The page of UDS for who sets it up: its first section, followed word for word against the stand-in, and every refusal that it names."""

from __future__ import annotations

from connectors.uds.manifest import MANIFEST
from connectors.uds.operations import REFUSALS
from sandbox.uds.app import Uds
from tests.contract.pages import Page

PAGE = Page("uds", "127.0.0.1:8792")


def test_the_commands_of_the_first_section_do_what_it_says(tmp_path, monkeypatch):
    assert PAGE.commands[0] == f"python -m sandbox uds --port {PAGE.port.rpartition(':')[2]}"
    with PAGE.served(Uds(), tmp_path, monkeypatch, hurried=True) as address:
        said = [PAGE.follow(command, address, monkeypatch) for command in PAGE.commands[1:]]
    assert "Орлова" in said[-1] and "350" in said[-1]


def test_what_leads_to_a_menu_and_what_names_the_points_is_on_the_page():
    assert set(MANIFEST.cures) <= REFUSALS
    assert all(f"`{code}`" in PAGE.text for code in (*MANIFEST.cures, "insufficientFunds", "discountLimitExceed", "participantIsBlocked"))
