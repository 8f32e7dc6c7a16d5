"""Faults of a connector's own code: only errors of :mod:`connectors.errors` may leave a connector, and any other is told as what it is."""

from __future__ import annotations

import traceback
from typing import TypeVar

from connectors.errors import ConnectorError

ESCAPED = "escaped"
E = TypeVar("E", bound=ConnectorError)


def escaped(connector: object, error: Exception, kind: type[E]) -> E:
    """``error`` as one of the family ``kind``, with the line of the connector's own code where it arose and without the values in it."""
    package = type(connector).__module__.partition(".")[0]
    own = [
        f"{frame.f_globals['__name__'].replace('.', '/')}.py:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] == package
    ]
    place = f"{type(error).__name__} at {own[-1] if own else package}"
    return kind(f"the connector's own code failed: {place}", code=ESCAPED, ru=f"сбой в коде самого коннектора: {place}")
