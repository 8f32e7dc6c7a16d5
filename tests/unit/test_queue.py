"""The retry queue by tables: every ending, every way out of a state, leases, lanes, waiting, and what people press. On both databases."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from hub.storage.tables import delivery
from retry_queue.backoff import Backoff
from retry_queue.contract import BULK, LIVE, URGENT, Again, Bury, Done, Doubt, Failure, Skip, Wait
from retry_queue.outbox import Outbox

NOW = 1_800_000_000.0
LEASE = 45.0
REFUSED = Failure("Rejected", "12", "phone", "телефон не принят")


class Queue:
    """The outbox with a wall clock and a monotonic clock that a test moves; every call is a transaction of its own."""

    def __init__(self, store) -> None:
        self.store, self.now, self.monotonic = store, NOW, 100.0
        self.outbox = Outbox(delivery, {"sklad": Backoff(limit=3)}, monotonic=lambda: self.monotonic)

    def pass_(self, seconds: float) -> None:
        self.now += seconds
        self.monotonic += seconds

    def open(self, record="r1", version=1, system="sklad", lane=LIVE):
        with self.store.write() as at:
            self.outbox.open(at, [(system, "customer", record, version)], now=self.now, lane=lane)

    def claim(self, limit=10, system="sklad"):
        with self.store.write() as at:
            return self.outbox.claim(at, system, limit=limit, lease=LEASE, now=self.now)

    def leave(self, *deliveries):
        with self.store.write() as at:
            return self.outbox.mark_left(at, deliveries, now=self.now)

    def end(self, one, ending):
        with self.store.write() as at:
            return self.outbox.end(at, one, ending, now=self.now)

    def expire(self):
        with self.store.write() as at:
            return self.outbox.expire(at, now=self.now)

    def wake(self, *records):
        with self.store.write() as at:
            return self.outbox.wake(at, now=self.now, record_ids=records)

    def replay(self, *ids, lane=LIVE):
        with self.store.write() as at:
            return self.outbox.replay(at, ids, now=self.now, lane=lane)

    def skip(self, *ids, reason="not needed"):
        with self.store.write() as at:
            return self.outbox.skip(at, ids, reason, now=self.now)

    def row(self, record="r1"):
        with self.store.read() as at:
            return at.execute(select(delivery).where(delivery.c.record_id == record)).one()


@pytest.fixture
def queue(store):
    return Queue(store)


def claimed(queue, **opened):
    queue.open(**opened)
    (one,) = queue.claim()
    return one


@pytest.mark.parametrize(
    "ending, state, attempts, due_in",
    [
        pytest.param(Done("agrees"), "done", 0, None, id="done ends it"),
        pytest.param(Skip("not routed: source"), "skipped", 0, None, id="not passed on"),
        pytest.param(Bury(REFUSED), "dead", 1, None, id="refused: dead at once"),
        pytest.param(Wait({"ref": "r9"}, 5.0), "waiting", 0, 5.0, id="waits for another record"),
        pytest.param(Doubt(REFUSED, 7.0), "unknown", 0, 7.0, id="answer lost: looked up later"),
        pytest.param(Again(REFUSED, after=9.0), "retrying", 1, 9.0, id="again after the vendor's own delay"),
        pytest.param(Again(REFUSED, after=9.0, counts=False), "retrying", 0, 9.0, id="an outage spares the attempts"),
    ],
)
def test_an_ending_decides_state_attempts_and_time(queue, ending, state, attempts, due_in):
    assert queue.end(claimed(queue), ending)
    row = queue.row()
    assert (row.state, row.attempts, row.lease, row.lease_until, row.left_at) == (state, attempts, None, None, None)
    if due_in is not None:
        assert row.next_attempt_at == queue.now + due_in


@pytest.mark.parametrize("ending", [Bury(REFUSED), Doubt(REFUSED, 1.0), Again(REFUSED, after=1.0)], ids=lambda e: type(e).__name__)
def test_a_failure_is_kept_as_problems_are_grouped(queue, ending):
    queue.end(claimed(queue), ending)
    row = queue.row()
    assert (row.error_class, row.error_code, row.error_field, row.error_text) == ("Rejected", "12", "phone", "телефон не принят")


def test_counted_tries_end_in_a_dead_letter_and_each_waits_longer(queue):
    one, waits = claimed(queue), []
    for _ in range(2):
        queue.end(one, Again(REFUSED))
        waits.append(queue.row().next_attempt_at - queue.now)
        queue.pass_(waits[-1])
        (one,) = queue.claim()
    queue.end(one, Again(REFUSED))
    assert queue.row().state == "dead"
    assert 2.5 <= waits[0] <= 5.0 <= waits[1] <= 10.0


def test_a_thousand_outages_use_up_no_attempt(queue):
    queue.open()
    for _ in range(50):
        (one,) = queue.claim()
        queue.end(one, Again(Failure("Unavailable"), after=1.0, counts=False))
        queue.pass_(1.0)
    assert (queue.row().state, queue.row().attempts) == ("retrying", 0)


@pytest.mark.parametrize("version", [1, 2], ids=["same version", "newer version"])
@pytest.mark.parametrize("ending", [Done(), Skip("no"), Bury(REFUSED), Wait({"ref": "r9"})], ids=lambda e: type(e).__name__)
def test_a_change_during_an_attempt_is_never_swallowed(queue, ending, version):
    one = claimed(queue)
    queue.open(version=version)
    assert queue.row().state == "leased", "whoever has it keeps it"
    queue.end(one, ending)
    assert (queue.row().state, queue.row().attempts, queue.row().wanted) == ("pending", 0, version)
    (again,) = queue.claim()
    queue.end(again, Done())
    assert queue.row().state == "done"


@pytest.mark.parametrize("ending", [Again(REFUSED, after=50.0), Doubt(REFUSED, 50.0)], ids=lambda e: type(e).__name__)
def test_a_change_during_a_failing_attempt_does_not_hurry_the_next(queue, ending):
    one = claimed(queue)
    queue.open(version=2)
    queue.end(one, ending)
    assert queue.row().next_attempt_at == queue.now + 50.0
    queue.pass_(51.0)
    assert [d.wanted for d in queue.claim()] == [2]


@pytest.mark.parametrize(
    "before, state, attempts, hurried",
    [
        pytest.param(Done(), "pending", 0, True, id="done: opened again"),
        pytest.param(Skip("no"), "pending", 0, True, id="skipped: opened again"),
        pytest.param(Bury(REFUSED), "pending", 0, True, id="dead: the change may have mended it"),
        pytest.param(Wait({"ref": "r9"}), "pending", 0, True, id="waiting: thought through anew"),
        pytest.param(Again(REFUSED, after=60.0), "pending", 1, False, id="retrying: keeps its tries and its time"),
        pytest.param(Doubt(REFUSED, 60.0), "unknown", 0, False, id="unknown: looked up first all the same"),
    ],
)
def test_opening_again(queue, before, state, attempts, hurried):
    queue.end(claimed(queue), before)
    queue.pass_(1.0)
    queue.open(version=2)
    row = queue.row()
    assert (row.state, row.attempts, row.wanted) == (state, attempts, 2)
    assert (row.next_attempt_at == queue.now) is hurried


def test_versions_never_go_back(queue):
    queue.open(version=5)
    queue.open(version=3)
    assert queue.row().wanted == 5


def test_nobody_claims_what_another_holds(queue):
    claimed(queue)
    assert queue.claim() == []


def test_an_expired_lease_gives_back_as_pending_what_had_not_left_and_as_unknown_what_had(queue):
    queue.open("stayed")
    queue.open("left")
    both = {d.record_id: d for d in queue.claim()}
    assert queue.leave(both["left"]) == {both["left"].id}
    queue.pass_(LEASE - 1)
    assert queue.expire() == 0
    queue.pass_(2)
    assert queue.expire() == 2
    assert (queue.row("stayed").state, queue.row("left").state) == ("pending", "unknown")
    assert {d.record_id for d in queue.claim()} == {"stayed", "left"}


def test_a_zombie_neither_sends_nor_ends(queue):
    zombie = claimed(queue)
    queue.pass_(LEASE + 1)
    queue.expire()
    (owner,) = queue.claim()
    assert queue.leave(zombie) == set()
    assert not queue.end(zombie, Done())
    assert queue.row().lease == owner.lease
    assert queue.end(owner, Done())


def test_a_lease_ends_by_the_monotonic_clock_even_if_the_wall_clock_is_set_back(queue):
    one = claimed(queue)
    queue.monotonic += LEASE + 1
    queue.now -= 3600
    assert queue.outbox.time_left([one]) < 0
    assert queue.leave(one) == set()


def test_time_left_is_that_of_the_shortest_lease(queue):
    queue.open("a")
    first = queue.claim()
    queue.pass_(10)
    queue.open("b")
    assert queue.outbox.time_left(first + queue.claim()) == LEASE - 10


def test_what_waits_is_found_by_what_it_waits_for_and_woken(queue):
    for record, target in (("o1", "r9"), ("o2", "r9"), ("o3", "r8")):
        queue.open(record)
        (one,) = queue.claim()
        queue.end(one, Wait({"ref": target, "field": "customer"}, 30.0))
    with queue.store.read() as at:
        assert sorted(queue.outbox.waiting_for(at, "sklad", ["r9"])) == ["o1", "o2"]
        assert queue.outbox.waiting_for(at, "site", ["r9"]) == []
    assert queue.claim() == []
    assert queue.wake("o1", "o2", "nobody") == 2
    assert sorted(d.record_id for d in queue.claim()) == ["o1", "o2"]
    assert queue.row("o3").waits_for == {"ref": "r8", "field": "customer"}


def test_what_waits_is_checked_again_by_the_tick(queue):
    queue.end(claimed(queue), Wait({"ref": "r9"}, 30.0))
    queue.pass_(29)
    queue.expire()
    assert queue.row().state == "waiting"
    queue.pass_(1)
    queue.expire()
    assert queue.row().state == "pending"


@pytest.mark.parametrize(
    "live, bulk, limit, expected",
    [
        pytest.param(20, 20, 10, (8, 2), id="live goes first, a fifth is kept for bulk"),
        pytest.param(3, 20, 10, (3, 7), id="bulk takes what live leaves"),
        pytest.param(20, 1, 10, (9, 1), id="a floor that bulk cannot fill goes to live"),
        pytest.param(20, 0, 10, (10, 0), id="live alone"),
        pytest.param(0, 20, 10, (0, 10), id="bulk alone"),
        pytest.param(1, 1, 1, (1, 0), id="a single probe is a live one"),
        pytest.param(20, 20, 2, (1, 1), id="the floor is at least one"),
    ],
)
def test_lanes(queue, live, bulk, limit, expected):
    with queue.store.write() as at:
        queue.outbox.open(at, [("sklad", "customer", f"live{i}", 1) for i in range(live)], now=queue.now, lane=LIVE)
        queue.outbox.open(at, [("sklad", "customer", f"bulk{i}", 1) for i in range(bulk)], now=queue.now, lane=BULK)
    lanes = [d.lane for d in queue.claim(limit)]
    assert (lanes.count(LIVE), lanes.count(BULK)) == expected


def test_what_is_urgent_goes_before_everything(queue):
    with queue.store.write() as at:
        queue.outbox.open(at, [("sklad", "customer", f"live{i}", 1) for i in range(20)], now=queue.now - 100, lane=LIVE)
        queue.outbox.open(at, [("sklad", "customer", f"bulk{i}", 1) for i in range(20)], now=queue.now - 100, lane=BULK)
        assert not queue.outbox.presses(at, "sklad", now=queue.now)
        queue.outbox.open(at, [("sklad", "customer", "no", 1)], now=queue.now, lane=URGENT)
        assert queue.outbox.presses(at, "sklad", now=queue.now)
    assert [d.lane for d in queue.claim(5)] == [URGENT, LIVE, LIVE, LIVE, BULK]
    with queue.store.write() as at:
        assert not queue.outbox.presses(at, "sklad", now=queue.now)


def test_what_is_urgent_is_due_at_once_and_stays_urgent(queue):
    queue.open(lane=BULK)
    (first,) = queue.claim(1)
    queue.end(first, Again(REFUSED, after=3600.0))
    queue.open(version=2, lane=LIVE)
    assert queue.claim(1) == [], "an ordinary change waits for its turn"
    queue.open(version=3, lane=URGENT)
    queue.open(version=4, lane=BULK)
    (claimed,) = queue.claim(1)
    assert (claimed.lane, claimed.wanted) == (URGENT, 4)


@pytest.mark.parametrize("first, second, lane", [(LIVE, BULK, LIVE), (BULK, LIVE, LIVE), (BULK, BULK, BULK)])
def test_a_live_change_is_never_pushed_back_into_bulk(queue, first, second, lane):
    queue.open(lane=first)
    queue.open(version=2, lane=second)
    assert queue.row().lane == lane


def test_the_longest_due_goes_first(queue):
    for record in ("c", "a", "b"):
        queue.open(record)
        queue.pass_(1)
    assert [d.record_id for d in queue.claim()] == ["c", "a", "b"]


@pytest.mark.parametrize(
    "ending, replayed",
    [
        (Bury(REFUSED), 1),
        (Skip("no"), 1),
        (Done(), 1),
        (Wait({"ref": "r9"}), 1),
        (Again(REFUSED, after=60.0), 1),
        (Doubt(REFUSED, 60.0), 0),
    ],
    ids=["dead", "skipped", "done", "waiting", "retrying", "unknown is looked up, not replayed"],
)
def test_replay_puts_back_what_may_be_tried(queue, ending, replayed):
    one = claimed(queue)
    queue.end(one, ending)
    assert queue.replay(one.id) == replayed
    if replayed:
        assert (queue.row().state, queue.row().attempts, queue.row().next_attempt_at) == ("pending", 0, queue.now)


def test_a_leased_row_is_neither_replayed_nor_skipped(queue):
    one = claimed(queue)
    assert (queue.replay(one.id), queue.skip(one.id)) == (0, 0)


def test_skip_keeps_the_reason_and_a_later_change_opens_it_again(queue):
    one = claimed(queue)
    queue.end(one, Bury(REFUSED))
    assert queue.skip(one.id, reason="a test card") == 1
    assert (queue.row().state, queue.row().reason) == ("skipped", "a test card")
    queue.open(version=2)
    assert queue.row().state == "pending"


def test_thousands_are_replayed_at_once_in_their_lane(queue):
    with queue.store.write() as at:
        queue.outbox.open(at, [("sklad", "customer", f"r{i}", 1) for i in range(2500)], now=queue.now)
        at.execute(delivery.update().values(state="dead"))
        ids = list(at.execute(select(delivery.c.id)).scalars())
    assert queue.replay(*ids, lane=BULK) == 2500
    assert {d.lane for d in queue.claim(50)} == {BULK}


def test_due_names_the_systems_with_something_to_do(queue):
    queue.open("a", system="sklad")
    queue.open("b", system="crm", lane=BULK)
    queue.end(queue.claim(system="sklad")[0], Again(REFUSED, after=60.0))
    with queue.store.read() as at:
        assert queue.outbox.due(at, ["sklad", "crm", "site"], now=queue.now) == {"crm"}
        assert queue.outbox.oldest(at, ["sklad", "crm", "site"]) == {"sklad": queue.now + 60.0, "crm": queue.now}
        assert queue.outbox.counts(at) == {("sklad", "customer", "retrying"): 1, ("crm", "customer", "pending"): 1}
    assert queue.outbox.ended == {("sklad", "again"): 1}


def test_each_system_has_its_own_policy_of_retries(queue):
    for system in ("sklad", "crm"):
        queue.open("a", system=system)
        for _ in range(3):
            queue.end(queue.claim(system=system)[0], Again(REFUSED, after=0.0))
    with queue.store.read() as at:
        assert queue.outbox.counts(at) == {("sklad", "customer", "dead"): 1, ("crm", "customer", "retrying"): 1}


@given(st.integers(1, 200), st.floats(0.1, 60), st.floats(1.0, 5.0), st.floats(60, 86_400), st.integers())
def test_a_delay_lies_between_half_and_all_of_its_step(attempt, first, factor, longest, seed):
    step = min(longest, first * factor ** min(attempt - 1, 40))
    assert step / 2 <= Backoff(first, factor, longest).delay(attempt, random.Random(seed)) <= step


@pytest.mark.parametrize("attempt, most", [(1, 5), (2, 10), (3, 20), (10, 2560), (15, 81_920), (16, 86_400), (1000, 86_400)])
def test_steps_double_from_five_seconds_up_to_a_day(attempt, most):
    class Highest(random.Random):
        def random(self) -> float:
            return 1.0

    assert Backoff().delay(attempt, Highest()) == most


def test_nothing_is_sent_under_a_lease_that_ended_though_its_holder_s_own_clock_stood_still(queue):
    """A process that was frozen, on a machine whose monotonic clock was, too: the row alone tells that its time is over, or that it is another's."""
    queue.open()
    (frozen,) = queue.claim()
    queue.now += LEASE + 1
    assert queue.leave(frozen) == set(), "nobody has taken it over yet"
    queue.expire()
    (taken_over,) = queue.claim()
    assert queue.leave(frozen) == set() and queue.leave(taken_over) == {frozen.id}
