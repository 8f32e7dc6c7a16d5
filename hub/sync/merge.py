"""merge, the second pure function: a canonical record from all links' contributions and the field policies. Order of arrival cannot matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.entities.policy import Policy
from hub.sync.consents import consents_of
from hub.sync.course import Course, course_of
from hub.sync.stages import owned
from hub.sync.statement import HUB, Event, Said, Stamp, events, stamp_of
from mappings.cards import one_card

Json = Any
STATUS, CONSENT_HISTORY = "status", "consent_history"
WHOLE_MINUTE = ":00Z"  # how a moment ends that has no seconds
CARDS, CARDS_BEFORE = "cards", "cards_before"
Place = tuple[int, float, float, str]
NOTHING: tuple[Json, ...] = (None, "", [], {})  # as empty() has it, without a call for each value of each link
__all__ = ["CONSENT_HISTORY", "HUB", "Merged", "Said", "Stamp", "merge"]


@dataclass(frozen=True, slots=True)
class Merged:
    """The record's data, and for each field who said it: [system, link id, time]. ``conflicts``: field -> what a person must choose from.
    ``spellings``: how its cards are spelt beside the way that is kept."""

    data: dict[str, Json]
    provenance: dict[str, list[Json]]
    conflicts: dict[str, list[Json]] = field(default_factory=dict)
    spellings: set[str] = field(default_factory=set)

    def take(self, name: str, value: Json, said: Said, at: float | None) -> None:
        self.data[name] = None if value in NOTHING else value
        self.provenance[name] = [said.system, said.link, at]


def merge(
    said: Mapping[str, Sequence[Said]],
    policies: Callable[[str], Policy],
    trust: Mapping[str, float],
    held: Mapping[str, Json] | None = None,
) -> Merged:
    """``said``: field -> statements of all links. ``trust``: system -> rank, higher is trusted more. ``held``: the record's data so far,
    which a field that asks a person keeps until it is decided."""
    into, course = Merged({}, {}), Course()
    if STATUS in said and (policy := policies(STATUS)).kind == "steps":
        course = course_of(said[STATUS], policy, trust)
        _stepped(course, into)
    for name in sorted(said):
        policy = policies(name)
        if policy.kind == "steps":
            continue
        if policy.until:
            if event := owned(said[name], policy, course, trust):
                into.take(name, event.after, event.said, event.at)
            continue
        statements = said[name]
        if policy.kind == "owner":
            statements = [s for s in statements if s.system in policy.systems]
        if policy.kind == "union":
            _union(name, statements, policy, trust, into)
        elif policy.kind == "consent":
            _consent(name, statements, trust, into)
        elif policy.kind == "ask":
            _ask(name, statements, trust, held or {}, into)
        elif winner := _winner(statements, policy, trust):
            into.take(name, winner.value, winner, winner.at)
    return into


def _stepped(course: Course, into: Merged) -> None:
    """The status as it went. A step that the shop does not allow is a conflict: the record keeps what it had until a person decides."""
    last = course.last
    if last is None:
        return
    into.take(STATUS, last.after, last.said, last.at)
    if course.refused:
        latest = {step.said.link: step for step in course.refused}
        into.conflicts[STATUS] = [{"system": s.said.system, "value": s.after, "at": s.at} for s in (last, *latest.values())]


def _consent(name: str, statements: Sequence[Said], trust: Mapping[str, float], into: Merged) -> None:
    found, history, newest = consents_of(statements, trust)
    if newest is not None and (found or history):
        into.take(name, found, newest.said, newest.at)
        into.take(CONSENT_HISTORY, history, newest.said, newest.at)


def _ask(name: str, statements: Sequence[Said], trust: Mapping[str, float], held: Mapping[str, Json], into: Merged) -> None:
    """One value from all: it is taken. Several: a person's answer stands, else what the record held, else what was said first; a conflict."""
    speaking = sorted((s for s in statements if s.speaks), key=lambda s: _stamp(s, trust))
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
        into.take(name, chosen.value, chosen, chosen.at)


def _stamp(s: Said, trust: Mapping[str, float]) -> Stamp:
    return stamp_of(s, s.at, trust)


