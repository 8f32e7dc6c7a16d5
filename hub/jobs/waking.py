"""A wake-up: put in line once for each kind of work, and run by the worker that takes it."""

from __future__ import annotations

from functools import partial

from rq import Queue
from rq.timeouts import JobTimeoutException, TimerDeathPenalty

from hub.jobs import tally
from hub.jobs.kinds import JOBS
from hub.jobs.process import calls, connection, lent
from hub.jobs.seat import Seat
from hub.jobs.turn import LONGEST
from hub.processes.abandoned import ALONE
from retry_queue.tokens import token

QUEUE = "sverka"
WOKEN = 30  # seconds after which a lost wake-up is repeated
ASIDE = 60  # seconds for which nobody is woken for what a worker's job, that waits for its vendor, does: or that worker was killed
AT_ONCE, CROWDED = 4, 1000  # jobs of one system that may wait in one worker; milliseconds until a further one asks again
seat = Seat()


def key(*parts: str) -> str:
    return "sverka:woken:" + ":".join(parts)


def _aside(*parts: str) -> str:
    """What is known of a job that waits for its vendor, or is to be asked for later; freed with what else a killed process held."""
    return f"{ALONE}aside:" + ":".join(parts)


def wake(queue: Queue, kind: str, *where: str) -> None:
    """Enqueue a wake-up unless one waits already, or does that and waits for its vendor: however much is due, each kind stands in line once, so
    that all have their turn."""
    if queue.connection.exists(_aside(kind, *where)):
        return
    if queue.connection.set(key(kind, *where), "1", nx=True, ex=WOKEN):
        queue.enqueue(run, kind, *where, job_timeout=LONGEST + WOKEN, result_ttl=0, failure_ttl=0)


def run(kind: str, *where: str) -> None:
    """One wake-up. ``kind``: intake <system> | identify | files <system> | recheck | settle | drain <system> | poll <system> <resource>
    | subscribe <system> | lists <system> | watch | discover | calls | wanted | purge | restore | verify <system> <resource>
    | audience <name> <system>. Returns when it is done, or waits for its vendor: it is gone on with then while others have the worker."""
    system, client, aside = where[-1 if kind == "audience" else 0] if where else "", connection(), _aside(kind, *where)
    client.delete(key(kind, *where))
    if client.exists(aside):
        return
    if system and seat.standing(system) >= AT_ONCE:
        client.set(aside, token(), px=CROWDED)
        return
    seat.run(system, partial(_work, kind, where), partial(client.set, aside, token(), ex=ASIDE), partial(client.delete, aside))


def _work(kind: str, where: tuple[str, ...]) -> None:
    penalty = TimerDeathPenalty(LONGEST, JobTimeoutException)  # type: ignore[no-untyped-call]
    with lent() as hub, penalty:
        try:
            JOBS[kind](hub, *where)
        finally:
            tally.add(hub, calls)
