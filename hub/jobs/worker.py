"""The worker process."""

from __future__ import annotations

import gc
from typing import Any

import redis as redislib
import structlog
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.timeouts import TimerDeathPenalty

from hub.jobs.process import connection, current, end_on_signals, say_goodbye, stopping
from hub.jobs.waking import QUEUE, seat
from hub.processes import alive, predecessor

log = structlog.get_logger()
LAST_WAITS = 5.0  # seconds that jobs which wait have to end when the worker does


class Worker(SimpleWorker):
    """RQ's worker without forks: threads break off a job that hangs, a request to end is passed on to the job under way."""

    death_penalty_class = TimerDeathPenalty
    max_connection_wait_time = 3.0

    def request_stop(self, signum: Any, frame: Any) -> None:
        stopping.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def dequeue_job_and_maintain_ttl(self, *args: Any, **kwargs: Any) -> Any:
        if stopping.is_set():  # asked to end while RQ did not listen for it yet
            raise StopRequested
        return super().dequeue_job_and_maintain_ttl(*args, **kwargs)

    def heartbeat(self, *args: Any, **kwargs: Any) -> None:
        super().heartbeat(*args, **kwargs)
        alive.beat(self.connection, "worker")


def work() -> None:
    """A worker process, until it is asked to end. It waits for a Redis that is away, and begins anew where RQ gives up."""
    predecessor.succeed(current(), connection(), "worker")
    gc.freeze()  # mappings and connectors too: walked through again and again, they cost a tenth of all work
    end_on_signals()
    client = connection()
    while not stopping.is_set():
        try:
            worker = Worker([Queue(QUEUE, connection=client)], connection=client, worker_ttl=int(alive.BEAT) + 15)
            worker.work(logging_level="WARNING")
            if worker._stop_requested or stopping.is_set():
                break
        except redislib.RedisError as error:
            log.warning("redis.away", error=type(error).__name__)
        stopping.wait(1.0)
    seat.empty(LAST_WAITS)
    say_goodbye(client, "worker")
