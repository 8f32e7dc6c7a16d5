"""How SQLite would answer what the hub asks of it.

Plans are asked for without statistics: the planner then chooses by the indexes alone, and the same every time.
"""

from __future__ import annotations

import re
import sqlite3

from sqlalchemy import Engine, event

from hub.storage.tables import main

GROWING = ("inbox", "record", "match_key", "link", "audit", "audit_body", "delivery", "duplicate", "conflict", "lookup", "waiting", "field_problem", "parked")  # fmt: skip
WALKS = re.compile(rf"^SCAN ({'|'.join(GROWING)})\b|^SEARCH ({'|'.join(GROWING)}) USING .*\((system|entity|name|kind)=\?\)$")
PARTIAL = {index.name for table in main.tables.values() for index in table.indexes if index.dialect_options["sqlite"]["where"] is not None}


def spoken(work):
    """Statement -> parameters of everything that the hub asks of SQLite during ``work``."""
    found = {}

    def hear(connection, cursor, statement, parameters, context, many):
        if connection.dialect.name == "sqlite" and re.match(r"SELECT|UPDATE|DELETE|WITH", statement):
            key = " ".join(re.sub(r"\?(, \?)+", "?", statement).split())
            if key not in found:
                raw: sqlite3.Cursor = connection.connection.dbapi_connection.cursor()
                given = parameters[0] if many else parameters
                found[key] = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", given)]

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        work()
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    return found


def walks(plans, known=()):
    """Statement -> its steps that read a table that grows with the shop; ``known``: beginnings of statements that may. A partial index holds
    what is open, which is little; a walk in the order asked for ends at its LIMIT."""
    found = {}
    for sql, steps in plans.items():
        ends = " LIMIT " in sql and " ORDER BY " in sql and not any("B-TREE FOR ORDER BY" in step for step in steps)
        whole = [step for step in steps if WALKS.match(step) and not ends and not any(f"INDEX {name}" in step for name in PARTIAL)]
        if whole and not any(sql.startswith(one) for one in known):
            found[sql] = whole
    return found
