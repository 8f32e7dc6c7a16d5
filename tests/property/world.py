"""A whole small shop in memory: several vendors, the real hub between them, a clock, and processes that die."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import mappings
from hub.app import Hub, prepare
from hub.config.settings import Route, Settings, System
from hub.storage import inbox
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.engine import Store, open_store
from hub.storage.tables import delivery
from hub.storage.tables import link as link_table
from hub.storage.tables import record as record_table
from hub.sync.absorb import Absorber
from hub.sync.batch import RawLook
from hub.sync.context import BatchContext
from hub.sync.deliver import Deliverer
from hub.sync.follow import follow
from hub.sync.intake import Intake
from hub.sync.plan import plan
from hub.sync.poll import poll
from hub.sync.revisions import activate
from retry_queue.outbox import Outbox
from tests.blank import SCRATCH, lay_tables
from tests.property.vendors import PATHS, Clock, FakeConnector, Killed, Thing, Traits, Vendor

RESOURCE, ENTITY = "people", "customer"
FIELDS = {"last": "last_name", "note": "comment", "city": "address.city"}
MAPPING = """
system: {name}
entity: customer
resource: people
id: id
modified: {{remote: modified, as: utc_time}}
external_key: key
fields:
  first_name:   {{remote: name}}
  phones:       {{remote: phone, as: single_phone}}
  last_name:    {{remote: last}}
  comment:      {{remote: note{clears}}}
  address.city: {{remote: city, aliases: true}}
