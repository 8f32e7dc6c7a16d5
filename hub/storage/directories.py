"""Directories: canonical values, and what each system calls them. The configuration is a seed; a person's word stands above it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, and_, func, or_, select, update

from hub.storage.tables import directory, directory_twin, waiting
from hub.storage.upsert import insert_into

Json = Any
CONFIG, HAND = "config", "hand"
Key = tuple[str, str, str]  # directory, system, remote value as JSON text


def text_of(remote: Json) -> str:
    """A remote value as its row keeps it: JSON text with sorted keys."""
    return orjson.dumps(remote, option=orjson.OPT_SORT_KEYS).decode()


def plain(text: str) -> str:
    """A kept remote value as people write it: words without quotation marks, ``1`` for the number and the word alike."""
    value = orjson.loads(text)
    return value if isinstance(value, str) else text


@dataclass(frozen=True, slots=True)
class Twin:
    """What one system calls a value. ``value``: the canonical one, None while nobody has said. ``preferred``: of several, the one that is
    written. ``by``: config | hand | empty. ``waiting``: records with a field that waits for it, ``since`` when."""

    name: str
    system: str
    remote: str
    title: str
    value: str | None
    preferred: bool = False
    active: bool = True
    by: str = ""
    listed_at: float | None = None
    keys: tuple[str, ...] = ()
    waiting: int = 0
    since: float = 0.0

    @property
    def key(self) -> Key:
        return self.name, self.system, self.remote

    @property
    def plain(self) -> str:
        return plain(self.remote)

    @property
    def told(self) -> str:
        """The vendor's name for it, with the value itself where that is another."""
        return self.plain if self.title in ("", self.plain) else f"{self.title} ({self.plain})"


@dataclass(frozen=True, slots=True)
class Value:
    """A canonical value with its titles, and its twins by system. ``about``: what people said of it beside these, of an employee where and when she
    works."""

    name: str
    value: str
    ru: str
    en: str
    active: bool = True
    twins: Mapping[str, Sequence[Twin]] = field(default_factory=dict)
    about: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of a vendor's own list. ``keys``: digests by which a person is told."""

    remote: str
    title: str
    active: bool = True
    keys: tuple[str, ...] = ()


def twins(at: Connection, name: str = "", system: str = "", remote: str = "") -> list[Twin]:
    """Twins, with how many records wait for each."""
    t = directory_twin.c
    query = select(directory_twin).order_by(t.name, t.system, t.title, t.remote)
    for column, wanted in ((t.name, name), (t.system, system), (t.remote, remote)):
        query = query.where(column == wanted) if wanted else query
    counts = waits(at, name)
    return [_twin(dict(row), *counts.get((row["name"], row["system"], row["remote"]), (0, 0.0))) for row in at.execute(query).mappings()]


def _twin(row: Mapping[str, Json], waiting_for: int, since: float) -> Twin:
    same = {key: row[key] for key in ("name", "system", "remote", "title", "value", "preferred", "active", "listed_at")}
    return Twin(**same, by=row["decided_by"], keys=tuple(row["keys"] or ()), waiting=waiting_for, since=since)


def waits(at: Connection, name: str = "") -> dict[Key, tuple[int, float]]:
    """(directory, system, remote) -> records that wait for it, and since when."""
    w = waiting.c
    query = select(w.name, w.system, w.value, func.count(w.record_id.distinct()), func.min(w.since)).where(w.kind == "directory")
    query = query.where(w.name == name) if name else query
    return {row[:3]: (row[3], row[4]) for row in at.execute(query.group_by(w.name, w.system, w.value)).tuples()}


def has(at: Connection, name: str, value: str) -> bool:
    """Whether a directory has a value."""
    d = directory.c
    return at.execute(select(d.value).where(d.name == name, d.value == value)).first() is not None


def titles(at: Connection, system: str) -> dict[str, list[str]]:
    """Directory -> what its living values are called in the system."""
    t, found = directory_twin.c, dict[str, list[str]]()
    query = select(t.name, t.title, t.remote).where(t.system == system, t.active).order_by(t.name, t.remote)
    for name, title, remote in at.execute(query):
        found.setdefault(name, []).append(title or str(remote).strip('"'))
    return found


