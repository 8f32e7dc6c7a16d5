"""``verify:`` how often systems are compared with the records, and how gently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import fields, validate

from hub.config.fields import Strict, about


class VerifySchema(Strict):
    every = fields.Float(
        load_default=24.0,
        validate=validate.Range(min=0),
        metadata=about("Hours between two comparisons of a resource; 0: only by hand, with sverka verify."),
    )
    hours = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Float(validate=validate.Range(min=0))),
        load_default=dict,
        metadata=about("system -> resource of the vendor -> hours, where they differ from `every`."),
    )
    share = fields.Float(
        load_default=0.25,
        validate=validate.Range(min=0.01, max=1.0),
        metadata=about("Share of the time that a comparison asks the vendor; the rest of the time it leaves to the day's work."),
    )
    repair = fields.Boolean(
        load_default=True, metadata=about("Whether differences are put right by the policies, or only listed for a person.")
    )


@dataclass(frozen=True, slots=True)
class Habit:
    """``every`` and ``hours``: hours between two comparisons; 0: never. ``share``: of the time that one may ask. ``repair``: put right."""

    every: float = 24.0
    hours: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    share: float = 0.25
    repair: bool = True

    def interval(self, system: str, resource: str) -> float | None:
        """Seconds between two comparisons of a resource; None: never by itself."""
        hours = self.hours.get(system, {}).get(resource, self.every)
        return hours * 3600.0 if hours else None

    def rest(self, asked: float) -> float:
        """Seconds to leave the vendor alone after having asked for so many."""
        return asked * (1.0 / self.share - 1.0)


def build(data: Mapping[str, Any]) -> Habit:
    """The habit of a configuration."""
    return Habit(data["every"], data["hours"], data["share"], data["repair"])
