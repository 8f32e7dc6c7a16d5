"""Webhooks committed together: each answered for itself, none lost (I1); writers of one file take turns."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from hub.storage import inbox
from hub.storage.engine import open_store
from hub.storage.turn import NoTurn, Turn
from hub.web.acceptance import Acceptance
from tests.blank import lay_tables


@pytest.fixture
def store(tmp_path):
    lay_tables(tmp_path)
    store = open_store("", tmp_path)
    yield store
    store.dispose()


def row(ident: str) -> dict:
    return {
        "system": "site",
        "resource": "orders",
        "external_id": ident,
        "kind": "hint",
        "looked_at": 1.0,
        "received_at": 1.0,
        "due_at": 1.0,
    }


def all_at_once(work, count: int) -> None:
    threads = [threading.Thread(target=work, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


class Counting:
    """A store whose commits are counted; the first waits until the others stand behind it."""

    def __init__(self, store, behind: threading.Event, fails: bool = False) -> None:
        self.store, self.behind, self.fails, self.commits = store, behind, fails, 0

    @contextmanager
    def intake(self):
        self.commits += 1
        if self.commits == 1:
            assert self.behind.wait(10)
        if self.fails:
            raise OSError("the disk is full")
        with self.store.intake() as at:
            yield at


@pytest.mark.parametrize("fails", [False, True])
def test_requests_that_arrive_during_a_commit_share_the_next_one(store, fails):
    behind = threading.Event()
    counting = Counting(store, behind, fails)
    acceptance, refused = Acceptance(counting), []

    def accept(number: int) -> None:
        try:
            acceptance.put([row(str(number))])
        except OSError:
            refused.append(number)

    watcher = threading.Thread(target=lambda: (wait_for(lambda: len(acceptance._waiting) == 7), behind.set()))
    watcher.start()
    all_at_once(accept, 8)
    watcher.join(10)
    assert counting.commits == 2
    with store.read_intake() as at:
        assert (inbox.depth(at), len(refused)) == ((0, 8) if fails else (8, 0))


def wait_for(true) -> None:
    deadline = threading.Event()
    for _ in range(1000):
        if true():
            return
        deadline.wait(0.005)
    raise AssertionError("never so")


def test_a_turn_excludes_threads_and_other_processes_and_ends_with_its_process(tmp_path):
    path = tmp_path / "one.turn"
    code = f"from hub.storage.turn import Turn\nfrom pathlib import Path\nimport sys\nwith Turn(Path({str(path)!r}))():\n  print('held', flush=True); sys.stdin.read()"
    other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout.readline() == b"held\n"
    with pytest.raises(NoTurn), Turn(path, patience=0.05)():
        pass
    other.kill()
    other.wait()
    held, turn = [], Turn(path)

    def work(number: int) -> None:
        with turn():
            held.append(number)
            assert len(held) == 1
            held.remove(number)

    all_at_once(work, 20)
    with turn(), pytest.raises(NoTurn), Turn(path, patience=0.05)():
        pass
