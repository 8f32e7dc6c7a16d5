"""Inserts that say what becomes of a row that is there already: SQLAlchemy has them for each database apart."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(at: Connection, table: Table) -> Any:
    """An insert with ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    return postgresql.insert(table) if at.dialect.name == "postgresql" else sqlite.insert(table)
