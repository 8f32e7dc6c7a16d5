"""Schema versions through Alembic, for the main database and the intake database alike."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from hub.storage.engine import MERGE_LOCK, Store

FOLDER = Path(__file__).parent / "migrations"
HEAD = "head"


def upgrade(store: Store, to: str = HEAD) -> None:
    """Bring the databases to the newest schema, or to an older one by its number (``0001``). Safe to call from several processes at once."""
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
    command.upgrade(config, f"{branch}@head" if to == HEAD else f"{branch}_{to}")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def newest() -> str:
    """The number of the newest schema that this program knows."""
    return str(ScriptDirectory.from_config(_config()).get_revision("main@head").revision).partition("_")[2]


def current(store: Store) -> str:
    """The number of the schema that the main database has; empty where it has none."""
    with store.read() as at:
        found = MigrationContext.configure(at, opts={"version_table": "schema_main"}).get_current_revision()
    return str(found or "").partition("_")[2]


def known(number: str) -> bool:
    """Whether this program can come from that schema to the newest."""
    return number.isdigit() and number <= newest()
