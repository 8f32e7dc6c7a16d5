"""Pages of docs/connectors that are followed word for word: the first section's commands and configuration, against a stand-in at a free port."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from hub.cli import main
from sandbox.frame.server import running


def curl(words: list[str]) -> str:
    """What a line of curl does; the text of an answer that must be good."""
    known = argparse.ArgumentParser()
    known.add_argument("-s", action="store_true")
    known.add_argument("-X")
    known.add_argument("-u")
    known.add_argument("-d")
    known.add_argument("-H", action="append", default=[])
    known.add_argument("--data-urlencode", action="append", default=[])
    known.add_argument("url")
    given = known.parse_args(words[1:])
    form = dict(pair.split("=", 1) for pair in given.data_urlencode) or None
    body = given.d.encode() if given.d is not None else form
    pair = tuple(part.encode() for part in given.u.split(":", 1)) if given.u else None
    method = given.X or ("GET" if body is None else "POST")
    headers = dict(line.split(": ", 1) for line in given.H)
    answer = requests.request(method, given.url, data=body, headers=headers, auth=pair, timeout=5)
    assert answer.status_code < 300, answer.text
    return answer.text


@dataclass(frozen=True)
class Page:
    """``port``: of the page's own commands."""

    vendor: str
    port: str

    @property
    def text(self) -> str:
        return (Path(__file__).parents[2] / "docs" / "connectors" / f"{self.vendor}.md").read_text()

    @property
    def section(self) -> str:
        return self.text[self.text.index("## Trying it") : self.text.index("## Setting it up")]

    @property
    def commands(self) -> list[str]:
        blocks = re.findall(r"```console\n(.*?)```", self.section, re.S)
        return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]

    @contextmanager
    def served(self, app: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, hurried: bool = False) -> Iterator[str]:
        """The stand-in at a port that is free, and the configuration of the page in an empty folder. ``hurried``: without waiting for the
        vendor's limits, which take seconds to be known to be free."""
        monkeypatch.chdir(folder)
        config = re.search(r"```yaml\n# config.yaml\n(.*?)```", self.section, re.S)[1]  # type: ignore[index]
        with running(app) as url:
            config = config.replace("mode: observe", "mode: observe\n    limits: none") if hurried else config
            (folder / "config.yaml").write_text(config.replace(f"http://{self.port}", url))
            yield url

    def follow(self, command: str, address: str, monkeypatch: pytest.MonkeyPatch) -> str:
        """One line of the page. Returns what it prints."""
        words = shlex.split(command.replace(f"http://{self.port}", address))
        if words[0] == "export":
            for pair in words[1:]:
                monkeypatch.setenv(*pair.split("=", 1))
            return ""
        if words[0] == "curl":
            return curl(words)
        assert words[0] == "sverka"
        result = CliRunner().invoke(main, words[1:], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output
