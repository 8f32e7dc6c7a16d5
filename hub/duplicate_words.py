"""What two records have alike, and what each decision does, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence

from hub.duplicates import NO_NAME, OTHER_NAME, SAME_NAME
from hub.language import N_, Speech

ALIKE = {"phone": N_("same phone"), "email": N_("same e-mail"), "card": N_("same card")}
NAME = {SAME_NAME: N_("same first name"), OTHER_NAME: N_("other first name"), NO_NAME: N_("first name not known")}
SUGGESTED = {SAME_NAME: "same", OTHER_NAME: "different"}  # by default nobody is merged whose name is not known


def alike(say: Speech, kinds: Sequence[str], name: str) -> str:
    """As a heading: what is the same, then how the first names stand."""
    first = [say(ALIKE[kind]) for kind in kinds] or [say("nothing in common")]
    text = ", ".join([*first, say(NAME[name])])
    return text[:1].upper() + text[1:]
