"""Wake-ups on RQ: short jobs that claim a batch from the database, work, and end. The only module that imports rq.

A job carries no data: losing it, or running it twice, changes nothing. The scheduler finds what is due and wakes a worker for it.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

import redis as redislib
import structlog
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.timeouts import JobTimeoutException, TimerDeathPenalty

from connectors.contract import Limiter, Manifest, Subscribes
from connectors.errors import ConnectorError
from connectors.limiter import RedisLimiter, used_up
from hub import audit
from hub.app import Hub, assemble, build
from hub.audiences import uploading
from hub.calling import desk, requests
from hub.config.settings import System, from_env, load
from hub.decisions import directories, stand_ins
from hub.decisions.brakes import release_answered
from hub.jobs import tally
from hub.jobs.seat import Seat
from hub.keeping.purge import purge
from hub.processes import alive, predecessor
from hub.processes.abandoned import ALONE
from hub.storage import brakes, inbox, receipts, restoration, reviews, states
from hub.sync import exchanging, lists, rounds, runs
from hub.sync.deliver import Deliverer
from hub.sync.first_load import FirstLoad
from hub.sync.gate import closed, own
from hub.sync.intake import BATCH, OVERDUE, RECHECK, Intake, release_alarmed
from hub.sync.poll import poll
from hub.sync.rebuild import advance
from hub.sync.revisions import activate, in_force
from hub.sync.runs import end_those_done as runs_end
from hub.systems import fingerprints
from hub.verify import habit
from hub.watch import alerts
from retry_queue.tokens import token

log = structlog.get_logger()
QUEUE = "sverka"
TURN = 5.0  # seconds that one job works before it lets others have the worker
LONGEST = 600  # seconds after which a job that hangs is broken off
WOKEN = 30  # seconds after which a lost wake-up is repeated
BROUGHT = 1  # seconds between two looks for files that were brought
VERIFY = 2  # seconds between two looks for comparisons that are due
CALLS, WANTED = 5, 10  # seconds between two looks at the open call tasks, and at who is to be called
AUDIENCES = 10  # seconds between two looks for audiences that are due
BEATEN = 60  # seconds that a right which is kept up while its holder lives outlives a process that was killed
POLLING = 60  # seconds that the right to poll outlives its holder's last page
TICK, TIDY, SUBSCRIBE, LISTS, WATCH, DISCOVER, PURGE = 0.1, 2.0, 600.0, 900.0, 10.0, 3600.0, 3600.0
stopping = threading.Event()  # this process was asked to end: what is under way is brought to an end, nothing new is begun
ASIDE = 60  # seconds for which nobody is woken for what a worker's job, that waits for its vendor, does: or that worker was killed
AT_ONCE, CROWDED = 4, 1000  # jobs of one system that may wait in one worker; milliseconds until a further one asks again
LAST_WAITS = 5.0  # seconds that jobs which wait have to end when the worker does
_hub: dict[str, Hub] = {}
_spare: list[Hub] = []
_seat = Seat()
_calls: Counter[tuple[str, str]] = Counter()


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
    return tally.CountedLimiter(limits, system.name, _calls)


def _until_free(seconds: float) -> None:
    """Wait for a limit, unless this process ends meanwhile: nothing was sent yet."""
    if stopping.wait(seconds):
        raise used_up(seconds)


@contextmanager
def _lent() -> Iterator[Hub]:
    """A hub for one job: those that wait for their vendors keep theirs, since a connector is no two jobs' at a time."""
    first = current()
    hub = _spare.pop() if _spare else assemble(first.settings, first.store, _limiter, first.mappings)
    try:
        yield hub
    finally:
        _spare.append(hub)


# jobs ---------------------------------------------------------------------------------------------------


def run(kind: str, *where: str) -> None:
    """One wake-up. ``kind``: intake <system> | identify | files <system> | recheck | settle | drain <system> | poll <system> <resource>
    | subscribe <system> | lists <system> | watch | discover | calls | wanted | purge | restore | verify <system> <resource>
    | audience <name> <system>. Returns when it is done, or waits for its vendor: it is gone on with then while others have the worker."""
    system, client, aside = where[-1 if kind == "audience" else 0] if where else "", connection(), _aside(kind, *where)
    client.delete(_key(kind, *where))
    if client.exists(aside):
        return
    if system and _seat.standing(system) >= AT_ONCE:
        client.set(aside, token(), px=CROWDED)
        return
    _seat.run(system, partial(_work, kind, where), partial(client.set, aside, token(), ex=ASIDE), partial(client.delete, aside))


