"""One writer at a time of an SQLite file: writers of all processes take turns at a lock file.

SQLite's own busy handler sleeps for up to 100 ms between its tries, so that a writer among busy ones may starve for much longer than a
transaction takes. Here threads of a process queue at a lock, and one of them asks the operating system every half a millisecond, and less
often once it has waited for longer: of a wait of 10 ms no more than 2 are lost, and asking costs little.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAUSE, LONGEST, SHARE = 0.0005, 0.002, 0.2  # seconds between two questions, at first and at most; and of what was waited


class NoTurn(TimeoutError):
    """Another writer kept the database for too long."""


class Turn:
    """The right to write. The lock goes with its process, however that ends."""

    def __init__(self, path: Path, patience: float = 20.0) -> None:
        self.path, self.patience = path, patience
        self._threads = threading.Lock()
        self._file: int | None = None
        self._owner = 0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold the turn. Raises NoTurn after ``patience`` seconds."""
        deadline = time.monotonic() + self.patience
        if not self._threads.acquire(timeout=self.patience):
            raise NoTurn(f"{self.path.name} was busy for {self.patience:g} s")
        try:
            file = self._opened()
            self._wait(file, deadline)
            try:
                yield
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)
        finally:
            self._threads.release()

    def _opened(self) -> int:
        """The lock file of this process: a child must not share the parent's hold of it."""
        if self._file is None or self._owner != os.getpid():
            self._file, self._owner = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600), os.getpid()
        return self._file

    def _wait(self, file: int, deadline: float) -> None:
        began = time.monotonic()
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise NoTurn(f"{self.path.name} was busy for {self.patience:g} s") from None
                time.sleep(min(LONGEST, max(PAUSE, SHARE * (time.monotonic() - began))))
