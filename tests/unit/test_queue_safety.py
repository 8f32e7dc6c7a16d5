"""No delivery is ever lost, and none is held twice: any order of changes, claims, endings, deaths and clocks. On both databases."""

from __future__ import annotations

import threading

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from hub.storage.tables import delivery
from retry_queue.contract import BULK, LIVE, OPEN, Again, Bury, Done, Doubt, Failure, Skip, Wait
from tests.conftest import empty
from tests.unit.test_queue import LEASE, Queue

RECORDS = ("r1", "r2", "r3")
ENDINGS = st.sampled_from(
    [
        Done(),
        Skip("no"),
        Bury(Failure("Rejected")),
        Wait({"ref": "r1"}, 20.0),
        Doubt(Failure("Unknown"), 10.0),
        Again(Failure("Unavailable"), after=5.0, counts=False),
        Again(Failure("Rejected"), after=5.0),
    ]
)


class Lives(RuleBasedStateMachine):
    """Workers that claim, send, end, or die at any moment, beside changes and people. The model knows only when each record was last
    changed and at which moment each claim was made."""

    queue: Queue  # set by the test, one for each database

    @initialize()
    def begin(self):
        empty(self.queue.store)
        self.step, self.changed, self.held, self.dead_workers = 0, {}, {}, {}

    def tick(self) -> int:
        self.step += 1
        return self.step

    @rule(record=st.sampled_from(RECORDS), newer=st.booleans(), lane=st.sampled_from([LIVE, BULK]))
    def change(self, record, newer, lane):
        version = self.changed.get(record, (1, 0))[0] + int(newer)
        self.queue.open(record, version, lane=lane)
        self.changed[record] = (version, self.tick())

    @rule(limit=st.integers(1, 3))
    def claim(self, limit):
        for one in self.queue.claim(limit):
            holder = self.held.get(one.record_id)
            assert holder is None, f"{one.record_id} is held by two"
            self.held[one.record_id] = (one, self.tick())

    @rule(record=st.sampled_from(RECORDS))
    def send(self, record):
        if record in self.held:
            one, _ = self.held[record]
            assert self.queue.leave(one) == {one.id}, "a holder within its lease may send"

    @rule(record=st.sampled_from(RECORDS), ending=ENDINGS)
    def end(self, record, ending):
        if record in self.held:
            one, since = self.held.pop(record)
            assert self.queue.end(one, ending)
            if self.changed[record][1] > since:
                assert self.queue.row(record).state in OPEN, "what changed during the attempt is still owed"

    @rule(record=st.sampled_from(RECORDS))
    def die(self, record):
        """The worker is killed: it neither ends nor sends any more, but its request may be on its way."""
        if record in self.held:
            self.dead_workers[record] = self.held.pop(record)[0]
            self.hold_until_expired(record)

    def hold_until_expired(self, record):
        self.queue.pass_(LEASE + 1)
        for other in list(self.held):  # the same hour passes for the living: their leases are over too
            self.dead_workers[other] = self.held.pop(other)[0]
        self.queue.expire()

    @precondition(lambda self: self.dead_workers)
    @rule(record=st.sampled_from(RECORDS), ending=ENDINGS)
    def zombie(self, record, ending):
        """One believed dead wakes up and goes on."""
        if (one := self.dead_workers.pop(record, None)) is not None:
            before = self.queue.row(record)
            assert self.queue.leave(one) == set()
            assert not self.queue.end(one, ending)
            assert self.queue.row(record) == before

    @rule(seconds=st.sampled_from([1.0, 10.0, 30.0]))
    def wait(self, seconds):
        if all(self.queue.outbox.time_left([one]) > seconds for one, _ in self.held.values()):
            self.queue.pass_(seconds)
            self.queue.expire()

    @rule(record=st.sampled_from(RECORDS))
    def press_replay(self, record):
        if record in self.changed:
            self.queue.replay(self.queue.row(record).id)

    @rule(record=st.sampled_from(RECORDS))
    def wake(self, record):
        self.queue.wake(record)

    @invariant()
    def rows_are_whole(self):
        if not hasattr(self, "changed"):
            return
        with self.queue.store.read() as at:
            rows = {row.record_id: row for row in at.execute(select(delivery))}
        assert rows.keys() == self.changed.keys(), "a row is neither lost nor made twice"
        for record, row in rows.items():
            assert row.wanted == self.changed[record][0]
            assert (row.state == "leased") == (row.lease is not None) == (row.lease_until is not None)
            assert (row.state == "waiting") or row.waits_on is None or row.state == "pending"
            assert (record in self.held) == (row.state == "leased")

    def teardown(self):
        """Everything that is owed can still be done: nobody is stuck."""
        if not hasattr(self, "changed"):
            return
        self.queue.pass_(100_000.0)
        self.queue.expire()
        for one in self.queue.claim(10):
            assert self.queue.end(one, Done())
        assert {self.queue.row(record).state for record in self.changed} <= {"done", "dead", "skipped"}


def test_no_delivery_is_ever_lost_and_none_is_held_twice(store):
    Lives.queue = Queue(store)
    some = settings(max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Lives, settings=some)


