"""The Dockerfile and compose.yaml read as plain files, and done without Docker: the same commands, in a folder instead of an image."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.scenarios.processes import ROOT


@dataclass
class Image:
    """What the Dockerfile makes, below ``root``."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)
    user: str = ""
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def path(self, inside: str) -> Path:
        """Where a path of the image is here."""
        return self.root / inside.lstrip("/")

    def adjusted(self, word: str) -> str:
        """A word of a command, with the image's own paths moved below ``root``."""
        for prefix in ("/opt/venv", "/opt/sverka", "/var/lib/sverka"):
            word = word.replace(prefix, str(self.path(prefix)))
        return word


def instructions(text: str) -> list[tuple[str, str]]:
    """(instruction, arguments) of a Dockerfile, comments left out and continued lines joined."""
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")]
    return [(word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def build(root: Path, dockerfile: Path = ROOT / "Dockerfile") -> Image:
    """Do every instruction of the Dockerfile below ``root``. RUN lines run as they stand, with this machine's Python as the image's."""
    image, workdir = Image(root), Path("/")
    env = os.environ | {"PIP_NO_COMPILE": "1"}  # what runs here is compiled as it is used, not all that is installed
    for word, rest in instructions(dockerfile.read_text()):
        if word == "WORKDIR":
            workdir = Path(rest)
            image.path(rest).mkdir(parents=True, exist_ok=True)
        elif word == "COPY" and "--from=" not in rest:
            copy(image, workdir, *shlex.split(rest))
        elif word == "RUN":
            command = [image.adjusted(part) for part in shlex.split(rest)]
            command[0] = sys.executable if command[0] == "python" else command[0]
            subprocess.run(
                command, cwd=image.path(str(workdir)), check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, env=env
            )
        elif word == "ENV":
            image.env |= dict(pair.split("=", 1) for pair in shlex.split(rest))
        elif word == "USER":
            image.user = rest
        elif word == "CMD":
            image.command = json.loads(rest)
        elif word == "HEALTHCHECK":
            image.health = json.loads(rest[rest.index("CMD ") + 4 :])
        else:
            assert word in ("FROM", "COPY", "EXPOSE"), f"{word}: the tests do not know how to do this"
    return image


def copy(image: Image, workdir: Path, source: str, target: str) -> None:
    """Copy what the build context may hold: what .dockerignore lets through."""
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert source in allowed, f".dockerignore keeps {source} out of the build"
    place = image.path(str(workdir / target))
    if (ROOT / source).is_dir():
        shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, place)


def services() -> dict[str, Any]:
    """The services of compose.yaml."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return found


def secret_files() -> dict[str, Any]:
    """The secrets of compose.yaml."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["secrets"]
    return found
