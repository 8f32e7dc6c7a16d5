"""By when everything that a caller asked for must be over: a worker's requests end before its lease does, or they do not leave.

Read at the one place where requests leave (:mod:`connectors.http`), so that no connector has to pass it on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_until: ContextVar[float] = ContextVar("until", default=float("inf"))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All requests made inside end in so many seconds, by the monotonic clock; an outer, earlier deadline stays."""
    token = _until.set(min(_until.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _until.reset(token)


def left() -> float:
    """Seconds that remain; infinite where nobody set a deadline."""
    return _until.get() - time.monotonic()
