"""A worker's seat: whoever waits for a vendor for long gives it up, and goes on beside the others, a few at a time."""

from __future__ import annotations

import threading
import time

import pytest

from connectors.waiting import waiting
from hub.jobs.seat import BESIDE, Seat
from tests.servers import wait_until

BRIEF = 0.05


class Worker:
    """A seat, and what its jobs did in their order."""

    def __init__(self) -> None:
        self.seat, self.done = Seat(BRIEF), list[str]()
        self.at_work, self.most, self._lock = 0, 0, threading.Lock()

    def works(self, what: str, seconds: float = 0.0) -> None:
        """Work for which the seat is needed."""
        with self._lock:
            self.at_work += 1
            self.most = max(self.most, self.at_work)
        time.sleep(seconds)
        with self._lock:
            self.at_work -= 1
        self.done.append(what)

    def run(self, whose: str, work) -> None:
        self.seat.run(whose, work, lambda: self.done.append(f"{whose} stands"), lambda: self.done.append(f"{whose} over"))

    def waits(self, whose: str, until: threading.Event) -> None:
        """A job that waits for its vendor between two pieces of work."""

        def work() -> None:
            self.works(f"{whose} begins")
            with waiting(), waiting():
                assert until.wait(10)
            self.works(f"{whose} ends", 0.05)

        self.run(whose, work)


def test_a_job_that_does_not_wait_is_over_when_its_worker_goes_on():
    worker = Worker()
    for name in "abc":
        worker.run(name, lambda name=name: worker.works(name, 2 * BRIEF))
    assert worker.done == ["a", "b", "c"]


def test_short_waits_keep_the_seat_and_many_of_them_are_a_long_one():
    worker = Worker()

    def work(times: int) -> None:
        for _ in range(times):
            with waiting():
                time.sleep(BRIEF / 4)
        worker.works("waited")

    worker.run("quick", lambda: work(2))
    assert worker.done == ["waited"]
    worker.run("slow", lambda: work(20))
    assert worker.done == ["waited", "slow stands"] and worker.seat.standing("slow") == 1
    assert worker.seat.empty(5.0)
    assert worker.done == ["waited", "slow stands", "waited", "slow over"]


def test_while_some_wait_the_others_work_and_those_who_come_back_only_a_few_at_a_time():
    worker, answers = Worker(), {name: threading.Event() for name in "abdefgh"}
    for name, answer in answers.items():
        worker.waits(name, answer)
    assert (worker.seat.standing("a"), worker.seat.standing("b")) == (1, 1)
    assert worker.most == 1
    for answer in answers.values():
        answer.set()
    for i in range(5):
        worker.run("c", lambda i=i: worker.works(f"c{i}", 0.05))
    assert worker.seat.empty(5.0)
    assert sorted(worker.done) == sorted(
        [f"{n} {what}" for n in answers for what in ("begins", "stands", "ends", "over")] + [f"c{i}" for i in range(5)]
    )
    assert 1 < worker.most <= 1 + BESIDE
    assert worker.seat.standing("a") == 0


def test_what_fails_fails_for_its_worker_and_what_stands_only_for_itself():
    worker, answer = Worker(), threading.Event()

    def fails() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        worker.run("a", fails)

    def fails_later() -> None:
        with waiting():
            answer.wait(10)
        raise ZeroDivisionError

    worker.run("b", fails_later)
    answer.set()
    worker.run("c", lambda: worker.works("c"))
    wait_until(lambda: "b over" in worker.done, 5, "the end of the job that stood")
    worker.run("d", lambda: worker.works("d"))
    assert sorted(worker.done) == ["b over", "b stands", "c", "d"]
