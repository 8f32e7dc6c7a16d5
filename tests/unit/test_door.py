"""The door for webhooks: what is answered to what, and that 2xx is never said of something that is not stored (I1)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable

import pytest
from sqlalchemy import select, text

from connectors.limiter import LocalLimiter
from hub.app import assemble, prepare
from hub.storage import inbox
from hub.storage.engine import open_store
from hub.storage.tables import inbox as table
from hub.web.app import create_app
from hub.web.ingress import LARGEST
from tests.conftest import empty
from tests.scenarios.shop import settings

PATIENCE = 0.3
NEWS = {"events": [{"meta": {"type": "counterparty", "href": "https://x/entity/counterparty/0a1b"}, "action": "UPDATE"}]}


class Door:
    def __init__(self, store, folder) -> None:
        self.store = store
        self.hub = assemble(
            settings(folder, {"sklad": "http://127.0.0.1:9", "site": "http://127.0.0.1:9"}), store, lambda _, __: LocalLimiter(())
        )
        prepare(self.hub)
        self.client = create_app(self.hub).test_client()

    def sklad(self, body, *, secret="hook-a", query="?requestId=r1", **more):
        return self.client.post(f"/webhooks/sklad/{secret}{query}", data=body, **more)

    def site(self, body: bytes, *, secret="hook-b", signed_with="hook-b", topic="order.updated"):
        digest = hmac.new(signed_with.encode(), body, hashlib.sha256).digest()
        headers = {"X-WC-Webhook-Topic": topic, "X-WC-Webhook-Signature": base64.b64encode(digest).decode()}
        return self.client.post(f"/webhooks/site/{secret}", data=body, headers=headers)

    def rows(self):
        with self.store.read_intake() as at:
            return at.execute(select(table.c.system, table.c.resource, table.c.external_id)).all()

    def depth(self):
        with self.store.read_intake() as at:
            return inbox.depth(at)


@pytest.fixture(scope="module")
def built(kept_store, tmp_path_factory):
    return Door(kept_store, tmp_path_factory.mktemp("door"))


@pytest.fixture
def door(built):
    """One door for all tests of a database: an application takes longer to build than to ask."""
    empty(built.store)
    return built


@pytest.fixture
def hurried(database_url, tmp_path):
    """A door that waits for its database for a moment only."""
    store = open_store(database_url, tmp_path, patience=PATIENCE)
    yield Door(store, tmp_path)
    store.dispose()


Send = Callable[[Door], object]


@pytest.mark.parametrize(
    "send, status",
    [
        pytest.param(lambda d: d.sklad(json.dumps(NEWS)), 200, id="a good one of MoySklad"),
        pytest.param(lambda d: d.site(b'{"id": 7}'), 200, id="a good one of WooCommerce"),
    ],
)
def test_a_good_webhook_is_stored_and_answered(door, send, status):
    assert send(door).status_code == status
    assert door.depth() == 1


@pytest.mark.parametrize(
    "send, status",
    [
        pytest.param(lambda d: d.sklad("{broken"), 400, id="malformed JSON"),
        pytest.param(lambda d: d.sklad("[1, 2]"), 400, id="JSON of another shape"),
        pytest.param(lambda d: d.sklad(b"\xff\xfe\x00"), 400, id="not even text"),
        pytest.param(lambda d: d.sklad(""), 400, id="an empty body"),
        pytest.param(lambda d: d.sklad("[" * 100_000), 400, id="nested without end"),
        pytest.param(lambda d: d.sklad(json.dumps(NEWS), query=""), 400, id="without MoySklad's request id"),
        pytest.param(lambda d: d.sklad(json.dumps(NEWS).replace("0a1b", "0\\u0000b")), 400, id="an id that no database takes"),
        pytest.param(lambda d: d.sklad(json.dumps(NEWS).replace("0a1b", "0" * 600)), 400, id="an id without end"),
        pytest.param(lambda d: d.sklad(json.dumps(NEWS), secret="guess"), 401, id="a wrong secret in the address"),
        pytest.param(lambda d: d.sklad(json.dumps(NEWS), secret="хук"), 401, id="a secret in another alphabet"),
        pytest.param(lambda d: d.site(b'{"id": 7}', signed_with="guess"), 401, id="a wrong signature"),
        pytest.param(lambda d: d.site(b"{broken"), 400, id="signed, but malformed"),
        pytest.param(lambda d: d.client.post("/webhooks/nobody/hook-a", data=b"{}"), 401, id="an unknown system"),
        pytest.param(lambda d: d.client.get("/webhooks/sklad/hook-a"), 405, id="not a POST"),
        pytest.param(lambda d: d.sklad(b"x" * (LARGEST + 1)), 413, id="too large"),
    ],
)
def test_a_bad_webhook_is_refused_by_name_and_stores_nothing(door, send, status):
    answer = send(door)
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    assert door.depth() == 0
    assert door.sklad(json.dumps(NEWS)).status_code == 200, "the good one after it is not hurt"


def test_a_webhook_that_comes_three_times_is_one_hint(door):
    for _ in range(3):
        assert door.sklad(json.dumps(NEWS)).status_code == 200
    assert door.rows() == [("sklad", "counterparty", "0a1b")]


def test_the_ping_that_follows_a_subscription_is_accepted_and_means_nothing(door):
    assert door.client.post("/webhooks/site/hook-b", data=b"webhook_id=33").status_code == 200
    assert door.depth() == 0


def hold_lock(store):
    """Another process in the midst of a long transaction that the door needs to end."""
    at = store.intake_engine.connect()
    transaction = at.begin()
    if store.intake_engine.dialect.name == "postgresql":
        at.execute(text("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE"))
    return at, transaction


def test_a_locked_database_is_503_and_the_next_try_is_stored(hurried):
    at, transaction = hold_lock(hurried.store)
    assert hurried.sklad(json.dumps(NEWS)).status_code == 503
    transaction.rollback()
    at.close()
    assert hurried.depth() == 0
    assert hurried.sklad(json.dumps(NEWS)).status_code == 200
    assert hurried.depth() == 1


def test_a_database_that_went_away_is_503(hurried):
    """SQLite: its folder lost; PostgreSQL: its table."""
    with hurried.store.intake() as at:
        at.execute(text("ALTER TABLE inbox RENAME TO elsewhere"))
    assert hurried.sklad(json.dumps(NEWS)).status_code == 503
    with hurried.store.intake() as at:
        at.execute(text("ALTER TABLE elsewhere RENAME TO inbox"))
    assert hurried.sklad(json.dumps(NEWS)).status_code == 200


def test_a_full_disk_is_503_and_what_was_answered_2xx_before_is_there(tmp_path):
    """SQLite says of a file at its page limit what it says of a full disk."""
    door = Door(open_store("", tmp_path, patience=PATIENCE), tmp_path)
    with door.store.intake() as at:
        at.connection.driver_connection.execute(f"PRAGMA max_page_count={at.exec_driver_sql('PRAGMA page_count').scalar() + 2}")
    accepted = []
    for i in range(300):
        answer = door.sklad(json.dumps(NEWS).replace("0a1b", f"id-{i}"))
        assert answer.status_code in (200, 503)
        if answer.status_code == 200:
            accepted.append(f"id-{i}")
    assert 0 < len(accepted) < 300
    assert sorted(i for _, _, i in door.rows()) == sorted(accepted)
