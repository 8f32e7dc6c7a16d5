"""What the supervisor does with what a killed child has started."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from hub.processes import supervisor
from retry_queue import tokens
from tests.servers import wait_until

CHILD = "import subprocess, time; subprocess.Popen(['sleep', '300']); time.sleep(300)"


@pytest.fixture
def freed(monkeypatch):
    """Marks of whom the supervisor has freed."""
    marks = []
    monkeypatch.setattr(supervisor.abandoned, "free", lambda store, client, mark: marks.append(mark))
    return marks


@pytest.fixture
def watched(monkeypatch, freed, tmp_path):
    """A hub of a web process and a scheduler, each of which has started something."""
    monkeypatch.setattr(supervisor, "command", lambda name, settings: [sys.executable, "-c", CHILD])
    watched = supervisor.Supervisor(
        SimpleNamespace(redis_url="redis://elsewhere", workers=0, folder=tmp_path, database_url=""), Path("config.yaml")
    )
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


def test_what_a_dead_child_held_is_freed_once_and_the_new_one_bears_another_mark(watched, freed):
    killed, mark = watched.children["scheduler"], watched._marks["scheduler"]
    environment = psutil.Process(killed.pid).environ()
    assert environment[tokens.MARK] == mark
    killed.kill()
    killed.wait(5)
    watched.revive()
    watched.revive()
    assert freed == [mark] and watched._marks["scheduler"] != mark


def test_the_group_of_a_dead_child_is_ended_once_however_long_the_next_one_waits(watched, monkeypatch):
    """Its number may soon be that of another program."""
    ended = []
    killed = watched.children["scheduler"]
    killed.kill()
    killed.wait(5)
    with monkeypatch.context() as patched:
        patched.setattr(supervisor, "end_group", lambda child: ended.append(child.pid))
        patched.setattr(watched, "_due", lambda name: False)
        for _ in range(3):
            watched.revive()
    assert ended == [killed.pid]


def test_what_cannot_be_freed_now_is_freed_in_a_later_round(watched, freed, monkeypatch):
    def busy(*_):
        raise TimeoutError

    with monkeypatch.context() as patched:
        patched.setattr(supervisor.abandoned, "free", busy)
        watched.children["web"].kill()
        watched.children["web"].wait(5)
        watched.revive()
    assert freed == []
    watched.revive()
    assert len(freed) == 1


def test_threads_of_a_child_share_what_was_freed(watched):
    """Each with an arena of its own, a worker of a large first load grew to hundreds of MB."""
    assert psutil.Process(watched.children["web"].pid).environ()["MALLOC_ARENA_MAX"] == "2"


def test_nothing_is_left_when_it_is_stopped(watched):
    left = started_by(watched)
    watched.stop()
    _, alive = psutil.wait_procs(left, 5)
    assert not alive
