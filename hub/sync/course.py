"""How a status went: every step that users took in any system, in the order of their times, against the steps that the shop allows.
Pure, and whatever the order of arrival the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.entities.policy import Policy
from hub.sync.observe import empty
from hub.sync.statement import HUB, Event, Said, events

Json = Any
BEGINNING = float("-inf")


@dataclass(slots=True)
class Course:
    """``turns``: (time, status from then on); what the record was met with is there since ever. ``last``: the step that made the status
    what it is. ``refused``: steps after it that the shop does not allow; a person decides."""

    turns: list[tuple[float, Json]] = field(default_factory=list)
    last: Event | None = None
    refused: list[Event] = field(default_factory=list)

    @property
    def status(self) -> Json:
        return self.turns[-1][1] if self.turns else None

    def stages(self, until: Sequence[str]) -> tuple[bool, list[float]]:
        """Whether the status was one of these from the beginning, and the times at which that changed."""
        first = bool(self.turns) and self.turns[0][0] == BEGINNING and self.turns[0][1] in until
        changes, inside = [], first
        for moment, status in self.turns:
            if (status in until) is not inside:
                inside = not inside
                changes.append(moment)
        return first, changes

    def _turn(self, event: Event) -> None:
        if event.at is None and self.turns:
            self.turns[-1] = (BEGINNING, event.after)
        else:
            self.turns.append((BEGINNING if event.at is None else event.at, event.after))


def course_of(statements: Sequence[Said], policy: Policy, trust: Mapping[str, float]) -> Course:
    """Fold all steps. What bears no date is where the order stood when the hub met it: the most trusted says it, and nothing forbids it.
    A step to what is so already is none. A newer one that the table allows, from what the record had or from what its own system had,
    is obeyed, a backward one too; a person's word always. An older one changes what went before, not what is."""
    table, course = dict(policy.steps), Course()
    steps = sorted((e for s in statements for e in events(s, trust) if not empty(e.after)), key=lambda e: (e.stamp, str(e.after)))
    for step in steps:
        held = course.status
        if held is not None and step.after != held and not _allowed(table, step, held):
            course.refused.append(step)
            continue
        if step.after != held:
            course._turn(step)
        course.last, course.refused = step, []
    return course


def _allowed(table: Mapping[str, Sequence[str]], step: Event, held: Json) -> bool:
    if not table or step.at is None or step.said.system == HUB:
        return True
    return step.after in table.get(held, ()) or (step.before is not None and step.after in table.get(step.before, ()))
