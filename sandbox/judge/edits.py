"""What users typed last, and whether some system holds it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sandbox.judge.journal import DELETED, Edit
from sandbox.judge.views import Many, View

Json = Any
UNKNOWN = "unknown"  # the value of a directory field that the configuration does not know
SEVERAL = ("phone", "email", "card")  # fields of which a person may have several
GONE = ("phone_gone", "email_gone")  # fields of edits that strike one of several values out
LOOKS = 60.0  # seconds: two edits of one field nearer to each other than this may fall between two looks of their systems
Clears = frozenset[tuple[str, str, str]]  # (system, entity, field): an emptied field there empties it everywhere


def emptied(edit: Edit) -> bool:
    """Whether it took away what stood in the field."""
    return edit.value == "" and edit.field != DELETED


def last_edits(edits: Iterable[Edit], owners: Mapping[str, str], clears: Clears) -> list[list[Edit]]:
    """The edits of each field (each phone is a field of its own) of each object in order of typing, of those whose word counts; the last
    of each list is the one that must be held. Fields that nobody has a last word on are left out."""
    found: dict[tuple[str, str, str], list[Edit]] = {}
    for edit in edits:
        owner = owners.get(edit.field, edit.system) if edit.entity == "customer" else edit.system
        if owner == edit.system and edit.field != DELETED:
            found.setdefault((edit.entity, edit.who, field_key(edit)), []).append(edit)
    return [some for some in found.values() if any(speaks(edit, clears) for edit in some)]


def speaks(edit: Edit, clears: Clears) -> bool:
    """Whether the edit says something: an emptied field does only where the system may empty it."""
    return not emptied(edit) or (edit.system, edit.entity, edit.field) in clears


def last_word(edits: Sequence[Edit], clears: Clears) -> Edit:
    """The last edit that says something."""
    return next(edit for edit in reversed(edits) if speaks(edit, clears))


def fate(edits: Sequence[Edit], views: Sequence[View], clears: Clears, deleted: set[str]) -> str:
    """held | floor | lost, of the last edit that says something. ``views``: the objects that the systems hold now. ``deleted``: systems
    whose object a user deleted."""
    last = last_word(edits, clears)
    if last.field in GONE:
        return "held"
    if any(holds(view, last) for view in views):
        return "held"
    near = [e for e in edits if e.round == last.round and abs(e.at - last.at) < LOOKS]
    rivals = len({(e.system, e.id) for e in near}) > 1 and len({str(e.value) for e in near}) > 1
    return "floor" if rivals or any(emptied(e) for e in near if e is not last) or last.system in deleted else "lost"


def cards_of(edits: Iterable[Edit], who: str) -> set[str]:
    """The cards that a person has, where several hands gave them different ones in one round: a system with place for one holds any."""
    typed = [e for e in edits if e.entity == "customer" and e.who == who and e.field == "card"]
    hands = {(e.round, e.system, e.id) for e in typed if e.round}
    return {str(e.value) for e in typed} if len({r for r, _, _ in hands}) < len(hands) else set()


def field_key(edit: Edit) -> str:
    """What is overwritten by what: each phone and each e-mail lives for itself, typed and struck out."""
    kind = edit.field.removesuffix("_gone")
    return f"{kind} {edit.value}" if kind in ("phone", "email") else edit.field


def holds(view: View, edit: Edit) -> bool:
    """Whether the object says what was typed."""
    said = view.fields
    if edit.field in ("phone", "email"):
        return edit.value in said["phones" if edit.field == "phone" else "emails"].values
    if edit.field == "lines":
        return sorted([sku, int(count)] for sku, count in zip(said["line_sku"], said["line_quantity"], strict=True)) == edit.value
    if edit.value == UNKNOWN:
        return bool(said.get(edit.field) == "?")
    return bool(said.get(edit.field) == edit.value)


def account(
    edits: Iterable[Edit], chosen: Mapping[tuple[str, str], Mapping[str, View]], again: set[tuple[str, str, str]]
) -> dict[str, Json]:
    """Emptied fields and deleted objects of the rounds: {kind: {"met": n, "became": {outcome: n}}}. ``again``: (entity, who, system) where
    an object was made after its deletion."""
    found: dict[str, Counter[str]] = {}
    for edit in edits:
        views = chosen.get((edit.entity, edit.who), {})
        if edit.field == DELETED:
            became = "made again" if (edit.entity, edit.who, edit.system) in again else "stayed away, the others kept"
            found.setdefault("deleted object", Counter())[became] += 1
        elif edit.round and emptied(edit):
            said = {bool(view.fields.get(edit.field)) for view in views.values() if edit.field in view.fields}
            became = "filled everywhere" if said == {True} else "empty everywhere" if said == {False} else "differs"
            found.setdefault("emptied field", Counter())[became] += 1
    return {kind: {"met": sum(became.values()), "became": dict(became)} for kind, became in sorted(found.items())}


def filled(view: View) -> int:
    """How much it says: fields with a value, and each value of those that hold several."""
    return sum(len(value.values) if isinstance(value, Many) else bool(value) for value in view.fields.values())
