"""A backup put back while the world has gone on: nothing is made twice, and once a person agrees everything agrees again."""

from __future__ import annotations

import dataclasses
import json
import zipfile

import pytest
from sqlalchemy import select

from hub import audit
from hub.keeping import backup, restoring
from hub.storage import restoration
from hub.storage.archive import Archive, Damaged
from hub.storage.engine import open_store
from hub.storage.tables import audit as audit_table
from hub.sync import rebuild
from tests.property.vendors import Traits
from tests.property.world import World, person


@pytest.fixture
def world():
    made = []

    def make(**more):
        made.append(World({"a": Traits(), "b": Traits(**more.get("b", {})), "c": Traits(**more.get("c", {}))}))
        return made[-1]

    yield make
    for one in made:
        one.close()


def put_back(world, file):
    done = restoring.restore(world.hub, Archive(file), actor="test")
    world.start()
    return done


def scan(world, rounds=60):
    """Poll and take until the links are rebuilt; nothing may be written meanwhile."""
    before = world.writes()
    for _ in range(rounds):
        for system in world.settings.systems:
            world.poll(system)
        while world.take():
            pass
        for system in world.settings.systems:
            world.drain(system)
        restored = rebuild.advance(world.hub)
        if restored.stage == "waiting":
            assert world.writes() == before, "written while a restore holds the systems"
            return restored
        world.clock.advance(6.0)
    raise AssertionError(f"never rebuilt: {restored}, inbox {world.waiting_inbox()}")


def things(world):
    return {
        name: sorted((t.values["name"], t.values.get("last", ""), t.values.get("note", "")) for t in v.things.values())
        for name, v in world.vendors.items()
    }


def test_an_hour_after_the_backup(world):
    """Made, edited and passed on since: all of it is recognised; nothing is created, and nothing that agreed is written."""
    w = world()
    old = w.vendors["a"].user_makes(person(1) | {"last": "Old"})
    w.quiet()
    file, _ = backup.take(w.hub)
    w.clock.advance(600)
    w.vendors["a"].user_edits(old.id, "last", "Newer")
    w.vendors["a"].user_makes(person(2) | {"last": "Two"})
    three = w.vendors["b"].user_makes(person(3))
    w.quiet()
    w.vendors["c"].user_edits(next(t.id for t in w.vendors["c"].things.values() if t.values["name"] == "Name3"), "note", "from c")
    w.quiet()
    agreed, written = things(w), w.writes()
    put_back(w, file)
    scan(w)
    rebuild.approve(w.hub, list(w.settings.systems), actor="test")
    w.quiet()
    assert things(w) == agreed
    assert w.differences() == []
    assert w.writes() == written, "everything agreed already"
    w.vendors["b"].user_edits(three.id, "last", "Later")
    w.quiet()
    assert {row[1] for rows in things(w).values() for row in rows if row[0] == "Name3"} == {"Later"}


def test_an_edit_that_nobody_had_passed_on_yet_is_not_lost(world):
    w = world()
    one = w.vendors["a"].user_makes(person(1) | {"last": "Old"})
    w.quiet()
    file, _ = backup.take(w.hub)
    w.clock.advance(600)
    w.vendors["b"].user_makes(person(2) | {"note": "first"})
    w.quiet()
    w.clock.advance(60)
    two = next(t.id for t in w.vendors["c"].things.values() if t.values["name"] == "Name2")
    w.vendors["c"].user_edits(two, "note", "typed in c")
    w.vendors["a"].user_edits(one.id, "last", "typed in a")
    put_back(w, file)
    scan(w)
    rebuild.approve(w.hub, list(w.settings.systems), actor="test")
    w.quiet()
    assert {row[2] for rows in things(w).values() for row in rows if row[0] == "Name2"} == {"typed in c"}
    assert {row[1] for rows in things(w).values() for row in rows if row[0] == "Name1"} == {"typed in a"}
    assert [len(v.things) for v in w.vendors.values()] == [2, 2, 2]
    assert w.differences() == []


@pytest.mark.parametrize("fault", ["kill_after", "lost", "late"])
def test_a_create_that_was_under_way_at_the_backup_is_not_made_again(world, fault):
    w = world()
    w.vendors["a"].user_makes(person(1) | {"last": "Old"})
    w.poll("a"), w.poll("b"), w.poll("c")
    while w.take():
        pass
    w.mortal(lambda: w.drain("b", fault=fault))
    file, _ = backup.take(w.hub)
    w.clock.advance(120)
    w.expire()
    w.quiet()
    agreed = things(w)
    put_back(w, file)
    scan(w)
    rebuild.approve(w.hub, list(w.settings.systems), actor="test")
    w.quiet()
    assert things(w) == agreed
    assert [len(v.things) for v in w.vendors.values()] == [1, 1, 1]


