"""Waiting for a vendor: for the turn that its limit gives, for its answer, for the pause that it asked for.

Whoever runs connectors may want to know when one of them only waits, so that others work meanwhile. What is called then is set for the thread
that works, and read at the few places where connectors wait: :mod:`connectors.http`, and :func:`sleep` for those that keep a vendor's pace.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar

Aside = Callable[[], AbstractContextManager[None]]
aside: ContextVar[Aside] = ContextVar("aside", default=nullcontext)


def waiting() -> AbstractContextManager[None]:
    """Inside of it nothing but the vendor is waited for."""
    return aside.get()()


def sleep(seconds: float) -> None:
    """Wait as long as the vendor wants."""
    with waiting():
        time.sleep(seconds)
