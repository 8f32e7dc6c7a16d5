"""The page of RetailCRM for who sets it up: its first section, followed word by word against the stand-in."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from hub.cli import main
from sandbox.frame.server import running
from sandbox.retailcrm.app import Retailcrm

TEXT = (Path(__file__).parents[2] / "docs" / "connectors" / "retailcrm.md").read_text()
SECTION = TEXT[TEXT.index("## Trying it") : TEXT.index("## Setting it up")]
COMMANDS = [line.removeprefix("$ ") for block in re.findall(r"```console\n(.*?)```", SECTION, re.S) for line in block.splitlines()]
CONFIG = re.search(r"```yaml\n# config.yaml\n(.*?)```", SECTION, re.S)[1]
PORT = "127.0.0.1:8799"


@pytest.fixture
def address(tmp_path, monkeypatch):
    """The stand-in at a port that is free, and the configuration of the page in an empty folder."""
    monkeypatch.chdir(tmp_path)
    with running(Retailcrm()) as url:
        (tmp_path / "config.yaml").write_text(CONFIG.replace(f"http://{PORT}", url))
        yield url


def follow(command, address, monkeypatch):
    """One line of the page. Returns what it prints."""
    words = shlex.split(command.replace(f"http://{PORT}", address))
    if words[0] == "export":
        for pair in words[1:]:
            monkeypatch.setenv(*pair.split("=", 1))
        return ""
    if words[0] == "curl":
        assert [words[1], words[3]] == ["-H", "--data-urlencode"]
        name, _, value = words[4].partition("=")
        answer = requests.post(words[5], data={name: value}, headers=dict([words[2].split(": ")]), timeout=5)
        assert answer.status_code == 201, answer.text
        return answer.text
    assert words[0] == "sverka"
    result = CliRunner().invoke(main, words[1:], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_commands_of_the_first_section_do_what_it_says(address, monkeypatch):
    assert COMMANDS[0] == f"python -m sandbox retailcrm --port {PORT.rpartition(':')[2]}"
    said = {command.split()[1]: follow(command, address, monkeypatch) for command in COMMANDS[1:]}
    assert '"success": true' in said["-H"]
    assert "Орлова" in said["record"]


def test_the_fields_that_the_page_names_are_those_of_the_mappings():
    """Every additional field that a shipped mapping writes is in the table of fields to make."""
    folder = Path(__file__).parents[2] / "mappings" / "retailcrm"
    written = {code for path in folder.glob("*.yaml") for code in re.findall(r"remote: customFields\.(\w+)", path.read_text())}
    table = TEXT[TEXT.index("| entity | text |") : TEXT.index("4. [examples/")]
    assert written | {"bonus_spent", "bonus_accrued"} == set(re.findall(r"`(\w+)`", table))
