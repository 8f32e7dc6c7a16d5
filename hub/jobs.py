"""Wake-ups on RQ: short jobs that claim a batch from the database, work, and end. The only module that imports rq.

A job carries no data: losing it, or running it twice, changes nothing. The scheduler finds what is due and wakes a worker for it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis as redislib
import structlog
from rq import Queue, SimpleWorker
from rq.timeouts import TimerDeathPenalty

from connectors.contract import Subscribes
from connectors.errors import ConnectorError
from connectors.limiter import RedisLimiter
from hub import audit
from hub.app import Hub, build
from hub.settings import load
from hub.storage import inbox, states
from hub.sync.deliver import Deliverer
from hub.sync.intake import Intake
from hub.sync.poll import poll

log = structlog.get_logger()
QUEUE = "sverka"
TURN = 5.0  # seconds that one job works before it lets others have the worker
WOKEN = 30  # seconds after which a lost wake-up is repeated
POLL, TICK = 60.0, 0.1
_hub: dict[str, Hub] = {}


def connection() -> Any:
    """The Redis of this process."""
    return redislib.Redis.from_url(os.environ["REDIS_URL"])


def current() -> Hub:
    """The hub of this process, built on first use from SVERKA_CONFIG."""
    if "hub" not in _hub:
        client = connection()
        _hub["hub"] = build(load(Path(os.environ["SVERKA_CONFIG"])), limiters=lambda s, m: RedisLimiter(client, s.name, s.limits_of(m)))
    return _hub["hub"]


# jobs ---------------------------------------------------------------------------------------------------


def run(kind: str, *where: str) -> None:
    """One wake-up. ``kind``: intake | drain <system> | poll <system> <resource> | subscribe <system>."""
    hub = current()
    connection().delete(_key(kind, *where))
    JOBS[kind](hub, *where)


def _turns(work: Callable[[], int]) -> None:
    end = time.monotonic() + TURN
    while time.monotonic() < end and work():
        pass


def _intake(hub: Hub) -> None:
    _turns(Intake(hub).run)


def _drain(hub: Hub, system: str) -> None:
    _turns(Deliverer(hub, system).drain)


def _poll(hub: Hub, system: str, resource: str) -> None:
    lock = f"sverka:polling:{system}:{resource}"
    client = connection()
    if client.set(lock, "1", nx=True, ex=600):
        try:
            poll(hub, system, resource)
        finally:
            client.delete(lock)


def _subscribe(hub: Hub, system: str) -> None:
    chosen, connector = hub.settings.systems[system], hub.connectors[system]
    if chosen.webhooks and chosen.webhook_secret and isinstance(connector, Subscribes):
        try:
            connector.subscribe(webhook_url(hub, system))
        except ConnectorError as error:
            log.warning("subscribe.failed", system=system, error=type(error).__name__)


def webhook_url(hub: Hub, system: str) -> str:
    """Where a vendor sends this system's webhooks; the last part is its secret."""
    return f"{hub.settings.public_url.rstrip('/')}/webhooks/{system}/{hub.settings.systems[system].webhook_secret}"


JOBS: dict[str, Callable[..., None]] = {"intake": _intake, "drain": _drain, "poll": _poll, "subscribe": _subscribe}


# waking ----------------------------------------------------------------------------------------------------


def _key(*parts: str) -> str:
    return "sverka:woken:" + ":".join(parts)


def wake(queue: Queue, kind: str, *where: str) -> None:
    """Enqueue a wake-up unless one waits already."""
    if queue.connection.set(_key(kind, *where), "1", nx=True, ex=WOKEN):
        queue.enqueue(run, kind, *where, job_timeout=600, result_ttl=0, failure_ttl=0)


def work() -> None:
    """A worker process."""
    current()
    client = connection()
    worker = SimpleWorker([Queue(QUEUE, connection=client)], connection=client)
    worker.death_penalty_class = TimerDeathPenalty
    worker.work(logging_level="WARNING")


def schedule(stop: Callable[[], bool] = lambda: False) -> None:
    """The scheduler process: finds what is due, gives back lapsed leases, seals the audit log."""
    hub, queue = current(), Queue(QUEUE, connection=connection())
    slow = 0.0
    subscribed: dict[str, float] = {}
    while not stop():
        try:
            now = hub.clock()
            _find_due(hub, queue, now)
            if now - slow > 2.0:
                slow = now
                with hub.store.state() as at:  # under the merge lock: what touches many rows never waits for another that does
                    hub.outbox.expire(at, now=now)
                    audit.seal(at, now=now)
                for system in hub.settings.systems:
                    if now - subscribed.get(system, 0.0) > 600.0:
                        subscribed[system] = now
                        wake(queue, "subscribe", system)
        except redislib.RedisError as error:
            log.warning("redis.away", error=type(error).__name__)
            time.sleep(0.5)
        except Exception:  # the scheduler must outlive a locked database
            log.exception("tick.failed")
            time.sleep(0.5)
        time.sleep(TICK)


def _find_due(hub: Hub, queue: Queue, now: float) -> None:
    with hub.store.read_intake() as at:
        due, cursors = inbox.due(at, now=now), inbox.cursors(at)
    if due:
        wake(queue, "intake")
    with hub.store.read() as at:
        deliveries, known = hub.outbox.due(at, hub.settings.systems, now=now), states.all_states(at)
    for system in deliveries:
        state = known.get(system)
        if state and state["mode"] == "live" and not state["paused"] and state["breaker_until"] <= now:
            wake(queue, "drain", system)
    for name, chosen in hub.settings.systems.items():
        state = known.get(name)
        if state is None or state["paused"] or state["breaker_until"] > now:
            continue
        for resource in hub.resources(name):
            last = cursors.get((name, resource), {}).get("polled_at") or 0.0
            if now - last >= chosen.poll.get(resource, POLL):
                wake(queue, "poll", name, resource)
