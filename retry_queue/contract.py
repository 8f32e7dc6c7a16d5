"""What the retry queue keeps: states, the row, and what an attempt can end with.

pending --claim--> leased --complete--> done
                     |-----again------> retrying --claim--> leased
                     |-----wait-------> waiting --wake----> pending
                     |-----doubt------> unknown --claim--> leased   (sent, answer lost: looked up first)
                     |-----bury-------> dead    --replay--> pending
                     '-----skip-------> skipped (not passed on, with the rule)
A change that arrives meanwhile raises ``wanted`` or, at the same version, unsays ``planned``; ending is a compare-and-set on both,
so it is never swallowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["pending", "leased", "waiting", "retrying", "unknown", "dead", "done", "skipped"]
OPEN: tuple[State, ...] = ("pending", "leased", "waiting", "retrying", "unknown")
CLAIMABLE: tuple[State, ...] = ("pending", "retrying", "unknown")
URGENT, LIVE, BULK = "urgent", "live", "bulk"  # what nobody may wait for; changes of the day; runs
LANES = (URGENT, LIVE, BULK)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row: this record may differ from this system."""

    id: str
    system: str
    entity: str
    record_id: str
    state: State
    lane: str
    wanted: int
    planned: int
    attempts: int
    next_attempt_at: float
    lease: str | None
    lease_until: float | None
    left_at: float | None
    waits_for: Mapping[str, Any] | None
    waits_on: str | None
    error_class: str
    error_code: str
    error_field: str
    error_text: str
    reason: str
    opened_at: float
    changed_at: float
    run: str = ""  # the run (backfill, replay ...) that opened it
    deadline: float = 0.0  # on this process's monotonic clock: until then the lease holds, whatever happens to the wall clock


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed, as problems are grouped: error class, vendor code, field; the text is the vendor's, redacted."""

    kind: str
    code: str = ""
    field: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The system agrees with the planned version."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """Try later. ``after`` in seconds overrides the backoff; ``counts`` False spares the attempts (an outage)."""

    failure: Failure
    after: float | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to try until ``on`` appears: ``{"ref": record id, ...}``. Woken by it, and re-checked after ``after`` seconds all the same."""

    on: Mapping[str, Any]
    after: float = 30.0


@dataclass(frozen=True, slots=True)
class Doubt:
    """Sent, answer lost: to be looked up not before ``after`` seconds, None for the backoff. The line's fault, so it uses up no attempt, unless it ``counts``."""

    failure: Failure
    after: float | None
    counts: bool = False


@dataclass(frozen=True, slots=True)
class Bury:
    """No further tries: a person must look."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Skip:
    """Not passed on, and why."""

    reason: str


Ending = Done | Again | Wait | Doubt | Bury | Skip
