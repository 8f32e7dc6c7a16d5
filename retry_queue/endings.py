"""What the end of an attempt leaves in the row of its delivery. Pure."""

from __future__ import annotations

from typing import Any

from retry_queue.backoff import Backoff
from retry_queue.contract import Again, Bury, Delivery, Done, Doubt, Ending, Failure, Skip, Wait


def written(delivery: Delivery, ending: Ending, backoff: Backoff, now: float) -> dict[str, Any]:
    """The columns of a row whose attempt ended so."""
    match ending:
        case Done(reason):
            return {"state": "done", "attempts": 0, "reason": reason} | error(Failure(""))
        case Skip(reason):
            return {"state": "skipped", "attempts": 0, "reason": reason} | error(Failure(""))
        case Bury(failure):
            return {"state": "dead", "attempts": delivery.attempts + 1} | error(failure)
        case Wait(on, after):
            waits = {"waits_for": dict(on), "waits_on": on.get("ref")}
            return {"state": "waiting", "attempts": delivery.attempts, "next_attempt_at": now + after} | waits | error(Failure(""))
        case Doubt(failure, after, counts) | Again(failure, after, counts):
            attempts = delivery.attempts + int(counts)
            if counts and backoff.exhausted(attempts):
                return {"state": "dead", "attempts": attempts} | error(failure)
            delay = after if after is not None else backoff.delay(max(1, attempts))
            state = "unknown" if isinstance(ending, Doubt) else "retrying"
            return {"state": state, "attempts": attempts, "next_attempt_at": now + delay} | error(failure)


def error(failure: Failure) -> dict[str, str]:
    """The columns that say why; empty ones where nothing failed."""
    return {
        "error_class": failure.kind,
        "error_code": failure.code,
        "error_field": failure.field,
        "error_text": failure.text[:2000],
    }
