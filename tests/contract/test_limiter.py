"""One suite for both limiters: what a vendor publishes is never exceeded, however long requests take and whoever shares the limit."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis as redislib
from redis.backoff import NoBackoff
from redis.retry import Retry

from connectors.contract import Limit
from connectors.deadline import within
from connectors.errors import Unavailable
from connectors.limiter import LocalLimiter, RedisLimiter
from tests.servers import wait_until

SLACK = 0.02  # seconds by which two clocks may read one moment differently


@pytest.fixture(params=["memory", "redis"])
def limiter(request):
    """A maker of limiters; in Redis each call makes another one on the same budget, as another process would."""
    if request.param == "memory":
        made = {}
        yield lambda *limits: made.setdefault(limits, LocalLimiter(limits))
        return
    client = redislib.Redis.from_url(request.getfixturevalue("redis_url"))
    yield lambda *limits: RedisLimiter(client, "sklad", limits)
    client.close()


def used(limiter, weight=1.0, method=""):
    """Seconds that one request waited for its turn."""
    started = time.monotonic()
    with limiter.request(weight, method):
        return time.monotonic() - started


def refuses(limiter, seconds, weight=1.0, method=""):
    """The error of a request that may not leave within ``seconds``."""
    with within(seconds), pytest.raises(Unavailable) as caught, limiter.request(weight, method):
        pass
    assert caught.value.code == "limit"
    return caught.value.retry_after


@pytest.mark.parametrize("kind", ["window", "bucket"])
def test_what_is_new_counts_as_used_up(limiter, kind):
    assert refuses(limiter(Limit(kind, 10, 30.0)), 0.05, weight=10) > 25


def test_a_parallel_limit_is_free_at_once(limiter):
    assert used(limiter(Limit("parallel", 1))) < 1.0


def test_weights_add_up_to_the_units_of_a_window(limiter):
    window = limiter(Limit("window", 10, 0.4))
    used(window, 4)
    assert used(window, 4) < 0.3
    assert refuses(window, 0.05, 4) > 0.1
    assert used(window, 2) < 0.3


def test_what_the_vendor_counts_stays_inside_the_window_whatever_the_line_does(limiter):
    """Requests of three processes arrive somewhere between their leaving and their end."""
    window = Limit("window", 12, 0.25)
    limiters, arrived, rng = [limiter(window, Limit("parallel", 3)) for _ in range(3)], [], random.Random(3)

    def one(number):
        with limiters[number % 3].request(4.0):
            time.sleep(rng.uniform(0.0, 0.08))
            arrived.append(time.monotonic())
            time.sleep(rng.uniform(0.0, 0.08))

    with ThreadPoolExecutor(9) as pool:
        list(pool.map(one, range(15)))
    arrived.sort()
    assert all(later - first > window.seconds - SLACK for first, later in zip(arrived, arrived[3:], strict=False))


def test_a_request_holds_its_units_until_the_window_after_its_end(limiter):
    window = limiter(Limit("window", 1, 0.3))
    with window.request():
        assert refuses(window, 0.05) > 0.3
    ended = time.monotonic()
    used(window)
    assert time.monotonic() - ended > 0.3 - SLACK


def test_a_bucket_drains_at_its_rate(limiter):
    bucket = limiter(Limit("bucket", 4, 0.4))
    used(bucket, 4)
    started = time.monotonic()
    for _ in range(4):
        used(bucket, 1)
    assert time.monotonic() - started > 0.4 - SLACK


def test_no_more_are_under_way_than_may_be_and_an_error_frees_the_place(limiter):
    limiters, running, most, lock = [limiter(Limit("parallel", 2)) for _ in range(2)], [0], [0], threading.Lock()

    def one(number):
        try:
            with limiters[number % 2].request():
                with lock:
                    running[0] += 1
                    most[0] = max(most[0], running[0])
                time.sleep(0.02)
                with lock:
                    running[0] -= 1
                raise ValueError
        except ValueError:
            pass

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one, range(12)))
    assert most[0] == 2


def test_limits_of_a_method_are_its_own(limiter):
    window = limiter(Limit("window", 1, 0.3, per="method"))
    with window.request(method="a"):
        assert used(window, method="b") < 1.0  # the time of what is new, not that of the request under way
        assert refuses(window, 0.05, method="a") > 0.3


def test_a_penalty_holds_its_method_or_everything_and_a_shorter_one_does_not_shorten_it(limiter):
    free = limiter(Limit("parallel", 5))
    free.penalise(30.0, "crm.deal.list")
    free.penalise(1.0, "crm.deal.list")
    assert refuses(free, 0.05, method="crm.deal.list") > 25
    assert used(free, method="crm.contact.list") < 1.0
    free.penalise(30.0)
    assert refuses(free, 0.05, method="crm.contact.list") > 25


def test_a_penalty_ends(limiter):
    free = limiter(Limit("parallel", 5))
    free.penalise(0.2)
    assert 0.1 < used(free) < 5.0


def test_an_emptied_redis_gives_nothing_away(redis_url):
    """Requests of a moment ago are forgotten, so that the whole window counts as used; the penalty comes back with the vendor's next refusal."""
    client = redislib.Redis.from_url(redis_url)
    shared = RedisLimiter(client, "sklad", [Limit("window", 4, 30.0), Limit("bucket", 4, 30.0)])
    client.set("sverka:limit:sklad:0::known", "1")
    client.hset("sverka:limit:sklad:1:", mapping={"level": 0, "at": time.time()})
    used(shared, 1)
    client.flushall()
    assert refuses(shared, 0.05, 1) > 25
    shared.penalise(60.0)
    assert refuses(shared, 0.05, 0) > 55


def test_without_redis_nobody_calls(tmp_path):
    nowhere = redislib.Redis(unix_socket_path=str(tmp_path / "none"), retry=Retry(NoBackoff(), 0))
    away = RedisLimiter(nowhere, "sklad", [Limit("parallel", 1)])
    with pytest.raises(Unavailable) as caught, away.request():
        pass
    assert (caught.value.code, caught.value.retry_after) == ("no_limiter", 2.0)
    away.penalise(5.0)  # says nothing


def test_units_of_a_process_that_died_come_free(redis_url, monkeypatch):
    monkeypatch.setattr("connectors.limiter.ARRIVAL", 0.1)
    monkeypatch.setattr("connectors.limiter.SLOT", 0.2)
    client = redislib.Redis.from_url(redis_url)
    shared = RedisLimiter(client, "sklad", [Limit("window", 1, 0.1), Limit("parallel", 1)])
    dying = shared.request()
    wait_until(lambda: dying.__enter__() is None, 5, "the first request leaves")
    assert 0.05 < used(shared) < 5.0
