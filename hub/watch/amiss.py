"""Which states of the hub are amiss now: figures in, states out. Pure; :mod:`hub.watch.alerts` opens and closes alerts by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from hub.audiences.trouble import trouble
from hub.config.sections.alerts import Alerts
from hub.storage.states import BREAKER_AFTER

Json = Any
ASKED = ("entity", "way", "kind", "field", "count")  # what a brake's sentence is made of
RESTORED, BACKWARDS = "restored", "backwards"  # the kind of alert, and the kind of brake that it tells of
ROOM = 1.2  # times the configured room that a disk must have again before the alert is over


@dataclass(frozen=True, slots=True)
class Facts:
    """``states``: system -> its row, with its undecided ``brakes``. ``dead``: system -> deliveries given up. ``stores``: store -> (since when it is open today, when something
    last came from it), open ones only. ``titles``: store -> its names in Russian and English. ``free``: bytes left on the disk. ``refused``: the answer by which the
    hub stands still. ``audiences``: (title, system) -> its row."""

    states: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    dead: Mapping[str, int] = field(default_factory=dict)
    stores: Mapping[str, tuple[float, float | None]] = field(default_factory=dict)
    titles: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    free: float = float("inf")
    refused: Mapping[str, Json] | None = None
    audiences: Mapping[tuple[str, str], Mapping[str, Json]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Amiss:
    """One state that is amiss. ``subject``: the system or the store, empty for the whole hub. ``details``: what its sentence is made of."""

    kind: str
    subject: str
    details: Mapping[str, Json]

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.subject}"


def heaviest(brakes: Iterable[Mapping[str, Json]]) -> dict[str, Mapping[str, Json]]:
    """Kind of alert -> the brake of most objects. That a base may be a restored copy is told beside any other question about it."""
    return {RESTORED if row["kind"] == BACKWARDS else "brake": row for row in sorted(brakes, key=lambda row: row["count"])}


def _of_system(system: str, state: Mapping[str, Json]) -> Iterator[Amiss]:
    if state.get("paused"):
        yield Amiss("paused", system, {"reason": str(state["paused"])})
    if int(state.get("breaker_failures") or 0) >= BREAKER_AFTER:
        yield Amiss("breaker", system, {"reason": str(state.get("breaker_reason") or "")})
    for kind, row in heaviest(state.get("brakes") or ()).items():
        yield Amiss(kind, system, {name: row[name] for name in ASKED})
    if state.get("alarm"):
        yield Amiss("copy", system, dict(state["alarm"]))


def amiss(facts: Facts, limits: Alerts, *, open_keys: Set[str], now: float) -> list[Amiss]:
    """Everything that is amiss. A figure that hovers about its limit does not open and close an alert again and again: dead letters must
    fall to half of the limit, and the disk have a fifth more room, before an open alert is over."""
    found = [one for system, state in facts.states.items() for one in _of_system(system, state)]
    for system, count in facts.dead.items():
        most = limits.dead_letters // 2 if f"dead:{system}" in open_keys else limits.dead_letters
        if count > most:
            found.append(Amiss("dead", system, {"count": count}))
    for store, (since, last) in facts.stores.items():
        if now - max(since, last or 0.0) > limits.silence:
            found.append(Amiss("silent", store, {"last": last, "titles": list(facts.titles.get(store, (store, store)))}))
    for (title, system), row in facts.audiences.items():
        if why := trouble(row, patience=limits.uploading, now=now):
            told = {name: row[name] for name in ("state", "figures", "error")}
            found.append(Amiss("audience", f"{title}: {system}", {"why": why, "system": system, "titles": [title, title], **told}))
    if facts.refused:
        found.append(Amiss("standstill", "", {"actor": facts.refused["actor"]}))
    if facts.free < limits.free * (ROOM if "disk:" in open_keys else 1.0):
        found.append(Amiss("disk", "", {"free": facts.free}))
    return found
