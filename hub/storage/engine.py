"""Database connections: SQLite in two files by default, PostgreSQL by URL. Short transactions, one writer at a time."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

from hub.storage import tables
from hub.storage.turn import Turn

Turns = Callable[[], AbstractContextManager[None]]
ANY_TIME: tuple[Turns, Turns] = (nullcontext, nullcontext)  # PostgreSQL's writers need no turns
PATIENCE = 20.0  # seconds; a merge of a large batch keeps others waiting for a second or two
SYNCHRONOUS = "FULL"  # SQLite: a commit is on the disk before anybody is told of it
MERGE_LOCK = 7_305_211  # the advisory lock that makes PostgreSQL's state transactions one at a time, as SQLite's are


class Store:
    """Both databases. ``clock`` gives seconds since the epoch. ``patience``: seconds that a transaction waits for its beginning."""

    def __init__(
        self,
        main: Engine,
        intake: Engine,
        clock: Callable[[], float] = time.time,
        turns: tuple[Turns, Turns] = ANY_TIME,
        patience: float = PATIENCE,
    ) -> None:
        self.main = main
        self.intake_engine = intake
        self.clock = clock
        self.patience = patience
        self._main_turn, self._intake_turn = turns

    @contextmanager
    def state(self) -> Iterator[Connection]:
        """A write transaction on the main tables; on PostgreSQL it also takes the merge lock."""
        with _begin(self.main, self._main_turn, self.patience) as at:
            if self.main.dialect.name == "postgresql":
                at.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MERGE_LOCK})
            yield at

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A write transaction on the main tables that merges nothing (queue rows, users, directories)."""
        with _begin(self.main, self._main_turn, self.patience) as at:
            yield at

    @contextmanager
    def intake(self) -> Iterator[Connection]:
        """A write transaction on inbox and cursors."""
        with _begin(self.intake_engine, self._intake_turn, self.patience) as at:
            yield at

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read of the main tables."""
        with self.main.connect().execution_options(sverka_read=True) as at:
            yield at

    @contextmanager
    def read_intake(self) -> Iterator[Connection]:
        """A read of inbox and cursors."""
        with self.intake_engine.connect().execution_options(sverka_read=True) as at:
            yield at

    @contextmanager
    def snapshot(self) -> Iterator[tuple[Connection, Connection]]:
        """Main and intake as of one moment, for as long as they are read, while others go on writing. On SQLite the intake's moment is the
        earlier one: a row that was merged in between is in both, and merging it twice is harmless; the other way round it would be in neither."""
        if self.main.dialect.name == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            with self.main.connect().execution_options(**options) as at, at.begin():
                yield at, at
            return
        with self.read_intake() as intake, self.read() as main:
            for at in (intake, main):  # a moment begins with the first question
                at.execute(text("SELECT count(*) FROM sqlite_master"))
            yield main, intake

    def settle_files(self, patience: float = 10.0) -> bool:
        """Leave nothing of deleted rows in the files: SQLite's journals are written back and emptied, PostgreSQL takes the dead rows out of
        its pages. False where somebody who reads kept it from being done within ``patience`` seconds."""
        engines = list(dict.fromkeys((self.main, self.intake_engine)))
        until = time.monotonic() + patience
        while engines and time.monotonic() < until:
            engines = [engine for engine in engines if not _settled(engine)]
            time.sleep(0.05 if engines else 0.0)
        return not engines

    def ask(self) -> None:
        """Both files, or the database, answer. Raises SQLAlchemyError where one does not."""
        for reading in (self.read, self.read_intake):
            with reading() as at:
                at.execute(text("SELECT 1"))

    def dispose(self) -> None:
        self.main.dispose()
        self.intake_engine.dispose()


def _settled(engine: Engine) -> bool:
    """One try, outside of any transaction."""
    raw = engine.raw_connection()
    try:
        connection: Any = raw.driver_connection
        if engine.dialect.name != "postgresql":
            return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        connection.autocommit = True
        try:
            connection.execute("VACUUM")
        finally:
            connection.autocommit = False
        return True
    except sqlite3.OperationalError:  # a writer is at work
        return False
    finally:
        raw.close()


def _enter(engine: Engine) -> tuple[Connection, Any]:
    at = engine.connect()
    try:
        return at, at.begin()
    except BaseException:
        at.close()
        raise


@contextmanager
def _begin(engine: Engine, turn: Turns, patience: float) -> Iterator[Connection]:
    again = Retrying(
        retry=retry_if_exception_type(OperationalError), stop=stop_after_delay(patience), wait=wait_random(0.005, 0.05), reraise=True
    )
    with turn():
        at, transaction = again(_enter, engine)
        try:
            with transaction:
                yield at
        finally:
            at.close()


def open_store(url: str, folder: Path, clock: Callable[[], float] = time.time, *, patience: float = PATIENCE) -> Store:
    """The store at a PostgreSQL ``url``, or in SQLite files in ``folder`` where the url is empty. Tables are not created here."""
    if url:
        return _postgresql(url, clock, patience)
    folder.mkdir(parents=True, exist_ok=True)
    main, intake = folder / "sverka.sqlite", folder / "intake.sqlite"
    turns = Turn(main.with_suffix(".turn"), patience), Turn(intake.with_suffix(".turn"), patience)
    return Store(_sqlite(main, patience), _sqlite(intake, patience), clock, turns, patience)


def _postgresql(url: str, clock: Callable[[], float], patience: float) -> Store:
    limits = {"connect_timeout": max(2, int(patience)), "options": f"-c lock_timeout={int(patience * 1000)}"}
    engine = create_engine(
        normal_url(url), pool_size=5, max_overflow=10, pool_pre_ping=True, pool_timeout=patience, hide_parameters=True, connect_args=limits
    )
    return Store(engine, engine, clock, patience=patience)


def normal_url(url: str) -> str:
    """PostgreSQL URLs as people write them, with the driver named."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url[len(prefix) :]
    return url


def _sqlite(path: Path, patience: float) -> Engine:
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True, connect_args={"timeout": patience, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions are begun by hand, below
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={SYNCHRONOUS}",
            f"busy_timeout={int(patience * 1000)}",
            "cache_size=-32000",
            "temp_store=MEMORY",
            "secure_delete=ON",  # what is deleted is overwritten: an erased person's values stay in no free page
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("sverka_read")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


__all__ = ["Store", "normal_url", "open_store", "tables"]
