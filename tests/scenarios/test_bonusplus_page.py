"""docs/connectors/bonusplus.md, followed word for word: its configuration, its commands, real processes."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import main as cli
from hub.processes.redis_server import dies_with_parent
from sandbox.bonusplus.app import Bonusplus
from sandbox.frame.server import running
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios.processes import GONE, ROOT, free_port
from tests.servers import wait_until

PAGE = (ROOT / "docs/connectors/bonusplus.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.S | re.M)
CONFIG = next(text for kind, text in BLOCKS if kind == "yaml" and text.startswith("# config.yaml"))
COMMANDS = [line for kind, text in BLOCKS if kind == "console" for line in text.splitlines()]


class Reader:
    """Somebody who follows the page, at free ports."""

    def __init__(self, folder: Path, ports: dict[str, int]) -> None:
        self.folder, self.ports, self.left = folder, ports, list(COMMANDS)
        self.env = {name: value for name, value in os.environ.items() if name not in GONE}
        self.env |= {"PYTHONPATH": str(ROOT), "SVERKA_WORKERS": "1"}
        (folder / "config.yaml").write_text(self.here(CONFIG))

    def here(self, text: str) -> str:
        for port, free in self.ports.items():
            text = text.replace(port, str(free))
        return text

    def next(self, beginning: str) -> str:
        """The next command of the page, which begins so."""
        command = self.left.pop(0)
        assert command.startswith(beginning), command
        return self.here(command)

    def run(self, beginning: str) -> str:
        return self.done(self.next(beginning))

    def done(self, command: str) -> str:
        """What the command prints. The hub's own run in this process, from the folder: each start of Python would take seconds."""
        if command.startswith("sverka "):
            with chdir(self.folder):
                said = CliRunner().invoke(cli, shlex.split(command)[1:], env=self.env, catch_exceptions=False)
            assert said.exit_code == 0, f"{command}\n{said.output}"
            return said.output
        made = subprocess.run(command, shell=True, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=60, check=False)
        assert made.returncode == 0, f"{command}\n{made.stdout}\n{made.stderr}"
        return made.stdout

    def export(self) -> None:
        self.env |= dict(pair.split("=", 1) for pair in self.next("export ").split()[1:])


@pytest.fixture
def reader(tmp_path):
    with running(Bonusplus(allow_loopback_webhooks=True)) as loyalty, running(Woocommerce(allow_loopback_webhooks=True)) as site:
        yield Reader(tmp_path, {"8930": free_port(), "8931": loyalty.rsplit(":", 1)[1], "8932": site.rsplit(":", 1)[1]})


def test_the_page_is_true(reader):
    for vendor in ("bonusplus", "woocommerce"):
        assert reader.next("python -m sandbox").split()[3] == vendor
    reader.export()
    reader.export()
    reader.run("sverka doctor")
    assert "lavka" in reader.run("sverka check")
    reader.run("sverka backfill")
    hub = subprocess.Popen(
        [sys.executable, "-m", "hub", *reader.next("sverka up &").removesuffix(" &").split()[1:]], cwd=reader.folder, env=reader.env,
        stdout=(reader.folder / "log").open("wb"), stderr=subprocess.STDOUT, preexec_fn=dies_with_parent(),
    )  # fmt: skip
    try:
        followed(reader)
    except AssertionError as error:
        raise AssertionError((reader.folder / "log").read_text()[-3000:]) from error
    finally:
        hub.send_signal(signal.SIGTERM)
        hub.wait(20)


def followed(reader: Reader) -> None:
    reader.run("curl -s -u")
    customer, account = reader.next("curl -s -H"), reader.next("curl -s -u")

    def card() -> str:
        return json.loads(reader.done(customer)).get("discountCardNumber", "")

    number = wait_until(card, 100, "a card")
    assert json.loads(reader.done(customer))["availableBonuses"] == 100.0

    def known_to_the_site() -> dict[str, str]:
        meta = {m["key"]: m["value"] for m in json.loads(reader.done(account))["meta_data"]}
        return meta if meta.get("points_active") else {}

    meta = wait_until(known_to_the_site, 60, "points on the site")
    assert (meta["card"], meta["card_type"], meta["points_active"]) == (number, "Бронза", "100.00")
    assert "100.00" in reader.run("sverka record show")
    reader.run("curl -s -X PATCH")
    wait_until(lambda: known_to_the_site()["points_active"] == "70.00", 60, "30 points less")
    book = json.loads(reader.run("curl -s http"))
    assert [m["kind"] for m in book["movements"]] == ["Credit_Registration", "Debit_Manual"]
    assert reader.left == []
