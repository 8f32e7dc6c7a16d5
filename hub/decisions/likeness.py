"""Which canonical value a system's word most likely means: by its title, and people by name, e-mail and phone. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from hub.storage.directories import Twin, Value

WORD = re.compile(r"[\w]+")
LIKELY = 0.62  # below this two titles have letters in common, and no more
SURE = 0.9  # from this on a suggestion may be taken together with the others
PEOPLE = frozenset({"employee"})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``value``: the canonical one. ``score``: 0 to 1. ``why``: title | name | contact."""

    value: str
    score: float
    why: str

    @property
    def sure(self) -> bool:
        return self.score >= SURE


def words(text: str) -> list[str]:
    """The words of a title in one spelling and order: small letters, ``ё`` as ``е``, sorted."""
    return sorted(WORD.findall(text.casefold().replace("ё", "е").replace("_", " ").replace("-", " ")))


def likeness(a: str, b: str) -> float:
    """How alike two titles are: 1.0 for the same words in any order; all words of one within the other count as likely."""
    left, right = words(a), words(b)
    if not left or not right:
        return 0.0
    ratio = SequenceMatcher(None, " ".join(left), " ".join(right)).ratio()
    within = set(left) <= set(right) or set(right) <= set(left)
    return max(ratio, 0.75) if within else ratio


def same_person(a: str, b: str) -> float:
    """How alike two names are, in any order: ``Ильина Анна`` is ``Анна Ильина``, and ``Ильина А.`` is likely her."""
    left, right = words(a), words(b)
    if not left or not right:
        return 0.0
    if left == right:
        return 1.0
    short, long = sorted((left, right), key=lambda some: (len(some), len("".join(some))))
    spare = list(long)
    for word in sorted(short, key=len, reverse=True):
        found = next((one for one in spare if one == word or (len(word) == 1 and one.startswith(word))), None)
        if found is None:
            return 0.0
        spare.remove(found)
    whole = sum(len(word) > 1 for word in short)
    return 0.85 if whole and len(short) > 1 else 0.7 if whole and len(short[0]) > 3 else 0.0


def suggest(twin: Twin, values: Iterable[Value]) -> Suggestion | None:
    """The best guess for an unmapped word, or None. A value that this system has a word for already is guessed only by a sure likeness."""
    best: Suggestion | None = None
    for value in values:
        if not value.active:
            continue
        found = _person(twin, value) if twin.name in PEOPLE else _title(twin, value)
        taken = any(other.active for other in value.twins.get(twin.system, ()))
        if found is None or found.score < (SURE if taken else LIKELY):
            continue
        if best is None or found.score > best.score:
            best = found
    return best


def _title(twin: Twin, value: Value) -> Suggestion:
    theirs = [one.title or one.plain for some in value.twins.values() for one in some]
    return Suggestion(value.value, _best(likeness, (twin.title, twin.plain), (value.value, value.ru, value.en, *theirs)), "title")


def _person(twin: Twin, value: Value) -> Suggestion:
    others = [one for some in value.twins.values() for one in some]
    if set(twin.keys) & {key for one in others for key in one.keys}:
        return Suggestion(value.value, 1.0, "contact")
    return Suggestion(value.value, _best(same_person, (twin.title,), (value.ru, value.en, *(one.title for one in others))), "name")


def _best(alike: Callable[[str, str], float], ours: Sequence[str], theirs: Sequence[str]) -> float:
    return max((alike(a, b) for a in ours for b in theirs if a and b), default=0.0)
