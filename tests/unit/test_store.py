"""The store on both databases: transactions, one merge at a time, migrations that may be repeated by several processes at once."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import inspect

from hub.storage import engine, states
from hub.storage.migrate import upgrade
from hub.storage.tables import intake, main
from tests.conftest import SHIPPED


def test_every_table_exists_after_an_upgrade_and_a_second_upgrade_changes_nothing(store):
    upgrade(store)
    there = set(inspect(store.main).get_table_names()) | set(inspect(store.intake_engine).get_table_names())
    assert set(main.tables) | set(intake.tables) <= there


def test_a_failed_transaction_leaves_nothing(store):
    with pytest.raises(ZeroDivisionError), store.write() as at:
        states.ensure(at, "sklad", "live")
        raise ZeroDivisionError
    with store.read() as at:
        assert states.all_states(at) == {}


def test_state_transactions_are_one_at_a_time(store):
    """Two merges that read, then write what they read plus one: neither overwrites the other."""
    with store.write() as at:
        states.ensure(at, "sklad", "live")

    def add() -> None:
        for _ in range(20):
            with store.state() as at:
                seen = states.get(at, "sklad")["breaker_failures"]
                states.set_values(at, "sklad", breaker_failures=seen + 1)

    threads = [threading.Thread(target=add) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as at:
        assert states.get(at, "sklad")["breaker_failures"] == 60


def test_a_commit_on_sqlite_is_on_the_disk_before_anybody_is_told(tmp_path, monkeypatch):
    """As shipped; the tests themselves do without."""
    monkeypatch.setattr(engine, "SYNCHRONOUS", SHIPPED)
    store = engine.open_store("", tmp_path)
    for read in (store.read, store.read_intake):
        with read() as at:
            assert at.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
    store.dispose()