"""


class MortalStore(Store):
    """A store whose process may die at the door of any transaction; after that nothing of that process reaches the database."""

    fuse: int | None = None
    dead = False

    def _alive(self) -> None:
        if self.fuse is not None:
            self.fuse -= 1
            self.dead = self.dead or self.fuse < 0
        if self.dead:
            raise Killed()

    def die(self) -> None:
        self.dead = True
        raise Killed()

    @contextmanager
    def state(self) -> Iterator[Any]:
        self._alive()
        with super().state() as at:
            yield at

    @contextmanager
    def write(self) -> Iterator[Any]:
        self._alive()
        with super().write() as at:
            yield at

    @contextmanager
    def intake(self) -> Iterator[Any]:
        self._alive()
        with super().intake() as at:
            yield at


@lru_cache(maxsize=64)
def compiled(names: tuple[str, ...], clears: frozenset[str], extra: str, text: str = MAPPING) -> mappings.Mappings:
    folder = Path(tempfile.mkdtemp(dir=SCRATCH))
    try:
        for name in names:
            (folder / f"{name}.yaml").write_text(text.format(name=name, clears=", clears: true" if name in clears else ""))
        for number, more in enumerate(extra.split("\n---\n") if extra else ()):
            (folder / f"extra{number}.yaml").write_text(more)
        return mappings.load([folder])
    finally:
        shutil.rmtree(folder)


class World:
    """``traits``: system name -> what its vendor is like, in order of trust."""

    resource, entity, mapping, kind = RESOURCE, ENTITY, MAPPING, Vendor

    def __init__(self, traits: Mapping[str, Traits], *, clears: frozenset[str] = frozenset(), extra: str = "", **settings: Any) -> None:
        self.clock = Clock()
        self.folder = Path(tempfile.mkdtemp(dir=SCRATCH))
        lay_tables(self.folder)
        self.vendors = {name: self.kind(name, t, self.clock) for name, t in traits.items()}
        self.mappings = compiled(tuple(traits), clears, extra, self.mapping)
        self.settings = Settings(
            folder=self.folder,
            database_url="",
            redis_url="",
            host="",
            port=0,
            public_url="",
            secret_key="x",
            identity={"customer": ("phone",)},
        )
        self.settings = self._with_systems(tuple(traits), settings)
        self.start()

    def _with_systems(self, names: tuple[str, ...], more: Mapping[str, Any]) -> Settings:
        routes = {self.entity: tuple(Route(n) for n in names)}
        systems = {n: System(n, n, f"memory:{n}", mode="live") for n in names}
        return replace(self.settings, **({"systems": systems, "routes": routes, "trust": names} | dict(more)))

    def start(self) -> None:
        """A new process on the same databases."""
        if hasattr(self, "hub"):
            self.hub.store.dispose()
        opened = open_store("", self.folder, self.clock)
        store = MortalStore(opened.main, opened.intake_engine, self.clock)
        self.connectors = {name: self.connector(name, store.die) for name in self.settings.systems}
        self.hub = Hub(self.settings, store, self.mappings, Outbox(delivery), self.connectors, self.clock)
        prepare(self.hub)
        activate(self.hub)

    def connector(self, name: str, die: Callable[[], None]) -> FakeConnector:
        return FakeConnector(self.vendors[name], self.resource, self.entity, die=die)

    def close(self) -> None:
        self.hub.store.dispose()
        shutil.rmtree(self.folder, ignore_errors=True)

    def mortal(self, work: Callable[[], Any], fuse: int | None = None) -> Any:
        """Do a piece of work in a process that may die of it; another process follows."""
        self.hub.store.fuse = fuse
        try:
            return work()
        except Killed:
            self.start()
            return None
        finally:
            self.hub.store.fuse = None

    def connect(self, names: tuple[str, ...]) -> None:
        """Change the configuration to these systems and start again."""
        self.settings = self._with_systems(names, {})
        self.start()

    def poll(self, system: str) -> int:
        return poll(self.hub, system, self.resource)

    def hint(self, system: str, thing_id: str) -> None:
        now = self.clock()
        row = {"system": system, "resource": self.resource, "external_id": thing_id, "kind": "hint"}
        with self.hub.store.intake() as at:
            inbox.put(at, [row | {"looked_at": now, "received_at": now, "due_at": now}])

    def take(self, limit: int = 200) -> int:
        return Intake(self.hub).run(limit)

    def drain(self, system: str, fault: str | None = None, limit: int = 60) -> int:
        self.connectors[system].fault = fault
        try:
            return Deliverer(self.hub, system).drain(limit=limit)
        finally:
            self.connectors[system].fault = None

    def expire(self) -> None:
        with self.hub.store.write() as at:
            self.hub.outbox.expire(at, now=self.clock())

    def look(self, system: str, thing_id: str, representation: str = "fetch") -> RawLook:
        """A look taken now, to be absorbed whenever the test likes."""
        at = self.clock()
        remote = self.connectors[system]._remote(self.vendors[system].things[thing_id], representation)
        return RawLook(system, self.resource, remote.data, representation, at)

    def quiet(self, rounds: int = 400, *, polls: bool = True) -> int:
        """Poll, take and drain until nothing more is due now or later. Returns the rounds it took; raises AssertionError when it never ends."""
        idle = 0
        for number in range(rounds):
            busy = 0
            for system in self.settings.systems:
                busy += self.poll(system) if polls else 0
            while taken := self.take():
                busy += taken
            for system in self.settings.systems:
                while drained := self.drain(system):
                    busy += drained
            self.expire()
            pending = any(v.pending for v in self.vendors.values())
            idle = 0 if busy or pending or self.open_deliveries() or self.waiting_inbox() else idle + 1
            if idle >= 2:
                return number
            self.clock.advance(5.0 if busy else 30.0)
            for vendor in self.vendors.values():
                vendor.tick()
        raise AssertionError(f"never quiet: {self.deliveries()} inbox {self.waiting_inbox()}")

    def deliveries(self) -> list[tuple[Any, ...]]:
        t = self.hub.outbox.table.c
        with self.hub.store.read() as at:
            rows = at.execute(self.hub.outbox.table.select().with_only_columns(t.system, t.record_id, t.state, t.error_text, t.reason))
            return [tuple(r) for r in rows]

    def open_deliveries(self) -> int:
        live = set(self.settings.systems)
        return sum(s in live and state in ("pending", "leased", "retrying", "unknown", "waiting") for s, _, state, *_ in self.deliveries())

    def waiting_inbox(self) -> int:
        with self.hub.store.read_intake() as at:
            return inbox.depth(at)

    def records(self, entity: str = "") -> list[record_rows.Record]:
        with self.hub.store.read() as at:
            ids = list(at.execute(record_table.select().with_only_columns(record_table.c.id)).scalars())
            found = record_rows.load(at, ids).values()
        return sorted((r for r in found if r.entity == (entity or self.entity)), key=lambda r: r.id)

    def links(self) -> list[link_rows.Link]:
        with self.hub.store.read() as at:
            return [link_rows.Link(**row) for row in at.execute(link_table.select().order_by(link_table.c.id)).mappings()]

    def link(self, system: str, thing_id: str) -> link_rows.Link | None:
        return next((x for x in self.links() if x.system == system and x.external_id == thing_id), None)

    def absorb(self, looks: list[RawLook]) -> None:
        follow(self.hub, Absorber(self.hub).absorb(looks))

    def writes(self) -> int:
        return sum(len(v.writes) for v in self.vendors.values())

    def looked_at(self, system: str, thing_id: str, path: str) -> float:
        """The last look at this path that the hub has taken in; 0.0 before the first."""
        link = self.link(system, thing_id)
        return link.whole_at if link is not None and path in link.base else 0.0

    def first_shown(self, system: str, thing_id: str, path: str, at: float) -> float:
        """When the hub was first shown this path after a moment."""
        return min((s for s in self.vendors[system].shown.get((thing_id, path), []) if s >= at), default=float("inf"))

    def record_of(self, system: str, thing_id: str) -> record_rows.Record | None:
        link = self.link(system, thing_id)
        return next((r for r in self.records() if link and r.id == link.record_id), None)

    def differences(self) -> list[str]:
        """What breaks I4: primary objects of live systems that do not hold what their system makes of the projection, in what is written to
        aliases the aliases too."""
        wrong = []
        records = {r.id: r for r in self.records()}
        with self.hub.store.read() as at:
            for link in self.links():
                if link.system not in self.settings.systems or link.role not in ("primary", "alias") or link.state != "live":
                    continue
                vendor, mapping = self.vendors[link.system], self.hub.mapping(link.system, RESOURCE)
                thing = vendor.things[link.external_id]
                projected, _ = mapping.project(records[link.record_id].data, link.base, BatchContext(at, link.system, None))
                if link.role == "alias":
                    projected = {path: value for path, value in projected.items() if path in mapping.everywhere}
                found = plan(link, projected)
                for path, value in found.writes.items():
                    wrong.append(f"{link.external_id}.{path} is {thing.values.get(path)!r}, owed {value!r}")
                for path in PATHS if link.role == "primary" else sorted(mapping.everywhere):
                    held = thing.values.get(path)
                    if path in link.frozen or path in link.set_aside or (not held and not link.base.get(path)):
                        continue
                    if link.base.get(path) != held:
                        wrong.append(f"{link.external_id}.{path} is {held!r}, the hub thinks {link.base.get(path)!r}")
                    wanted = records[link.record_id].data.get(FIELDS[path])
                    robot = vendor.traits.robots.get(path, str)
                    norm = vendor.traits.normalise.get(path, str)
                    if wanted and held not in (norm(wanted), robot(norm(wanted))):
                        wrong.append(f"{link.external_id}.{path} is {held!r}, the record says {wanted!r}")
        return wrong


def person(number: int) -> dict[str, str]:
    """The unchanging part of a person: first name and phone, by which the systems' objects are recognised."""
    return {"name": f"Name{number}", "phone": f"+7903123{number:04d}"}


def words() -> Iterator[str]:
    """Values that stay different from each other under every normaliser of the vendors."""
    letters = "abcdefghijkmnpqrstuvwxyz"
    for first, second in itertools.product(letters, repeat=2):
        yield f"{first}{second.upper()}-{first}X-"


__all__ = ["FIELDS", "PATHS", "Killed", "RawLook", "Thing", "Traits", "World", "person", "words"]
