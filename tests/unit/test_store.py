"""The store on both databases: transactions, one merge at a time, migrations that may be repeated by several processes at once."""

from __future__ import annotations

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from hub.storage import states
from hub.storage.migrate import upgrade
from hub.storage.tables import intake, main


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


@pytest.mark.parametrize("branch", ["main", "intake"])
def test_the_migrations_make_exactly_the_tables_that_the_code_declares(store, branch):
    """Under SQLite too, so that a new column without a migration is noticed at once."""
    engine = store.main if branch == "main" else store.intake_engine
    others = intake.tables if branch == "main" else main.tables
    with engine.connect() as at:
        found = compare_metadata(
            MigrationContext.configure(
                at, opts={"include_object": lambda _, name, *__: name not in others and not name.startswith("schema_")}
            ),
            {"main": main, "intake": intake}[branch],
        )
    assert found == []
