"""read, the first of the three pure functions: what an observation says that *this system* changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.storage.links import Link

Json = Any
DROPPED_FOR = 86_400.0  # for so long a dropped intent may still come true late
FLIP_WINDOW = 600.0
FLIP_LIMIT = 3
OWN_CALL = 2.0  # vendors date to the second: this near to our own write a vendor's time may be that of our write
TICK = 0.001
KEPT_OPS = 24


@dataclass(frozen=True, slots=True)
class Look:
    """An observation: values by remote path, in remote form. ``at``: our time before the request left. ``modified``: the vendor's time
    of the object as seconds, corrected for its clock, or None. ``since``: a time of ours at which these paths were still as the base has
    them, 0 where none is known. ``whole``: it shows every path that can be seen."""

    values: Mapping[str, Json]
    at: float
    modified: float | None = None
    since: float = 0.0
    whole: bool = True


@dataclass(slots=True)
class Seen:
    """What a look did to its link. ``edits``: paths that the system changed. ``learned``: stored forms of our own writes.
    ``late``: values of intents that were given up, come true after all. ``echo``: all was as the base had it."""

    edits: list[str] = field(default_factory=list)
    baseline: list[str] = field(default_factory=list)
    frozen: list[str] = field(default_factory=list)
    learned: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether the record, or what is owed to the system, may be another now."""
        return bool(self.edits or self.baseline or self.frozen or self.late)

    @property
    def echo(self) -> bool:
        return not (self.changed or self.learned)


def never(path: str, value: Json) -> bool:
    return False


def always(path: str, value: Json) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Rules:
    """How to look. ``alike(path, a, b)``: two remote values that decode to the same but for case, spaces and punctuation.
    ``sets``: paths whose edits are kept one by one: sets, whose elements merge singly, and what depends on the order of edits. ``write_only``: paths that the hub writes and never takes from.
    ``counting``: of these, what the system counts down by itself: that is not taken back, and the next value of ours replaces it.
    ``effects``: paths whose write has a side effect: an unexplained value there is a person's edit. ``clears``: paths that this system
    may empty. ``blank(path, value)``: it says nothing. ``usable(path, value)``: the mapping can decode it.
    ``nobody(path, value)``: it names the object that stands for nobody."""

    alike: Callable[[str, Json, Json], bool]
    settle: float = 30.0
    sets: frozenset[str] = frozenset()
    write_only: frozenset[str] = frozenset()
    counting: frozenset[str] = frozenset()
    effects: frozenset[str] = frozenset()
    safe_update: bool = True
    clears: frozenset[str] = frozenset()
    blank: Callable[[str, Json], bool] = never
    usable: Callable[[str, Json], bool] = always
    nobody: Callable[[str, Json], bool] = never


def applicable(link: Link, look: Look) -> bool:
    """A look counts only if no write of the link is in flight or ended after it left, and no later look was applied."""
    return link.intent is None and look.at > link.wrote_at and look.at >= link.looked_at


def news(link: Link, look: Look) -> bool:
    """Whether a look shows anything that the base does not have: one that may not be applied must then be made again."""
    return any(path not in link.base or link.base[path] != value for path, value in look.values.items())


def completing(link: Link, values: Mapping[str, Json], later: frozenset[str]) -> dict[str, Json]:
    """What a view adds to a fact that is known: those of the paths ``later`` that no view has told so far. The rest of a fact never changes."""
    return {path: values[path] for path in later if values.get(path) not in (None, "") and path not in link.base}


def observe(link: Link, look: Look, rules: Rules) -> Seen:
    """Apply a look to its link, in place: base, sent and contribution move to what was seen. Open intents are resolved by
    :func:`hub.sync.intent.resolve` first, so that a value seen here is never our own write in flight."""
    seen = Seen()
    for path, value in look.values.items():
        if path not in link.base:
            _first_contact(link, look, path, value, rules, seen)
        elif value != link.base[path]:
            _differs(link, look, path, value, rules, seen)
    link.looked_at = max(link.looked_at, look.at)
    if look.whole:
        link.whole_at = max(link.whole_at, look.at)
    return seen


def ignore(link: Link, look: Look, rules: Rules, unspoken: Callable[[str], bool]) -> None:
    """Take note of what stands there without taking it for an edit: a person has said that it is wrong. What the record says is owed.
    ``unspoken(path)``: the record says nothing of it, so that nothing would be owed: what was empty there before counts as emptied again,
    where the system may empty it. What it may not empty stays as it is (:mod:`hub.sync.alone`)."""
    for path, value in look.values.items():
        if path in link.base and link.base[path] != value:
            before = link.base[path]
            link.base[path] = link.sent[path] = value
            if path in rules.clears and rules.blank(path, before) and unspoken(path):
                contribute(link, path, value, before, edit_time(link, path, look), rules)
    link.looked_at = max(link.looked_at, look.at)


