"""One statement for many rows, without SQLAlchemy's work per row: its text is compiled once, values are bound by their columns' types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.dml import UpdateBase

Bind = Callable[[Any], Any] | None


@lru_cache(maxsize=64)
def _prepared(statement: UpdateBase, dialect: Dialect, names: tuple[str, ...]) -> tuple[str, tuple[tuple[str, Any, Bind], ...], bool]:
    """The text, (parameter, value where the row has none, what turns a value into the driver's), whether parameters go by place."""
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(names))
    types = {name: parameter.type.dialect_impl(dialect) for parameter, name in compiled.bind_names.items()}
    order = compiled.positiontup if compiled.positional else list(types)
    given = compiled.params
    binders = tuple((name, given[name], types[name].bind_processor(dialect)) for name in order)
    return str(compiled), binders, compiled.positional


def execute_many(at: Connection, statement: UpdateBase, rows: Sequence[Mapping[str, Any]]) -> int:
    """Execute an insert or update of named parameters once for each row; all rows have the same names. Returns how many rows it met.

    ``statement`` must live as long as the process (a constant of its module), since its compiled text is kept.
    """
    if not rows:
        return 0
    text, binders, positional = _prepared(statement, at.dialect, tuple(rows[0]))
    bound: list[Any]
    if positional:
        bound = [tuple([bind(row.get(n, v)) if bind else row.get(n, v) for n, v, bind in binders]) for row in rows]
    else:
        bound = [{n: bind(row.get(n, v)) if bind else row.get(n, v) for n, v, bind in binders} for row in rows]
    return at.exec_driver_sql(text, bound).rowcount
