"""``systems.NAME.pilot``: what is written while a system is in the mode pilot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from hub.config.fields import Strict, about


@dataclass(frozen=True, slots=True)
class Pilot:
    """``stores``: canonical values of the directory of stores. ``phones``: as people write them. Both empty: nothing is written."""

    stores: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


class PilotSchema(Strict):
    stores = fields.List(
        fields.String(),
        load_default=list,
        metadata=about("Stores, by their names in `directories`: their customers and orders are written."),
    )
    phones = fields.List(
        fields.String(), load_default=list, metadata=about("Phones of customers: they, their orders and their calls are written.")
    )


def build(data: Mapping[str, Any]) -> Pilot:
    """The pilot of a configuration."""
    return Pilot(tuple(data.get("stores") or ()), tuple(data.get("phones") or ()))