def _work(kind: str, where: tuple[str, ...]) -> None:
    penalty = TimerDeathPenalty(LONGEST, JobTimeoutException)  # type: ignore[no-untyped-call]
    with _lent() as hub, penalty:
        try:
            JOBS[kind](hub, *where)
        finally:
            tally.add(hub, _calls)


def _while(more: Callable[[], bool], work: Callable[[], int]) -> None:
    """Do it again and again while there is something to do, for one turn."""
    while work() and more():
        pass


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


def _intake(hub: Hub, system: str) -> None:
    """A system's rows. Those of a load give way after each batch to the others' changes of the day."""

    def batch() -> int:
        taken = Intake(hub).take(system)
        with hub.store.read_intake() as at:
            pressing = inbox.due(at, now=hub.clock(), priorities=[inbox.LIVE]) if taken else []
        return 0 if pressing and system not in pressing else taken

    Turn().repeat(batch, BATCH)


def _identify(hub: Hub) -> None:
    Turn().repeat(Intake(hub).identify, BATCH)


def _files(hub: Hub, system: str) -> None:
    """The files of one system, one after the other: to break off costs reading them again, so only the end of the process does it."""
    rounds.work(hub, system, lambda: not stopping.is_set())


def _recheck(hub: Hub) -> None:
    Intake(hub).recheck()


def _drain(hub: Hub, system: str) -> None:
    Deliverer(hub, system).drain(more=Turn().more)


def _poll(hub: Hub, system: str, resource: str) -> None:
    """One turn of a poll. A sweep of a million objects takes many: each goes on from the cursor of the last page, and is woken again by
    the scheduler for as long as the sweep has not come to its end."""
    _alone(f"polling:{system}:{resource}", POLLING, lambda more: poll(hub, system, resource, more=more))


def _audience(hub: Hub, name: str, system: str) -> None:
    """One turn of an audience: a killed one is seen at the next look."""
    if audience := hub.settings.audiences.get(name):
        lock, turn = f"audience:{name}:{system}", uploading.Uploading(hub, audience, system).turn

        def work(more: Callable[[], bool]) -> None:
            with _beating(lock):
                turn(more)

        _alone(lock, BEATEN, work)


def _verify(hub: Hub, system: str, resource: str) -> None:
    """One turn of a comparison, like one of a poll."""
    _alone(f"verifying:{system}:{resource}", LONGEST, lambda more: habit.step(hub, system, resource, more))


def _alone(lock: str, seconds: int, work: Callable[[Callable[[], bool]], Any]) -> None:
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


def _subscribe(hub: Hub, system: str) -> None:
    chosen, connector = hub.settings.systems[system], hub.connectors[system]
    if chosen.webhooks and chosen.webhook_secret and isinstance(connector, Subscribes):
        outcome: dict[str, str] = {}
        try:
            connector.subscribe(webhook_url(hub, system))
        except ConnectorError as error:
            log.warning("subscribe.failed", system=system, error=type(error).__name__)
            outcome = {"error": error.message[:300], "code": error.code}
        with hub.store.write() as at:
            states.set_values(at, system, webhooks=outcome)


def _watch(hub: Hub) -> None:
    alerts.watch(hub)


def webhook_url(hub: Hub, system: str) -> str:
    """Where a vendor sends this system's webhooks; the last part is its secret."""
    return f"{hub.settings.public_url.rstrip('/')}/webhooks/{system}/{hub.settings.systems[system].webhook_secret}"


def _settle(hub: Hub) -> None:
    turn = Turn()
    directories.settle(hub, turn.more)
    stand_ins.settle(hub, turn.more)


def _discover(hub: Hub) -> None:
    stand_ins.discover(hub, Turn().more, names=False)


def _lists(hub: Hub, system: str) -> None:
    lists.read(hub, system)
    try:
        fingerprints.recognise(hub, system)
    except ConnectorError as error:
        log.warning("base.unknown", system=system, error=type(error).__name__)


def _purge(hub: Hub) -> None:
    purge(hub, more=Turn().more)


def _restore(hub: Hub) -> None:
    advance(hub)


def _calls_due(hub: Hub) -> None:
    def work(more: Callable[[], bool]) -> None:
        with _beating("calling"):
            _while(more, lambda: desk.step(hub))

    _alone("calling", BEATEN, work)


def _wanted(hub: Hub) -> None:
    requests.of_segments(hub)
    requests.of_carts(hub)


