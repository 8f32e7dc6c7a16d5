"""A stock 1C exchanges with the hub as with its site: the hub as real processes, real HTTP, the shipped example; answers are lost, processes killed."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from sqlalchemy import select

from hub.storage.tables import delivery, offer, parked, record
from sandbox.frame.server import running
from sandbox.onec.app import Onec
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios.processes import NOWHERE, Installation
from tests.scenarios.shop import SECRETS
from tests.servers import wait_until

EXAMPLE = Path(__file__).parents[2] / "examples" / "onec-site-exchange.yaml"
LOGIN, PASSWORD = "сайт", "секрет обмена"
LINE = {"sku": "SV-005", "quantity": 2}


class Trade:
    """The shop of the example: its base, its site, and the hub between them."""

    def __init__(self, installation: Installation, base: Onec, urls: dict[str, str]) -> None:
        self.installation, self.base, self.urls = installation, base, urls
        self.hub = installation.hub()

    def exchange(self, **how: Any) -> dict[str, Any]:
        """The base's node runs once."""
        body = {"site": f"{self.installation.url}/exchange/uchet/1c_exchange.php", "login": LOGIN, "password": PASSWORD, **how}
        answer = requests.post(f"{self.urls['uchet']}/_sandbox/exchange", json=body, timeout=60)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def site(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(
            method, f"{self.urls['site']}/wp-json/wc/v3/{path}", json=body, auth=("ck_sandbox", "cs_sandbox"), timeout=10
        )
        answer.raise_for_status()
        return answer.json()

    def order(self, status: str = "processing", sku: str = "SV-005") -> int:
        person = {"first_name": "Мария", "last_name": "Орлова", "phone": "+79123456789", "email": "orlova@example.ru"}
        made = self.site("POST", "orders", {"status": status, "billing": person, "line_items": [LINE | {"sku": sku}]})
        return int(made["id"])

    def rows(self, table: Any) -> list[dict[str, Any]]:
        with self.hub.store.read() as at:
            return [dict(row) for row in at.execute(select(table)).mappings()]

    def of(self, entity: str) -> list[dict[str, Any]]:
        return [row["data"] for row in self.rows(record) if row["entity"] == entity and not row["merged_into"]]

    def laid(self) -> list[dict[str, Any]]:
        return [row for row in self.rows(offer) if row["record_id"]]

    def documents(self) -> list[dict[str, Any]]:
        part = "НомерПоДаннымКлиента" if self.base.base.profile.name == "ut" else "НомерВходящегоДокумента"
        return [row for row in self.base.base.tables[self.base.base.profile.orders].values() if row[part] != "SVERKA"]

    def to_1c(self) -> list[tuple[str, str]]:
        return [(row["state"], row["error_code"]) for row in self.rows(delivery) if row["system"] == "uchet"]


def configuration(urls: dict[str, str]) -> dict[str, Any]:
    raw: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text())
    for system, of in raw["systems"].items():
        of |= {"url": urls[system], "mode": "live"}
    raw["systems"]["site"]["poll"] = {"orders": 1.0, "customers": 1.0}
    return {name: raw[name] for name in ("systems", "routes", "policies", "directories")} | {"stand_ins": {}}


@pytest.fixture
def trade(request, database_url, tmp_path, monkeypatch):
    base = Onec(profile=request.param)
    with running(base) as uchet, running(Woocommerce(allow_loopback_webhooks=True)) as site:
        urls = {"uchet": uchet, "site": site}
        for number in range(1, 13):
            requests.post(f"{site}/wp-json/wc/v3/products", json={"name": f"Товар {number}", "sku": f"SV-{number:03d}", "regular_price": "490"}, auth=("ck_sandbox", "cs_sandbox"), timeout=10)  # fmt: skip
        env = SECRETS | {"ONEC_SITE_LOGIN": LOGIN, "ONEC_SITE_PASSWORD": PASSWORD, "DATABASE_URL": database_url, "SVERKA_WORKERS": "1"}
        monkeypatch.setenv("ONEC_SITE_LOGIN", LOGIN)
        monkeypatch.setenv("ONEC_SITE_PASSWORD", PASSWORD)
        with Installation(tmp_path, NOWHERE, env, limits="none", **configuration(urls)) as installation:
            started = Trade(installation, base, urls)
            up(installation)
            yield started
            started.hub.store.dispose()


