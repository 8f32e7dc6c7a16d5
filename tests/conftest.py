"""Fixtures for every test: a store on each database, a real Redis, a browser. What cannot be had is reported by name, and fails in CI."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

import psycopg
import pytest
import redis

from hub import redis_server
from hub.storage.engine import open_store
from hub.storage.migrate import upgrade
from tests.servers import NoServer, shared_postgres

TEMPLATE = "sverka_template"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DATABASES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql))


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


@pytest.fixture
def postgres_url(postgres):
    """DATABASE_URL of a fresh PostgreSQL database with the newest schema."""
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as at:
        at.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield postgres_address(postgres, name)
    with psycopg.connect(postgres, autocommit=True) as at:
        at.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=DATABASES)
def database_url(request) -> str:
    """DATABASE_URL of an empty database: once SQLite (an empty URL), once PostgreSQL."""
    return request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""


@pytest.fixture
def store(database_url, tmp_path):
    """A store with empty tables, on each database."""
    store = open_store(database_url, tmp_path)
    upgrade(store)
    yield store
    store.dispose()


@pytest.fixture(scope="session")
def redis_process(tmp_path_factory):
    try:
        process, url = redis_server.start(tmp_path_factory.mktemp("redis"))
    except redis_server.NoRedis as error:
        unavailable(str(error))
    yield url
    process.kill()
    process.wait()


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
