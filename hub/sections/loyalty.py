"""The section ``loyalty``: what the shop's loyalty programme may do for a customer, and from when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from hub.config_fields import Strict, about, day


@dataclass(frozen=True, slots=True)
class Loyalty:
    """``start_date``: the day, on the loyalty's clock, from which new customers are welcomed with points. Empty: nobody is."""

    start_date: str = ""


class LoyaltySchema(Strict):
    start_date = fields.String(
        load_default="",
        validate=day,
        metadata=about("From this day on new customers get welcome points, once; who was known before gets none. Empty: nobody does."),
    )


def build(data: Mapping[str, Any]) -> Loyalty:
    """The loyalty of a configuration."""
    return Loyalty(data["start_date"])
