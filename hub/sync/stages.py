"""Fields whose owner depends on the stage of the record: the edits that their system owned when it made them. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

from hub.entities.policy import Policy
from hub.sync.course import Course
from hub.sync.observe import empty
from hub.sync.statement import Event, Said, events

BORN = -1  # before any stage: what the record was met with counts until an owner speaks


def owned(statements: Sequence[Said], policy: Policy, course: Course, trust: Mapping[str, float]) -> Event | None:
    """The edit that decides: of the latest stage in which an owner spoke, by the order of its owners, then the latest. An edit made
    while its system did not own the field is none. Without any, what the record was born with, whoever made it."""
    first, changes = course.stages(policy.until)
    best: tuple[tuple[int, int, object], Event] | None = None
    for said in statements:
        for event in events(said, trust):
            if empty(event.after) and not (said.clears and event.at is not None):
                continue
            place = _place(event, policy, first, changes)
            if place is None:
                continue
            rank = (*place, event.stamp)
            if best is None or rank > best[0]:
                best = (rank, event)
    return best[1] if best else None


def _place(event: Event, policy: Policy, first: bool, changes: Sequence[float]) -> tuple[int, int] | None:
    """(number of the stage, rank among its owners), or None. Where an edit and the change of stage bear one time, they were made in
    one go: it counts for the stage that its system owns, the later one first."""
    if event.at is None and event.said.made:
        return BORN, -1  # a default of the vendor, in an object that the hub made
    if event.at is None:
        early = late = 0
    else:
        early, late = bisect_left(changes, event.at), bisect_right(changes, event.at)
    for stage in range(late, early - 1, -1):
        owners = policy.then if first is (stage % 2 == 0) else policy.systems
        if event.said.system in owners:
            return stage, -owners.index(event.said.system)
    return (BORN, 0) if event.at is None else None