def _winner(statements: Sequence[Said], policy: Policy, trust: Mapping[str, float]) -> Said | None:
    """The latest that may speak: an empty value counts only from a system that may clear the field, and only when dated."""
    speaking = [s for s in statements if s.value not in NOTHING or (s.clears and s.at is not None)]
    if policy.vague:
        speaking = [s for s in speaking if s.value not in policy.vague] or speaking
    if len(speaking) < 2:
        return speaking[0] if speaking else None
    if policy.kind in ("priority", "owner") and len(policy.systems) > 1:
        rank = {system: -i for i, system in enumerate(policy.systems)} | {HUB: 1}  # a person's word stands above
        return _finest(max(speaking, key=lambda s: (rank.get(s.system, -len(rank)), _stamp(s, trust))), speaking, trust)
    return _finest(max(speaking, key=lambda s: _stamp(s, trust)), speaking, trust)


def _finest(winner: Said, speaking: Sequence[Said], trust: Mapping[str, float]) -> Said:
    """A moment that a vendor keeps to the minute (MoySklad's ``moment``) is the same moment where another tells its seconds, too."""
    value = winner.value
    if value.__class__ is not str or value[-4:] != WHOLE_MINUTE or value[10:11] != "T":
        return winner
    finer = [s for s in speaking if s.value.__class__ is str and s.value[:17] == value[:17] and s.value[-4:] != WHOLE_MINUTE]
    return max(finer, key=lambda s: _stamp(s, trust)) if finer else winner


def _union(name: str, statements: Sequence[Said], policy: Policy, trust: Mapping[str, float], into: Merged) -> None:
    """Each element on its own: the last system that added or removed it decides; an edit that merely kept an element says nothing of it.
    A system that may not clear the field may replace its elements, but not leave none. A card in several spellings is one, as it was spelt first."""
    last: dict[str, tuple[Stamp, bool, Json]] = {}
    first: dict[str, Stamp] = {}
    spelt: dict[str, dict[str, Place]] = {}
    newest: Event | None = None
    fold = one_card if name == CARDS else str
    for event in (e for s in statements for e in events(s, trust)):
        stamp = event.stamp
        old, new = _elements(event.before, policy.element, fold), _elements(event.after, policy.element, fold)
        changed = {k: v for k, v in new.items() if k not in old or old[k] != v}
        for key, value in changed.items():
            if key not in last or stamp > last[key][0]:
                last[key] = (stamp, True, value)
            first[key] = min(first.get(key, stamp), stamp)
        for item in (*(event.before or ()), *(event.after or ())) if name == CARDS else ():
            of, way = spelt.setdefault(one_card(item[policy.element]), {}), str(item[policy.element])
            of[way] = min(of.get(way, _place(stamp)), _place(stamp))
        for key in old.keys() - new.keys():
            if (new or event.said.clears) and (key not in last or stamp > last[key][0]):
                last[key] = (stamp, False, None)
        if newest is None or stamp > newest.stamp:
            newest = event
    present = [key for key, (_, there, _) in last.items() if there]
    present.sort(key=lambda key: (_place(first[key])[:3], key))
    gone = sorted(key for key, (_, there, _) in last.items() if not there)
    ways = {key: [way for _, way in sorted((place, way) for way, place in of.items())] for key, of in spelt.items()}
    if newest and (present or gone):
        kept = [last[key][2] for key in present]
        if name == CARDS:
            kept = [dict(item) | {policy.element: ways[key][0]} for key, item in zip(present, kept, strict=True)]
            into.spellings.update(way for key in present for way in ways[key][1:])
        into.take(name, kept, newest.said, newest.at)
    if newest and gone and name == CARDS:  # a card that was given anew still names its owner on older receipts
        into.take(CARDS_BEFORE, [ways[key][0] for key in gone], newest.said, newest.at)


def _place(stamp: Stamp) -> Place:
    """Where what was said so stands: first what was said first, of baselines what the most trusted system has."""
    return (stamp[0], stamp[1], -stamp[2], stamp[3])


def _elements(value: Json, key: str, fold: Callable[[Json], str]) -> dict[str, Json]:
    if not value:
        return {}
    return {fold(item[key] if key else item): item for item in value}
