"""Jobs on a real Redis: wake-ups stand in line once, everybody has a turn, long polls go on from their cursor, and Redis may forget all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from rq import Queue

from connectors.contract import Page
from connectors.errors import Unavailable
from connectors.http import Http
from connectors.limiter import LocalLimiter, RedisLimiter
from hub.app import assemble, prepare
from hub.jobs import kinds, process, scheduler, turn, waking, worker
from hub.processes import alive
from hub.storage import inbox, states
from hub.storage.tables import delivery
from tests.scenarios.processes import NOWHERE
from tests.scenarios.shop import settings


class Endless:
    """A resource whose sweep takes ``pages`` pages: far more than one turn has time for."""

    def __init__(self, connector: Any, pages: int) -> None:
        self.manifest, self.pages, self.asked = connector.manifest, pages, []

    def changes(self, resource: str, cursor: dict) -> Iterator[Page]:
        self.asked.append(dict(cursor))
        for number in range(cursor.get("page", 0), self.pages):
            time.sleep(0.01)  # a vendor takes its time; what is tested is that the turn is short all the same
            yield Page([], {"page": number + 1}, number + 1 == self.pages, self.pages)


@pytest.fixture
def hub(store, redis_url, tmp_path, monkeypatch):
    """A hub in this process, whose jobs use the real Redis."""
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setattr(process, "_hub", {})
    process.connection.cache_clear()
    process.stopping.clear()
    made = assemble(settings(tmp_path, NOWHERE), store, lambda _, __: LocalLimiter(()))
    prepare(made)
    process._hub["hub"] = made
    monkeypatch.setattr(process, "_spare", [made])
    yield made
    process.stopping.clear()
    process.connection.cache_clear()


@pytest.fixture
def queue(hub) -> Queue:
    return Queue(waking.QUEUE, connection=process.connection())


def work(queue: Queue, most: int | None = None) -> None:
    """A worker until the queue is empty, in this process."""
    made = worker.Worker([queue], connection=queue.connection)
    made._install_signal_handlers = lambda: None
    made.work(burst=True, max_jobs=most, logging_level="ERROR")


@pytest.fixture
def ran(monkeypatch) -> list[tuple[str, ...]]:
    """What the jobs of a test ran, in order; they do nothing else."""
    done: list[tuple[str, ...]] = []
    for kind in kinds.JOBS:
        monkeypatch.setitem(kinds.JOBS, kind, lambda _, *where, kind=kind: done.append((kind, *where)))
    return done


def test_a_wake_up_stands_in_line_once_and_again_after_it_was_run(queue, ran):
    for _ in range(5):
        waking.wake(queue, "drain", "sklad")
        waking.wake(queue, "drain", "site")
    assert len(queue) == 2
    work(queue)
    waking.wake(queue, "drain", "sklad")
    work(queue)
    assert ran == [("drain", "sklad"), ("drain", "site"), ("drain", "sklad")]


def test_everybody_has_a_turn_before_anybody_has_a_second(queue, hub, ran):
    """A system with a million deliveries due is woken at every tick, and still stands behind those who wait."""
    for system in ("sklad", "site"):
        with hub.store.write() as at:
            hub.outbox.open(at, [(system, "customer", f"{system}-{i}", 1) for i in range(50)], now=hub.clock())
    with hub.store.intake() as at:
        row = {"system": "sklad", "resource": "counterparty", "kind": "hint", "looked_at": 0.0, "received_at": 0.0, "due_at": 0.0}
        inbox.put(at, [row | {"external_id": "1"}])
    for _ in range(4):
        scheduler._find_due(hub, queue, hub.clock(), scheduler.Marks(queue.connection))
        work(queue, most=5)
    assert len(ran) == 20
    first = ran[: ran.index(ran[0], 1)]
    assert {
        ("intake", "sklad"),
        ("drain", "sklad"),
        ("drain", "site"),
        ("poll", "sklad", "counterparty"),
        ("poll", "site", "orders"),
    } <= set(first)


@pytest.mark.parametrize(
    "values, woken",
    [
        pytest.param({"paused": ""}, True, id="live"),
        pytest.param({"mode": "observe"}, False, id="only observed"),
        pytest.param({"paused": "unauthorized"}, False, id="paused"),
        pytest.param({"breaker_until": 9e9, "breaker_failures": 9}, False, id="breaker open"),
        pytest.param({"breaker_until": 1.0, "breaker_failures": 9}, True, id="breaker lets a probe through"),
    ],
)
def test_a_system_is_woken_only_where_it_may_be_written_to(queue, hub, ran, values, woken):
    with hub.store.write() as at:
        hub.outbox.open(at, [("sklad", "customer", "r1", 1)], now=hub.clock())
        states.set_values(at, "sklad", **values)
    scheduler._find_due(hub, queue, hub.clock(), scheduler.Marks(queue.connection))
    work(queue)
    assert (("drain", "sklad") in ran) is woken


def test_a_sweep_longer_than_a_turn_goes_on_from_its_cursor_until_it_ends(queue, hub, monkeypatch):
    monkeypatch.setattr(turn, "TURN", 0.1)
    endless = Endless(hub.connectors["sklad"], pages=30)
    monkeypatch.setitem(hub.connectors, "sklad", endless)
    turns = 0
    while True:
        waking.wake(queue, "poll", "sklad", "counterparty")
        work(queue)
        turns += 1
        with hub.store.read_intake() as at:
            row = inbox.get_cursor(at, "sklad", "counterparty")
        if row["loaded_at"]:
            break
        assert row["polled_at"] is None, "an unfinished sweep is still due"
        assert turns < 30
    assert turns >= 3
    assert [c.get("page", 0) for c in endless.asked] == sorted({c.get("page", 0) for c in endless.asked}), "no page was asked for twice"


def test_a_request_to_end_stops_a_sweep_after_its_page(queue, hub, monkeypatch):
    endless = Endless(hub.connectors["sklad"], pages=1000)
    monkeypatch.setitem(hub.connectors, "sklad", endless)
    process.stopping.set()
    waking.run("poll", "sklad", "counterparty")
    with hub.store.read_intake() as at:
        assert inbox.get_cursor(at, "sklad", "counterparty")["cursor"] == {"page": 1}


def test_the_right_to_poll_of_a_killed_worker_lapses_and_a_living_one_keeps_it(hub, monkeypatch):
    client, lock = process.connection(), "sverka:alone:polling:sklad:counterparty"
    client.set(lock, "somebody", ex=kinds.POLLING)
    assert 0 < client.ttl(lock) <= 60
    endless = Endless(hub.connectors["sklad"], pages=3)
    monkeypatch.setitem(hub.connectors, "sklad", endless)
    waking.run("poll", "sklad", "counterparty")
    assert endless.asked == [], "another polls already"
    client.delete(lock)
    waking.run("poll", "sklad", "counterparty")
    assert len(endless.asked) == 1
    assert client.get(lock) is None, "given back at once"


def test_the_right_to_bring_an_audience_on_is_kept_while_a_file_goes_out_and_lapses_with_its_holder(hub, monkeypatch):
    """A turn of one call takes longer than the right of a dead process would last."""
    monkeypatch.setattr(turn, "BEATEN", 1)
    lock, left, client = "sverka:alone:audience:winback:direct", [], process.connection()

    class Slow:
        def __init__(self, *_):
            pass

        def turn(self, more):
            time.sleep(1.2)
            left.append(client.ttl(lock))
            kinds.JOBS["audience"](hub, "winback", "direct")  # as another process would: not its turn

    monkeypatch.setattr(kinds.uploading, "Uploading", Slow)
    monkeypatch.setitem(hub.settings.audiences, "winback", object())
    kinds.JOBS["audience"](hub, "winback", "direct")
    assert left == [1] and client.ttl(lock) == -2, "held all the time, by one, for no longer than a second beyond its death, and given back"


def test_a_flush_at_any_moment_loses_nothing(queue, hub, ran):
    """What was woken is forgotten; the database is not, and the next tick wakes it again."""
    with hub.store.write() as at:
        hub.outbox.open(at, [("sklad", "customer", "r1", 1)], now=hub.clock())
    scheduler._find_due(hub, queue, hub.clock(), scheduler.Marks(queue.connection))
    queue.connection.flushall()
    work(queue)
    assert ran == []
    scheduler._find_due(hub, queue, hub.clock(), scheduler.Marks(queue.connection))
    work(queue)
    assert ("drain", "sklad") in ran
    with hub.store.read() as at:
        assert at.execute(delivery.select()).one().state == "pending"


def test_a_job_that_fails_neither_ends_the_worker_nor_blocks_the_next(queue, hub, monkeypatch):
    calls = []

    def broken(*_: Any) -> None:
        calls.append(1)
        raise ZeroDivisionError

    monkeypatch.setitem(kinds.JOBS, "intake", broken)
    monkeypatch.setitem(kinds.JOBS, "drain", lambda *_: calls.append(2))
    waking.wake(queue, "intake", "sklad")
    waking.wake(queue, "drain", "sklad")
    work(queue)
    waking.wake(queue, "intake", "sklad")
    work(queue)
    assert calls == [1, 2, 1]


@pytest.fixture
def limited(monkeypatch) -> list[str]:
    """What happened: polls of ``sklad`` ask a vendor whose limit is used up, drains need none."""
    happened: list[str] = []
    limiter = RedisLimiter(process.connection(), "sklad", (), sleep=process._until_free)
    http = Http(NOWHERE["sklad"], limiter, tries=1)

    def polls(_: Any, *where: str) -> None:
        happened.append("asks")
        if happened == ["asks"]:  # before it waits for long, the scheduler still finds it due
            waking.wake(Queue(waking.QUEUE, connection=process.connection()), "poll", *where)
        try:
            http.request("GET", "/", safe=True)
        except Unavailable as error:
            happened.append(error.code or "asked")

    monkeypatch.setitem(kinds.JOBS, "poll", polls)
    monkeypatch.setitem(kinds.JOBS, "drain", lambda *_: happened.append("other"))
    monkeypatch.setattr(waking.seat, "brief", 0.1)
    return happened


def used_up(seconds: float) -> None:
    RedisLimiter(process.connection(), "sklad", ()).penalise(seconds)


def free_again() -> bool:
    """The limit is free; whether all who waited are done then."""
    for key in process.connection().scan_iter("sverka:limit:sklad:until:*"):
        process.connection().delete(key)
    return waking.seat.empty(10.0)


def test_a_job_that_waits_for_a_limit_leaves_the_worker_to_others_and_is_not_begun_twice(queue, hub, limited):
    used_up(50.0)
    for _ in range(4):
        waking.wake(queue, "poll", "sklad", "counterparty")
        waking.wake(queue, "drain", "site")
        work(queue)
    assert limited == ["asks", *["other"] * 4]
    assert free_again()
    assert limited[5:] == ["asked"], "once its limit was free, and without anybody's waking it"
    waking.wake(queue, "poll", "sklad", "counterparty")
    work(queue)
    assert limited[6:] == ["asks", "asked"]


def test_of_one_system_only_some_wait_in_a_worker_and_the_rest_asks_again_later(queue, hub, limited, monkeypatch):
    monkeypatch.setattr(waking, "CROWDED", 200)
    used_up(50.0)
    for number in range(waking.AT_ONCE + 3):
        waking.wake(queue, "poll", "sklad", f"resource{number}")
    waking.wake(queue, "drain", "site")
    work(queue)
    assert sorted(limited) == ["asks"] * waking.AT_ONCE + ["other"]
    assert free_again()
    time.sleep(0.3)
    for number in range(waking.AT_ONCE + 3):
        waking.wake(queue, "poll", "sklad", f"resource{number}")
    work(queue)
    assert limited.count("asked") == 2 * waking.AT_ONCE + 3


def test_who_waits_for_a_limit_gives_up_when_the_process_ends(queue, hub, limited):
    used_up(50.0)
    waking.wake(queue, "poll", "sklad", "counterparty")
    work(queue)
    process.stopping.set()
    assert waking.seat.empty(5.0) and limited == ["asks", "limit"]


@pytest.mark.timeout(30)
def test_a_worker_that_was_asked_to_end_before_rq_listened_ends(queue, ran):
    waking.wake(queue, "intake", "sklad")
    process.stopping.set()
    made = worker.Worker([queue], connection=queue.connection)
    made._install_signal_handlers = lambda: None
    made.work(logging_level="ERROR")
    assert ran == []


def test_who_is_at_work_is_seen_for_a_minute_and_found_by_its_machine(redis_url, monkeypatch, capsys):
    client = redis.Redis.from_url(redis_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    alive.beat(client, "worker")
    client.hset(alive.KEY, "worker|elsewhere|7", time.time())
    client.hset(alive.KEY, "scheduler|elsewhere|8", time.time() - alive.FRESH - 1)
    assert alive.roles(client) == {"worker": 2}
    for role, status in (("worker", 0), ("scheduler", 1)):
        monkeypatch.setattr("sys.argv", ["alive", role])
        assert alive.main() == status
    alive.leave(client, "worker")
    assert alive.roles(client) == {"worker": 1}
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9/0")
    assert alive.main() == 1
