"""The mapping language: one declaration says both directions between a vendor's object and a canonical record.

The way of a file, from YAML to functions. A folder beside it is one vendor's: its mappings, and codecs that nobody else needs.

Read and build.
    parsed, declaration, overlays   YAML with its lines, and files laid over each other
    build, choice, fields           to a mapping; choice is of codecs
    paths, expressions, adopt       what stands in a line: remote paths, JMESPath, cross-references
    compile, mapping                to plain functions, and at work

Look at what was written.
    lint, rules, named, subject, world  what is wrong with it, beside what stands around it
    examples, trial, custom         run, tried by hand, proposed

Codecs that several vendors share.
    codec                           what a codec is
    scalars, times, answers, lists  plain values, days, what stands elsewhere, keyed lists
    contacts, phones, typed_rows, cards, consents, worded, tags
                                    of people
    goods, lines, free_lines        of goods
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mappings import answers, cards, consents, contacts, goods, scalars, times, worded  # noqa: F401 - they register the shared codecs
from mappings.build import build
from mappings.codec import CODECS, BadValue, Codec, Context
from mappings.declaration import SHIPPED, LintError, MappingError, read_folders
from mappings.fields import FieldMap, FieldProblem, nested
from mappings.lint import check
from mappings.mapping import CALLED, HUB_KEY, Mapping, Read
from mappings.world import FieldType, World


@dataclass(slots=True)
class Mappings:
    """All compiled mappings."""

    all: list[Mapping]

    def by(self, connector: str, resource: str) -> Mapping | None:
        return next((m for m in self.all if m.connector == connector and m.resource == resource), None)

    def for_entity(self, connector: str, entity: str) -> list[Mapping]:
        return [m for m in self.all if m.connector == connector and m.entity == entity]


def load(folders: Sequence[Path], world: World | None = None) -> Mappings:
    """Compile all mappings of the folders, later ones laid over earlier ones. With a ``world``, mappings must fit it too.
    Raises MappingError with every error."""
    return _shipped() if world is None and list(folders) == [SHIPPED] else _sound(folders, world)


@cache
def _shipped() -> Mappings:
    """What is shipped, alone: its files do not change while a process runs, and to compile them takes a sixth of a second."""
    return _sound([SHIPPED], None)


def _sound(folders: Sequence[Path], world: World | None) -> Mappings:
    found, errors = _load(folders, world)
    if errors:
        raise MappingError(errors)
    return found


def lint(folders: Sequence[Path], world: World | None = None) -> list[LintError]:
    """All errors of all declarations at once, by file and line; an empty list when there are none."""
    return _load(folders, world or World())[1]


def _load(folders: Sequence[Path], world: World | None) -> tuple[Mappings, list[LintError]]:
    declarations, errors = read_folders(folders)
    pairs = [(declared, made) for declared in declarations if (made := build(declared)) is not None]
    if world is not None:
        check(pairs, world)
    errors = [*errors, *(error for declared in declarations for error in declared.errors)]
    return Mappings([made for _, made in pairs]), sorted(dict.fromkeys(errors), key=lambda e: (e.file, e.line, e.field))


__all__ = [
    "CALLED", "CODECS", "HUB_KEY", "BadValue", "Codec", "Context", "FieldMap", "FieldProblem", "FieldType", "LintError", "Mapping", "MappingError",
    "Mappings", "Read", "World", "lint", "load", "nested",
]  # fmt: skip
