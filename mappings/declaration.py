"""YAML files of mappings: read, laid over each other, and each place in them known by file and line."""

from __future__ import annotations

import importlib
import importlib.util
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from mappings.parsed import parsed

Json = Any
Place = tuple[str, ...]
SHIPPED = Path(__file__).parent
NAMES = ("system", "entity", "resource")


@dataclass(frozen=True, slots=True)
class LintError:
    """One error of a declaration: where it is, what is wrong, what to do."""

    file: str
    line: int
    field: str
    message: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field + ': ' if self.field else ''}{self.message}{'' if self.message.endswith('?') else '.' if self.fix else ''}{' ' + self.fix if self.fix else ''}"


class MappingError(Exception):
    """Mappings cannot be used; ``errors`` names every place."""

    def __init__(self, errors: Sequence[LintError]) -> None:
        super().__init__("\n".join(str(e) for e in errors))
        self.errors = list(errors)


@dataclass(slots=True)
class Declaration:
    """One mapping as declared, overlays applied. ``lines``: place -> (file, line); ``overlaid``: fields that an overlay changed, by the
    file that changed them."""

    data: dict[str, Json]
    lines: dict[Place, tuple[str, int]] = field(default_factory=dict)
    errors: list[LintError] = field(default_factory=list)
    overlaid: dict[str, str] = field(default_factory=dict)

    def complain(self, place: Place, message: str, fix: str = "") -> None:
        """An error at a place, told of the field that the place lies in (``lines.sku`` for a part of an item), else of the key."""
        name = place[0] if place and place[0] in self.data and place[0] != "fields" else ""
        if len(place) > 1 and place[0] == "fields":
            name = f"{place[1]}.{place[3]}" if len(place) > 3 and place[2] == "each" else place[1]
        self.errors.append(LintError(*self.where(place), name, message, fix))

    def where(self, place: Place) -> tuple[str, int]:
        """File and line of a place, or of the nearest one around it."""
        return next((self.lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in self.lines), ("?", 0))

    @property
    def name(self) -> str:
        return f"{self.data['system']}/{self.data['resource']}"


def near(word: str, known: Iterable[str]) -> str:
    """``Did you mean x? `` where one of the known words is close, else empty."""
    found = get_close_matches(str(word), [str(k) for k in known], 1, 0.6)
    return f"Did you mean {found[0]}? " if found else ""


def read_folders(folders: Sequence[Path]) -> tuple[list[Declaration], list[LintError]]:
    """All declarations of the folders, later folders laid over earlier ones, and what is wrong with files as such."""
    found: dict[tuple[str, str, str], Declaration] = {}
    errors: list[LintError] = []
    for module in sorted(SHIPPED.glob("*/codecs.py")):
        importlib.import_module(f"mappings.{module.parent.name}.codecs")
    for folder in folders:
        if not folder.is_dir():
            errors.append(LintError(str(folder), 1, "", "no folder of this name", "Make it, or mend `mappings:` in the configuration"))
        elif folder != SHIPPED:
            errors += _import_beside(folder)
        for file in sorted([*folder.glob("**/*.yaml"), *folder.glob("**/*.yml")]):
            declared = read_file(file)
            errors += declared.errors
            if not all(isinstance(declared.data.get(name), str) for name in NAMES):
                continue
            declared.errors = []
            key = (declared.data["system"], declared.data["entity"], declared.data["resource"])
            if key in found:
                _overlay(found[key], declared)
            else:
                found[key] = declared
    return list(found.values()), errors


