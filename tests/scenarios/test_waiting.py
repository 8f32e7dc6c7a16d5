"""One worker, and a system whose limit is used up, or that takes its time: the others' polls and deliveries go on meanwhile (I8), nothing
reaches the vendor before its time (I9), and nothing is lost or done twice when that has come (I2)."""

from __future__ import annotations

import sys
import time

import pytest
import redis
import requests
from flask import request
from sqlalchemy import select

from connectors.limiter import RedisLimiter
from hub.storage import states
from hub.storage.tables import link
from hub.sync.manual import set_field
from sandbox.frame.server import running
from sandbox.moysklad.app import TOKEN, Moysklad
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios.processes import Installation
from tests.servers import wait_until

AWAY = 7.0  # seconds for which the one system makes wait, at least


class Shop:
    """A worker and a scheduler between ``sklad``, which will make wait, and ``site``."""

    def __init__(self, installation: Installation, urls: dict[str, str]) -> None:
        self.installation, self.urls, self.hub = installation, urls, installation.hub()
        self.arrivals: list[float] = []  # when requests came to the one that makes wait

    def sklad(self, method: str, path: str, body=None, **params):
        headers = {"Authorization": f"Bearer {TOKEN}", "User-Agent": "people"}
        answer = requests.request(method, f"{self.urls['sklad']}/{path}", json=body, params=params, headers=headers, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def site(self, method: str, path: str, body=None, **params):
        url = f"{self.urls['site']}/wp-json/wc/v3/{path}"
        answer = requests.request(method, url, json=body, params=params, auth=("ck_sandbox", "cs_sandbox"), timeout=20)
        answer.raise_for_status()
        return answer.json()

    def name_at_site(self, email: str) -> str:
        return "".join(one["first_name"] for one in self.site("GET", "customers", email=email, role="all"))

    def names_at_sklad(self) -> list[str]:
        rows = self.sklad("GET", "api/remap/1.2/entity/counterparty", limit=100)["rows"]
        return sorted(row["legalFirstName"] for row in rows)

    def record_of(self, system: str, ident) -> str | None:
        with self.hub.store.read() as at:
            mine = select(link.c.record_id).where(link.c.system == system, link.c.external_id == str(ident))
            return at.execute(mine).scalar()

    def why(self) -> str:
        return "\n".join(self.installation.log(name) for name in self.installation.processes)


@pytest.fixture
def shop(tmp_path, redis_url):
    sklad, site = Moysklad(), Woocommerce()
    sklad.limits.enforce = False  # people ask here as often as a test does
    with running(sklad) as there, running(site) as here:
        urls = {"sklad": there, "site": here}
        with Installation(tmp_path, urls, {"REDIS_URL": redis_url}, limits="none") as installation:
            made = Shop(installation, urls)
            with made.hub.store.write() as at:
                states.set_values(at, "site", hushed="owner")  # who is registered by a first load may be mailed
            sklad.flask.before_request(lambda: made.arrivals.append(time.monotonic()) if of_the_hub() else None)
            for name in ("worker", "scheduler"):
                installation.start(name, [sys.executable, "-m", "hub", name])
            yield made
            made.hub.store.dispose()


def of_the_hub() -> bool:
    return str(request.headers["User-Agent"]).startswith("Sverka")


def test_whoever_makes_wait_delays_itself_alone(shop, redis_url):
    first = shop.site("POST", "customers", {"email": "a@example.ru", "first_name": "Анна"})
    wait_until(lambda: shop.names_at_sklad() == ["Анна"], 120, f"the first customer: {shop.why()}")
    anna = shop.record_of("site", first["id"])

    away = max(AWAY, 3 * usual(shop, anna))
    RedisLimiter(redis.Redis.from_url(redis_url), "sklad", ()).penalise(away)  # what the vendor's own word does
    used_up = time.monotonic()
    goes_on(shop, anna, "Аня", "b@example.ru", until=used_up + away)
    wait_until(lambda: shop.names_at_sklad() == ["Аня", "Борис", "Борис"], 20 + away, f"what waited: {shop.why()}")
    early = [round(at - used_up, 1) for at in shop.arrivals if used_up + 0.5 < at < used_up + away - 0.5]
    assert early == [], "nothing reached the vendor while its limit was used up"

    rule = {"kind": "latency", "seconds": away, "count": 1, "spare": "people"}
    requests.post(f"{shop.urls['sklad']}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()
    wait_until(lambda: requests.get(f"{shop.urls['sklad']}/_sandbox/faults", timeout=5).json().get("latency"), 10, "a slow answer")
    goes_on(shop, anna, "Анюта", "c@example.ru", until=time.monotonic() + away - 1.0)
    wait_until(lambda: shop.names_at_sklad() == ["Анюта", "Борис", "Борис", "Борис"], 20 + away, f"what waited: {shop.why()}")


def usual(shop: Shop, anna: str) -> float:
    """Seconds that the other's changes take on this machine while nobody makes wait, its own poll of every second included."""
    began = time.monotonic()
    goes_on(shop, anna, "Ася", "d@example.ru", until=began + 60)
    took = time.monotonic() - began
    wait_until(lambda: shop.names_at_sklad() == ["Ася", "Борис"], 40, f"both at the one that will make wait: {shop.why()}")
    return took


def goes_on(shop: Shop, record: str, name: str, email: str, *, until: float) -> None:
    """A change by hand is delivered to the site, and a new customer of the site is polled and known, before ``until``."""
    came = shop.site("POST", "customers", {"email": email, "first_name": "Борис"})
    set_field(shop.hub, record, "first_name", name, actor="owner")
    wait_until(lambda: shop.name_at_site("a@example.ru") == name, until - time.monotonic(), f"the delivery to the other: {shop.why()}")
    wait_until(lambda: shop.record_of("site", came["id"]), until - time.monotonic(), f"the poll of the other: {shop.why()}")
