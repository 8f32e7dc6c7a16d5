"""``brakes``: how much may change before a person is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, validate

from hub.config.fields import Strict, about

SHARE, NUMBER = 0.05, 200
# One person types, and can put right again by hand, about one object a minute: fewer than this an hour is work, whatever share it is.
FLOOR = 50
# Emptied and vanished objects are rarer by far: nobody clears more than ten customers an hour by hand without knowing.
FLOOR_LOSS = 10
# No vendor lets an object's time go back; one or two may be an import with dates of its own.
FLOOR_BACKWARDS = 3
LEAVE = 0.25  # share of a segment: marketers move people by the hundred, and a list that lost more is more often broken than changed
FACTS_TIMES = 5  # calls and the like come by the hundred on any good day, each is one act of one person and none undoes another


@dataclass(frozen=True, slots=True)
class Brakes:
    """More than ``share`` of a system's objects of one kind, or more than ``number`` of them, is a storm, but never so few as ``floor``."""

    share: float = SHARE
    number: int = NUMBER
    floor: int = FLOOR
    floor_loss: int = FLOOR_LOSS

    def most(self, kind: str, objects: int, *, fact: bool = False) -> int:
        """How many objects may be ``created``, ``changed``, ``emptied``, ``lost`` or gone ``backwards`` before a person is asked, where the
        system holds ``objects`` of them; how many may have ``left`` a segment of that many. A shop of 30 customers: 50 changed, 10 emptied or lost, 3 backwards. Of 2,000: 100, 100, 100, 3."""
        if kind == "backwards":
            return FLOOR_BACKWARDS
        if kind == "left":
            return max(self.floor, int(LEAVE * objects))
        most = min(int(self.share * objects), self.number)
        if fact:
            return self.number * FACTS_TIMES
        return max(self.floor_loss if kind in ("emptied", "lost") else self.floor, most)


class BrakesSchema(Strict):
    share = fields.Float(
        load_default=SHARE,
        validate=validate.Range(0.0, 1.0),
        metadata=about("Share of a system's objects that may change alike in an hour, or in one run."),
    )
    number = fields.Integer(
        load_default=NUMBER, validate=validate.Range(min=1), metadata=about("Number of objects that may, where the share would be more.")
    )
    floor = fields.Integer(
        load_default=FLOOR,
        validate=validate.Range(min=1),
        metadata=about("So many may always be made or changed: what one person does by hand in an hour."),
    )
    floor_loss = fields.Integer(
        load_default=FLOOR_LOSS, validate=validate.Range(min=1), metadata=about("So many may always be emptied or vanish.")
    )


def build(data: Mapping[str, Any]) -> Brakes:
    """The brakes of a configuration."""
    return Brakes(data["share"], data["number"], data["floor"], data["floor_loss"])
