"""What identification comes to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """``record_id`` None: a new record. ``role``: of the link. ``review``: (other record, reason) rows for a person. ``wait``: an open create may be this one.
    ``elsewhere``: it waits for what it names, whose coming wakes it."""

    record_id: str | None
    role: str = "primary"
    adopt_link: str | None = None  # a creating link that this object completes
    review: tuple[tuple[str, str], ...] = ()
    wait: bool = False
    elsewhere: bool = False
