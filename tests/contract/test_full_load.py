"""At full load the hub stays below what MoySklad publishes (I9): several processes, one Redis, enforcement on, the vendor's own count."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import redis as redislib
import requests

from connectors.contract import SystemSettings
from connectors.limiter import RedisLimiter
from connectors.moysklad import MANIFEST
from connectors.moysklad.connector import Moysklad as Connector
from sandbox.frame.server import running
from sandbox.moysklad.app import TOKEN, Moysklad

SECONDS = 7.5  # a new limit counts as used up for one window; then two bursts


def connector(url, redis_url, system):
    settings = SystemSettings(system, "moysklad", url, secrets={"token": TOKEN})
    return Connector(settings, RedisLimiter(redislib.Redis.from_url(redis_url), system, MANIFEST.limits), lambda: datetime.now(UTC))


def kept_busy(account, redis_url, system, latency):
    """The account's own record of a run in which three processes of the hub ask it as fast as they may."""
    with running(account) as url:
        if latency:
            rule = {"kind": "latency", "match": "^GET /api", "seconds": latency, "rate": 0.5}
            requests.post(f"{url}/_sandbox/faults", json=[rule], timeout=5)
        requests.post(f"{url}/_sandbox/limits", json={"enforce": True, "record": True}, timeout=5)
        processes, end = [connector(url, redis_url, system) for _ in range(3)], time.monotonic() + SECONDS

        def work(number):
            while time.monotonic() < end:
                processes[number % 3].api.get("entity/counterparty", {"limit": 1})

        with ThreadPoolExecutor(9) as pool:
            list(pool.map(work, range(9)))
        return requests.get(f"{url}/_sandbox/counters", timeout=5).json()


def test_a_recorded_run_at_full_load_is_never_refused(redis_url):
    """Two accounts at the same time, one on a quick line and one on a slow one: neither uses up what is the other's."""
    lines = {"quick": (Moysklad(weight=4), 0.0), "slow": (Moysklad(weight=4), 0.4)}
    with ThreadPoolExecutor(2) as pool:
        runs = {name: pool.submit(kept_busy, account, redis_url, name, latency) for name, (account, latency) in lines.items()}
    for name, (account, _) in lines.items():
        counters = runs[name].result()
        (caller,) = counters["callers"].values()
        assert (counters["refused"], counters["refused_codes"], caller["refused_minute_max"]) == (0, {}, 0), name
        assert caller["units_max"] <= 45 and caller["parallel_max"] <= 5, name
        (bucket,) = account.limits.buckets.values()
        arrivals = [at for at, _ in bucket.recorded]
        assert all(later - first > 3.0 for first, later in zip(arrivals, arrivals[11:], strict=False)), name  # 11 of 4 units fill 45
        assert len(arrivals) >= 20, f"{name}: the limit was not reached"
