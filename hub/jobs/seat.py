"""A worker begins one job after the other, and one that waits for its vendor for long gives its seat to the next.

A vendor that answers slowly, or whose limit is used up, would otherwise keep the jobs of all others waiting (I8). A job waits where
:mod:`connectors.waiting` says so. Once its waits have come to ``BRIEF`` seconds it stands up in the midst of one: the worker goes on with other jobs, and
the one that stands goes on beside them when its vendor has answered, a few of such at a time, and at once: the lease of what it writes runs. Nothing of
it is broken off or begun anew, so a limit costs no request twice and a write under way stays one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from connectors.waiting import aside

log = structlog.get_logger()
BRIEF = 1.0  # seconds that a job may wait for its vendor, in all, with the seat kept
BESIDE = 4  # jobs that stand and work at a time: each has its connections to the database
LOOK = 0.1  # seconds between two looks whether it waits for too long


class Seat:
    """The seat of one worker. ``brief``: see BRIEF."""

    def __init__(self, brief: float = BRIEF) -> None:
        self.brief = brief
        self._beside = threading.Semaphore(BESIDE)
        self._standing: list[Job] = []

    def run(self, whose: str, work: Callable[[], None], stands: Callable[[], None], over: Callable[[], None]) -> None:
        """Work in the seat until it is done, raising what it raises, or until it stands up: then ``stands`` is called before this returns, and
        ``over`` when it is done. ``whose``: the system that it waits for, empty where it is nobody's in particular."""
        self._standing = [job for job in self._standing if job.alive]
        job = Job(self._beside, whose, work, over)
        job.start()
        if not job.sits(self.brief, stands):
            self._standing.append(job)
        elif job.error is not None:
            raise job.error

    def standing(self, whose: str) -> int:
        """How many jobs of a system have stood up and are not over."""
        return sum(job.whose == whose and job.alive for job in self._standing)

    def empty(self, seconds: float) -> bool:
        """Wait until those who stand are done, so many seconds at most; whether they are."""
        until = time.monotonic() + seconds
        for job in self._standing:
            job.join(max(0.0, until - time.monotonic()))
        return not any(job.alive for job in self._standing)


class Job:
    """One job, in a thread of its own. It has the seat for as long as its worker waits for it. ``beside``: places of those who stand and work."""

    def __init__(self, beside: threading.Semaphore, whose: str, work: Callable[[], None], over: Callable[[], None]) -> None:
        self.whose = whose
        self.error: BaseException | None = None
        self._beside, self._work, self._over = beside, work, over
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"job {whose}".strip(), daemon=True)
        self._stands = self._placed = self._ended = False  # has given up the seat; works beside; is over
        self._depth, self._waited, self._since = 0, 0.0, 0.0  # within how many waits; seconds of those that are over; when this one began

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def sits(self, brief: float, stands: Callable[[], None]) -> bool:
        """Wait until it is over: True. False: it has waited for longer than ``brief``, and has stood up."""
        with self._changed:
            while not self._ended:
                if self._depth and self._waited + time.monotonic() - self._since >= brief:
                    self._stands = True
                    stands()
                    return False
                self._changed.wait(LOOK)
        return True

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """What the job does inside is to wait. A wait within a wait is the same wait."""
        with self._changed:
            self._depth += 1
            if self._depth == 1:
                self._since = time.monotonic()
                self._leave()
        try:
            yield
        finally:
            with self._changed:
                self._depth -= 1
                ended, stands = self._depth == 0, self._stands
                self._waited += time.monotonic() - self._since if ended else 0.0
            if ended and stands:
                self._beside.acquire()
                self._placed = True

    def _leave(self) -> None:
        if self._placed:
            self._placed = False
            self._beside.release()

    def _run(self) -> None:
        aside.set(self.waiting)
        try:
            self._work()
        except BaseException as error:  # told by who waits for the job, where somebody does
            self.error = error
        with self._changed:
            self._ended = True
            self._leave()
            self._changed.notify_all()
            stands = self._stands
        if stands:
            self._tell()

    def _tell(self) -> None:
        if self.error is not None:
            log.error("job.failed", system=self.whose, error=type(self.error).__name__, exc_info=self.error)
        try:
            self._over()
        except Exception:
            log.exception("job.unfinished", system=self.whose)
