"""What a person asked for and cannot be done."""

from __future__ import annotations


class Refused(Exception):
    """Nothing was changed; the message names what was asked for, says why it cannot be, and what to do."""
