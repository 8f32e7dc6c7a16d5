"""The scheduler process: finds what is due and wakes a worker for it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import redis as redislib
import structlog
from rq import Queue

from hub import audit
from hub.app import Hub
from hub.audiences import uploading
from hub.decisions import directories, stand_ins
from hub.decisions.brakes import release_answered
from hub.jobs.process import connection, current, end_on_signals, say_goodbye, stopping
from hub.jobs.waking import QUEUE, key, wake
from hub.processes import alive, predecessor
from hub.storage import brakes, inbox, receipts, restoration, reviews, states, unions
from hub.sync import exchanging, rounds, runs
from hub.sync.first_load import FirstLoad
from hub.sync.gate import closed, own
from hub.sync.goods import LATER
from hub.sync.intake import OVERDUE, RECHECK, release_alarmed
from hub.sync.revisions import activate, in_force
from hub.verify import habit

log = structlog.get_logger()
TICK, TIDY = 0.1, 2.0  # seconds between two looks, and between two rounds of what only has to be done now and then
# Seconds between two looks for what no row tells to be due: files that were brought, comparisons, open call tasks, who is to be called,
# audiences, alerts, stand-ins, rows that are too old; of each system its subscription and its lists.
BROUGHT, VERIFY, CALLS, WANTED, AUDIENCES, WATCH, DISCOVER, PURGE, SUBSCRIBE, LISTS = 1, 2, 5, 10, 10, 10, 3600, 3600, 600, 900


class Marks:
    """What one of the schedulers does every so often for all of them. The marks are in Redis; none is asked for before it can have lapsed."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self._again: dict[str, float] = {}

    def due(self, seconds: int, *what: str) -> bool:
        """Whether it is due, and is this one's to do; ``seconds``: until it is due again."""
        mark, now = key(*what), time.monotonic()
        if now < self._again.get(mark, 0.0):
            return False
        mine = bool(self.client.set(mark, "1", nx=True, ex=seconds))
        self._again[mark] = now + (seconds if mine else 1.0)
        return mine


def schedule(stop: Callable[[], bool] = stopping.is_set) -> None:
    """The scheduler process: finds what is due, gives back lapsed leases, seals the audit log. Several do no harm."""
    end_on_signals()
    hub, queue = current(), Queue(QUEUE, connection=connection())
    predecessor.succeed(hub, queue.connection, "scheduler")
    gc.freeze()
    activate(hub, actor="start")  # a changed configuration: records are brought under it before anything else
    marks, tidied, beaten = Marks(queue.connection), 0.0, 0.0
    while not stop():
        try:
            now = hub.clock()
            if now - beaten > alive.BEAT / 4:
                alive.beat(queue.connection, "scheduler")
                beaten = now
            _find_due(hub, queue, now, marks)
            if now - tidied > TIDY:
                tidied = now
                _tidy(hub, queue, now)
        except redislib.RedisError as error:
            log.warning("redis.away", error=type(error).__name__)
            stopping.wait(0.5)
        except Exception:  # the scheduler must outlive a locked database
            log.exception("tick.failed")
            stopping.wait(0.5)
        stopping.wait(TICK)
    say_goodbye(queue.connection, "scheduler")


def _tidy(hub: Hub, queue: Queue, now: float) -> None:
    with hub.store.state() as at:  # under the merge lock: what touches many rows never waits for another that does
        hub.outbox.expire(at, now=now)
        audit.seal(at, now=now)
    runs.end_those_done(hub)
    release_alarmed(hub)
    release_answered(hub)
    if not in_force(hub):  # a new configuration that a person was asked about
        activate(hub, actor="start", again=False)
    if directories.unsettled(hub) or stand_ins.unsettled(hub):
        wake(queue, "settle")


def _find_due(hub: Hub, queue: Queue, now: float, marks: Marks) -> None:
    _what_came(hub, queue, now, marks)
    _what_comes_round(hub, queue, now, marks)
    _what_systems_wait_for(hub, queue, now, marks)


def _what_came(hub: Hub, queue: Queue, now: float, marks: Marks) -> None:
    """Hints, looks and files that are not taken in yet."""
    with hub.store.read_intake() as at:
        due, identified = inbox.due(at, now=now), FirstLoad(hub).due(at, now)
    for system in due:
        wake(queue, "intake", system)
    if identified:
        wake(queue, "identify")
    if marks.due(BROUGHT, "brought"):
        for name in exchanging.due(hub, now=now) | rounds.due(hub, now=now):
            wake(queue, "files", name)


def _what_comes_round(hub: Hub, queue: Queue, now: float, marks: Marks) -> None:
    """What is looked at every so often, of no one system, and what waits for longer than it should."""
    if marks.due(WATCH, "watched"):
        wake(queue, "watch")
    if marks.due(DISCOVER, "discovered"):
        wake(queue, "discover")
    if hub.settings.campaigns and marks.due(CALLS, "called"):
        wake(queue, "calls")
    if hub.settings.campaigns and marks.due(WANTED, "asked"):
        wake(queue, "wanted")
    if marks.due(PURGE, "purged"):
        wake(queue, "purge")
    if marks.due(AUDIENCES, "audiences"):
        for name, system in uploading.due(hub, now=now):
            wake(queue, "audience", name, system)
    if marks.due(VERIFY, "verified"):
        for system, resource in habit.due(hub, now=now):
            wake(queue, "verify", system, resource)
    with hub.store.read() as at:
        later = marks.due(int(RECHECK), "rechecked") and unions.told_later(at, LATER, limit=1)
        if (
            later
            or reviews.waiting_longer(at, "lookup", before=now - RECHECK, limit=1)
            or receipts.overdue(at, before=now - OVERDUE, limit=1)
        ):
            wake(queue, "recheck")
        if restoration.current(at) is not None:
            wake(queue, "restore")


def _what_systems_wait_for(hub: Hub, queue: Queue, now: float, marks: Marks) -> None:
    """Deliveries, polls, subscriptions and lists of each system that may be called now."""
    with hub.store.read_intake() as at:
        cursors = inbox.cursors(at)
    with hub.store.read() as at:
        asked, going = brakes.undecided(at), runs.going(at)
        held = {name: closed(hub, name, asked, own(going, name))[0] for name in hub.settings.systems} if asked or going else {}
        deliveries, known = hub.outbox.due(at, hub.settings.systems, now=now, without=held), states.all_states(at)
    for name in hub.settings.systems:
        state = known.get(name)
        if state is None or state["paused"] or states.breaker(state, now=now) == "open":
            continue
        if name in deliveries and state["mode"] != "observe":
            wake(queue, "drain", name)
        for resource in hub.resources(name):
            row = cursors.get((name, resource), {})
            waits = row.get("loaded_at") and not row.get("identified_at")  # collected, and asked again once it is identified
            if not waits and now - (row.get("polled_at") or 0.0) >= hub.every(name, resource):
                wake(queue, "poll", name, resource)
        if marks.due(SUBSCRIBE, "subscribed", name):
            wake(queue, "subscribe", name)
        if marks.due(LISTS, "listed", name):
            wake(queue, "lists", name)