@pytest.mark.parametrize("normalise", [str.upper, lambda v: v[:4]])
def test_what_a_system_made_of_our_value_is_not_taken_for_an_edit_of_its_own(world, normalise):
    w = world(b={"normalise": {"last": normalise}})
    one = w.vendors["a"].user_makes(person(1) | {"last": "Before"})
    w.quiet()
    file, _ = backup.take(w.hub)
    w.clock.advance(600)
    w.vendors["a"].user_edits(one.id, "last", "Afterwards")
    w.vendors["a"].user_makes(person(2) | {"last": "Somebody"})
    w.quiet()
    agreed, written = things(w), w.writes()
    put_back(w, file)
    scan(w)
    rebuild.approve(w.hub, list(w.settings.systems), actor="test")
    w.quiet()
    assert things(w) == agreed
    assert w.writes() == written


def test_a_backup_says_what_is_in_it_and_a_changed_one_is_refused(world, tmp_path):
    w = world()
    w.vendors["a"].user_makes(person(1))
    w.quiet()
    with w.hub.store.state() as at:
        audit.seal(at, now=w.clock())
    file, manifest = backup.take(w.hub, tmp_path / "b.zip")
    assert manifest["schema"] and manifest["tables"]["main/record.jsonl"]["rows"] == 1
    assert file.stat().st_mode & 0o077 == 0
    wrong = tmp_path / "wrong.zip"
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(wrong, "w") as target:
        for member in source.namelist():
            data = source.read(member)
            target.writestr(member, data.replace(b"Name1", b"Name9") if member == "main/record.jsonl" else data)
    before = things(w), len(w.records())
    with pytest.raises(Damaged, match="main/record.jsonl is not what was written"):
        restoring.restore(w.hub, Archive(wrong), actor="test")
    newer = tmp_path / "newer.zip"
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(newer, "w") as target:
        for member in source.namelist():
            data = source.read(member)
            target.writestr(member, json.dumps(json.loads(data) | {"schema": "9999"}) if member == "manifest.json" else data)
    with pytest.raises(restoring.Refused, match="newer than"):
        restoring.restore(w.hub, Archive(newer), actor="test")
    with pytest.raises(Damaged, match="is not a backup"):
        Archive(tmp_path / "wrong.txt")
    assert (things(w), len(w.records())) == before


def test_the_audit_chain_goes_on_and_tells_of_the_restore(world):
    w = world()
    w.vendors["a"].user_makes(person(1))
    w.quiet()
    file, _ = backup.take(w.hub)
    w.vendors["a"].user_makes(person(2))
    w.quiet()
    with w.hub.store.state() as at:
        audit.seal(at, now=w.clock())
    put_back(w, file)
    scan(w)
    with w.hub.store.state() as at:
        audit.seal(at, now=w.clock())
        assert audit.verify(at) == []
        actions = set(at.execute(select(audit_table.c.action)).scalars())
        assert restoration.current(at).held == ["a", "b", "c"]
    assert {"operator.restore", "restore"} <= actions


def test_a_backup_of_one_database_goes_into_the_other_and_back(world, postgres_url, tmp_path):
    w = world()
    w.vendors["a"].user_makes(person(1) | {"last": "Ёлкина «ООО» 100%"})
    w.quiet()
    file, manifest = backup.take(w.hub, tmp_path / "sqlite.zip")
    store = open_store(postgres_url, tmp_path, w.clock)
    there = dataclasses.replace(w.hub, store=store, cache={})
    try:
        restoring.restore(there, Archive(file), actor="test", force=True)
        back, again = backup.take(there, tmp_path / "postgresql.zip")
        assert (manifest["database"], again["database"]) == ("sqlite", "postgresql")
        for table in ("record", "match_key", "link", "directory", "delivery"):
            assert rows_of(back, table) == rows_of(file, table), table
        with store.state() as at:
            audit.seal(at, now=w.clock())
            assert audit.verify(at) == []
    finally:
        store.dispose()
    put_back(w, back)
    assert w.records()


def rows_of(file, table):
    archive = Archive(file)
    part = next(p for p in archive.parts if p.table == table)
    return sorted(repr(sorted(row.items())) for group in archive.rows(part) for row in group)
