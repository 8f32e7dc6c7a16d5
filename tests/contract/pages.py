"""Pages of docs/connectors that are followed word for word: the first section's commands and configuration, against a stand-in at a free port."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hub.cli import main
from sandbox.frame.server import running


@dataclass(frozen=True)
class Page:
    """``port``: of the page's own commands. ``curl``: what one line of it does, given its words; returns the answer's text."""

    vendor: str
    port: str
    curl: Callable[[list[str]], str]

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
    def served(self, app: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        """The stand-in at a port that is free, and the configuration of the page in an empty folder."""
        monkeypatch.chdir(folder)
        config = re.search(r"```yaml\n# config.yaml\n(.*?)```", self.section, re.S)[1]  # type: ignore[index]
        with running(app) as url:
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
            return self.curl(words)
        assert words[0] == "sverka"
        result = CliRunner().invoke(main, words[1:], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output
