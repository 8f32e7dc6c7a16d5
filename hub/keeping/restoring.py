"""``sverka restore``: a backup put in the place of what the databases hold. Afterwards no system is written until its links are rebuilt by a
full scan and a person has agreed: what the hub wrote since the backup is out there, and the base does not know of it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from sqlalchemy import Connection, MetaData, case, func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from hub import audit
from hub.app import Hub, prepare
from hub.backfill import running
from hub.keeping import backup, erasure
from hub.language import N_
from hub.language.refused import Refused
from hub.processes import alive
from hub.processes.limits import address
from hub.storage import archive, migrate, past_keys, restoration, states, tombstones, views
from hub.storage.archive import Archive
from hub.storage.restoration import Restoration
from hub.storage.tables import cursor, delivery, link, system_state, tombstone, verification

Json = Any


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back. ``kept``: the backup of what was there before, where there was anything."""

    rows: int
    taken: str
    schema: str
    kept: Path | None
    held: tuple[str, ...]


def restore(hub: Hub, source: Archive, *, actor: str, keep: bool = True, force: bool = False) -> Restored:
    """Put a backup back. ``keep``: what is there now is backed up first. ``force``: the hub is stopped, whatever its traces say.
    Raises Refused, Damaged."""
    schema = str(source.manifest.get("schema", ""))
    if not migrate.known(schema):
        raise Refused(N_("the backup has the schema %(schema)s, newer than %(newest)s of this program: use the version that made it, or a later one"), schema=schema or "?", newest=str(migrate.newest()))  # fmt: skip
    if not force and (traces := at_work(hub)):
        raise Refused(
            N_("the hub is at work (%(traces)s): stop `sverka up`, or the containers of web, workers and scheduler, and try again"),
            traces=str(traces),
        )
    source.check()
    now = _now(hub)
    kept = backup.take(hub, actor=actor, prefix="before-restore", tokens=False)[0] if keep and now.rows else None
    held = tuple(hub.settings.systems)
    made = Restoration(
        uuid.uuid4().hex, hub.clock(), float(source.manifest["taken_at"]), float(source.manifest["wall"]), time.time(), held=list(held)
    )
    with _both(hub) as (main, intake):
        _clear(main, archive.BRANCHES["main"], "main")
        _clear(intake, archive.BRANCHES["intake"], "intake")
        migrate.upgrade_within(main, "main", schema)
        migrate.upgrade_within(intake, "intake", schema)
        rows = source.put(main, "main") + source.put(intake, "intake")
        migrate.upgrade_within(main, "main")
        migrate.upgrade_within(intake, "intake")
        _count_on(main)
        _count_on(intake)
        _read_anew(intake)
        _pause(main, made, now, hub.clock())
        erasure.again(hub, main, tombstones.all_of(main))
        about = {"taken": source.manifest["taken"], "rows": rows, "abandoned": now.sealed, "kept": kept.name if kept else None}
        audit.write(main, [audit.Entry("operator.restore", actor, outcome="held", after=about)], now=hub.clock())
    prepare(hub)  # rows of systems that the backup did not know
    return Restored(rows, str(source.manifest["taken"]), schema, kept, held)


def at_work(hub: Hub) -> str:
    """Traces of a running hub: where it answers, or which processes were seen in the last minute; empty where there are none."""
    if running(hub):
        return f"http://{hub.settings.host}:{hub.settings.port}"
    url = address(hub.settings)
    try:
        client: Any = redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2) if url else None
        seen = alive.roles(client) if client is not None else {}
    except redis.RedisError:
        return ""
    return ", ".join(sorted(seen))


@dataclass(frozen=True, slots=True)
class _Now:
    """What of the present outlives the restore: credentials that vendors renewed, tombstones of erased persons, keys that people had."""

    rows: int
    tokens: Mapping[str, Json]
    tombstones: tuple[dict[str, Json], ...]
    past_keys: list[past_keys.Row]
    sealed: Json


