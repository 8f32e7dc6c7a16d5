"""What an order without a number is called: the number that the system where it was made gave it. Derived, and kept in the order's data. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hub.entities import FIELDS
from hub.storage.links import Link
from hub.sync.merge import Merged

Json = Any
NUMBER, OWN = "number", "own_number"
NOBODYS = ["", "", None]  # provenance of what is derived


def put(entity: str, merged: Merged, links: Sequence[Link], number_there: Callable[[str, str, Mapping[str, Json]], str]) -> None:
    """Only what was made elsewhere counts: the number of a copy that the hub made is nobody's name for it. ``number_there``: of a system, a
    resource and an object's values."""
    if OWN not in FIELDS.get(entity, {}) or merged.data.get(NUMBER):
        return
    made = sorted((x for x in links if not x.create_key), key=lambda x: (x.role != "primary", x.system, x.external_id or ""))
    if number := next((found for x in made if (found := number_there(x.system, x.resource, x.base))), ""):
        merged.data[OWN], merged.provenance[OWN] = number, NOBODYS
