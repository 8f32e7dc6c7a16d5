"""What mappings ask of the hub while they decode and encode: directories, lookups and references, from the database, remembered for a batch."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import Any

import orjson
from sqlalchemy import Connection

from hub.storage import answers

Json = Any
CHUNK = 400
NOTHING_FOR = 5.0  # seconds for which "there is no such thing" is believed: goods are added after they were asked for
ALSO = "also"  # kind of key: "system|name", another name by which objects of a system call one of its own
STAND_IN = "stand-in"  # the record id that means "nobody" where a vendor requires somebody
NO_STAND_IN = "stand_in_missing"  # code of deliveries that were given up since the system has no such object


def canonical_text(value: Json) -> str:
    """A remote value as a key: its JSON text, keys sorted."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def spellings(text: str) -> tuple[str, ...]:
    """A kept remote value and, for a whole number, its other form: vendors show an id now as a number and now as a word."""
    bare = text.strip('"')
    return (text, bare if text.startswith('"') else f'"{bare}"') if bare.isdigit() and bare == str(int(bare)) else (text,)


def last_part(remote: Json) -> str:
    """The id inside a reference: the last part of an href, or the value itself."""
    return str(remote).rstrip("/").rsplit("/", 1)[-1]


class BatchContext:
    """Answers for one system within one transaction. Unknown lookups are collected in ``missing`` (name, direction, value); with ``now``
    also those to which the system had nothing to say, once that is NOTHING_FOR old."""

    def __init__(self, at: Connection, system: str, timezone: tzinfo, now: float | None = None) -> None:
        self._at, self._now = at, now
        self.system = system
        self.timezone = timezone
        self._forward: dict[str, dict[str, str | None]] = {}
        self._back: dict[str, dict[str, Json]] = {}
        self._titles: dict[str, dict[str, str]] = {}
        self._refs: dict[tuple[str, str], str | None] = {}
        self._refs_back: dict[tuple[str, str], str | None] = {}
        self._lookups: dict[tuple[str, str, str], Json] = {}
        self.missing: set[tuple[str, str, str]] = set()
        self.unasked: set[tuple[str, str, str]] = set()  # of these, what was never asked
        self.unknown: set[tuple[str, str]] = set()  # directory values not seen before: (name, remote as JSON text)

    def directory(self, name: str, remote: Json) -> str | None:
        self._load_directory(name)
        key = canonical_text(remote)
        if key not in self._forward[name]:
            self.unknown.add((name, key))
        return self._forward[name].get(key)

    def directory_back(self, name: str, value: str) -> Json | None:
        """What is written for a value; a twin that is not active any more is written nowhere anew."""
        self._load_directory(name)
        return self._back[name].get(value)

    def title(self, name: str, remote: Json) -> str:
        """What the vendor calls a value; empty where its list has not told."""
        self._load_directory(name)
        return self._titles[name].get(canonical_text(remote), "")

    def _load_directory(self, name: str) -> None:
        if name in self._forward:
            return
        forward: dict[str, str | None] = {}
        back: dict[str, Json] = {}
        titles: dict[str, str] = {}
        for remote, value, active, title in answers.twins(self._at, self.system, name):
            for key in spellings(remote):
                if key == remote or key not in forward:
                    forward[key], titles[key] = value, title
            if value is not None and active:
                back[value] = orjson.loads(remote)
        self._forward[name], self._back[name], self._titles[name] = forward, back, titles

    def ref(self, entity: str, remote: Json) -> str | None:
        key = (entity, last_part(remote))
        if key not in self._refs:
            self.expect_refs(entity, [remote])
        return self._refs[key]

    def expect_refs(self, entity: str, remotes: Iterable[Json]) -> None:
        """Ask for the records of many objects at once: a batch of orders names as many customers."""
        wanted = sorted({last_part(remote) for remote in remotes if isinstance(remote, (str, int))})
        wanted = [one for one in wanted if (entity, one) not in self._refs]
        self._refs |= dict.fromkeys(((entity, one) for one in wanted), None)
        for start in range(0, len(wanted), CHUNK):
            some = wanted[start : start + CHUNK]
            for external_id, record_id, state in answers.linked(self._at, self.system, entity, some):
                self._refs[entity, external_id] = STAND_IN if state == "stand_in" else record_id
            self._called(entity, [one for one in some if self._refs[entity, one] is None])

    def _called(self, entity: str, names: list[str]) -> None:
        """Objects by another name that they have in their own system."""
        of = {f"{self.system}|{name}": name for name in names}
        found = answers.called(self._at, entity, ALSO, of) if of else {}
        self._refs |= {(entity, of[value]): record_id for value, record_id in found.items()}

    def know(self, entity: str, external_id: str, record_id: str) -> None:
        """An object was linked within the transaction: references to it, asked for before or not, lead to its record now."""
        self._refs[entity, external_id] = record_id

    def ref_back(self, entity: str, record_id: str) -> Json | None:
        key = (entity, record_id)
        if key not in self._refs_back:
            if record_id == STAND_IN:
                self._refs_back[key] = answers.nobody(self._at, self.system, entity)
            else:
                self.expect_refs_back(entity, [record_id])
        return self._refs_back[key]

    def expect_refs_back(self, entity: str, record_ids: Iterable[str]) -> None:
        """Ask for the objects of many records at once."""
        wanted = sorted({one for one in record_ids if one and one != STAND_IN and (entity, one) not in self._refs_back})
        self._refs_back |= dict.fromkeys(((entity, one) for one in wanted), None)
        for start in range(0, len(wanted), CHUNK):
            found = answers.objects(self._at, self.system, entity, wanted[start : start + CHUNK])
            self._refs_back |= {(entity, record_id): external_id for record_id, external_id in found.items()}

    def lookup(self, name: str, remote: Json) -> str | None:
        key = (name, "back", canonical_text(remote))
        if key not in self._lookups:
            self._lookups[key] = answers.key_of(self._at, self.system, name, key[2])
            if self._lookups[key] is None:
                self.missing.add(key)
        found = self._lookups[key]
        return None if found is None or found.startswith("?") else str(found)

    def lookup_back(self, name: str, key: str) -> Json | None:
        memo = (name, "forward", key)
        if memo not in self._lookups:
            row = answers.of_key(self._at, self.system, name, key)
            remote = row.remote if row is not None else None
            if row is None:
                self.unasked.add(memo)
            if row is None or (remote is None and self._now is not None and row.asked_at <= self._now - NOTHING_FOR):
                self.missing.add(memo)
            self._lookups[memo] = None if remote is None else orjson.loads(remote)
        return self._lookups[memo]
