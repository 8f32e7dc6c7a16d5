"""What identification comes to, and what it asks for on the way."""

from __future__ import annotations

from dataclasses import dataclass

from hub.app import Hub

Again = list[tuple[str, str, str, float]]  # (system, resource, external id, not before)
OPEN_CREATE = 2.0  # seconds until an object that an open create could be is looked at again


@dataclass(frozen=True, slots=True)
class Verdict:
    """``record_id`` None: a new record. ``role``: of the link. ``review``: (other record, reason) rows for a person. ``wait``: an open create may be this one.
    ``elsewhere``: it waits for what it names, whose coming wakes it. ``before``: the primary link before which it goes, and which becomes an alias."""

    record_id: str | None
    role: str = "primary"
    adopt_link: str | None = None  # a creating link that this object completes
    review: tuple[tuple[str, str], ...] = ()
    wait: bool = False
    elsewhere: bool = False
    before: str | None = None


def hints_for(hub: Hub, system: str, entity: str, external_id: str, *, now: float, anywhere: bool = False) -> Again:
    """Hints for an object that another one names. ``anywhere``: where an entity has several kinds of documents, in each of them, and not
    in those alone that the hub writes: a return names an order or a receipt."""
    if system not in hub.settings.systems:
        return []
    return [(system, m.resource, external_id, now) for m in hub.spoken(system, entity) if m.give or anywhere]
