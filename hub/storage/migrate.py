"""Schema versions through Alembic, for the main database and the intake database alike.

A revision states its own tables, columns and indices and never changes again: ``migrations/README.md`` says how one is added. Both databases
count by the same numbers, and a revision concerns one of them or both.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

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
    with engine.connect().execution_options(sverka_read=True) as at:
        if _revision(at, branch) == _last(branch, to):
            return
    with engine.begin() as at:
        if engine.dialect.name == "postgresql":
            at.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MERGE_LOCK + 1})
        upgrade_within(at, branch, to)


def upgrade_within(at: Connection, branch: str, to: str = HEAD) -> None:
    """Like :func:`upgrade`, for ``main`` or ``intake`` alone, inside the caller's transaction."""
    from alembic import command  # here, since hardly any start of a process has something to bring forward, and each would load it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = at
    config.attributes["branch"] = branch
    command.upgrade(config, _last(branch, to))


def _revision(at: Connection, branch: str) -> str:
    """The revision in which a database is; empty where it has none of ours."""
    table = f"schema_{branch}"
    return str(at.execute(text(f"SELECT version_num FROM {table}")).scalar() or "") if inspect(at).has_table(table) else ""


def _last(branch: str, number: str) -> str:
    """The revision in which that database stood when the hub's schema had that number."""
    return f"{branch}_{max(n for n, of in _revisions() if of == branch and (number == HEAD or n <= number))}"


def _revisions() -> list[tuple[str, str]]:
    """(number, database) of every revision: its file is named for both, as ``0002_main.py`` is."""
    named = (file.stem.partition("_") for file in (FOLDER / "versions").glob("[0-9]*_*.py"))
    return [(number, branch) for number, _, branch in named]


def numbers() -> list[str]:
    """The numbers of all schemas that there have been, oldest first."""
    return sorted({number for number, _ in _revisions()})


def newest() -> str:
    """The number of the newest schema that this program knows."""
    return numbers()[-1]


def current(store: Store) -> str:
    """The number of the schema that the databases have; empty where they have none."""
    with store.read() as main, store.read_intake() as intake:
        return max(_revision(at, branch).partition("_")[2] for at, branch in ((main, "main"), (intake, "intake")))


def known(number: str) -> bool:
    """Whether this program can come from that schema to the newest."""
    return number.isdigit() and number <= newest()
