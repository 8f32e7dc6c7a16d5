"""Faults of a connector's own code: an exception that is none of its errors. Each is told as one, with the line where it arose, is kept to the object over
which it arose, and comes back later and later: what the code fails at once it fails at again, until somebody has mended it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog

from connectors.errors import ConnectorError, Unavailable
from connectors.escaped import ESCAPED, escaped
from hub.sync.draft import Draft

log = structlog.get_logger()


@contextmanager
def told(connector: object, system: str, resource: str, event: str) -> Iterator[None]:
    """Around calls that only read: whatever else than a ConnectorError escapes is logged as ``event`` and raised as Unavailable."""
    try:
        yield
    except ConnectorError:
        raise
    except Exception as error:
        log.error(event, system=system, resource=resource, exc_info=error)
        raise escaped(connector, error, Unavailable) from error


def note(what: str, system: str, resource: str, error: ConnectorError) -> None:
    """A read (``what``: poll, fetch) that failed, in the log. One that a limit turned away is no failure: the next goes on where it stopped."""
    limited = isinstance(error, Unavailable) and error.limited
    tell, ending = (log.info, "limited") if limited else (log.warning, "failed")
    tell(f"{what}.{ending}", system=system, resource=resource, error=type(error).__name__, code=error.code)


def is_fault(error: ConnectorError) -> bool:
    """Whether it is of the connector's code, and says nothing of the vendor."""
    return error.code == ESCAPED


def apart(drafts: Sequence[Draft]) -> tuple[list[Draft], list[Draft]]:
    """(those that go together, those that a fault was met over, or beside: each goes alone, and the guilty one fails alone)."""
    suspects = [draft for draft in drafts if draft.delivery.error_code == ESCAPED]
    return [draft for draft in drafts if draft.delivery.error_code != ESCAPED], suspects
