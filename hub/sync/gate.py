"""Before a system's deliveries are claimed: what is held back for a person. A run is counted as a whole before its first write, a bounded
piece each time, so that no drain waits for it; a killed process goes on where the count had come to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.app import Hub
from hub.storage import brakes, states
from hub.sync import runs
from hub.sync.draft import Draft, Drafter
from hub.sync.effects import loud
from hub.sync.observe import empty
from hub.sync.runs import APPROVED, BUILDING, BUILT_WITHIN, REPAIR
from hub.sync.scale import CHANGED, CREATED, EFFECTS, EMPTIED, OUT, POST, SAMPLES, Example, Question, objects_of
from retry_queue.runs import of_run

Json = Any
EVERY = "*"  # whatever run
CHUNK = 200
SLICE = 3.0  # seconds that one drain counts
ENOUGH = 2000  # objects beyond the measure after which nobody needs the exact number
COUNTING, PASSED, ASKED = "counting", "passed", "asked"
Held = list[tuple[str, str]]  # (run, entity)


@dataclass(slots=True)
class Weight:
    """What a run would do in one place. ``emptied``, ``effects``: name -> objects. ``rows``: deliveries that were counted."""

    rows: int = 0
    created: int = 0
    changed: int = 0
    emptied: Counter[str] = field(default_factory=Counter)
    effects: Counter[str] = field(default_factory=Counter)
    sample: dict[str, list[Json]] = field(default_factory=dict)  # kind, or kind:field

    @classmethod
    def of(cls, data: Json) -> Weight:
        rows, created, changed = (int(data.get(name) or 0) for name in ("rows", "created", "changed"))
        emptied, effects = Counter(data.get("emptied") or {}), Counter(data.get("effects") or {})
        return cls(rows, created, changed, emptied, effects, dict(data.get("sample") or {}))

    def as_data(self) -> dict[str, Json]:
        return {name: getattr(self, name) for name in ("rows", "created", "changed", "sample")} | {
            "emptied": dict(self.emptied),
            "effects": dict(self.effects),
        }

    def put(self, draft: Draft, effects: Sequence[str]) -> None:
        """One draft that is a write."""
        example = Example(draft.delivery.record_id, (draft.link.external_id or "") if draft.link else "", tuple(changes_of(draft)))
        self.created, self.changed = self.created + draft.creates, self.changed + (not draft.creates)
        self._keep(CREATED if draft.creates else CHANGED, example)
        for name in emptied_by(draft):
            self.emptied[name] += 1
            self._keep(f"{EMPTIED}:{name}", example)
        for name in effects:
            self.effects[name] += 1
            self._keep(EFFECTS, example)

    def _keep(self, key: str, example: Example) -> None:
        kept = self.sample.setdefault(key, [])
        if len(kept) < SAMPLES:
            kept.append(example.as_data())


def changes_of(draft: Draft) -> list[tuple[str, Json, Json]]:
    """(field, before, after) of everything that a draft writes."""
    base = draft.link.base if draft.link else {}
    return [(field_of(draft, path), base.get(path), value) for path, value in draft.writes.items()]


def field_of(draft: Draft, path: str) -> str:
    found = draft.mapping.by_path.get(path) if draft.mapping else None
    return found[0].field if found else path


def emptied_by(draft: Draft) -> set[str]:
    """Fields that a draft would leave without a value."""
    return {name for name, before, after in changes_of(draft) if empty(after) and not empty(before)}


class Gate:
    """The gate of one system."""

    def __init__(self, hub: Hub, system: str) -> None:
        self.hub, self.system = hub, system

    def held(self) -> Held:
        """What may not be claimed now. Counts runs that are not counted yet."""
        with self.hub.store.read() as at:
            going = runs.going(at)
            kept = {run["id"]: runs.weights(at, run["id"]) for run in going}
            mine = [run for run in going if run["system"] in ("", self.system) or self._led_here(kept[run["id"]])]
            found, going = closed(self.hub, self.system, brakes.undecided(at), mine)
        end = time.monotonic() + SLICE
        for run in going:
            for entity in self.hub.settings.routes:
                row = kept[run["id"]].get((self.system, entity))
                state = row["state"] if row else COUNTING
                if state == COUNTING and self.system in self.hub.takers(entity):
                    state = self._count(run, entity, row, end)
                if state != PASSED:
                    found.append((run["id"], entity))
        return found

    def _led_here(self, weighed: Mapping[tuple[str, str], Json]) -> bool:
        """Whether a run of another system has come to write here: what its writes lead to belongs to it."""
        return any(system == self.system for system, _ in weighed)

    def again(self, run: str, entity: str) -> None:
        """A run has come to write what it did not seem to when it was counted: count what is left."""
        with self.hub.store.write() as at:
            brakes.weigh(at, run, self.system, entity, COUNTING, {})

    def _count(self, run: dict[str, Json], entity: str, row: dict[str, Json] | None, end: float) -> str:
        """Go on counting one place of a run, until it is whole or this slice is over. Returns how it stands then."""
        weight, after = Weight.of(row["counts"] if row else {}), str(row["after"]) if row else ""
        most = self.hub.settings.brakes.most
        while True:
            with self.hub.store.read() as at:
                found = of_run(at, self.hub.outbox.table, self.system, run["id"], entity, after=after, limit=CHUNK)
                there = objects_of(self.hub, at, self.system, entity)
                for draft in Drafter(self.hub, at, self.system, self.hub.clock()).drafts(found):
                    if draft.owed:
                        weight.put(draft, loud(self.hub, self.system, draft))
            weight.rows, after = weight.rows + len(found), found[-1].id if found else after
            if len(found) < CHUNK or weight.created + weight.changed > most(CHANGED, there) + ENOUGH:
                return self._whole(run, entity, weight, there)
            if time.monotonic() > end:
                with self.hub.store.write() as at:
                    brakes.weigh(at, run["id"], self.system, entity, COUNTING, weight.as_data(), after)
                return COUNTING

    def _whole(self, run: dict[str, Json], entity: str, weight: Weight, there: int) -> str:
        """The count is whole: the run passes, or a person is asked."""
        with self.hub.store.write() as at:
            hushed = bool(states.get(at, self.system)["hushed"] or run["counts"].get("confirmed"))
            question = self._question(run, entity, weight, there, hushed)
            state = ASKED if question else PASSED
            brakes.weigh(at, run["id"], self.system, entity, state, weight.as_data() | {"confirmed": hushed})
            if question:
                brakes.ask(at, question.as_row(), now=self.hub.clock())
        return state

    def _question(self, run: dict[str, Json], entity: str, weight: Weight, there: int, hushed: bool) -> Question | None:
        most = self.hub.settings.brakes.most
        sizes = [(EMPTIED, name, number) for name, number in weight.emptied.items()]
        sizes += [(CREATED, "", weight.created), (CHANGED, "", weight.changed)]
        decided = run["kind"] in (APPROVED, REPAIR)
        over = [] if decided else [(kind, name, n) for kind, name, n in sizes if n > most(kind, there)]
        if over:
            kind, name, number = over[0]
            limit, sample = most(kind, there), weight.sample.get(f"{kind}:{name}" if name else kind, [])
        elif weight.effects and not hushed:
            kind, limit, sample = EFFECTS, 0, weight.sample.get(EFFECTS, [])
            name, number = weight.effects.most_common(1)[0]
        else:
            return None
        return Question(self.system, entity, OUT, kind, name, number, limit, there, run["id"], sample)


def own(going: Sequence[Json], system: str) -> list[Json]:
    """The unfinished runs that were begun for a system."""
    return [run for run in going if run["system"] in ("", system)]


def closed(hub: Hub, system: str, questions: Sequence[Json], going: Sequence[Json]) -> tuple[Held, list[dict[str, Json]]]:
    """What open questions and unfinished runs hold back at a system, and the runs that are to be counted there. ``going``: those that concern it."""
    held: Held = []
    for row in questions:
        if row["system"] == system and row["way"] != POST:  # a place waits alone
            held.append((EVERY if row["way"] != OUT else row["run"], row["entity"]))
    counted = []
    for run in going:
        if run["state"] == BUILDING and hub.clock() - run["started_at"] < BUILT_WITHIN:
            held.append((run["id"], ""))
        else:
            counted.append(run)
    return held, counted