def _now(hub: Hub) -> _Now:
    try:
        with hub.store.read() as at:
            tokens = {system: row["tokens"] for system, row in states.all_states(at).items() if row["tokens"]}
            stones = tuple(dict(row) for row in at.execute(select(tombstone)).mappings())
            sealed = {name: views.sealed(at).get(name) for name in ("id", "digest")}
            return _Now(_rows(at), tokens, stones, past_keys.lasting(at), sealed)
    except SQLAlchemyError:  # no tables yet, or not those of this program
        return _Now(0, {}, (), [], None)


def _rows(at: Connection) -> int:
    return sum(
        int(at.execute(select(func.count()).select_from(archive.BRANCHES["main"].tables[name])).scalar_one())
        for name in ("record", "link", "audit")
    )


class _both:
    """One transaction over both databases: on PostgreSQL indeed one; on SQLite the main file is committed last, so that a restore that was
    cut between the two is one that has not happened yet and is simply done again."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def __enter__(self) -> tuple[Connection, Connection]:
        self._main = self.hub.store.state()
        main = self._main.__enter__()
        if main.dialect.name == "postgresql":
            self._intake = None
            return main, main
        self._intake = self.hub.store.intake()
        return main, self._intake.__enter__()

    def __exit__(self, *error: Any) -> None:
        if self._intake is not None:
            self._intake.__exit__(*error)
        self._main.__exit__(*error)


def _clear(at: Connection, metadata: MetaData, branch: str) -> None:
    """Drop the tables of a branch, whatever schema they have."""
    there = MetaData()
    there.reflect(at, only=lambda name, _: name in metadata.tables or name == f"schema_{branch}")
    there.drop_all(at)


def _count_on(at: Connection) -> None:
    """PostgreSQL's counters of ids go on after the ids that came with the rows."""
    if at.dialect.name != "postgresql":
        return
    for metadata in archive.BRANCHES.values():
        for each in metadata.sorted_tables:
            key = list(each.primary_key)[0]
            if each.autoincrement_column is key:
                named = {"t": f'"{each.name}"', "c": key.name}
                asked = text(f'SELECT setval(pg_get_serial_sequence(:t, :c), greatest(1, (SELECT max("{key.name}") FROM "{each.name}")))')
                at.execute(asked, named)


def _read_anew(intake: Connection) -> None:
    """Every resource is read from its beginning. When it was read before stays known: what changed, changed since."""
    intake.execute(update(cursor).values(cursor={}, loaded_at=None, began_at=None, polled_at=None, objects=0, total=None, error=None))


def _pause(at: Connection, made: Restoration, now: _Now, moment: float) -> None:
    """Nothing of the backup's own moment is under way any more, and nothing is written before a person agrees."""
    restoration.begin(at, made)
    at.execute(update(system_state).values(lease=None, lease_until=0.0, breaker_failures=0, breaker_until=0.0, breaker_reason=""))
    for system, tokens in now.tokens.items():
        at.execute(
            update(system_state)
            .where(system_state.c.system == system)
            .values(tokens={k: v for k, v in tokens.items() if not k.startswith(states.LOCK)})
        )
    of = (
        link.c
    )  # a write of that time is over: what its object holds now is compared with what it held before. Open creates are searched for
    at.execute(update(link).where(of.state != "creating", of.intent.is_not(None)).values(intent=None, doubt={}))
    d = delivery.c
    back = {
        "state": case((d.left_at.is_not(None), "unknown"), else_="pending"),
        "lease": None,
        "lease_until": None,
        "next_attempt_at": moment,
    }
    at.execute(update(delivery).where(d.state == "leased").values(back))
    at.execute(update(verification).values(cursor=None, began_at=None, ended_at=None, next_at=0.0))
    known = set(at.execute(select(tombstone.c.digest, tombstone.c.certificate)).tuples())
    fresh = [row for row in now.tombstones if (row["digest"], row["certificate"]) not in known]
    if fresh:
        at.execute(insert(tombstone), fresh)
    past_keys.add(at, now.past_keys)