def values(at: Connection, name: str = "") -> list[Value]:
    """Canonical values with their twins, in the order of their titles."""
    d = directory.c
    query = select(directory).order_by(d.name, d.title_ru, d.value)
    query = query.where(d.name == name) if name else query
    mapped: dict[tuple[str, str], dict[str, list[Twin]]] = {}
    for twin in twins(at, name):
        if twin.value is not None:
            mapped.setdefault((twin.name, twin.value), {}).setdefault(twin.system, []).append(twin)
    return [
        Value(
            row["name"],
            row["value"],
            row["title_ru"],
            row["title_en"],
            row["active"],
            _sorted(mapped.get((row["name"], row["value"]), {})),
            row["about"] or {},
        )
        for row in at.execute(query).mappings()
    ]


def _sorted(of_systems: Mapping[str, list[Twin]]) -> dict[str, Sequence[Twin]]:
    """The twin that is written first."""
    return {system: sorted(some, key=lambda twin: (not twin.preferred, not twin.active)) for system, some in of_systems.items()}


def released(at: Connection, *, limit: int) -> list[str]:
    """Records with a field that waits for a value that has been mapped since: they can be merged again."""
    w, t = waiting.c, directory_twin.c
    same = and_(w.kind == "directory", t.name == w.name, t.system == w.system, t.remote == w.value, t.value.is_not(None))
    query = select(w.record_id).distinct().select_from(waiting.join(directory_twin, same))
    return list(at.execute(query.order_by(w.record_id).limit(limit)).scalars())


def waiting_records(at: Connection, keys: Iterable[Key], *, limit: int) -> list[str]:
    """Records with a field that waits for any of these values."""
    w, found = waiting.c, set()
    for name, system, remote in keys:
        which = (w.kind == "directory") & (w.name == name) & (w.value == remote) & (w.system == system)
        found |= set(at.execute(select(w.record_id).where(which).limit(limit)).scalars())
    return sorted(found)


def seed(
    at: Connection, configured: Mapping[str, Mapping[str, Mapping[str, Json]]], systems: Sequence[str], *, now: float, only: str = ""
) -> None:
    """Bring the rows under the configuration: list -> canonical value -> titles (ru, en) and each system's own values, of which the first is
    written. What a person has decided stays as it is, and so does what is only known of systems that are not configured any more.
    ``only``: this list alone."""
    configured = {name: rows for name, rows in configured.items() if only in ("", name)}
    _seed_values(at, configured)
    wanted: dict[Key, tuple[str, bool]] = {}
    for name, rows in configured.items():
        for value, row in rows.items():
            for system in systems:
                for index, remote in enumerate(row.get(system, ())):
                    wanted[name, system, text_of(remote)] = (value, index == 0)
    held = {twin.key: twin for twin in _held(at, [only] if only else configured, systems, configured=not only)}
    chosen = {(twin.name, twin.system, twin.value) for twin in held.values() if twin.by == HAND and twin.preferred}
    fresh = []
    for key, (value, first) in wanted.items():
        preferred = first and (key[0], key[1], value) not in chosen
        twin = held.get(key)
        if twin is None:
            title = plain(key[2])
            fresh.append(_row(key, title, now) | {"value": value, "preferred": preferred, "decided_by": CONFIG})
        elif twin.by != HAND and (twin.value, twin.preferred, twin.by) != (value, preferred, CONFIG):
            _set(at, key, value=value, preferred=preferred, decided_by=CONFIG)
    for key, twin in held.items():
        if twin.by == CONFIG and key not in wanted:  # the configuration has dropped it
            _set(at, key, value=None, preferred=False, decided_by="")
    add_twins(at, fresh)


def _seed_values(at: Connection, configured: Mapping[str, Mapping[str, Mapping[str, Json]]]) -> None:
    d = directory.c
    held = {(row.name, row.value): row for row in at.execute(select(directory).where(d.name.in_(list(configured))))}
    fresh = []
    for name, rows in configured.items():
        for value, row in rows.items():
            titles = {"title_ru": str(row.get("ru", value)), "title_en": str(row.get("en", value))}
            known = held.get((name, value))
            if known is None:
                fresh.append({"name": name, "value": value, "active": True, "decided_by": CONFIG} | titles)
            elif known.decided_by != HAND and (known.title_ru, known.title_en) != (titles["title_ru"], titles["title_en"]):
                at.execute(update(directory).where(d.name == name, d.value == value).values(**titles))
    if fresh:
        at.execute(insert_into(at, directory).on_conflict_do_nothing(), fresh)


