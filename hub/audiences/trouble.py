"""Whether an audience in a system asks for a person: refused, too small, or not there for too long. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Any
SHORT, STUCK, HELD, LOADING, REFUSED = "short", "stuck", "held", "loading", "refused"  # besides the states of a sight
GOING = frozenset({"none", "waits", "processing", LOADING})
TROUBLED = frozenset({SHORT, STUCK, REFUSED, "failed", "few"})
LATE = "late"


def under_way(row: Mapping[str, Json]) -> bool:
    """Whether the list that was wanted last is not there yet, or an old one still is."""
    place = row["place"]
    return bool(row["state"] in GOING or row["error"] is not None or place.get("begun") or place.get("old"))


def trouble(row: Mapping[str, Json], *, patience: float, now: float) -> str:
    """Why somebody must look: a state of TROUBLED, LATE where an upload has taken longer than ``patience`` seconds, else empty."""
    if row["state"] in TROUBLED:
        return str(row["state"])
    since = row["figures"].get("since")
    return LATE if since is not None and now - since > patience else ""
