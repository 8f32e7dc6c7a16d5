"""The connector guide, followed word for word: its commands, its files, its hub, by real processes in an empty folder."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from hub import scaffold
from hub.cli import main
from hub.processes.redis_server import dies_with_parent
from tests.scenarios.processes import GONE, ROOT, free_port
from tests.servers import wait_until

TEXT = (ROOT / "docs/connector-guide.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
FILE = re.compile(r"# ([\w/.-]+\.\w+)\n")
CACHE = {"__pycache__", ".pytest_cache"}
TOGETHER = """
import shlex, sys
from hub.cli import main
for command in sys.argv[1:]:
    try:
        main(shlex.split(command), standalone_mode=False)
    except SystemExit as end:
        if end.code:
            raise
"""
INSTALL = "import setuptools; setuptools.setup()"  # with egg_info: the metadata that an editable install leaves, without its downloads


class Reader:
    """Somebody who follows the guide, at free ports. ``folder``: where the commands are run."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ports = folder, {port: str(free_port()) for port in ("8950", "8951", "8952")}
        self.env = {name: value for name, value in os.environ.items() if name not in GONE}
        self.env |= {"PYTHONPATH": str(ROOT), "SVERKA_LANGUAGE": "en", "COLUMNS": "500", "SVERKA_WORKERS": "1"}
        self.started: list[subprocess.Popen[bytes]] = []
        self.blocks = [(kind, self.here(text)) for kind, text in BLOCK.findall(TEXT)]

    def here(self, text: str) -> str:
        for port, free in self.ports.items():
            text = text.replace(port, free)
        return text

    def commands(self) -> list[str]:
        """Of the next block of commands; the files that stand before it are written."""
        while self.blocks[0][0] != "console":
            _, text = self.blocks.pop(0)
            name = FILE.match(text)
            assert name, text[:80]
            (self.folder / name[1]).write_text(text[name.end() :])
        return [line.removeprefix("$ ") for line in self.blocks.pop(0)[1].splitlines()]

    def words(self, command: str) -> list[str]:
        words = shlex.split(command)
        if words[0] == "sverka":
            return [sys.executable, "-m", "hub", *words[1:]]
        return [sys.executable, *words[1:]] if words[0] == "python" else words

    def run(self, command: str, status: int = 0) -> str:
        """What it prints."""
        done = subprocess.run(self.words(command), cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == status, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def together(self, *commands: str) -> str:
        """What several commands of the hub print, one after the other in one process: each start of Python takes seconds."""
        assert all(command.startswith("sverka ") for command in commands), commands
        done = subprocess.run([sys.executable, "-c", TOGETHER, *(command.removeprefix("sverka ") for command in commands)],
                              cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=200, check=False)  # fmt: skip
        assert done.returncode == 0, f"{commands}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def start(self, command: str) -> None:
        log = (self.folder / f"log{len(self.started)}").open("wb")
        self.started.append(subprocess.Popen(self.words(command), cwd=self.folder, env=self.env, stdout=log, stderr=subprocess.STDOUT,
                                             preexec_fn=dies_with_parent()))  # fmt: skip

    def install(self) -> None:
        package = self.folder
        self.run(f"python -c {shlex.quote(INSTALL)} -q egg_info")
        self.env["PYTHONPATH"] += f":{package}"


@pytest.fixture
def reader(tmp_path):
    made = Reader(tmp_path)
    yield made
    for process in reversed(made.started):
        process.send_signal(signal.SIGTERM)
    for process in made.started:
        process.wait(20)


@pytest.mark.slow  # a dozen processes: twenty seconds where nothing else runs
@pytest.mark.timeout(480)
def test_the_guide_goes_from_nothing_to_a_change_that_flows(reader, tmp_path):
    begin, enter, try_out = reader.commands()
    assert "sverka_teashop/connector.py" in reader.together(begin)
    reader.folder = tmp_path / enter.removeprefix("cd ")
    before = {path.relative_to(reader.folder) for path in reader.folder.rglob("*.*")}
    first = reader.run(try_out, status=1)
    assert "sverka_teashop/manifest.py: limits: write the vendor's published limits" in first and "1 failed" in first

    (try_out,) = reader.commands()
    written = {path.relative_to(reader.folder) for path in reader.folder.rglob("*.*")}
    assert {
        path for path in written if not CACHE & set(path.parts)
    } == before  # the page fills the files that the command made, and no other
    assert re.search(r"^=+ (3\d|4\d) passed in", reader.run(try_out), re.M)

    install, listed = reader.commands()
    assert install == "pip install -e ."
    reader.install()
    assert listed == "sverka connector list"

    for command in reader.commands():
        reader.start(command)
    reader.folder = tmp_path / "hub"
    reader.folder.mkdir()
    try:
        flows(reader, listed)
    except AssertionError as error:
        raise AssertionError("\n".join(log.read_text()[-3000:] for log in reader.folder.glob("log*"))) from error


def flows(reader: Reader, listed: str) -> None:
    """The last part of the guide: a hub between the new vendor and a site."""
    for port in ("8951", "8952"):
        wait_until(lambda port=port: answers(reader.ports[port]), 30, "the stand-ins")
    first, second, check, load, up = reader.commands()
    for export in (first, second):
        reader.env |= dict(pair.split("=", 1) for pair in export.removeprefix("export ").split())
    said = reader.together(listed, check, load)
    assert "teashop: Teashop (sverka_teashop)" in said and "The key is accepted" in said and "clients: 0 objects" in said
    reader.start(up.removesuffix(" &"))
    enter, at_site, rename, at_teashop, shown = reader.commands()
    reader.run(enter)
    wait_until(lambda: [one["last_name"] for one in asked(reader, at_site)] == ["Седова"], 120, "an account on the site")
    reader.run(rename)
    wait_until(lambda: asked(reader, at_teashop).get("surname") == "Орлова", 120, "the new name in Teashop")
    assert "Орлова" in reader.together(shown)


def asked(reader: Reader, command: str) -> Any:
    """What a command shows, asked for as seldom as people do: whoever asks ten times a second uses up what the vendor gives the hub, too."""
    time.sleep(0.5)
    return json.loads(reader.run(command))


def answers(port: str) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/", timeout=1).status_code > 0
    except requests.RequestException:
        return False


@pytest.mark.parametrize("own_package", [False, True], ids=["in this tree", "a package"])
def test_a_new_connector_has_the_files_of_its_siblings_and_each_can_be_read(own_package):
    made = scaffold.files(scaffold.Asked("tea_shop", "Чайная", "clients", "customer", own_package))
    for path, text in made.items():
        assert "@" not in text.replace("@pytest", ""), path
        if path.endswith(".py"):
            compile(text, path, "exec")
    folder = "sverka_tea_shop" if own_package else "connectors/tea_shop"
    names = {Path(path).name for path in made if str(Path(path).parent) == folder}
    siblings = [
        {path.name for path in (ROOT / "connectors" / name).glob("*.py")} for name in ("bonusplus", "mindbox", "moysklad", "retailcrm")
    ]
    assert names == set.intersection(*siblings)
    if own_package:
        taken = tomllib.loads(made["pyproject.toml"])["tool"]["setuptools"]["package-data"]["sverka_tea_shop"]
        assert all(any(fnmatch(f"mappings/{name}", one) for one in taken) for name in ("clients.yaml", "codecs.py", "custom.py"))


def test_a_new_connector_of_this_tree_says_which_lines_make_it_known(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(main, ["connector", "new", "teashop"], env={"SVERKA_LANGUAGE": "en"})
    assert (
        said.exit_code == 0 and (tmp_path / "connectors/teashop/api.py").exists() and "still to do: connectors/registry.py" in said.output
    )
    again = CliRunner().invoke(main, ["connector", "new", "teashop"], env={"SVERKA_LANGUAGE": "en"})
    assert again.exit_code == 1 and "nothing was written" in again.output
    for name in ("Tea", "moysklad"):
        assert CliRunner().invoke(main, ["connector", "new", name]).exit_code == 1
