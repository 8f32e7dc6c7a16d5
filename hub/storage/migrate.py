"""Schema versions through Alembic, for the main database and the intake database alike.

A revision states its own tables, columns and indices and never changes again: ``migrations/README.md`` says how one is added. Both databases
count by the same numbers, and a revision concerns one of them or both.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from hub.storage.engine import MERGE_LOCK, Store


class Newer(Exception):
    """The databases have a schema that this program does not know: a later program made it."""


FOLDER = Path(__file__).parent / "migrations"
HEAD = "head"


def upgrade(store: Store, to: str = HEAD) -> None:
    """Bring the databases to the newest schema, or to an older one by its number (``0001``). Safe to call from several processes at once.
    Raises Newer."""
    if (found := current(store)) and not known(found):
        raise Newer(
            f"the database has the schema {found}, newer than {newest()} of this program: use the version that made it, or a later one"
        )
    _upgrade(store.main, "main", to)
    _upgrade(store.intake_engine, "intake", to)


def _upgrade(engine: Engine, branch: str, to: str) -> None:
    with engine.begin() as at:
        if engine.dialect.name == "postgresql":
            at.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MERGE_LOCK + 1})
        upgrade_within(at, branch, to)


def upgrade_within(at: Connection, branch: str, to: str = HEAD) -> None:
    """Like :func:`upgrade`, for ``main`` or ``intake`` alone, inside the caller's transaction."""
    config = _config()
    config.attributes["connection"] = at
    config.attributes["branch"] = branch
    command.upgrade(config, f"{branch}@head" if to == HEAD else _last(branch, to))


def _last(branch: str, number: str) -> str:
    """The revision in which that database stood when the hub's schema had that number."""
    return max(str(r.revision) for r in _revisions() if r.revision.startswith(f"{branch}_") and _number(r.revision) <= number)


def _revisions() -> tuple[Any, ...]:
    return tuple(ScriptDirectory.from_config(_config()).walk_revisions())


def _number(revision: str | None) -> str:
    return (revision or "").partition("_")[2]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def numbers() -> list[str]:
    """The numbers of all schemas that there have been, oldest first."""
    return sorted({_number(r.revision) for r in _revisions()})


def newest() -> str:
    """The number of the newest schema that this program knows."""
    return numbers()[-1]


def current(store: Store) -> str:
    """The number of the schema that the databases have; empty where they have none."""
    found = []
    for read, branch in ((store.read, "main"), (store.read_intake, "intake")):
        with read() as at:
            found.append(_number(MigrationContext.configure(at, opts={"version_table": f"schema_{branch}"}).get_current_revision()))
    return max(found)


def known(number: str) -> bool:
    """Whether this program can come from that schema to the newest."""
    return number.isdigit() and number <= newest()