def test_claims_of_several_workers_at_once_are_disjoint_and_complete(store):
    queue = Queue(store)
    with store.write() as at:
        queue.outbox.open(at, [("sklad", "customer", f"r{i}", 1) for i in range(200)], now=queue.now)
    claimed: list[str] = []

    def work() -> None:
        while some := queue.claim(7):
            claimed.extend(d.id for d in some)
            for one in some:
                assert queue.end(one, Done())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 200


def test_a_claim_does_not_wait_for_another_workers_open_claim(store):
    """On PostgreSQL two transactions claim side by side; on SQLite they take turns, so the case does not arise."""
    if store.main.dialect.name == "sqlite":
        return
    queue = Queue(store)
    for i in range(4):
        queue.open(f"r{i}")
    with store.write() as mine, store.write() as theirs:
        first = queue.outbox.claim(mine, "sklad", limit=2, lease=LEASE, now=queue.now)
        second = queue.outbox.claim(theirs, "sklad", limit=2, lease=LEASE, now=queue.now)
    assert not {d.id for d in first} & {d.id for d in second}
    assert len(first) == len(second) == 2


def test_changes_and_endings_of_many_rows_at_once_never_lock_each_other_out(store):
    """Merges open many rows while workers mark, end and expire them: in whatever order, nobody waits for ever (PostgreSQL would break one off)."""
    queue, wrong = Queue(store), []
    records = [f"r{i}" for i in range(40)]

    def change() -> None:
        for version in range(1, 15):
            with store.state() as at:
                queue.outbox.open(at, [("sklad", "customer", r, version) for r in records[:: 1 if version % 2 else -1]], now=queue.now)

    def work() -> None:
        for _ in range(20):
            some = queue.claim(20)
            with store.state() as at:
                queue.outbox.mark_left(at, some[::-1], now=queue.now)
            with store.state() as at:
                for one in some:
                    queue.outbox.end(at, one, Done(), now=queue.now)
            with store.state() as at:
                queue.outbox.expire(at, now=queue.now)

    def guarded(what) -> None:
        try:
            what()
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=guarded, args=(what,)) for what in (change, work, work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def fill(store, done: int, pending: int) -> None:
    """Rows of a grown queue, made inside the database."""
    series = (
        "SELECT value AS n FROM generate_series(1, {n}) AS value"
        if store.main.dialect.name == "postgresql"
        else "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {n}) SELECT n FROM s"
    )
    columns = "id, system, entity, record_id, state, lane, wanted, planned, attempts, next_attempt_at, error_class, error_code, error_field, error_text, reason, opened_at, changed_at"
    with store.write() as at:
        if store.main.dialect.name == "postgresql":
            at.exec_driver_sql("TRUNCATE delivery")  # deleted rows of earlier tests still stand in the indices
        for state, count in (("done", done), ("pending", pending)):
            values = f"'{state}' || n, 'sklad', 'customer', '{state}' || n, '{state}', 'live', 1, 1, 0, n, '', '', '', '', '', n, n"
            at.exec_driver_sql(f"INSERT INTO delivery ({columns}) SELECT {values} FROM ({series.format(n=count)}) AS rows")
        if store.main.dialect.name == "postgresql":
            at.exec_driver_sql("ANALYZE delivery")


def cost(store, act) -> int:
    """What a transaction costs, independent of the machine: instructions of SQLite, pages touched by PostgreSQL."""
    if store.main.dialect.name == "postgresql":
        with store.write() as at:
            before = at.exec_driver_sql(PAGES).scalar()
            act(at)
            return at.exec_driver_sql(PAGES).scalar() - before
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    with store.write() as at:
        raw = at.connection.driver_connection
        raw.set_progress_handler(step, 100)
        act(at)
        raw.set_progress_handler(None, 0)
    return steps[0]


PAGES = (
    "SELECT sum(pg_stat_get_xact_blocks_fetched(oid)) FROM pg_class"
    " WHERE oid = 'delivery'::regclass OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'delivery'::regclass)"
)


@pytest.mark.parametrize("what", ["open", "claim", "due", "expire", "waiting_for", "oldest"])
def test_cost_is_the_same_over_many_times_more_rows(store, what):
    queue = Queue(store)
    acts = {
        "open": lambda at: queue.outbox.open(at, [("sklad", "customer", f"new{queue.now}-{i}", 1) for i in range(20)], now=queue.now),
        "claim": lambda at: queue.outbox.claim(at, "sklad", limit=20, lease=LEASE, now=queue.now),
        "due": lambda at: queue.outbox.due(at, ["sklad", "site"], now=queue.now),
        "expire": lambda at: queue.outbox.expire(at, now=queue.now),
        "waiting_for": lambda at: queue.outbox.waiting_for(at, "sklad", ["r1"]),
        "oldest": lambda at: queue.outbox.oldest(at, ["sklad", "site"]),
    }
    store.main.dispose()  # no statement that a former test prepared
    figures = []
    for grown in ((100, 100), (6_000, 6_000)):
        empty(store)
        fill(store, *grown)
        queue.pass_(1)
        figures.append(cost(store, acts[what]))
    assert figures[1] <= figures[0] * 3 + 20, figures  # deeper trees, nothing that grows with the rows
