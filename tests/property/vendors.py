"""In-memory vendors behind the connector contract: they truncate, reformat, act after the answer, leave paths out, and lose answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.contract import Manifest, Operation, Outcome, Page, Remote, Representation, ResourceManifest, Write
from connectors.errors import Missing, Rejected, Unavailable, Unknown

Json = Any
Normaliser = Callable[[str], str]
NORMALISERS: tuple[Normaliser, ...] = (
    lambda v: v,
    lambda v: v[:3],
    str.lower,
    str.upper,
    lambda v: v.strip("-"),
    lambda v: v[:2].upper(),
)
PATHS = ("last", "note", "city")


class Killed(BaseException):
    """The process died here: nothing after this line happened."""


@dataclass
class Clock:
    """Time as the test wants it. Each question costs a millisecond, so that no two moments are the same."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Traits:
    """What a vendor is like. ``dates``: it dates whole objects. ``skew``: its clock minus ours. ``keeps_key``: it keeps the hub key.
    ``robots``: path -> what a robot makes of a value ``robot_delay`` seconds after it was stored. ``adds``: path -> what it puts into a new object
    where nothing was said."""

    normalise: Mapping[str, Normaliser] = field(default_factory=dict)
    robots: Mapping[str, Normaliser] = field(default_factory=dict)
    robot_delay: float = 5.0
    adds: Mapping[str, str] = field(default_factory=dict)
    dates: bool = True
    skew: float = 0.0
    keeps_key: bool = True
    list_lacks: frozenset[str] = frozenset()
    answer_lacks: frozenset[str] = frozenset()
    create: str = "keyed"
    update: str = "safe"
    settles: float = 20.0
    effects: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()  # values of `note` that it refuses
    names_field: bool = True  # a refusal says of which field it is; else it is of the whole object
    min_write_interval: float = 0.0


@dataclass
class Thing:
    """A remote object, and what the test knows of each path: who stored it, and whether the hub has seen it since."""

    id: str
    values: dict[str, Json]
    key: str | None = None
    modified: float = 0.0
    seq: int = 0


