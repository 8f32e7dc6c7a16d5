"""merge, the second pure function: a canonical record from all links' contributions and the field policies. Order of arrival cannot matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.policy import Policy
from hub.sync.observe import empty

Json = Any
HUB = "hub"  # people are a system too: manual edits, answers to conflicts, undo
Stamp = tuple[int, float, float, str]  # dated or baseline, time, trust, link id: larger wins


@dataclass(slots=True)  # made for each value of each link: freezing costs three times as much
class Said:
    """What one link says of one field. ``clears``: this system may empty the field. ``ops``: for sets, (before, after, time) decoded.
    ``made``: the hub made the object: what it bears without a time is the vendor's default, and yields to everybody's word."""

    link: str
    system: str
    value: Json
    at: float | None
    clears: bool
    ops: tuple[tuple[Json, Json, float | None], ...] = ()
    made: bool = False


@dataclass(frozen=True, slots=True)
class Merged:
    """The record's data, and for each field who said it: [system, link id, time]. ``conflicts``: field -> what a person must choose from."""

    data: dict[str, Json]
    provenance: dict[str, list[Json]]
    conflicts: dict[str, list[Json]] = field(default_factory=dict)


def merge(
    said: Mapping[str, Sequence[Said]],
    policies: Callable[[str], Policy],
    trust: Mapping[str, float],
    held: Mapping[str, Json] | None = None,
) -> Merged:
    """``said``: field -> statements of all links. ``trust``: system -> rank, higher is trusted more. ``held``: the record's data so far,
    which a field that asks a person keeps until it is decided."""
    data: dict[str, Json] = {}
    provenance: dict[str, list[Json]] = {}
    conflicts: dict[str, list[Json]] = {}
    for name in sorted(said):
        policy = policies(name)
        statements = [s for s in said[name] if policy.kind != "owner" or s.system in policy.systems]
        if policy.kind == "union":
            _union(name, statements, policy, trust, data, provenance)
        elif policy.kind == "ask":
            _ask(name, statements, trust, held or {}, Merged(data, provenance, conflicts))
        elif winner := _winner(statements, policy, trust):
            data[name] = None if empty(winner.value) else winner.value
            provenance[name] = [winner.system, winner.link, winner.at]
    return Merged(data, provenance, conflicts)


def _ask(name: str, statements: Sequence[Said], trust: Mapping[str, float], held: Mapping[str, Json], into: Merged) -> None:
    """One value from all: it is taken. Several: a person's answer stands, else what the record held, else what was said first; a conflict."""
    speaking = sorted((s for s in statements if not empty(s.value) or (s.clears and s.at is not None)), key=lambda s: _stamp(s, trust))
    answer = next((s for s in speaking if s.system == HUB), None)
    newer = [s for s in speaking if s.system != HUB and (answer is None or _stamp(s, trust) > _stamp(answer, trust))]
    if not speaking:
        return
    values = [s.value for s in ([answer] if answer else []) + newer]
    chosen = answer or (speaking[-1] if all(v == values[0] for v in values) else None)
    if any(v != values[0] for v in values):
        into.conflicts[name] = [{"system": s.system, "value": s.value, "at": s.at} for s in speaking]
        chosen = answer or next((s for s in speaking if s.value == held.get(name)), speaking[0])
    if chosen is not None:
        into.data[name] = None if empty(chosen.value) else chosen.value
        into.provenance[name] = [chosen.system, chosen.link, chosen.at]


def _stamp(s: Said, trust: Mapping[str, float]) -> Stamp:
    rank = -2.0 if s.made and s.at is None else trust.get(s.system, -1.0)
    return (0 if s.at is None else 1, s.at or 0.0, rank, s.link)


def _winner(statements: Sequence[Said], policy: Policy, trust: Mapping[str, float]) -> Said | None:
    """The latest that may speak: an empty value counts only from a system that may clear the field, and only when dated."""
    speaking = [s for s in statements if not empty(s.value) or (s.clears and s.at is not None)]
    if not speaking:
        return None
    if policy.kind in ("priority", "owner") and len(policy.systems) > 1:
        rank = {system: -i for i, system in enumerate(policy.systems)} | {HUB: 1}  # a person's word stands above
        return max(speaking, key=lambda s: (rank.get(s.system, -len(rank)), _stamp(s, trust)))
    return max(speaking, key=lambda s: _stamp(s, trust))


def _union(
    name: str,
    statements: Sequence[Said],
    policy: Policy,
    trust: Mapping[str, float],
    data: dict[str, Json],
    provenance: dict[str, list[Json]],
) -> None:
    """Each element on its own: the last system that added or removed it decides; an edit that merely kept an element says nothing of it."""
    last: dict[str, tuple[Stamp, bool, Json]] = {}
    first: dict[str, Stamp] = {}
    newest: tuple[Stamp, Said] | None = None
    for s in statements:
        for before, after, at in s.ops or ((None, s.value, s.at),):
            stamp = (0 if at is None else 1, at or 0.0, trust.get(s.system, -1), s.link)
            old, new = _elements(before, policy.element), _elements(after, policy.element)
            changed = {k: v for k, v in new.items() if k not in old or old[k] != v}
            for key, value in changed.items():
                if key not in last or stamp > last[key][0]:
                    last[key] = (stamp, True, value)
                first[key] = min(first.get(key, stamp), stamp)
            for key in old.keys() - new.keys():
                if s.clears and (key not in last or stamp > last[key][0]):
                    last[key] = (stamp, False, None)
            if newest is None or stamp > newest[0]:
                newest = (stamp, s)
    present = [key for key, (_, there, _) in last.items() if there]
    present.sort(key=lambda key: (first[key][0], first[key][1], -first[key][2], key))
    if newest and (present or any(not there for _, there, _ in last.values())):
        data[name] = [last[key][2] for key in present] or None
        provenance[name] = [newest[1].system, newest[1].link, newest[1].at]


def _elements(value: Json, key: str) -> dict[str, Json]:
    if not value:
        return {}
    return {str(item[key]) if key else str(item): item for item in value}
