"""How much changes alike within an hour, counted while it is taken or written: over the measure it stops before it is merged or written.

People's work is spread over fields; a storm is one field of many objects. So changed and emptied objects are counted by field, new and lost
ones and those whose versions went backwards by entity. Counting costs a few rows for each batch, however many records there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.entities import FACTS, FIGURES
from hub.storage import brakes
from hub.sync import memberships

Json = Any
IN, OUT, MERGE, POST = "in", "out", "merge", "post"  # of POST: hub.sync.places
CREATED, CHANGED, EMPTIED, LOST, BACKWARDS, EFFECTS = "created", "changed", "emptied", "lost", "backwards", "effects"
LEFT = "left"  # members of a segment, which is the field
TIMES = 3  # times what a busy hour holds is a storm
SAMPLES = 10
HOUR = 3600.0
COUNTED_FOR = 600.0  # seconds that the number of a system's objects is good for: a share needs no more
Place = tuple[str, str, int]  # system, entity, hour


@dataclass(frozen=True, slots=True)
class Example:
    """One object of a storm. ``changes``: [[field, before, after]]."""

    record: str
    external_id: str
    changes: tuple[tuple[str, Json, Json], ...] = ()

    def as_data(self) -> dict[str, Json]:
        return {"record": self.record, "id": self.external_id, "changes": [list(one) for one in self.changes]}


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked: ``count`` objects, where ``most`` would have been let through of a system's ``objects``."""

    system: str
    entity: str
    way: str
    kind: str
    field: str
    count: int
    most: int
    objects: int
    run: str = ""
    sample: Sequence[Json] = ()

    def as_row(self) -> dict[str, Json]:
        names = ("system", "entity", "way", "kind", "field", "count", "most", "objects", "run")
        return {name: getattr(self, name) for name in names} | {"sample": list(self.sample)}


class Braked(Exception):
    """Stopped before anything of it was kept: a person is to be asked."""

    def __init__(self, question: Question) -> None:
        super().__init__(f"{question.system} {question.entity}: {question.count} {question.kind} {question.field}")
        self.question = question


@dataclass(slots=True)
class Scale:
    """One batch on the scale. ``way``: IN or OUT."""

    hub: Hub
    way: str
    figures: dict[Place, Counter[tuple[str, str]]] = field(default_factory=dict)
    examples: dict[tuple[str, str, str, str], list[Example]] = field(default_factory=dict)

    def put(self, system: str, entity: str, at: float, kind: str, name: str, example: Example) -> None:
        """One object that changed so at this time. Figures that follow purchases are no storm, however many change."""
        if kind == CHANGED and name in FIGURES:
            return
        self.figures.setdefault((system, entity, int(at // HOUR)), Counter())[kind, name] += 1
        kept = self.examples.setdefault((system, entity, kind, name), [])
        if len(kept) < SAMPLES:
            kept.append(example)

    def weigh(self, at: Connection) -> None:
        """Raises Braked for the heaviest that is over its measure together with what its hour holds already."""
        over: list[Question] = []
        for (system, entity, hour), figures in self.figures.items():
            held = brakes.counted(at, system, entity, self.way, hour)
            over += self._over(at, system, entity, hour, {key: held.get(key, 0) + n for key, n in figures.items()})
        if over:
            raise Braked(max(over, key=lambda one: one.count / one.most))

    def _over(self, at: Connection, system: str, entity: str, hour: int, figures: dict[tuple[str, str], int]) -> list[Question]:
        smallest = min(self.hub.settings.brakes.most(kind, 0, fact=entity in FACTS) for kind, _ in figures)
        if max(figures.values()) <= smallest:  # the usual case asks for nothing more
            return []
        there, passed = objects_of(self.hub, at, system, entity), brakes.allowed(at, system, now=self.hub.clock())
        found = []
        for (kind, name), number in figures.items():
            if kind == LEFT:
                there = memberships.count(at, name) + number
            most = self.hub.settings.brakes.most(kind, there, fact=entity in FACTS)
            if number > most and kind in (CREATED, CHANGED):  # a chain whose busy hours hold more has its own measure
                most = max(most, TIMES * brakes.usual(at, system, entity, self.way, kind, name, before=hour))
            if number > most and (entity, self.way, kind, name) not in passed:
                sample = [one.as_data() for one in self.examples[system, entity, kind, name]]
                found.append(Question(system, entity, self.way, kind, name, number, most, there, sample=sample))
        return found

    def keep(self, at: Connection) -> None:
        """It was taken, or written: the hour's tallies grow."""
        for (system, entity, hour), figures in sorted(self.figures.items()):
            brakes.count(at, system, entity, self.way, hour, figures)


def objects_of(hub: Hub, at: Connection, system: str, entity: str) -> int:
    """How many objects of an entity a system has, at most some minutes old."""
    key, now = ("objects", system, entity), hub.clock()
    number, until = hub.cache.get(key, (0, 0.0))
    if now > until:
        resources = [r for r in hub.resources(system) if (m := hub.mapping(system, r)) and m.entity == entity]
        number = brakes.objects(at, system, resources)
        hub.cache[key] = (number, now + COUNTED_FOR)
    return int(number)