def read_file(file: Path) -> Declaration:
    """One file as a declaration whose ``errors`` say why it is none, or which keys it says twice."""
    try:
        text = file.read_text(encoding="utf-8")
        node, data = parsed(text)
    except (OSError, UnicodeDecodeError) as error:
        why, fix = (error.strerror, "Let the hub read it") if isinstance(error, OSError) else ("not in UTF-8", "Save it in this encoding")
        return Declaration({}, errors=[LintError(str(file), 1, "", f"cannot be read: {why}", fix)])
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or error
        problem = LintError(
            str(file), mark.line + 1 if mark else 1, "", f"not YAML: {said}", "Quote texts that hold a colon, a bracket or a percent sign"
        )
        return Declaration({}, errors=[problem])
    if not isinstance(data, dict):
        return Declaration(
            {}, errors=[LintError(str(file), 1, "", "a mapping is keys and values", "Begin with `system:`, `entity:`, `resource:`")]
        )
    declared = Declaration(data, {place: (str(file), line) for place, line in _lines(node)})
    for name in NAMES:
        if not isinstance(data.get(name), str):
            declared.complain((name,), f"no `{name}:`", f"A mapping names its {', '.join(NAMES)} as texts at the top")
    for place, line in _twice(node):
        declared.errors.append(LintError(str(file), line, place[1] if place[:1] == ("fields",) and len(place) > 1 else "",
                                         f"{place[-1]!r} is said twice; only the last would count", "Keep one of the two"))  # fmt: skip
    return declared


def _import_beside(folder: Path) -> list[LintError]:
    """Codecs beside overlays register themselves when their file is loaded, like the vendors' own. Returns what is wrong with such files."""
    errors = []
    for module in sorted(folder.glob("**/codecs.py")):
        spec = importlib.util.spec_from_file_location(f"overlay_{module.parent.name}_codecs", module)
        if spec and spec.loader:
            try:
                spec.loader.exec_module(importlib.util.module_from_spec(spec))
            except Exception as error:  # whatever a person's Python raises
                line = error.lineno if isinstance(error, SyntaxError) else traceback.extract_tb(error.__traceback__)[-1].lineno
                told = f"cannot be loaded: {type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"
                errors.append(LintError(str(module), line or 1, "", told, "It is Python: mend that line"))
    return errors


def _lines(node: Any, place: Place = ()) -> Iterator[tuple[Place, int]]:
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*place, str(key.value))
            yield inner, key.start_mark.line + 1
            yield from ((p, line) for p, line in _lines(value, inner) if p != inner)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*place, str(index)))


def _twice(node: Any, place: Place = ()) -> Iterator[tuple[Place, int]]:
    """Keys that one mapping of the file has twice: place and line of the second."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            inner = (*place, str(key.value))
            if inner[-1] in seen:
                yield inner, key.start_mark.line + 1
            seen.add(inner[-1])
            yield from _twice(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _twice(value, (*place, str(index)))


def _overlay(base: Declaration, over: Declaration) -> None:
    """Lay an overlay over a declaration: fields added, replaced, or removed with null; other keys replaced."""
    for key, value in over.data.items():
        if key == "fields" and isinstance(value, dict) and isinstance(base.data.get("fields", {}), dict):
            base.data["fields"] = _overlaid_fields(base, over, value)
            continue
        base.data[key] = value
        _forget(base, (key,))
        if key == "examples":
            base.overlaid = {}
    base.lines |= {place: where for place, where in over.lines.items() if place}


def _overlaid_fields(base: Declaration, over: Declaration, fields: dict[str, Json]) -> dict[str, Json]:
    merged = dict(base.data.get("fields") or {})
    for name, declared in fields.items():
        base.overlaid[name] = over.where(("fields", name))[0]
        if declared is None and name not in merged:
            error = LintError(*over.where(("fields", name)), name, "null removes a field, and there is none of this name",
                              f"{near(name, merged)}Remove the line")  # fmt: skip
            base.errors.append(error)
        merged.pop(name, None)
        _forget(base, ("fields", name))
        if declared is not None:
            merged[name] = declared
    return merged


def _forget(base: Declaration, place: Place) -> None:
    """Drop the lines of what is replaced: what the overlay leaves out must not be told of the old file."""
    base.lines = {known: where for known, where in base.lines.items() if known[: len(place)] != place or len(known) == len(place)}
