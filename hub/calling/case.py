"""A task with everything that decides about it, and the book of all that are open. Plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.calling.dealing import Seller
from hub.calling.limits import Known
from hub.sections.campaigns import Campaign
from hub.storage.records import Record

Json = Any


@dataclass(frozen=True, slots=True)
class Working:
    """Who may be given calls now. ``cap``: tasks that she is given in a day."""

    name: str
    store: str
    cap: int


@dataclass(slots=True)
class Case:
    """A task with everything that decides about it. ``calls``: (end, call) of its customer, oldest first. ``last``: her last purchase.
    ``gone``: somebody has deleted it where the seller saw it."""

    task: Record
    campaign: Campaign
    customer: Record | None
    known: Known
    calls: list[tuple[float, Mapping[str, Json]]] = field(default_factory=list)
    last: Mapping[str, Json] | None = None
    store: str = ""
    former: str = ""
    gone: bool = False
    zone: ZoneInfo = ZoneInfo("UTC")

    @property
    def data(self) -> Mapping[str, Json]:
        return self.task.data

    @property
    def asked(self) -> float:
        return seconds(self.data.get("asked")) or self.task.created_at

    @property
    def marked_at(self) -> float | None:
        """When the seller marked it, or None."""
        said = self.task.provenance.get("marked") or ["", "", None]
        return (said[2] or self.task.updated_at) if self.data.get("marked") and said[0] != "hub" else None


@dataclass(slots=True)
class Book:
    """``read_at``: up to when every purchase is known, None where that is not known. ``staff``: who may be given tasks; ``present``: whose tasks
    stay with them, whom a person gave one, too. ``closed``: tasks that each seller closed today."""

    now: float
    cases: dict[str, Case]
    staff: dict[str, Working]
    present: frozenset[str]
    closed: dict[str, int]
    read_at: float | None

    def sellers(self, holders: Iterable[str]) -> list[Seller]:
        """Who is there today, with what each holds and has room for. ``holders``: the seller of each task that is and stays dealt."""
        held = Counter(holders)
        return [
            Seller(name, one.store, held[name], max(0, one.cap - held[name] - self.closed.get(name, 0))) for name, one in self.staff.items()
        ]


def seconds(value: Json) -> float | None:
    """A canonical moment as seconds, None for none."""
    try:
        return datetime.fromisoformat(str(value)).timestamp() if value else None
    except ValueError:
        return None


def moment(at: float) -> str:
    """Seconds as a canonical moment."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
