"""What links say of a field, and the edits behind it: the words in which merge speaks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from hub.sync.observe import empty

Json = Any
HUB = "hub"  # people are a system too: manual edits, answers to conflicts, undo
Stamp = tuple[int, float, float, str]  # dated or baseline, time, trust, link id: larger wins


@dataclass(slots=True)  # made for each value of each link: freezing costs three times as much
class Said:
    """What one link says of one field. ``clears``: this system may empty the field. ``ops``: where every edit counts and not the last
    alone, (before, after, time) decoded, in their order. ``made``: the hub made the object: what it bears without a time is the vendor's
    default, and yields to everybody's word. ``seen``: when the hub saw what bears no date; nothing in it was said later."""

    link: str
    system: str
    value: Json
    at: float | None
    clears: bool
    ops: tuple[tuple[Json, Json, float | None], ...] = ()
    made: bool = False
    seen: float = float("inf")

    @property
    def speaks(self) -> bool:
        """Whether it says anything: an empty value only from a system that may clear the field, and only when dated."""
        return not empty(self.value) or (self.clears and self.at is not None)


class Event(NamedTuple):
    """One edit of one link. ``before``: None where it is the first that is known."""

    stamp: Stamp
    said: Said
    before: Json
    after: Json
    at: float | None


def stamp_of(said: Said, at: float | None, trust: Mapping[str, float]) -> Stamp:
    """By which of two words of one field the larger wins: dated ones by time, others by trust."""
    if at is None:
        return (0, 0.0, -2.0 if said.made else trust.get(said.system, -1.0), said.link)
    return (1, at, trust.get(said.system, -1.0), said.link)


def events(said: Said, trust: Mapping[str, float]) -> Iterator[Event]:
    """The edits of one link, in their order; what kept none gives its last word as one."""
    for before, after, at in said.ops or ((None, said.value, said.at),):
        yield Event(stamp_of(said, at, trust), said, before, after, at)
