"""What one process of workers or schedulers holds: its Redis, its hub, and whether it was asked to end."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import redis as redislib

from connectors.contract import Limiter, Manifest
from connectors.limiter import RedisLimiter, used_up
from hub.app import Hub, assemble, build
from hub.config.environment import from_env
from hub.config.settings import System, load
from hub.jobs import tally
from hub.processes import alive

stopping = threading.Event()  # this process was asked to end: what is under way is brought to an end, nothing new is begun
_hub: dict[str, Hub] = {}
_spare: list[Hub] = []
calls: Counter[tuple[str, str]] = Counter()


@cache
def connection() -> Any:
    """The Redis of this process."""
    return redislib.Redis.from_url(from_env(os.environ, "REDIS_URL"))


def current() -> Hub:
    """The hub of this process, built on first use from SVERKA_CONFIG."""
    if "hub" not in _hub:
        _hub["hub"] = build(load(Path(os.environ["SVERKA_CONFIG"])), limiters=_limiter)
        _spare.append(_hub["hub"])
    return _hub["hub"]


def _limiter(system: System, manifest: Manifest) -> Limiter:
    limits = RedisLimiter(connection(), system.name, system.limits_of(manifest), sleep=_until_free)
    return tally.CountedLimiter(limits, system.name, calls)


def _until_free(seconds: float) -> None:
    """Wait for a limit, unless this process ends meanwhile: nothing was sent yet."""
    if stopping.wait(seconds):
        raise used_up(seconds)


@contextmanager
def lent() -> Iterator[Hub]:
    """A hub for one job: those that wait for their vendors keep theirs, since a connector is no two jobs' at a time."""
    first = current()
    hub = _spare.pop() if _spare else assemble(first.settings, first.store, _limiter, first.mappings)
    try:
        yield hub
    finally:
        _spare.append(hub)


def end_on_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())


def say_goodbye(client: Any, role: str) -> None:
    try:
        alive.leave(client, role)
    except redislib.RedisError:
        pass
