"""Cross-references that an earlier integration left: where they stand, how they are read, and how much each proves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mappings import paths
from mappings.expressions import Expression

Json = Any
SURE, NAMED, BARE = "sure", "named", "bare"
STRENGTHS = (SURE, NAMED, BARE)  # from the one that proves most
COMMON = frozenset(
    ["name", "title", "number", "description", "comment", "comments", "customer_note", "note", "additionalInfo", "sourceDescription", "fax"]
)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)
DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Reference:
    """An object of another system that this one names. ``system``: as the rule says it, a system or a connector. ``value``: that object's id
    or number. ``strength``: SURE proves it unless all else speaks against it, NAMED (a bare number in a field kept for it) needs one fact
    that agrees, BARE (a bare number in a common field) a phone, or sum and date."""

    system: str
    value: str
    strength: str


@dataclass(frozen=True, slots=True)
class Adopted:
    """Where a cross-reference stands. ``pattern``: its first group, else all that it finds, is the other system's value. ``when``: only in
    such objects. ``sure``: a bare number counts, too."""

    path: str
    system: str
    pattern: re.Pattern[str] | None = None
    when: Expression | None = None
    sure: bool = False

    def reference(self, remote: Json) -> Reference | None:
        """What the object names by this rule, or None."""
        if self.when is not None and not self.when.search(remote):
            return None
        try:
            text = as_text(paths.get(remote, self.path))
        except TypeError:
            return None
        if not text:
            return None
        value, strength = self._found(text)
        if not value:
            return None
        if self.sure or (self.when is not None and strength == NAMED):
            strength = SURE
        return Reference(self.system, plain(value), strength)

    def _found(self, text: str) -> tuple[str, str]:
        if self.pattern is None:
            return whole(text)
        found = self.pattern.search(text)
        if found is None:
            return "", BARE
        value = (found[1] if found.re.groups else found[0]) or ""
        around = (found[0].replace(value, "", 1) if value else "").strip(" #№.:-/")
        if around or not value.isdigit():
            return value, SURE
        return value, BARE if common(self.path) else NAMED


def whole(text: str) -> tuple[str, str]:
    """The reference in a field that holds nothing else, and how much it proves: an id that occurs once in the world; a number, with or
    without words around it; else the text itself."""
    if found := UUID.search(text):
        return found[0], SURE
    numbers = DIGITS.findall(text)
    return (numbers[0] if len(numbers) == 1 else text), NAMED


def common(path: str) -> bool:
    """Whether a path is a field that people write into."""
    return path in COMMON


def references(rules: Iterable[Adopted], remote: Json) -> list[Reference]:
    """All that an object names, each once."""
    return list(dict.fromkeys(found for rule in rules if (found := rule.reference(remote)) is not None))


def plain(text: str) -> str:
    """A reference as it is compared: case, spaces, a number sign and zeros in front mean nothing."""
    text = text.strip(" #№").casefold()
    return text.lstrip("0") or text if text.isdigit() else text


def as_text(value: Json) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is paths.MISSING or value is None or isinstance(value, (dict, list, bool)) else str(value).strip()
