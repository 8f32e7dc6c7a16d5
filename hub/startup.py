"""Imported first of all: what a starting process loads stays for its life, so nothing is collected before :func:`loaded`."""

from __future__ import annotations

import gc

gc.disable()


def loaded() -> None:
    """The process begins its work: from here on only what it makes itself is looked through for garbage."""
    gc.freeze()
    gc.enable()
