"""Field policies: how contributions of several systems become one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

KEEPS_EDITS = frozenset({"union", "steps", "consent"})  # kinds that look at every edit of a system, not at its last alone


@dataclass(frozen=True, slots=True)
class Policy:
    """How a field is decided. ``kind``: latest | owner | priority | union | ask; steps (a status) and consent are the hub's own.
    ``systems``: owners, or the order of priority. ``until``: statuses from which ``then`` are the owners instead.
    ``vague``: values that count only where nobody says another. ``steps``: (status, those that may follow it); empty: any may follow any."""

    kind: str = "latest"
    systems: tuple[str, ...] = ()
    element: str = ""
    elsewhere: str = "enforce"
    until: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    steps: tuple[tuple[str, tuple[str, ...]], ...] = ()
    vague: tuple[str, ...] = ()

    @property
    def keeps_edits(self) -> bool:
        """Whether a link must remember its edits one by one: their order decides, not the last word alone."""
        return self.kind in KEEPS_EDITS or bool(self.until)

    def owners(self, status: Any) -> tuple[str, ...]:
        """Whose field it is while the record has this status."""
        return self.then if status in self.until else self.systems