class Vendor:
    """State of one remote system. ``overwrote(id, path)`` is called when a write of the hub hits an edit that it has not seen."""

    def __init__(self, name: str, traits: Traits, clock: Clock) -> None:
        self.name, self.traits, self.clock = name, traits, clock
        self.things: dict[str, Thing] = {}
        self.seq = 0
        self.pending: list[tuple[float, Callable[[], Any]]] = []
        self.unseen: dict[tuple[str, str], str] = {}
        self.writes: list[tuple[float, str, dict[str, Json]]] = []
        self.made: dict[str, str] = {}  # idempotency key -> id
        self.ours: set[tuple[str, str]] = set()  # (id, path) whose value the hub wrote last
        self.shown: dict[tuple[str, str], list[float]] = {}  # (id, path) -> when the hub was shown it
        self.overwrote: Callable[[str, str, str], None] = lambda thing, path, value: None
        self.robotised: Callable[[str, str, str], None] = lambda thing, path, value: None

    def tick(self) -> None:
        """Do what has come due: late effects and robots."""
        now = self.clock.now
        due = sorted((x for x in self.pending if x[0] <= now), key=lambda x: x[0])
        self.pending = [x for x in self.pending if x[0] > now]
        for _, act in due:
            act()

    def _touch(self, thing: Thing) -> None:
        self.seq += 1
        thing.seq, thing.modified = self.seq, self.clock.now + self.traits.skew

    def store(self, thing: Thing, path: str, value: str) -> str:
        stored = self.traits.normalise.get(path, str)(value) if isinstance(value, str) else value
        thing.values[path] = stored
        if robot := self.traits.robots.get(path):
            self.pending.append((self.clock.now + self.traits.robot_delay, lambda: self._robot(thing, path, robot)))
        return stored

    def _robot(self, thing: Thing, path: str, robot: Normaliser) -> None:
        before = thing.values.get(path)
        if before and robot(before) != before:
            thing.values[path] = robot(before)
            self._touch(thing)
            self.robotised(thing.id, path, thing.values[path])

    def user_makes(self, values: Mapping[str, str]) -> Thing:
        self.tick()
        thing = Thing(f"{self.name}-{len(self.things) + 1}", {})
        self.things[thing.id] = thing
        for path, value in values.items():
            self.store(thing, path, value)
        self._touch(thing)
        return thing

    def user_edits(self, thing_id: str, path: str, value: str) -> str | None:
        """What was stored, or None where nothing changed."""
        self.tick()
        thing = self.things[thing_id]
        before = thing.values.get(path)
        stored = self.traits.normalise.get(path, str)(value)
        if stored == before:
            return None
        self.store(thing, path, value)
        self._touch(thing)
        self.ours.discard((thing_id, path))
        self.unseen[thing_id, path] = stored
        return stored

    def hub_writes(self, write: Write) -> Thing:
        self.tick()
        if write.id is None:
            if self.traits.create == "keyed" and write.key in self.made:
                return self.things[self.made[write.key]]
            thing = Thing(f"{self.name}-{len(self.things) + 1}", {}, write.key if self.traits.keeps_key else None)
            self.things[thing.id] = thing
            thing.values |= self.traits.adds
            self.made[write.key] = thing.id
        else:
            thing = self.things[write.id]
        self.writes.append((self.clock.now, thing.id, dict(write.data)))
        for path, value in write.data.items():
            edit = self.unseen.pop((thing.id, path), None)
            if edit is not None:
                self.overwrote(thing.id, path, edit)
            self.store(thing, path, value)
            self.ours.add((thing.id, path))
        self._touch(thing)
        return thing

    def shows(self, thing: Thing, lacks: frozenset[str]) -> dict[str, Json]:
        """The object as JSON; what is shown counts as seen by the hub."""
        shown = {path: value for path, value in thing.values.items() if path not in lacks}
        for path in PATHS:
            if path not in lacks:
                self.unseen.pop((thing.id, path), None)
                self.shown.setdefault((thing.id, path), []).append(self.clock.now)
        shown |= {"id": thing.id, "key": thing.key}
        if self.traits.dates:
            shown["modified"] = datetime.fromtimestamp(thing.modified, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return shown


class FakeConnector:
    """A connector for a Vendor. ``fault``: what happens to the next write call: lost | lost_before | late | kill_before | kill_after |
    unavailable; ``None``: it answers."""

    def __init__(self, vendor: Vendor, resource: str = "people", entity: str = "customer", die: Callable[[], None] = lambda: None) -> None:
        self.vendor, self.fault, self.die, self.down = vendor, None, die, False
        traits = vendor.traits
        find_by = "hub" if traits.keeps_key else "phone"
        self.manifest = Manifest(
            vendor=vendor.name,
            title=vendor.name,
            resources={
                resource: ResourceManifest(
                    entity=entity,
                    operations={
                        "create": Operation(traits.create, find_by=find_by, settles_after=traits.settles),
                        "update": Operation(traits.update, settles_after=traits.settles),
                    },
                    representations={
                        "list": Representation(lacks=traits.list_lacks),
                        "fetch": Representation(),
                        "answer": Representation(lacks=traits.answer_lacks),
                    },
                    incremental=traits.dates,
                    overlap=0.0,
                    effect_paths=traits.effects,
                )
            },
            min_write_interval=traits.min_write_interval,
        )
        self.resource = resource

    def _answering(self) -> None:
        self.vendor.tick()
        if self.down:
            raise Unavailable("the vendor is down")

    def _remote(self, thing: Thing, representation: str) -> Remote:
        lacks = {"list": self.vendor.traits.list_lacks, "answer": self.vendor.traits.answer_lacks}.get(representation, frozenset())
        return Remote(thing.id, self.vendor.shows(thing, lacks), representation)

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        self._answering()
        since = int(cursor.get("seq", 0)) if self.vendor.traits.dates else 0
        found = sorted((t for t in self.vendor.things.values() if t.seq > since), key=lambda t: t.seq)
        for start in range(0, len(found), 3):
            chunk = found[start : start + 3]
            last = start + 3 >= len(found)
            yield Page([self._remote(t, "list") for t in chunk], {"seq": chunk[-1].seq}, last)
        if not found:
            yield Page([], {"seq": since}, True)

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        self._answering()
        return [self._remote(self.vendor.things[i], "fetch") for i in ids if i in self.vendor.things]

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        self._answering()
        path = {"hub": None, "phone": "phone"}[key]
        things = self.vendor.things.values()
        return [self._remote(t, "fetch") for t in things if (t.key if path is None else t.values.get(path)) in values]

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        fault, self.fault = self.fault, None
        self.vendor.tick()
        if self.down or fault == "unavailable":
            return [Outcome(error=Unavailable("the vendor is down")) for _ in writes]
        if fault == "kill_before":
            self.die()
        if fault == "lost_before":
            return [Outcome(error=Unknown("the answer was lost")) for _ in writes]
        if fault in ("late", "late_kill"):
            due = self.vendor.clock.now + self.vendor.traits.settles / 2
            for write in writes:
                self.vendor.pending.append((due, lambda write=write: self.vendor.hub_writes(write)))
            if fault == "late_kill":
                self.die()
            return [Outcome(error=Unknown("the answer was lost")) for _ in writes]
        outcomes = [self._one(write) for write in writes]
        if fault == "kill_after":
            self.die()
        if fault == "lost":
            return [Outcome(error=Unknown("the answer was lost")) for _ in writes]
        return outcomes

    def _one(self, write: Write) -> Outcome:
        if write.data.get("note") in self.vendor.traits.refuses:
            return Outcome(error=Rejected("not this note", code="bad_note", field="note" if self.vendor.traits.names_field else ""))
        if write.id is not None and write.id not in self.vendor.things:
            return Outcome(error=Missing("no such object"))
        return Outcome(self._remote(self.vendor.hub_writes(write), "answer"))
