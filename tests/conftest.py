"""Fixtures for every test: a store on each database, a real Redis, a browser. What cannot be had is reported by name, and fails in CI."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import uuid
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
import redis
from flask import Flask
from jinja2 import BytecodeCache
from werkzeug.routing import Rule

from hub.processes import redis_server
from hub.storage import accounts, engine
from hub.storage.engine import open_store
from hub.storage.migrate import upgrade
from hub.storage.tables import intake, main
from tests.servers import NoServer, shared_postgres

TEMPLATE = "sverka_template"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHIPPED = engine.SYNCHRONOUS
engine.SYNCHRONOUS = "OFF"  # as with fsync of the tests' PostgreSQL: processes die here, the machine does not
HASHING = accounts.HASHING
accounts.HASHING = "scrypt:1024:8:1"  # a person signs in in a few milliseconds: hundreds of tests have one
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each process that a test starts would compile the hub anew, half a second long
sys.dont_write_bytecode = False
DATABASES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql))


class Compiled(BytecodeCache):
    """Templates as code, compiled once a run: each app of the dashboard would compile those that it shows anew, a second long."""

    def __init__(self):
        self.kept = {}

    def load_bytecode(self, bucket):
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket):
        self.kept[bucket.key] = bucket.bytecode_to_string()


def compiled_when_used(rule, append_unknown=True, compiled=Rule._compile_builder):
    """What makes URLs of a route. Stand-ins make none, and to compile this takes most of their start."""
    made = cache(lambda: compiled(rule, append_unknown))
    return lambda of, /, **values: made()(of, **values)


Rule._compile_builder = compiled_when_used
Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Compiled()}
gc.disable()


def pytest_collection_finish():
    """What was imported and collected stays to the end: garbage is looked for in what comes after it alone."""
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()


def unavailable(why: str):
    """A test that lacks its server: not run here, and a failure in CI."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory) -> str:
    """libpq words of this run's PostgreSQL, with the template database made."""
    under_xdist = "PYTEST_XDIST_WORKER" in os.environ
    folder = tmp_path_factory.getbasetemp()
    try:
        words = shared_postgres(folder.parent if under_xdist else folder, os.getppid() if under_xdist else os.getpid())
    except NoServer as error:
        unavailable(str(error))
    with psycopg.connect(words, autocommit=True) as at:
        at.execute("SELECT pg_advisory_lock(1)")  # one worker makes the template, the others wait
        if not at.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone():
            at.execute(f"CREATE DATABASE {TEMPLATE}_new")
            store = open_store(postgres_address(words, f"{TEMPLATE}_new"), Path("."))
            upgrade(store)
            store.dispose()
            at.execute(f"ALTER DATABASE {TEMPLATE}_new RENAME TO {TEMPLATE}")
    return words


def postgres_address(words: str, database: str) -> str:
    """The URL of a database on the server of ``words``, as DATABASE_URL would have it."""
    parts = dict(word.split("=", 1) for word in words.split())
    return f"postgresql://{parts['user']}@/{database}?host={parts['host']}"


@contextmanager
def fresh_database(words: str):
    """DATABASE_URL of a new PostgreSQL database with the newest schema, dropped afterwards."""
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(words, autocommit=True) as at:
        at.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield postgres_address(words, name)
    with psycopg.connect(words, autocommit=True) as at:
        at.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def kept_postgres(postgres, tmp_path_factory):
    """(DATABASE_URL, store) of one PostgreSQL database: to copy the template takes half a second, to empty its tables hundredths of one."""
    with fresh_database(postgres) as url:
        store = open_store(url, tmp_path_factory.mktemp("kept"))
        yield url, store
        store.dispose()


@pytest.fixture
def postgres_url(postgres, kept_postgres):
    """DATABASE_URL of a PostgreSQL database that this test has for itself, its tables empty."""
    url, store = kept_postgres
    with psycopg.connect(postgres, autocommit=True) as at:  # what a test before left connected ends
        at.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [store.main.url.database])
    empty(store)
    return url


@pytest.fixture(params=DATABASES)
def database_url(request) -> str:
    """DATABASE_URL of this test's own database: once SQLite (an empty URL), once PostgreSQL."""
    return request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""


@pytest.fixture(scope="session", params=DATABASES)
def kept_store(request, tmp_path_factory):
    """One store of each kind for the whole run: a database for each of hundreds of small tests would take most of their time."""
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database(request.getfixturevalue("postgres"))) if request.param == "postgresql" else ""
        store = open_store(url, tmp_path_factory.mktemp("store"))
        stack.callback(store.dispose)
        upgrade(store)
        yield store


@pytest.fixture
def store(kept_store):
    """A store with empty tables, on each database."""
    empty(kept_store)
    return kept_store


def empty(store) -> None:
    """Delete every row of every table."""
    for transaction, tables in ((store.write, main), (store.intake, intake)):
        with transaction() as at:
            for table in tables.sorted_tables:
                at.execute(table.delete())


@pytest.fixture(scope="session")
def redis_process(tmp_path_factory):
    try:
        process, url = redis_server.start(tmp_path_factory.mktemp("redis"))
    except redis_server.NoRedis as error:
        unavailable(str(error))
    yield url
    redis_server.stop(process, url)


@pytest.fixture
def redis_url(redis_process) -> str:
    """REDIS_URL of a real, empty server."""
    redis.Redis.from_url(redis_process).flushall()
    return redis_process


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium for browser tests."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return found or unavailable("no Chromium on the PATH: install Debian's chromium")
