"""Field policies: how contributions of several systems become one value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """How a field is decided. ``kind``: latest | owner | priority | union | ask. ``systems``: owners, or the order of priority."""

    kind: str = "latest"
    systems: tuple[str, ...] = ()
    element: str = ""
    elsewhere: str = "enforce"