def _held(at: Connection, names: Iterable[str], systems: Sequence[str], *, configured: bool = False) -> list[Twin]:
    """Rows of these directories; ``configured``: and those of any other that the configuration has ever mapped."""
    t = directory_twin.c
    mine = or_(t.name.in_(list(names)), t.decided_by == CONFIG) if configured else t.name.in_(list(names))
    query = select(directory_twin).where(mine, t.system.in_(list(systems)))
    return [_twin(dict(row), 0, 0.0) for row in at.execute(query).mappings()]


def remember(at: Connection, unknown: Iterable[Key], *, now: float) -> None:
    """Keep values that objects bear and that nobody has mapped, so that a person can map them."""
    add_twins(at, [_row(key, plain(key[2]), now) for key in unknown])


def add_twins(at: Connection, rows: Sequence[Mapping[str, Json]]) -> None:
    if rows:
        at.execute(insert_into(at, directory_twin).on_conflict_do_nothing(), list(rows))


def take_list(at: Connection, name: str, system: str, listed: Sequence[Listed], *, now: float) -> list[Twin]:
    """Bring the rows under a vendor's own list: titles, who is active, and values that nobody has met yet. What the list named once and
    names no more is not active. Returns twins of which something new is known."""
    held = {twin.plain: twin for twin in _held(at, [name], [system])}
    fresh, told, still = [], [], []
    for one in listed:
        twin = held.pop(plain(one.remote), None)
        key = (name, system, one.remote)
        news = {"title": one.title or plain(one.remote), "active": one.active, "keys": list(one.keys)}
        if twin is None:
            fresh.append(_row(key, one.title, now) | news | {"listed_at": now})
        else:
            still.append(twin.remote)
            if (twin.title, twin.active, list(twin.keys)) != tuple(news.values()):
                told.append(twin)
                _set(at, twin.key, **news)
    gone = [twin for twin in held.values() if listed and twin.listed_at is not None and twin.active]
    for twin in gone:
        _set(at, twin.key, active=False)
    t = directory_twin.c
    at.execute(update(directory_twin).where(t.name == name, t.system == system, t.remote.in_(still)).values(listed_at=now))
    add_twins(at, fresh)
    return told + gone


def add_value(at: Connection, name: str, value: str, ru: str, en: str, by: str = HAND) -> None:
    """A canonical value with its titles, or other titles for one that is there."""
    row = {"name": name, "value": value, "title_ru": ru, "title_en": en, "active": True, "decided_by": by}
    statement = insert_into(at, directory).values(**row)
    index = [directory.c.name, directory.c.value]
    at.execute(statement.on_conflict_do_update(index_elements=index, set_={k: row[k] for k in ("title_ru", "title_en", "decided_by")}))


def describe(at: Connection, name: str, value: str, about: Mapping[str, Json]) -> None:
    """Say what is known of a value beside its titles; empty: nothing, the configuration's word counts again."""
    d = directory.c
    at.execute(update(directory).where(d.name == name, d.value == value).values(about=dict(about) or None))


def assign(at: Connection, key: Key, value: str | None, *, written: bool, by: str = HAND) -> None:
    """Say what a remote value means; None: nothing. ``written``: it is the one of its system that is written for the value."""
    t = directory_twin.c
    if written and value is not None:
        others = (t.name == key[0]) & (t.system == key[1]) & (t.value == value) & (t.remote != key[2])
        at.execute(update(directory_twin).where(others).values(preferred=False))
    _set(at, key, value=value, preferred=written and value is not None, decided_by=by)


def _set(at: Connection, key: Key, **said: Json) -> None:
    t = directory_twin.c
    at.execute(update(directory_twin).where(t.name == key[0], t.system == key[1], t.remote == key[2]).values(**said))


def _row(key: Key, title: str, now: float) -> dict[str, Json]:
    said = {"value": None, "preferred": False, "decided_by": "", "active": True, "listed_at": None, "keys": None, "seen_at": now}
    return {"name": key[0], "system": key[1], "remote": key[2], "title": title or plain(key[2])} | said


__all__ = ["CONFIG", "HAND", "Key", "Listed", "Twin", "Value", "add_twins", "add_value", "assign", "describe", "plain", "released", "remember", "seed", "take_list", "text_of", "twins", "values", "waiting_records", "waits"]  # fmt: skip
