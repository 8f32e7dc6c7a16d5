"""A system that is away, or that refuses the key: nobody's attempts are used up, others go on, and work goes on by itself or after a check."""

from __future__ import annotations

import pytest
import requests
from click.testing import CliRunner

from hub.cli import main
from hub.storage import states
from hub.sync.deliver import Deliverer
from tests.scenarios.processes import Installation
from tests.scenarios.shop import opened

WRITES = "POST .*counterparty$"


@pytest.fixture
def shop(tmp_path, database_url):
    with opened(tmp_path, database_url) as shop:
        yield shop


def faults(url, *rules):
    requests.post(f"{url}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()


def client(shop, i=0):
    return shop.site("POST", "customers", {"email": f"p{i}@example.ru", "first_name": f"П{i}"})


def system(shop):
    with shop.hub.store.read() as at:
        return states.get(at, "sklad")


def turn(shop):
    """One round of work, without waiting for anything."""
    from hub.sync.intake import Intake

    shop.poll()
    while Intake(shop.hub).run():
        pass
    return [Deliverer(shop.hub, name).drain() for name in shop.hub.settings.systems]


def names(shop):
    return sorted(row.get("legalFirstName", "") for row in shop.sklad("GET", "counterparty")["rows"])


def test_an_expired_token_pauses_the_system_spares_the_deliveries_and_a_check_resumes_it(shop, tmp_path, database_url):
    turn(shop)
    client(shop)
    faults(shop.sklad_url, {"kind": "error", "match": WRITES, "status": 401})
    turn(shop)
    assert system(shop)["paused"].startswith("unauthorized")
    (waiting,) = [row for row in shop.rows() if row["system"] == "sklad"]
    assert (waiting["state"], waiting["attempts"], waiting["error_class"]) == ("retrying", 0, "Unauthorized")
    shop.clock.offset += 3600
    assert turn(shop)[0] == 0, "a paused system is left alone"
    assert names(shop) == []

    env = {"DATABASE_URL": database_url, "SVERKA_FOLDER": str(tmp_path)}
    with Installation(tmp_path, {"sklad": shop.sklad_url, "site": shop.site_url}, env, limits="none") as installation:
        faults(shop.sklad_url, {"kind": "error", "status": 401})
        assert check(installation).exit_code == 1, "the key is still refused"
        assert system(shop)["paused"]
        faults(shop.sklad_url)
        assert check(installation).exit_code == 0
    assert system(shop)["paused"] == ""
    shop.work(600.0)
    assert names(shop) == ["П0"]


def check(installation):
    return CliRunner().invoke(main, ["check", "--config", str(installation.config)], env=installation.env)


def test_a_poll_that_asks_nobody_does_not_end_an_outage(shop):
    """MoySklad lists no notes: their poll goes well though the system is down, and the alert would close and open again each minute."""
    turn(shop)
    faults(shop.sklad_url, {"kind": "error", "status": 503})
    for _ in range(states.BREAKER_AFTER):
        shop.look("sklad", "counterparty")
    failed = system(shop)["breaker_failures"]
    assert failed >= states.BREAKER_AFTER and "note" in shop.hub.resources("sklad")
    shop.look("sklad", "note")
    assert system(shop)["breaker_failures"] == failed
    faults(shop.sklad_url)
    shop.look("sklad", "counterparty")
    assert system(shop)["breaker_failures"] == 0


def test_an_outage_opens_the_breaker_one_probe_a_time_finds_its_end_and_nobody_lost_a_try(shop):
    shop.sync()
    for i in range(8):
        client(shop, i)
    faults(shop.sklad_url, {"kind": "error", "match": WRITES, "status": 503})
    for _ in range(30):
        turn(shop)
        if states.breaker(system(shop), now=shop.hub.clock()) == "open":
            break
        shop.clock.offset += 3.5
    assert system(shop)["breaker_failures"] == states.BREAKER_AFTER, "counted by call, not by delivery"
    shop.clock.offset += 400
    asked = happened(shop)
    assert turn(shop)[0] == 1, "one delivery shows whether the outage is over"
    assert happened(shop) > asked
    assert turn(shop)[0] == 0, "it is not: the breaker is open again"
    assert {row["attempts"] for row in shop.rows() if row["system"] == "sklad"} == {0}
    faults(shop.sklad_url)
    shop.clock.offset += 400
    shop.work(600.0)
    assert names(shop) == sorted(f"П{i}" for i in range(8))
    assert system(shop)["breaker_failures"] == 0


def happened(shop) -> int:
    return requests.get(f"{shop.sklad_url}/_sandbox/faults", timeout=5).json()["error"]


def test_a_fault_of_the_connectors_own_code_is_told_as_one_and_ends_with_it(shop, monkeypatch):
    def fails(*_):
        return {}["nobody's name"]

    turn(shop)
    sklad = shop.hub.connectors["sklad"]
    with monkeypatch.context() as broken:
        broken.setattr(sklad, "write", fails)
        client(shop)
        turn(shop)
        (waiting,) = [row for row in shop.rows() if row["system"] == "sklad"]
        assert (waiting["state"], waiting["error_code"]) == ("unknown", "escaped") and "KeyError at connectors" in waiting["error_text"]
        assert "nobody's name" not in waiting["error_text"]
    with monkeypatch.context() as broken:
        broken.setattr(sklad, "changes", lambda *_: map(fails, [1]))
        turn(shop)
        assert "the connector's own code failed" in system(shop)["breaker_reason"]
    for _ in range(3):
        shop.clock.offset += 60
        turn(shop)
    assert names(shop) == ["П0"] and [row["state"] for row in shop.rows() if row["system"] == "sklad"] == ["done"]
