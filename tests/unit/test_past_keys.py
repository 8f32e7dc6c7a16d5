"""Keys that moved: whoever ever shared one is found, and what is kept of an erased person needs no record and shows no phone."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from hub.storage import past_keys
from hub.storage import records as record_rows
from hub.storage.engine import open_store
from hub.storage.links import Link, add, made_at, new_id
from hub.storage.migrate import upgrade
from hub.storage.tables import main, past_key
from hub.storage.tombstones import KEY, digest

SECRET = "s" * 32
PHONE, EMAIL = ("phone", "+79031234567"), ("email", "anna@example.ru")


def holds(at, **keys):
    """Records get exactly these match keys."""
    past_keys.moved(at, SECRET, record_rows.set_keys(at, "customer", {name: set(some) for name, some in keys.items()}))


def others(at, *records, most=20):
    return {one.record_id for one in past_keys.sharing(at, SECRET, records, most=most)}


@pytest.fixture(scope="module")
def place():
    with tempfile.TemporaryDirectory() as folder:
        store = open_store("", Path(folder))
        upgrade(store)
        yield store
        store.dispose()


steps = st.lists(st.dictionaries(st.sampled_from("abcd"), st.frozensets(st.sampled_from("123")), min_size=1), max_size=12)


@settings(max_examples=60, deadline=None)
@given(moves=steps)
def test_whoever_ever_shared_a_key_is_found_from_each_other(place, moves):
    had: dict[str, set[str]] = {}
    with place.state() as at:
        for table in main.tables.values():
            at.execute(table.delete())
        for move in moves:
            holds(at, **{record: {("phone", one) for one in keys} for record, keys in move.items()})
            for record, keys in move.items():
                had.setdefault(record, set()).update(keys)
        for record, keys in had.items():
            assert others(at, record) == {other for other, theirs in had.items() if other != record and keys & theirs}


@pytest.mark.parametrize("way", ["second_phone", "phone"])
def test_what_a_second_object_bears_is_a_key_too(store, way):
    with store.state() as at:
        holds(at, anna={(way, PHONE[1])}, new={PHONE})
        assert others(at, "new") == {"anna"} and others(at, "anna") == {"new"}
        holds(at, anna=set())
        assert others(at, "new") == {"anna"} and others(at, "anna") == {"new"}


def test_only_keys_of_people_are_noted_and_only_once_they_move(store):
    with store.state() as at:
        holds(at, anna={PHONE, ("surname", "орлова")}, ivan={EMAIL})
        assert at.execute(select(past_key)).all() == []
        holds(at, anna={EMAIL}, ivan={EMAIL})
        rows = at.execute(select(past_key.c.digest, past_key.c.record_id, past_key.c.kind)).tuples().all()
    assert rows == [(digest(SECRET, (KEY, *PHONE)), "anna", "phone")]


def test_what_all_the_shop_shares_says_nothing_of_anybody(store):
    with store.state() as at:
        holds(at, **{f"r{n}": {EMAIL} for n in range(5)})
        assert others(at, "r0", most=5) == {"r1", "r2", "r3", "r4"} and others(at, "r0", most=4) == set()
        holds(at, **{f"r{n}": set() for n in range(5)})
        holds(at, new={EMAIL})
        assert others(at, "new", most=6) == {f"r{n}" for n in range(5)} and others(at, "new", most=5) == set()


def test_of_an_erased_person_the_day_is_kept_and_neither_record_nor_phone(store):
    with store.state() as at:
        holds(at, anna={PHONE, EMAIL})
        holds(at, anna={EMAIL})
        past_keys.outlive(at, SECRET, ["anna"], 100.0, {"loyalty": 200.0})
        holds(at, new={PHONE})
        told = {(one.kind, one.system, one.since) for one in past_keys.sharing(at, SECRET, ["new"], most=20)}
        assert told == {("phone", "", 100.0), ("phone", "loyalty", 200.0)}
        assert not any(value in str(row) for row in at.execute(select(past_key)) for _, value in (PHONE, EMAIL))


def test_rows_that_go_over_to_another_database_need_no_record_there(store, tmp_path):
    anna, ident = new_id(), new_id()
    with store.state() as at:
        add(at, [Link(ident, "loyalty", "customer", "customers", "7", anna)])
        holds(at, **{anna: {PHONE}})
        holds(at, **{anna: set()})
        rows = past_keys.lasting(at)
    other = open_store("", tmp_path / "other")
    upgrade(other)
    with other.state() as at:
        past_keys.add(at, rows)
        holds(at, new={PHONE})
        told = {(one.record_id, one.system, one.since) for one in past_keys.sharing(at, SECRET, ["new"], most=20)}
    other.dispose()
    assert told == {(anna, "", made_at(anna)), (anna, "loyalty", made_at(ident))}
