"""Per-system state on both databases: the circuit breaker with its probe, the lease of the one who writes, counters, renewed credentials."""

from __future__ import annotations

import threading

import pytest

from connectors.errors import Rejected, Unauthorized, Unavailable, Unknown
from hub.storage import states

NOW = 1_800_000_000.0


@pytest.fixture
def sklad(store):
    with store.write() as at:
        states.ensure(at, "sklad", "live")
    return store


def fail(store, times=1, now=NOW, **more):
    for _ in range(times):
        with store.write() as at:
            states.call_failed(at, "sklad", "HTTP 503", now=now, **more)


def state(store):
    with store.read() as at:
        return states.get(at, "sklad")


def breaker(store, now):
    return states.breaker(state(store), now=now)


@pytest.mark.parametrize(
    "failures, wait", [(1, 0), (4, 0), (5, 2), (6, 4), (7, 8), (12, 256), (13, 300), (500, 300)], ids=lambda value: str(value)
)
def test_the_breaker_opens_after_five_failures_and_doubles_up_to_five_minutes(failures, wait):
    assert states.breaker_wait(failures) == wait


def test_an_outage_opens_the_breaker_then_lets_a_probe_through_then_closes_it(sklad):
    fail(sklad, 4)
    assert breaker(sklad, NOW) == "closed"
    fail(sklad)
    assert (breaker(sklad, NOW + 1.9), breaker(sklad, NOW + 2.1)) == ("open", "probe")
    fail(sklad, now=NOW + 2.1)
    assert (breaker(sklad, NOW + 6.0), breaker(sklad, NOW + 6.2)) == ("open", "probe")
    with sklad.write() as at:
        states.call_succeeded(at, "sklad", now=NOW + 7)
    assert (breaker(sklad, NOW + 7), state(sklad)["breaker_reason"], state(sklad)["last_success"]) == ("closed", "", NOW + 7)


@pytest.mark.parametrize(
    "failed, succeeded, after",
    [("read", "read", "closed"), ("read", "write", "closed"), ("write", "write", "closed"), ("write", "read", "probe")],
)
def test_a_read_that_succeeds_does_not_end_an_outage_of_writes(sklad, failed, succeeded, after):
    fail(sklad, 5, by=failed)
    with sklad.write() as at:
        states.call_succeeded(at, "sklad", now=NOW + 10, by=succeeded)
    assert breaker(sklad, NOW + 10) == after


@pytest.mark.parametrize(
    "error, by, counted, paused",
    [
        (Unavailable("HTTP 503"), "read", 1, False),
        (Unavailable("HTTP 503"), "write", 1, False),
        (Unknown("the connection broke"), "write", 1, False),
        (Unavailable("used up", code="limit"), "write", 0, False),
        (Unavailable("over", code="deadline"), "write", 0, False),
        (Rejected("no such field"), "write", 0, False),
        (Rejected("no right to list"), "read", 1, False),
        (Unauthorized("HTTP 401"), "write", 0, True),
    ],
    ids=lambda value: f"{type(value).__name__} {value.code}".strip() if isinstance(value, Exception) else str(value),
)
def test_what_an_error_says_of_the_whole_system(sklad, error, by, counted, paused):
    with sklad.write() as at:
        states.trouble(at, "sklad", error, now=NOW, by=by)
    assert (state(sklad)["breaker_failures"], bool(state(sklad)["paused"])) == (counted, paused)


@pytest.mark.parametrize("asked, kept", [(30.0, 30.0), (900.0, 900.0), (1e9, 3600.0)])
def test_the_vendors_own_delay_is_kept_at_once_and_within_reason(sklad, asked, kept):
    fail(sklad, retry_after=asked)
    assert (breaker(sklad, NOW + kept - 1), breaker(sklad, NOW + kept + 1)) == ("open", "closed")


def at_once(sklad, times):
    threads = [threading.Thread(target=fail, args=(sklad,)) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_failures_of_several_workers_all_count_until_the_breaker_opens(sklad):
    at_once(sklad, 4)
    assert state(sklad)["breaker_failures"] == 4


def test_calls_under_way_when_the_breaker_opened_do_not_keep_it_open_longer(sklad):
    at_once(sklad, 12)
    assert (state(sklad)["breaker_failures"], breaker(sklad, NOW + 2.1)) == (5, "probe")
    fail(sklad, 3, now=NOW + 2.1)  # the probe, and what left together with it
    assert (state(sklad)["breaker_failures"], breaker(sklad, NOW + 6.2)) == (6, "probe")


def test_a_shorter_delay_that_comes_later_does_not_shorten_the_wait(sklad):
    fail(sklad, retry_after=900.0)
    fail(sklad, retry_after=30.0)
    assert breaker(sklad, NOW + 600) == "open"


def test_one_worker_at_a_time_writes_to_a_system_and_a_dead_ones_right_lapses(sklad):
    def take(now):
        with sklad.write() as at:
            return states.take_lease(at, "sklad", now=now, seconds=45.0)

    mine = take(NOW)
    assert mine and take(NOW + 44) is None
    theirs = take(NOW + 46)
    assert theirs
    with sklad.write() as at:
        assert states.keep_lease(at, "sklad", theirs, now=NOW + 47, seconds=45.0)
        assert not states.keep_lease(at, "sklad", mine, now=NOW + 47, seconds=45.0), "what is lost cannot go on"
    assert take(NOW + 91) is None, "it went on from then"
    with sklad.write() as at:
        states.drop_lease(at, "sklad", mine)
    assert take(NOW + 91) is None, "who lost the lease cannot give it back"


def test_counters_add_up_from_several_workers_in_any_order(store):
    def count(*names):
        for _ in range(20):
            with store.write() as at:
                states.count(at, **dict.fromkeys(names, 1))

    threads = [threading.Thread(target=count, args=names) for names in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as at:
        assert states.counters(at) == {"a": 40, "b": 40}


def test_renewed_credentials_outlive_the_process(sklad):
    states.StoredTokens(sklad, "sklad").save({"refresh_token": "second"})
    assert states.StoredTokens(sklad, "sklad").load() == {"refresh_token": "second"}


def test_a_systems_mode_is_not_reset_by_a_restart(sklad):
    with sklad.write() as at:
        states.set_values(at, "sklad", mode="observe")
        states.ensure(at, "sklad", "live")
    assert state(sklad)["mode"] == "observe"


def test_stored_credentials_are_in_one_hand_at_a_time_and_survive_the_lock(sklad, store):
    kept = [states.StoredTokens(store, "sklad") for _ in range(2)]
    inside, order = [], []

    def renew(number):
        with kept[number].exclusive():
            inside.append(number)
            held = kept[number].load().get("spent", [])
            kept[number].save({"spent": [*held, number]})
            assert len(inside) == 1
            order.append(number)
            inside.remove(number)

    threads = [threading.Thread(target=renew, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(kept[0].load()["spent"]) == sorted(order) == [0, 1]
    assert kept[0].load().keys() == {"spent"}


def test_the_lock_of_a_killed_process_lapses(sklad, store):
    dead, alive = states.StoredTokens(store, "sklad"), states.StoredTokens(store, "sklad")
    dead.save({"access_token": "a"})
    dead.exclusive(0.05).__enter__()
    with alive.exclusive(1.0):
        assert alive.load() == {"access_token": "a"}
    holding = states.StoredTokens(store, "sklad")
    with holding.exclusive(30.0), pytest.raises(TimeoutError), alive.exclusive(-0.95):
        pass
