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
from hub.config.sections.campaigns import Campaign
from hub.entities.call_task import OPEN
from hub.storage.records import Record
from hub.sync.statement import HUB

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
        """When the seller marked it, or moved its card, or None."""
        return _said_at(self.task, "marked") if self.data.get("marked") else _said_at(self.task, "stage") if self.stage else None

    @property
    def stage(self) -> str:
        """To which stage the seller has moved its card; empty where nobody has: that a card stands where the hub has put it says nothing."""
        stage = str(self.data.get("stage") or OPEN)
        return stage if stage != OPEN and _said_at(self.task, "stage") else ""

    @property
    def put_off(self) -> float | None:
        """The moment to which the seller has moved it, or None."""
        return seconds(self.data.get("not_before")) if _said_at(self.task, "not_before") else None


@dataclass(slots=True)
class Book:
    """``read_at``: up to when every purchase is known, None where that is not known. ``staff``: who may be given tasks; ``present``: whose tasks
    stay with them, whom a person gave one, too. ``closed``: tasks of each seller that were closed today; ``called``: by his calls."""

    now: float
    cases: dict[str, Case]
    staff: dict[str, Working]
    present: frozenset[str]
    closed: dict[str, int]
    called: dict[str, int]
    read_at: float | None

    def sellers(self, holders: Iterable[str]) -> list[Seller]:
        """Who is there today, with what each holds and has room for. ``holders``: the seller of each task that is and stays dealt."""
        held = Counter(holders)
        return [
            Seller(name, one.store, held[name], max(0, one.cap - held[name] - self.closed.get(name, 0))) for name, one in self.staff.items()
        ]


def _said_at(task: Record, name: str) -> float | None:
    """When a field's value was said by somebody else than the hub, or None."""
    system, _, at = task.provenance.get(name) or ["hub", "", None]
    return None if system == HUB else float(at or task.updated_at)


def seconds(value: Json) -> float | None:
    """A canonical moment as seconds, None for none."""
    try:
        return datetime.fromisoformat(str(value)).timestamp() if value else None
    except ValueError:
        return None


def moment(at: float) -> str:
    """Seconds as a canonical moment."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
