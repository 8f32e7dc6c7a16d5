"""The page about 1C can be followed: its files and commands are run against the stand-in, in an empty folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from hub.cli import main
from hub.processes.redis_server import dies_with_parent
from sandbox.frame.server import running
from sandbox.onec.app import Onec
from sandbox.woocommerce.app import Woocommerce
from tests.conftest import unavailable
from tests.scenarios.processes import ROOT, free_port
from tests.servers import wait_until

WHOLE = (Path(__file__).parents[2] / "docs/connectors/onec.md").read_text()
BY_ODATA, _, REST = WHOLE.partition("\n## Exchange with a site\n")
BY_FILES = REST.partition("\n## ")[0]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
PORT = "127.0.0.1:18100"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The files that the page shows, pointed at a running stand-in."""
    with running(Onec()) as url:
        for _, text in BLOCK.findall(BY_ODATA):
            if named := re.match(r"(?:#|//) (\S+\.\w+)\n", text):
                (tmp_path / named[1]).write_text(text[named.end() :].replace(f"http://{PORT}", url))
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("SVERKA_PORT", str(free_port()))  # another hub of this machine may answer at the usual one
        yield url


def commands(text):
    return [line.removeprefix("$ ") for kind, text in BLOCK.findall(text) if kind == "console" for line in text.splitlines()]


def test_the_commands_of_the_page_do_what_it_says(folder, monkeypatch):
    if shutil.which("curl") is None:
        unavailable("no curl on the PATH: install Debian's curl")
    said = []
    for command in commands(BY_ODATA):
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


@pytest.fixture
def stand_ins(tmp_path, monkeypatch):
    """The files of the section, pointed at a base and a site that run, and the hub at a port of its own."""
    with running(Onec()) as base, running(Woocommerce(allow_loopback_webhooks=True)) as site:
        hub = f"http://127.0.0.1:{free_port()}"
        places = {
            "http://127.0.0.1:18100": base,
            "http://127.0.0.1:18200": site,
            "http://127.0.0.1:18080": hub,
            "port: 18080": f"port: {hub.rpartition(':')[2]}",
        }

        def here(text):
            for shown, real in places.items():
                text = text.replace(shown, real)
            return text

        for _, text in BLOCK.findall(BY_FILES):
            if named := re.match(r"(?:#|//) (\S+\.\w+)\n", text):
                (tmp_path / named[1]).write_text(here(text[named.end() :]))
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("SVERKA_WORKERS", "1")  # what is shown needs no second one, whose start takes a second
        for name in ("SVERKA_PORT", "REDIS_URL", "DATABASE_URL", "SVERKA_CONFIG"):
            monkeypatch.delenv(name, raising=False)
        with ExitStack() as stack:
            yield here, hub, stack


def test_the_commands_of_the_exchange_do_what_the_section_says(stand_ins, tmp_path, monkeypatch):
    if shutil.which("curl") is None:
        unavailable("no curl on the PATH: install Debian's curl")
    here, hub, stack = stand_ins
    expected = iter([
        "exchange/uchet/1c_exchange.php", "", "success\nsverka_exchange\n", '"goods": 16', 'SV-005', 'processing', "uchet",
        '"S', '"shown": [\n  "S', 'completed',
    ])  # fmt: skip
    number = ""
    for command in commands(BY_FILES):
        command = here(command)
        if command.startswith("export "):
            for pair in command.split()[1:]:
                monkeypatch.setenv(*pair.split("=", 1))
            continue
        wanted = next(expected)
        if command.startswith("sverka up"):
            up = subprocess.Popen([sys.executable, "-m", "hub", *command.split()[1:]], env=os.environ | {"PYTHONPATH": str(ROOT)}, preexec_fn=dies_with_parent(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
            stack.callback(up.wait, 15)
            stack.callback(up.terminate)
            wait_until(lambda: answered(f"{hub}/health"), 40, "the hub")
            continue
        if "shipped.json" in command:
            (tmp_path / "shipped.json").write_text((tmp_path / "shipped.json").read_text().replace('"S1"', f'"{number}"'))
        said = wait_until(lambda c=command, w=wanted: found if w in (found := run(c)) else "", 40, f"{wanted!r} of: {command}")
        if '"loaded"' in said and not number:
            loaded = json.loads(said)["loaded"]
            number = loaded[0] if loaded else ""
    assert number and next(expected, None) is None, "every command was followed"


def run(command):
    if command.startswith("curl "):
        return subprocess.run(command, shell=True, capture_output=True, text=True, env=os.environ, check=True).stdout
    return CliRunner().invoke(main, command.split()[1:]).output


def answered(url):
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.RequestException:
        return False
