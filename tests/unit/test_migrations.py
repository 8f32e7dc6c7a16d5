"""Schemas: what the migrations make is what the tables say, and a database of the first schema becomes one of the newest with all it holds."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, inspect, select

from hub.storage import migrate
from hub.storage.engine import open_store
from hub.storage.tables import intake, main
from tests.conftest import DATABASES, postgres_address
from tests.property.vendors import Traits
from tests.property.world import World, person

VERSIONS = Path(migrate.FOLDER) / "versions"


@pytest.fixture(params=DATABASES)
def blank(request, tmp_path):
    """A store whose database holds nothing at all, on each database."""
    if request.param == "sqlite":
        store = open_store("", tmp_path)
        yield store
        store.dispose()
        return
    words, name = request.getfixturevalue("postgres"), f"t_{uuid.uuid4().hex}"
    with psycopg.connect(words, autocommit=True) as at:
        at.execute(f"CREATE DATABASE {name}")
    store = open_store(postgres_address(words, name), tmp_path)
    yield store
    store.dispose()
    with psycopg.connect(words, autocommit=True) as at:
        at.execute(f"DROP DATABASE {name} WITH (FORCE)")


def differences(store):
    """What Alembic would change to make the databases as the tables say; on PostgreSQL both halves are one database."""
    found = []
    for engine, metadata in ((store.main, main), (store.intake_engine, intake)):
        with engine.connect() as at:
            context = MigrationContext.configure(
                at, opts={"include_name": lambda name, kind, _, m=metadata: kind != "table" or name in m.tables}
            )
            found += compare_metadata(context, metadata)
    return found


def test_a_database_of_the_first_schema_becomes_one_of_the_newest(blank):
    """Every table has a row, so that no new column can be one that rows which exist cannot have."""
    migrate.upgrade(blank, "0001")
    held = {}
    for engine in dict.fromkeys((blank.main, blank.intake_engine)):
        old = MetaData()
        old.reflect(engine)
        with engine.begin() as at:
            for table in old.sorted_tables:
                if not table.name.startswith("schema_"):
                    row = {c.name: value(c, table.name) for c in table.columns}
                    at.execute(table.insert().values(**row))
                    held[table.name] = row
    migrate.upgrade(blank)
    assert differences(blank) == []
    assert migrate.current(blank) == migrate.newest()
    for table in (*main.sorted_tables, *intake.sorted_tables):
        engine = blank.main if table in main.sorted_tables else blank.intake_engine
        with engine.connect() as at:
            rows = at.execute(select(table)).mappings().all()  # typed: a JSON column that holds no JSON would raise
        if table.name in held:
            assert [{name: str(row[name]) for name in held[table.name]} for row in rows] == [
                {k: shown(table, k, v) for k, v in held[table.name].items()}
            ]


def value(column, table):
    """Something that the column can hold."""
    if any(
        column.name in t.c and "Json" in type(t.c[column.name].type).__name__
        for m in (main, intake)
        for t in m.sorted_tables
        if t.name == table
    ):
        return "{}"
    return {str: "x", int: 1, float: 1.0, bool: True}[column.type.python_type]


def shown(table, name, written):
    return str({}) if "Json" in type(table.c[name].type).__name__ else str(written)


def test_a_hub_of_the_first_schema_goes_on_under_the_newest():
    """What the hub knew then (links, bases, contributions) still counts: an edit goes through, nothing is created twice."""
    world = World({"a": Traits(), "b": Traits()})
    thing = world.vendors["a"].user_makes(person(1) | {"last": "Old"})
    world.quiet()
    world.hub.store.dispose()
    as_of_the_first_schema(world.folder)
    world.start()
    world.vendors["a"].user_edits(thing.id, "last", "New")
    world.quiet()
    assert world.differences() == []
    assert [t.values["last"] for t in world.vendors["b"].things.values()] == ["New"]
    world.close()


def as_of_the_first_schema(folder):
    """Put the rows of a database into one of the first schema, as far as that has their columns."""
    old = folder / "old"
    first = open_store("", old)
    migrate.upgrade(first, "0001")
    now = open_store("", folder)
    for source, target in ((now.main, first.main), (now.intake_engine, first.intake_engine)):
        for name in inspect(target).get_table_names():
            if name.startswith("schema_"):
                continue
            columns = ", ".join(f'"{c["name"]}"' for c in inspect(target).get_columns(name))
            with source.connect() as at, target.begin() as into:
                marks = ", ".join("?" * len(columns.split(", ")))
                for row in at.exec_driver_sql(f'SELECT {columns} FROM "{name}"').all():
                    into.exec_driver_sql(f'INSERT INTO "{name}" ({columns}) VALUES ({marks})', tuple(row))
    first.dispose()
    now.dispose()
    for file in folder.glob("*.sqlite*"):
        file.unlink()
    for file in old.glob("*.sqlite*"):
        shutil.move(file, folder)


@pytest.mark.parametrize("file", sorted(VERSIONS.glob("0001*.py")), ids=lambda f: f.name)
def test_a_schema_of_the_past_does_not_follow_the_code_of_today(file):
    assert "hub" not in file.read_text().replace("hub key", "")
