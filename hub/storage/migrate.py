"""Schema versions through Alembic, for the main database and the intake database alike."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from hub.storage.engine import MERGE_LOCK, Store

FOLDER = Path(__file__).parent / "migrations"


def upgrade(store: Store) -> None:
    """Bring the databases to the newest schema. Safe to call from several processes at once."""
    _upgrade(store.main, "main")
    _upgrade(store.intake_engine, "intake")


def _upgrade(engine: Engine, branch: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.begin() as at:
        if engine.dialect.name == "postgresql":
            at.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MERGE_LOCK + 1})
        config.attributes["connection"] = at
        config.attributes["branch"] = branch
        command.upgrade(config, f"{branch}@head")
