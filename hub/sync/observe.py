"""read, the first of the three pure functions: what an observation says that *this system* changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.storage.links import Link

Json = Any
FUTURE = 300.0  # a vendor's time this far ahead of ours is clamped
DROPPED_FOR = 86_400.0  # for so long a dropped intent may still come true late
FLIP_WINDOW = 600.0
FLIP_LIMIT = 3
TICK = 0.001
KEPT_OPS = 24


@dataclass(frozen=True, slots=True)
class Look:
    """An observation: values by remote path, in remote form. ``at``: our time before the request left. ``modified``: the vendor's time
    of the object as seconds, corrected for its clock, or None. ``mine``: it is the answer of our own write."""

    values: Mapping[str, Json]
    at: float
    modified: float | None = None
    mine: bool = False


@dataclass(slots=True)
class Seen:
    """What a look did to its link. ``edits``: paths that the system changed. ``echo``: all was as the base had it."""

    edits: list[str] = field(default_factory=list)
    baseline: list[str] = field(default_factory=list)
    doubted: list[str] = field(default_factory=list)
    frozen: list[str] = field(default_factory=list)
    learned: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.edits or self.baseline or self.frozen)

    @property
    def echo(self) -> bool:
        return not (self.changed or self.doubted or self.learned)


@dataclass(frozen=True, slots=True)
class Rules:
    """How to look. ``alike(path, a, b)``: two remote values that decode to the same but for case, spaces and punctuation.
    ``sets``: paths whose elements merge one by one. ``write_only``: paths that the hub writes and never takes from.
    ``effects``: paths whose write has a side effect: an unexplained value there is a person's edit."""

    alike: Callable[[str, Json, Json], bool]
    settle: float = 30.0
    sets: frozenset[str] = frozenset()
    write_only: frozenset[str] = frozenset()
    effects: frozenset[str] = frozenset()
    safe_update: bool = True


def applicable(link: Link, look: Look) -> bool:
    """A look counts only if no write of the link is in flight or ended after it left, and no later look was applied."""
    return link.intent is None and look.at > link.wrote_at and look.at >= link.looked_at


def observe(link: Link, look: Look, rules: Rules, *, now: float) -> Seen:
    """Apply a look to its link, in place: base, sent and contribution move to what was seen. Open intents are resolved by
    :func:`hub.sync.intent.resolve` first, so that a value seen here is never our own write in flight."""
    seen = Seen()
    for path, value in look.values.items():
        if path not in link.base:
            _first_contact(link, path, value, rules, seen)
        elif value != link.base[path]:
            _differs(link, look, path, value, rules, seen, now)
    link.looked_at = max(link.looked_at, look.at)
    return seen


def _first_contact(link: Link, path: str, value: Json, rules: Rules, seen: Seen) -> None:
    link.base[path] = value
    if path in rules.write_only:
        return
    link.sent.setdefault(path, value)
    if not empty(value) and path not in link.contribution:
        link.contribution[path] = {"v": value, "t": None}
        if path in rules.sets:
            link.contribution[path]["ops"] = [[None, value, None]]
        seen.baseline.append(path)


def _differs(link: Link, look: Look, path: str, value: Json, rules: Rules, seen: Seen, now: float) -> None:
    before = link.base[path]
    if _late_effect(link, path, value, look.at):
        link.base[path] = value
        seen.learned.append(path)
        return
    settling = look.at - link.wrote_at <= rules.settle and path in link.sent
    if settling and (rules.alike(path, value, link.sent[path]) or rules.alike(path, value, before)):
        link.base[path] = value
        seen.learned.append(path)
        return
    link.base[path] = value
    if path in rules.write_only:
        link.sent[path] = value
        seen.edits.append(path)
        return
    if _flaps(link, path, before, value, look.at):
        link.frozen[path] = "flaps"
        seen.frozen.append(path)
        return
    link.sent[path] = value
    contribute(link, path, before, value, edit_time(link, path, look, now=now), rules)
    seen.edits.append(path)


def contribute(link: Link, path: str, before: Json, value: Json, at: float, rules: Rules) -> None:
    """Record an edit as the link's contribution; for sets the step from before to after is kept, so that elements merge one by one."""
    old = link.contribution.get(path)
    entry: dict[str, Json] = {"v": value, "t": at}
    if path in rules.sets:
        entry["ops"] = ([*old["ops"]] if old and "ops" in old else [])[-KEPT_OPS:] + [[before, value, at]]
    link.contribution[path] = entry
    link.times[path] = at
    link.set_aside.pop(path, None)


def edit_time(link: Link, path: str, look: Look, *, now: float) -> float:
    """When the edit was made: the vendor's time unless that may be our own call's; else the previous look's. Never older than what it replaced."""
    at = look.modified
    if at is None or abs(at - link.wrote_at) < 2.0:
        at = link.looked_at or look.at
    if at > now + FUTURE:
        at = now
    floor = link.times.get(path)
    return at if floor is None else max(at, floor + TICK)


def _late_effect(link: Link, path: str, value: Json, at: float) -> bool:
    dropped = link.dropped.get(path)
    return bool(dropped and at < dropped[1] and dropped[0] == value)


def _flaps(link: Link, path: str, before: Json, value: Json, at: float) -> bool:
    """After our writes the path keeps coming back to a value it had before: a robot, not a person."""
    if link.sent.get(path) is None or at - link.wrote_at > FLIP_WINDOW:
        return False
    history = [entry for entry in link.flips.get(path, []) if at - entry[1] < FLIP_WINDOW]
    returns = sum(1 for entry in history if entry[0] == value)
    link.flips[path] = [*history, [value, at]][-12:]
    return returns >= FLIP_LIMIT


def empty(value: Json) -> bool:
    """Nothing there: null, empty text, empty list or empty object."""
    return value is None or value in ("", [], {})
