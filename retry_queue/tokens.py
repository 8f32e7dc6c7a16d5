"""Tokens of leases. Each begins with the mark of the process that holds it, so that whoever knows the process dead frees what it held at once."""

from __future__ import annotations

import os
import uuid

MARK = "SVERKA_MARK"  # of the environment that a supervisor gives to each of its children


def new_mark() -> str:
    """A mark for one process; no two are alike, nor is one the beginning of another."""
    return f"{uuid.uuid4().hex}."


def token() -> str:
    """A token of a lease that this process takes."""
    return f"{os.environ.get(MARK, '')}{uuid.uuid4().hex}"
