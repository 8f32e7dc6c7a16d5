"""What the supervisor does with what a killed child has started."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from hub import supervisor
from tests.servers import wait_until

CHILD = "import subprocess, time; subprocess.Popen(['sleep', '300']); time.sleep(300)"


@pytest.fixture
def watched(monkeypatch):
    """A hub of a web process and a scheduler, each of which has started something."""
    monkeypatch.setattr(supervisor, "command", lambda name, settings: [sys.executable, "-c", CHILD])
    watched = supervisor.Supervisor(SimpleNamespace(redis_url="redis://elsewhere", workers=0, folder=Path()), Path("config.yaml"))
    watched.start()
    yield watched
    watched.stop()


def started_by(watched):
    web = psutil.Process(watched.children["web"].pid)
    wait_until(web.children, 20, "what the child starts")
    return web.children()


def test_what_a_killed_child_has_started_ends_before_a_new_one_begins(watched):
    left, killed = started_by(watched), watched.children["web"]
    killed.kill()
    killed.wait(5)
    watched.revive()
    _, alive = psutil.wait_procs(left, 5)
    assert not alive and watched.children["web"].pid != killed.pid


def test_nothing_is_left_when_it_is_stopped(watched):
    left = started_by(watched)
    watched.stop()
    _, alive = psutil.wait_procs(left, 5)
    assert not alive