def up(installation: Installation) -> Any:
    made = installation.start("up", [sys.executable, "-m", "hub", "up", "--config", str(installation.config)])
    installation.wait_for_web()
    return made


@pytest.mark.parametrize(("database_url", "trade"), [("postgresql", "ut"), ("sqlite", "unf")], indirect=True)
def test_goods_come_orders_go_and_come_back_shipped(trade):
    first = trade.exchange(portion=5)
    assert first["errors"] == [] and first["goods"] == 16, first
    wait_until(lambda: len(trade.of("product")) == 15, 40, "twelve goods and three sizes")
    wait_until(lambda: len(trade.of("stock")) == 30, 40, "in two stores each")
    assert all([price["kind"] for price in one["prices"]] == ["retail"] for one in trade.of("product"))
    ident, later = trade.order(), trade.order("pending")
    wait_until(lambda: len(trade.laid()) == 1, 40, "the confirmed order waits for 1C")
    wait_until(lambda: {state for state, _ in trade.to_1c()} == {"waiting", "skipped"}, 40, "one waits to be fetched, one is not confirmed")

    lost = trade.exchange(lose={"sale success": 1})
    assert lost["loaded"] == [f"S{ident}"] and lost["made"] == [], lost
    (document,) = trade.documents()
    assert document["СуммаДокумента"] == 980
    assert trade.exchange()["loaded"] == [], "success was heard though its answer was lost"
    wait_until(lambda: ("done", "") in trade.to_1c(), 40, "1C has said that it has the order")

    shown = trade.exchange(marks={f"S{ident}": {"paid": True, "shipped": True, "status": "Отгружен"}})
    assert shown["shown"] == [f"S{ident}"] and shown["errors"] == [], shown
    wait_until(lambda: trade.site("GET", f"orders/{ident}")["status"] == "completed", 40, "the site knows that it was shipped")
    order = next(one for one in trade.of("order") if one["number"] == str(ident))
    assert order["paid"] and order["lines"][0]["sku"] == "SV-005" and order["total"] == "980.00"
    trade.site("PUT", f"orders/{later}", {"status": "processing"})
    wait_until(lambda: len(trade.laid()) == 2, 40, "the second was confirmed meanwhile")
    assert trade.exchange()["loaded"] == [f"S{later}"] and len(trade.documents()) == 2 and trade.rows(parked) == []
    assert trade.exchange()["goods"] == 0, "nothing changed, nothing is brought"


@pytest.mark.parametrize(("database_url", "trade"), [("sqlite", "ut")], indirect=True)
def test_what_is_answered_with_success_outlives_a_kill_and_a_batch_that_1c_loses_is_given_again(trade):
    assert trade.exchange(zipped=False, portion=4, lose={"catalog file": 2})["errors"] == ["Ответ не получен"]
    assert trade.exchange(zipped=False, portion=4)["errors"] == []
    os.killpg(os.getpgid(trade.installation.processes["up"].pid), 0)  # it is there
    trade.installation.processes["up"].send_signal(signal.SIGKILL)
    trade.installation.processes["up"].wait(10)
    up(trade.installation)
    wait_until(lambda: len(trade.of("product")) == 15, 60, "all goods, though the hub was killed after it had said success")
    idents = [trade.order(), trade.order(sku="SV-001")]
    wait_until(lambda: len(trade.laid()) == 2, 40, "both wait for 1C")
    trade.base.node.orders.poison.add(f"S{idents[0]}")
    broken = trade.exchange()
    assert "Операция не выполнена" in broken["errors"][0] and trade.documents() == [], "an exception undoes the whole batch"
    trade.base.node.orders.poison.clear()
    assert sorted(trade.exchange()["loaded"]) == sorted(f"S{one}" for one in idents) and len(trade.documents()) == 2
    assert trade.exchange()["loaded"] == [] and trade.base.node.orders.made == []
