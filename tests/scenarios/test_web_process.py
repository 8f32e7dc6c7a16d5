"""The web process alone, with no Redis at all: what it says 2xx to outlives its sudden death; what is too large is not even read."""

from __future__ import annotations

import http.client
import json
import signal

import pytest
import requests
from sqlalchemy import select

from hub.storage.tables import inbox
from tests.scenarios.processes import NOWHERE, Installation
from tests.servers import wait_until


@pytest.fixture
def web(database_url, tmp_path):
    env = {"DATABASE_URL": database_url, "REDIS_URL": "redis://127.0.0.1:9/0"}  # nobody listens there
    with Installation(tmp_path, NOWHERE, env) as installation:
        hub = installation.hub()
        installation.store = hub.store
        installation.start_web()
        yield installation
        hub.store.dispose()


def news(ident: str) -> str:
    return json.dumps(
        {"events": [{"meta": {"type": "counterparty", "href": f"https://x/entity/counterparty/{ident}"}, "action": "UPDATE"}]}
    )


def send(web, ident: str) -> int:
    return requests.post(f"{web.url}/webhooks/sklad/hook-a?requestId=1", data=news(ident), timeout=10).status_code


def stored(web) -> set[str]:
    with web.store.read_intake() as at:
        return set(at.execute(select(inbox.c.external_id)).scalars())


def chunked(web, pieces: int) -> int:
    """POST a body of unknown length, a piece of 64 KB at a time."""
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
    body = iter([b"x" * 65_536] * pieces)
    try:
        connection.request(
            "POST", "/webhooks/sklad/hook-a?requestId=1", body=body, encode_chunked=True, headers={"Transfer-Encoding": "chunked"}
        )
        return connection.getresponse().status
    except ConnectionError:  # the server answered and closed while we were still talking
        return connection.getresponse().status if connection.sock else 413
    finally:
        connection.close()


def test_the_door(web):
    """One process for all of it: starting one costs more than the questions."""
    assert web.get("/health") == 200
    assert (web.get("/ready"), requests.get(f"{web.url}/ready", timeout=5).json()["checks"]["database"]) == (503, "ok")
    assert send(web, "while-redis-is-down") == 200
    assert chunked(web, 2) == 400, "small, but not JSON"
    assert chunked(web, 200) == 413, "12 MB in chunks"
    assert send(web, "after-the-large-one") == 200
    figures = requests.get(f"{web.url}/metrics", timeout=5).text
    assert 'sverka_webhooks_total{status="200",system="sklad"} 2.0' in figures
    assert 'sverka_webhooks_total{status="413",system="sklad"} 1.0' in figures
    assert "sverka_inbox_rows 2.0" in figures

    accepted = set()
    for i in range(30):
        assert send(web, f"last-{i}") == 200
        accepted.add(f"last-{i}")
    web.processes["web"].send_signal(signal.SIGKILL)  # the server's own child, which answers, goes with it
    assert accepted <= stored(web)
    wait_until(lambda: web.get("/health") == 0, 10, "the end of the web process")
    web.start_web()
    assert send(web, "born-again") == 200
    assert accepted | {"born-again"} <= stored(web)