def _first_contact(link: Link, look: Look, path: str, value: Json, rules: Rules, seen: Seen) -> None:
    link.base[path] = value
    if path in rules.write_only:
        return
    link.sent.setdefault(path, value)
    if not empty(value) and path not in link.contribution:
        link.contribution[path] = {"v": value, "t": None}
        if path in rules.sets:
            link.contribution[path] |= {"ops": [[None, value, None]], "seen": look.at}
        seen.baseline.append(path)


def _differs(link: Link, look: Look, path: str, value: Json, rules: Rules, seen: Seen) -> None:
    before = link.base[path]
    link.base[path] = value
    if _late_effect(link, path, value, rules, look.at):
        link.sent[path] = value
        seen.late.append(path)
        return
    written = link.written.get(path)
    settling = written is not None and look.at - written <= rules.settle and path in link.sent
    if settling and (rules.alike(path, value, link.sent[path]) or rules.alike(path, value, before)):
        seen.learned.append(path)
        return
    if path in rules.counting:
        return
    if path in rules.write_only:
        link.sent[path] = value
        seen.edits.append(path)
        return
    if _flaps(link, path, value, look.at):
        link.frozen[path] = "flaps"
        seen.frozen.append(path)
        return
    link.sent[path] = value
    contribute(link, path, before, value, edit_time(link, path, look), rules)
    if (entry := link.contribution.get(path)) is not None and entry["v"] == value:
        entry["span"] = [min(max(link.whole_at, look.since), look.at), look.at]
    seen.edits.append(path)


def contribute(link: Link, path: str, before: Json, value: Json, at: float, rules: Rules) -> None:
    """Record an edit as the link's contribution. Of ``rules.sets`` each step from before to after is kept. An emptied field of a system
    that may not clear it changes nothing. Beside a value that cannot be decoded (an unknown directory value)
    the last one that could is kept: it counts until this one does."""
    link.set_aside.pop(path, None)
    old = link.contribution.get(path)
    if path not in rules.clears and rules.blank(path, value):
        return
    entry: dict[str, Json] = {"v": value, "t": at}
    if path in rules.sets:
        entry["ops"] = kept([*edits_of(old), [before, value, at]])
        entry |= {"seen": old["seen"]} if old and "seen" in old else {}
    elif old is not None and not rules.usable(path, value):
        entry["was"] = {"v": old["v"], "t": old["t"]} if rules.usable(path, old["v"]) else old.get("was")
    link.contribution[path] = entry
    link.times[path] = at


def edits_of(entry: Mapping[str, Json] | None) -> list[list[Json]]:
    """[before, after, time] of the edits that a contribution keeps; one that kept none (the field's policy was another) gives its last word."""
    if entry is None:
        return []
    return list(entry["ops"]) if "ops" in entry else [[None, entry["v"], entry["t"]]]


def kept(edits: list[list[Json]]) -> list[list[Json]]:
    """At most KEPT_OPS edits: what the object was met with and what is new are worth most, so two in the middle become one."""
    if len(edits) <= KEPT_OPS:
        return edits
    k = KEPT_OPS // 2
    return [*edits[:k], [edits[k][0], *edits[k + 1][1:]], *edits[k + 2 :]]


def edit_time(link: Link, path: str, look: Look) -> float:
    """When the edit was made: the vendor's time, unless that may be our own call's; else the time of the previous look. It lies between
    the previous look and this one, whatever the vendor's clock says, and just after the time of what it replaced at the earliest."""
    earliest = min(max(link.whole_at, look.since), look.at)
    at = look.modified
    if at is None or abs(at - link.wrote_at) < OWN_CALL:
        at = earliest or look.at
    at = min(max(at, earliest), look.at)
    floor = link.times.get(path)
    return at if floor is None else max(at, floor + TICK)


def _late_effect(link: Link, path: str, value: Json, rules: Rules, at: float) -> bool:
    dropped = link.dropped.get(path)
    return bool(dropped and at < dropped[1] and (dropped[0] == value or rules.alike(path, dropped[0], value)))


def _flaps(link: Link, path: str, value: Json, at: float) -> bool:
    """After our writes the path keeps coming back to a value it had before: a robot, not a person. A return without a write of ours
    before it is a person who goes to and fro."""
    written = link.written.get(path)
    history = [entry for entry in link.flips.get(path, []) if at - entry[1] < FLIP_WINDOW]
    if written is None or at - written > FLIP_WINDOW or (history and written <= history[-1][1]):
        return False
    returns = sum(1 for entry in history if entry[0] == value)
    link.flips[path] = [*history, [value, at]][-12:]
    return returns >= FLIP_LIMIT


def empty(value: Json) -> bool:
    """Nothing there: null, empty text, empty list or empty object."""
    return value is None or value in ("", [], {})
