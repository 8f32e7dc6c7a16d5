"""``first_load:`` how long systems that are loaded together wait for each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, validate

from hub.config.fields import Strict, about


class FirstLoadSchema(Strict):
    idle = fields.Float(
        load_default=300.0,
        validate=validate.Range(min=0),
        metadata=about("Seconds that collected systems wait for one whose load does not get on; then it is left out and loaded alone."),
    )
    longest = fields.Float(
        load_default=3600.0,
        validate=validate.Range(min=0),
        metadata=about("Seconds that they wait at most for one whose load does get on."),
    )


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: ``idle``, how long collected systems wait for one that does not get on; ``longest``, for one that does."""

    idle: float = 300.0
    longest: float = 3600.0


def build(data: Mapping[str, Any]) -> Patience:
    """The patience of a configuration."""
    return Patience(data["idle"], data["longest"])
