"""The Dockerfile and compose.yaml say the same as each other, as the supervisor, and as the example configuration."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from hub.processes import supervisor
from tests.scenarios.containers import ROOT, instructions, secret_files, services
from tests.scenarios.shop import EXAMPLE, settings

DOCKERFILE = dict.fromkeys(word for word, _ in instructions((ROOT / "Dockerfile").read_text()))
SAID = {word: [rest for w, rest in instructions((ROOT / "Dockerfile").read_text()) if w == word] for word in DOCKERFILE}


def test_the_image_is_built_in_stages_runs_as_an_ordinary_user_and_tells_its_health():
    assert len(SAID["FROM"]) == 2
    assert SAID["USER"] == ["10001:10001"]
    assert "/health" in SAID["HEALTHCHECK"][0]


def test_the_web_command_is_the_supervisors(tmp_path):
    ours = supervisor.command("web", settings(tmp_path, {"sklad": "http://x", "site": "http://x"}))
    in_image = json.loads(SAID["CMD"][0])
    assert ["python", *ours[1:]] == [{"0.0.0.0": "127.0.0.1"}.get(word, word) for word in in_image]
    assert services()["web"]["command"] == in_image


@pytest.mark.parametrize("name", ["worker", "scheduler"])
def test_the_other_commands_are_the_supervisors(name, tmp_path):
    ours = supervisor.command(f"{name}-1", settings(tmp_path, {"sklad": "http://x", "site": "http://x"}))
    assert services()[name]["command"] == ["python", *ours[1:]]
    assert services()[name]["healthcheck"]["test"] == ["CMD", "python", "-m", "hub.processes.alive", name]


def test_every_process_of_the_hub_waits_for_the_tables_and_has_its_secrets_by_file():
    for name in ("prepare", "web", "worker", "scheduler"):
        service = services()[name]
        assert service["image"] == "sverka"
        assert "prepare" in service["depends_on"] or name == "prepare"
        by_file = {value.removeprefix("/run/secrets/") for key, value in service["environment"].items() if key.endswith("_FILE")}
        assert by_file == set(service["secrets"]) <= set(secret_files())
        assert not any("password" in str(value).lower() for value in service["environment"].values())


def test_every_secret_of_the_example_configuration_is_given_by_file():
    named = set(_names(yaml.safe_load(EXAMPLE.read_text())))
    assert {f"{name}_FILE" for name in named} <= set(services()["web"]["environment"])


def _names(value):
    if isinstance(value, dict):
        if set(value) == {"env"}:
            yield value["env"]
        for one in value.values():
            yield from _names(one)


def test_make_gives_a_command_that_works_in_any_folder(tmp_path):
    venv, elsewhere = tmp_path / "venv", tmp_path / "elsewhere"
    elsewhere.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (venv / ".runtime").touch()  # as if everything that it needs were installed
    subprocess.run(["make", "-s", "-C", ROOT, "-o", venv / ".runtime", f"VENV={venv}", venv / "bin/sverka"], check=True)
    assert (venv / "bin/sverka").read_text() == f'#!/bin/sh\nexec "{venv}/bin/python" -m hub "$@"\n' and os.access(
        venv / "bin/sverka", os.X_OK
    )
    found = [venv / "bin/python", "-c", "import hub, sandbox; print(hub.__path__[0])"]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    assert subprocess.run(found, cwd=elsewhere, env=env, capture_output=True, text=True, check=True).stdout.strip() == str(ROOT / "hub")


def test_what_the_image_needs_is_let_through_by_dockerignore_and_nothing_else():
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert allowed == {rest.split()[0] for rest in SAID["COPY"] if "--from" not in rest}
    assert all((ROOT / name).exists() for name in allowed)


@pytest.mark.parametrize("name", ["runtime", "dev", "clients"])
def test_locks_pin_and_hash_every_package_and_name_no_index(name):
    text = Path(ROOT, "requirements", f"{name}.lock").read_text()
    pinned = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert pinned and all("==" in line for line in pinned)
    assert text.count("==") <= text.count("--hash=sha256:")
    assert "index-url" not in text and "://" not in text.replace("# https://", "")
