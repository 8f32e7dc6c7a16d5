"""What one object holds, beside what the hub has seen of it and what its record wants there. Judges nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from connectors.contract import Remote
from hub.app import Hub, timezone_of
from hub.entities import FACTS
from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync.aliases import ALIAS, otherwise
from hub.sync.alone import alone
from hub.sync.context import STAND_IN, BatchContext
from hub.sync.erased import readable
from hub.sync.observe import completing, empty
from hub.sync.plan import asked_for
from hub.sync.realms import Realm
from hub.sync.rules import rules_for
from hub.sync.sums import told_data
from hub.sync.undecided import undecided
from hub.sync.vendor_time import as_seconds
from mappings import Mapping as CompiledMapping
from mappings import Read

Json = Any
Pairs = dict[str, tuple[Json, Json]]


@dataclass(frozen=True, slots=True)
class Differs:
    """One object that differs. ``unseen``: path -> (there, what the hub knew); ``owed``: path -> (there, wanted). ``asked``: those of the owed paths
    for which that was said already; ``waiting``: those of which a value cannot be read yet. ``apart``: what an alias, which is only read, says
    otherwise. ``alone``: path -> what stands there and nowhere else."""

    link: Link
    record: Record | None
    modified: float | None
    unseen: Pairs
    owed: Pairs
    asked: frozenset[str]
    waiting: frozenset[str]
    apart: Pairs
    alone: Mapping[str, Json]


class Differences:
    """Of objects of one resource, within one reading of the database."""

    def __init__(self, hub: Hub, at: Connection, system: str, mapping: CompiledMapping) -> None:
        self.hub, self.system, self.mapping = hub, system, mapping
        self.context = BatchContext(at, system, timezone_of(hub.settings.systems[system]))
        self.realm = Realm(hub, system)
        self.about = hub.resource(system, mapping.resource)

    def modified(self, remote: Remote) -> float | None:
        """The vendor's time of an object."""
        read = self._read(remote)
        return as_seconds(read.modified) if read is not None else None

    def of(self, remote: Remote, link: Link, record: Record | None) -> Differs | None:
        """How the object differs from what its link and its record say; None where it does not."""
        read = self._read(remote)
        if read is None:
            return None
        values = dict(read.values)
        unseen = self._unseen(link, values)
        owed = {path: pair for path, pair in self._owed(link, values, record).items() if path not in unseen}
        apart = {path: pair for path, pair in self._apart(link, values, record).items() if path not in unseen}
        only = self._alone(link, values, record)
        if link.state == "gone":
            unseen[""] = (None, None)  # it is there again
        if not (unseen or owed or apart or only):
            return None
        asked = (path for path, (_, wanted) in owed.items() if asked_for(self.mapping, path, link.sent.get(path), wanted, self.context))
        waiting = undecided(self.mapping, link, record, owed, self.context) if owed and record is not None else frozenset()
        return Differs(link, record, as_seconds(read.modified), unseen, owed, frozenset(asked), waiting, apart, only)

    def _read(self, remote: Remote) -> Read | None:
        view = self.about.representations[remote.representation]
        try:
            return self.mapping.read(dict(remote.data), view.carries, view.lacks, view.absent_is_empty, self.context)
        except Exception:  # a broken object is parked by the engine, which says why
            return None

    def _unseen(self, link: Link, values: Mapping[str, Json]) -> Pairs:
        """Paths that hold what the hub has not seen: (there, what it knew). Of a fact only what is told of it later can be."""
        if link.entity in FACTS and not self.about.moves_on:
            return {path: (there, None) for path, there in completing(link, readable(link, values), self.about.later).items()}
        return {path: (there, link.base[path]) for path, there in values.items() if path in link.base and link.base[path] != there}

    def _owed(self, link: Link, values: Mapping[str, Json], record: Record | None) -> Pairs:
        """Paths that hold something else than the record wants there. Facts are told once and owed nothing more."""
        if record is None or link.role not in ("primary", ALIAS) or link.entity in FACTS or not self.mapping.give:
            return {}
        data = told_data(record)
        data |= {name: STAND_IN for name in self.mapping.stand_in if empty(data.get(name))}
        projected, _ = self.mapping.project(data, values, self.context)
        wanted = self.realm.seen(self.mapping, projected)
        if link.role == ALIAS:
            wanted = {path: value for path, value in wanted.items() if path in self.mapping.everywhere}
        return {path: (values[path], value) for path, value in wanted.items() if path in values and values[path] != value}

    def _apart(self, link: Link, values: Mapping[str, Json], record: Record | None) -> Pairs:
        if record is None or link.role != ALIAS or link.entity in FACTS:
            return {}
        return dict(otherwise(self.hub, link, values, record, self.mapping, self.context))

    def _alone(self, link: Link, values: Mapping[str, Json], record: Record | None) -> dict[str, Json]:
        if record is None or link.state != "live":
            return {}
        held = {path: there for path, there in values.items() if link.base.get(path) == there}  # what the hub has seen
        return alone(link, held, record, self.mapping, rules_for(self.hub, self.mapping, self.system, self.context))
