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