JOBS: dict[str, Callable[..., None]] = {
    "intake": _intake,
    "identify": _identify,
    "files": _files,
    "recheck": _recheck,
    "drain": _drain,
    "poll": _poll,
    "subscribe": _subscribe,
    "settle": _settle,
    "discover": _discover,
    "lists": _lists,
    "watch": _watch,
    "purge": _purge,
    "restore": _restore,
    "verify": _verify,
    "calls": _calls_due,
    "wanted": _wanted,
    "audience": _audience,
}


# waking ----------------------------------------------------------------------------------------------------


def _key(*parts: str) -> str:
    return "sverka:woken:" + ":".join(parts)


def _aside(*parts: str) -> str:
    """What is known of a job that waits for its vendor, or is to be asked for later; freed with what else a killed process held."""
    return f"{ALONE}aside:" + ":".join(parts)


def wake(queue: Queue, kind: str, *where: str) -> None:
    """Enqueue a wake-up unless one waits already, or does that and waits for its vendor: however much is due, each kind stands in line once, so
    that all have their turn."""
    if queue.connection.exists(_aside(kind, *where)):
        return
    if queue.connection.set(_key(kind, *where), "1", nx=True, ex=WOKEN):
        queue.enqueue(run, kind, *where, job_timeout=LONGEST + WOKEN, result_ttl=0, failure_ttl=0)


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
    _end_on_signals()
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
    _seat.empty(LAST_WAITS)
    _say_goodbye(client, "worker")


def _end_on_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())


def _say_goodbye(client: Any, role: str) -> None:
    try:
        alive.leave(client, role)
    except redislib.RedisError:
        pass


# the scheduler ------------------------------------------------------------------------------------------------


class Marks:
    """What one of the schedulers does every so often for all of them. The marks are in Redis; none is asked for before it can have lapsed."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self._again: dict[str, float] = {}

    def due(self, seconds: int, *what: str) -> bool:
        """Whether it is due, and is this one's to do; ``seconds``: until it is due again."""
        key, now = _key(*what), time.monotonic()
        if now < self._again.get(key, 0.0):
            return False
        mine = bool(self.client.set(key, "1", nx=True, ex=seconds))
        self._again[key] = now + (seconds if mine else 1.0)
        return mine


def schedule(stop: Callable[[], bool] = stopping.is_set) -> None:
    """The scheduler process: finds what is due, gives back lapsed leases, seals the audit log. Several do no harm."""
    _end_on_signals()
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
    _say_goodbye(queue.connection, "scheduler")


def _tidy(hub: Hub, queue: Queue, now: float) -> None:
    with hub.store.state() as at:  # under the merge lock: what touches many rows never waits for another that does
        hub.outbox.expire(at, now=now)
        audit.seal(at, now=now)
    runs_end(hub)
    release_alarmed(hub)
    release_answered(hub)
    if not in_force(hub):  # a new configuration that a person was asked about
        activate(hub, actor="start", again=False)
    if directories.unsettled(hub) or stand_ins.unsettled(hub):
        wake(queue, "settle")


def _find_due(hub: Hub, queue: Queue, now: float, marks: Marks) -> None:
    with hub.store.read_intake() as at:
        cursors = inbox.cursors(at)
        due, identified = inbox.due(at, now=now), FirstLoad(hub).due(at, now)
    for system in due:
        wake(queue, "intake", system)
    if identified:
        wake(queue, "identify")
    if marks.due(BROUGHT, "brought"):
        for name in exchanging.due(hub, now=now) | rounds.due(hub, now=now):
            wake(queue, "files", name)
    if marks.due(int(WATCH), "watched"):
        wake(queue, "watch")
    if marks.due(int(DISCOVER), "discovered"):
        wake(queue, "discover")
    if hub.settings.campaigns and marks.due(CALLS, "called"):
        wake(queue, "calls")
    if hub.settings.campaigns and marks.due(WANTED, "asked"):
        wake(queue, "wanted")
    if marks.due(int(PURGE), "purged"):
        wake(queue, "purge")
    if marks.due(AUDIENCES, "audiences"):
        for name, system in uploading.due(hub, now=now):
            wake(queue, "audience", name, system)
    if marks.due(VERIFY, "verified"):
        for system, resource in habit.due(hub, now=now):
            wake(queue, "verify", system, resource)
    with hub.store.read() as at:
        if reviews.waiting_longer(at, "lookup", before=now - RECHECK, limit=1) or receipts.overdue(at, before=now - OVERDUE, limit=1):
            wake(queue, "recheck")
        if restoration.current(at) is not None:
            wake(queue, "restore")
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
        if marks.due(int(SUBSCRIBE), "subscribed", name):
            wake(queue, "subscribe", name)
        if marks.due(int(LISTS), "listed", name):
            wake(queue, "lists", name)
