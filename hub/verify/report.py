"""What a comparison finds. Drift is a difference with no reason; what has a reason is counted by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = Any
CHANGED, OWED, ABSENT, STRANGER, LOST, SECOND, ALONE = "changed", "owed", "absent", "stranger", "lost", "second", "alone"


@dataclass(slots=True)
class Report:
    """``objects``: "system entity" -> objects seen. ``drift``: paths that differ with no reason (``kind`` changed: the system holds what the
    hub has not seen; owed: the hub has not written what it should); ``lost``: linked objects that are not there any more; ``strangers``:
    objects that no link knows; ``absent``: records that a system should have and that nothing is under way for. ``explained``:
    "system entity" -> reason -> paths that differ and may. ``second``: of these, what the second object of a record in its system says otherwise:
    it is only read, so that a person mends it there. ``alone``: what stands there and was refused, which the record says nothing of: a person mends that, too."""

    objects: dict[str, int] = field(default_factory=dict)
    drift: list[dict[str, Json]] = field(default_factory=list)
    lost: list[dict[str, Json]] = field(default_factory=list)
    strangers: list[dict[str, Json]] = field(default_factory=list)
    absent: list[dict[str, Json]] = field(default_factory=list)
    explained: dict[str, dict[str, int]] = field(default_factory=dict)
    second: list[dict[str, Json]] = field(default_factory=list)
    alone: list[dict[str, Json]] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        return not (self.drift or self.lost or self.strangers or self.absent)

    def saw(self, system: str, entity: str, count: int) -> None:
        place = f"{system} {entity}"
        self.objects[place] = self.objects.get(place, 0) + count

    def explain(self, system: str, entity: str, reason: str) -> None:
        counts = self.explained.setdefault(f"{system} {entity}", {})
        counts[reason] = counts.get(reason, 0) + 1

    def add(self, other: Report) -> None:
        """Take what another part of the comparison found."""
        for name in ("drift", "lost", "strangers", "absent", "second", "alone"):
            getattr(self, name).extend(getattr(other, name))
        for place, count in other.objects.items():
            self.objects[place] = self.objects.get(place, 0) + count
        for place, reasons in other.explained.items():
            counts = self.explained.setdefault(place, {})
            for reason, count in reasons.items():
                counts[reason] = counts.get(reason, 0) + count

    def table(self) -> Iterator[dict[str, Json]]:
        """One row for each system and entity: objects, drift (objects), lost, strangers, absent, explained."""
        for place, count in self.objects.items():
            system, _, entity = place.partition(" ")

            def mine(rows: list[dict[str, Json]], system: str = system, entity: str = entity) -> int:
                return len({row["id"] or row["record"] for row in rows if (row["system"], row["entity"]) == (system, entity)})

            found = {name: mine(getattr(self, name)) for name in ("drift", "lost", "strangers", "absent")}
            yield {"system": system, "entity": entity, "objects": count, **found, "explained": self.explained.get(place, {})}
