"""Schemas: what the migrations make is what the tables say, and a database of any earlier schema becomes one of the newest with all it holds."""

from __future__ import annotations

import ast
import hashlib
import shutil
import uuid
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
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


def halves(store):
    """Each database with the tables that are declared for it; on PostgreSQL both are one."""
    return (store.main, main), (store.intake_engine, intake)


def missing(store):
    """The operations that would make the databases as the tables say, as a revision would state them; empty where there is no difference."""
    drafts = []
    for engine, metadata in halves(store):
        with engine.connect() as at:
            context = MigrationContext.configure(
                at, opts={"include_name": lambda name, kind, _, m=metadata: kind != "table" or name in m.tables}
            )
            if compare_metadata(context, metadata):
                drafts.append(render_python_code(produce_migrations(context, metadata).upgrade_ops))
    return "\n".join(drafts)


def shape(store):
    """What the databases themselves say of their tables, with what Alembic does not compare: keys, defaults, the rows of partial indices."""
    found = {}
    for engine in {store.main, store.intake_engine}:
        seen = inspect(engine)
        for table in seen.get_table_names():
            if not table.startswith("schema_"):
                found[table] = {
                    "columns": sorted((c["name"], str(c["type"]), c["nullable"], c["default"]) for c in seen.get_columns(table)),
                    "key": seen.get_pk_constraint(table)["constrained_columns"],
                    "unique": sorted(one["column_names"] for one in seen.get_unique_constraints(table)),
                    "indices": sorted(index_shape(one) for one in seen.get_indexes(table)),
                }
    return found


def index_shape(index):
    rows = [str(words) for option, words in index.get("dialect_options", {}).items() if option.endswith("_where")]
    return index["name"], bool(index["unique"]), index["column_names"], rows


def declared(store):
    """The shape of databases that are made straight from the tables of today, in the place of what is there."""
    for engine, metadata in halves(store):
        metadata.drop_all(engine)
        metadata.create_all(engine)
    return shape(store)


def test_a_new_database_has_exactly_the_tables_of_today(blank):
    migrate.upgrade(blank)
    assert missing(blank) == "", "put these operations into a new revision: see hub/storage/migrations/README.md"
    assert shape(blank) == declared(blank)


@pytest.mark.parametrize("start", migrate.numbers()[:-1])
def test_a_database_of_an_earlier_schema_becomes_one_of_today_with_all_it_holds(blank, start):
    """Every table has a row, so that no new column can be one that rows which exist cannot have."""
    migrate.upgrade(blank, start)
    assert migrate.current(blank) == start
    held = {}
    for engine in {blank.main, blank.intake_engine}:
        old = MetaData()
        old.reflect(engine)
        with engine.begin() as at:
            for table in old.sorted_tables:
                if not table.name.startswith("schema_"):
                    row = {c.name: value(c, table.name) for c in table.columns}
                    at.execute(table.insert().values(**row))
                    held[table.name] = row
    migrate.upgrade(blank)
    assert migrate.current(blank) == migrate.newest()
    for engine, metadata in halves(blank):
        for table in metadata.sorted_tables:
            with engine.connect() as at:
                rows = at.execute(select(table)).mappings().all()  # typed: a JSON column that holds no JSON would raise
            if table.name in held:
                assert [{name: str(row[name]) for name in held[table.name]} for row in rows] == [
                    {k: shown(table, k, v) for k, v in held[table.name].items()}
                ]
    assert missing(blank) == ""
    assert shape(blank) == declared(blank)


MADE = {  # what each revision makes on SQLite, as a digest
    "0001": "749c4f66b63909ad",
    "0002": "2abf4273586a1954",
    "0003": "bdc87296e4b34b72",
    "0004": "c9c0c965e8ea7bc9",
    "0005": "4adcdd430accf80c",
    "0006": "40733ac1d99c42c4",
    "0007": "2bd9188a2ea54315",
    "0008": "bd71028603168fdc",
}


@pytest.mark.parametrize("number", migrate.numbers())
def test_a_revision_makes_what_it_always_made(number, tmp_path):
    """Databases that a revision made do not run it again: what it makes must not change, whatever the code of today says."""
    store = open_store("", tmp_path)
    migrate.upgrade(store, number)
    digest = hashlib.sha256(repr(sorted(shape(store).items())).encode()).hexdigest()[:16]
    store.dispose()
    assert MADE.get(number) == digest, f"write a new revision where {number} is changed; where it is new, put its digest into MADE"


@pytest.mark.parametrize("file", sorted(VERSIONS.glob("*.py")), ids=lambda f: f.name)
def test_a_revision_does_not_follow_the_code_of_today(file):
    assert imported(file) <= {"sqlalchemy", "alembic"}


def imported(file):
    """The packages that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def value(column, table):
    """Something that the column can hold."""
    if any(
        column.name in t.c and "Json" in type(t.c[column.name].type).__name__
        for m in (main, intake)
        for t in m.sorted_tables
        if t.name == table
    ):
        return "{}"
    return {str: "x", int: 1, float: 1.0, bool: True, bytes: b"x"}[column.type.python_type]


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


def test_a_database_of_a_later_program_is_left_alone(store):
    with store.main.begin() as at:
        was = at.exec_driver_sql("SELECT version_num FROM schema_main").scalar_one()
        at.exec_driver_sql("UPDATE schema_main SET version_num = 'main_9999'")
    try:
        with pytest.raises(migrate.Newer, match="the schema 9999, newer than"):
            migrate.upgrade(store)
    finally:
        with store.main.begin() as at:
            at.exec_driver_sql(f"UPDATE schema_main SET version_num = '{was}'")
