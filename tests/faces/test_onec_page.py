"""The page about 1C can be followed: its files and commands are run against the stand-in, in an empty folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import main
from sandbox.frame.server import running
from sandbox.onec.app import Onec
from tests.conftest import unavailable
from tests.scenarios.processes import free_port

TEXT = (Path(__file__).parents[2] / "docs/connectors/onec.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.M | re.S)
PORT = "127.0.0.1:18100"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The files that the page shows, pointed at a running stand-in."""
    with running(Onec()) as url:
        for _, text in BLOCKS:
            if named := re.match(r"(?:#|//) (\S+\.\w+)\n", text):
                (tmp_path / named[1]).write_text(text[named.end() :].replace(f"http://{PORT}", url))
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("SVERKA_PORT", str(free_port()))  # another hub of this machine may answer at the usual one
        yield url


def commands():
    return [line.removeprefix("$ ") for kind, text in BLOCKS if kind == "console" for line in text.splitlines()]


def test_the_commands_of_the_page_do_what_it_says(folder, monkeypatch):
    if shutil.which("curl") is None:
        unavailable("no curl on the PATH: install Debian's curl")
    said = []
    for command in commands():
        if command.startswith("export "):
            for pair in command.split()[1:]:
                monkeypatch.setenv(*pair.split("=", 1))
        elif command.startswith("curl "):
            done = subprocess.run(
                command.replace(f"http://{PORT}", folder), shell=True, capture_output=True, text=True, env=os.environ, check=True
            )
            said.append((0, done.stdout))
        else:
            result = CliRunner().invoke(main, command.split()[1:])
            said.append((result.exit_code, result.output))
    assert [code for code, _ in said] == [0, 0, 0, 0, 0, 0, 1]
    document, found, _, loaded, compared, _, closed = (text for _, text in said)
    assert '"Document_ЧекККМ"' in document
    assert "Управление торговлей 11.5" in found
    assert "customers: 2 objects" in loaded and "orders: 1 object\n" in loaded and "receipts: 1 object\n" in loaded
    assert "agrees" in compared
    assert "a page" in closed or "страница" in closed
