"""``retention:`` how long each kind of row is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import fields, validate

from hub.config.fields import Strict, about

DAYS = {  # kind of row -> days that it is kept, 0: for ever; and what it is
    "audit_values": (1095, "What stood and stands in fields, beside the rows of the audit log; the rows themselves and their chain stay."),
    "parked": (90, "Objects that could not be read at all."),
    "field_problems": (0, "Values that could not be used; they go by themselves once they can."),
    "drift": (180, "Differences that comparisons found."),
    "runs": (365, "Runs that came to their end, and what they weighed."),
    "brakes": (365, "Questions of the brakes that were answered."),
    "tallies": (7, "What the brakes counted by the hour."),
    "alerts": (365, "Alerts that are over, and their messages."),
    "conflicts": (365, "Conflicts that were decided."),
    "lookups": (365, "What vendors answered of goods and lists; asked again when needed."),
    "restorations": (1095, "Restores of backups that are over."),
}


RetentionSchema = Strict.from_dict(
    {
        name: fields.Float(load_default=float(days), validate=validate.Range(min=0), metadata=about(f"Days; 0 keeps them for ever. {what}"))
        for name, (days, what) in DAYS.items()
    },
    name="RetentionSchema",
)


@dataclass(frozen=True, slots=True)
class Retention:
    """Kind of row -> days that it is kept; 0: for ever."""

    days: Mapping[str, float] = field(default_factory=lambda: {name: float(days) for name, (days, _) in DAYS.items()})

    def before(self, name: str, now: float) -> float | None:
        """The moment before which rows of a kind may go; None: they stay."""
        days = self.days.get(name, 0.0)
        return now - days * 86_400.0 if days else None


def build(data: Mapping[str, Any]) -> Retention:
    """The retention of a configuration."""
    return Retention(dict(data))
