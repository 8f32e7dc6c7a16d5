"""What one job may take before others have the worker, and the right to be the only one at something."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import redis as redislib

from hub.jobs.process import connection, stopping
from hub.processes.abandoned import ALONE
from retry_queue.tokens import token

LONGEST = 600  # seconds after which a job that hangs is broken off
TURN = 5.0  # seconds that one job works before it lets others have the worker
BEATEN = 60  # seconds that a right which is kept up while its holder lives outlives a process that was killed


class Turn:
    """What one job may take before others have the worker: ``more()`` until its seconds are over or the process is asked to end."""

    def __init__(self) -> None:
        self._end = time.monotonic() + TURN

    def more(self) -> bool:
        return time.monotonic() < self._end and not stopping.is_set()

    def repeat(self, work: Callable[[], int], full: int) -> None:
        """Do it again and again while ``full`` batches are found. What comes meanwhile waits for the scheduler's next look: one batch of
        a tenth of a second costs less than ten small ones."""
        while work() >= full and self.more():
            pass


def alone(lock: str, seconds: int, work: Callable[[Callable[[], bool]], Any]) -> None:
    """Work that one process at a time does, for one turn; ``seconds``: how long the right to it outlives its holder's last page."""
    turn, client, mine, lock = Turn(), connection(), token(), f"{ALONE}{lock}"
    if not client.set(lock, mine, nx=True, ex=seconds):
        return

    def more() -> bool:
        client.set(lock, mine, ex=seconds)
        return turn.more()

    try:
        work(more)
    finally:
        if client.get(lock) == mine.encode():
            client.delete(lock)


def alone_while_alive(lock: str, work: Callable[[Callable[[], bool]], Any]) -> None:
    """Like :func:`alone`, where one call may take longer than the right of a dead process should last."""

    def kept(more: Callable[[], bool]) -> None:
        with _beating(lock):
            work(more)

    alone(lock, BEATEN, kept)


@contextmanager
def _beating(lock: str) -> Iterator[None]:
    """While this process lives, a right that lapses soon is held by it however long one call takes: a file goes out for minutes, a system tells of fifty customers."""
    client, over = connection(), threading.Event()

    def beat() -> None:
        while not over.wait(BEATEN / 4):
            with suppress(redislib.RedisError):
                client.expire(f"{ALONE}{lock}", BEATEN)

    threading.Thread(target=beat, daemon=True).start()
    try:
        yield
    finally:
        over.set()
