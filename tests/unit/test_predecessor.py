"""Where nobody saw a worker die, the one that is started after it knows so by the lock of its place, and frees what it held."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from types import SimpleNamespace

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub.processes import predecessor
from hub.storage import states
from retry_queue import tokens

HOLDER = "import sys, time; from pathlib import Path; from hub.processes.predecessor import take; print(take(Path(sys.argv[1]), 'w'), flush=True); time.sleep(300)"


@pytest.fixture
def machine(tmp_path, monkeypatch, store):
    """A machine of an installation: its processes, each of which starts and dies here."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(predecessor, "_locks", [])
    monkeypatch.delenv(tokens.MARK, raising=False)
    hub = SimpleNamespace(store=store, settings=SimpleNamespace(secret_key="k"))

    def start(client, role="worker"):
        monkeypatch.delenv(tokens.MARK, raising=False)
        predecessor.succeed(hub, client, role)
        return os.environ.get(tokens.MARK, "")

    yield start
    for place in predecessor._locks:
        os.close(place)


def die():
    os.close(predecessor._locks.pop(0))


def lease(store, system):
    with store.write() as at:
        states.ensure(at, system, "live")
        return states.take_lease(at, system, now=1000.0, seconds=45.0)


def test_what_a_killed_worker_held_is_free_once_it_is_started_again(machine, store, redis_url):
    client = redis.Redis.from_url(redis_url)
    first = machine(client)
    assert lease(store, "a").startswith(first)
    second = machine(client)
    assert lease(store, "b").startswith(second)
    assert lease(store, "a") is None, "the first one lives"
    die()
    third = machine(client)
    assert len({first, second, third}) == 3
    assert lease(store, "a").startswith(third), "known to be dead, 45 seconds early"
    assert lease(store, "b") is None, "the second one lives"


def test_a_worker_frees_nothing_of_a_scheduler(machine, store, redis_url):
    client = redis.Redis.from_url(redis_url)
    machine(client, "scheduler")
    assert lease(store, "a")
    machine(client, "worker")
    assert lease(store, "a") is None


def test_what_cannot_be_freed_now_is_freed_by_the_next_one(machine, store, redis_url):
    machine(redis.Redis.from_url(redis_url))
    with store.write() as at:
        states.ensure(at, "a", "live")
    die()
    away = redis.Redis(port=9, retry=Retry(NoBackoff(), 0))  # nobody listens there
    second = machine(away)
    die()
    freed = []
    third = machine(SimpleNamespace(scan_iter=lambda pattern: freed.append(pattern) or iter(())))
    assert second != third and len(freed) == 2, "of both that died"


def test_under_a_supervisor_no_place_is_taken(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv(tokens.MARK, "given.")
    predecessor.succeed(SimpleNamespace(), None, "worker")
    assert os.environ[tokens.MARK] == "given." and not list(tmp_path.iterdir())


def test_a_place_is_free_the_moment_its_process_is_killed(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline().strip().isdigit()
        beside = predecessor.take(tmp_path, "w")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["w-0", "w-1"]
    finally:
        holder.kill()
        holder.wait(5)
    os.close(beside)
    os.close(predecessor.take(tmp_path, "w"))
    assert not (tmp_path / "w-2").exists()


def test_where_nothing_can_be_written_there_is_no_place(tmp_path):
    assert predecessor.take(tmp_path / "gone", "w") is None
