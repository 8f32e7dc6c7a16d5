"""Structured logs: one line an event, without secrets, with personal data masked."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from connectors.redaction import redact
from hub.language.shown import mask

QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")


def masked(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Every text of an event without e-mail addresses, phones and tokens; an exception's without what it quotes, for that may be a name."""
    if isinstance(event.get("exception"), str):
        event["exception"] = "\n".join(_unquoted(line) for line in event["exception"].splitlines())
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


def _unquoted(line: str) -> str:
    """A line of a traceback: what an exception says of values is masked, where it was raised stays."""
    return line if line.startswith(" ") else QUOTED.sub(lambda found: mask(found.group()), line)


def configure() -> None:
    """Logs of this process go to standard error as JSON; SVERKA_LOG sets the level."""
    level = getattr(logging, os.environ.get("SVERKA_LOG", "warning").upper(), logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            masked,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
