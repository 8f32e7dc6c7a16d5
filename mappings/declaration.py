"""YAML files of mappings: read, laid over each other, and turned into Mapping objects. All errors at once, with file and line."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jmespath
import yaml

from mappings import paths
from mappings.answers import Table
from mappings.codec import CODECS, Codec
from mappings.compile import compile_read
from mappings.lists import EachItem, ListOf, Part
from mappings.mapping import FieldMap, Mapping
from mappings.scalars import Text

Json = Any
Place = tuple[str, ...]
KEYS = frozenset(
    [
        "system",
        "entity",
        "resource",
        "id",
        "modified",
        "create",
        "external_key",
        "hub_key",
        "adopt",
        "when",
        "fields",
        "examples",
        "give",
        "requires",
        "stand_in",
        "fulfils",
    ]
)
FIELD_KEYS = frozenset(["remote", "as", "only", "read", "write", "max", "clears", "key", "each", "item", "keep", "default", "id"])


@dataclass(frozen=True, slots=True)
class LintError:
    """One error of a declaration: where it is, what is wrong, what to do."""

    file: str
    line: int
    field: str
    message: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field + ': ' if self.field else ''}{self.message}{'. ' + self.fix if self.fix else ''}"


class MappingError(Exception):
    """Mappings cannot be used; ``errors`` names every place."""

    def __init__(self, errors: Sequence[LintError]) -> None:
        super().__init__("\n".join(str(e) for e in errors))
        self.errors = list(errors)


@dataclass(slots=True)
class Declaration:
    """One mapping as declared, overlays applied; ``lines``: place -> (file, line)."""

    data: dict[str, Json]
    lines: dict[Place, tuple[str, int]] = field(default_factory=dict)
    errors: list[LintError] = field(default_factory=list)

    def complain(self, place: Place, message: str, fix: str = "") -> None:
        where = next((self.lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in self.lines), ("?", 0))
        name = place[1] if len(place) > 1 and place[0] == "fields" else ""
        self.errors.append(LintError(*where, name, message, fix))


def read_folders(folders: Sequence[Path]) -> list[Declaration]:
    """All declarations of the folders, later folders laid over earlier ones. Raises MappingError for files that are not YAML."""
    found: dict[tuple[str, str, str], Declaration] = {}
    errors: list[LintError] = []
    for folder in folders:
        for module in sorted(folder.glob("**/codecs.py")):
            _import(module, folder)
        for file in sorted([*folder.glob("**/*.yaml"), *folder.glob("**/*.yml")]):
            try:
                text = file.read_text()
                node, data = yaml.compose(text), yaml.safe_load(text)
            except yaml.YAMLError as error:
                mark = getattr(error, "problem_mark", None)
                errors.append(LintError(str(file), mark.line + 1 if mark else 0, "", f"not YAML: {getattr(error, 'problem', error)}"))
                continue
            if not isinstance(data, dict) or not {"system", "entity", "resource"} <= data.keys():
                errors.append(
                    LintError(str(file), 1, "", "a mapping names its system, entity and resource", "Add the three keys at the top")
                )
                continue
            lines = {place: (str(file), line) for place, line in _lines(node)}
            key = (data["system"], data["entity"], data["resource"])
            if key in found:
                _overlay(found[key], data, lines)
            else:
                found[key] = Declaration(data, lines)
    if errors:
        raise MappingError(errors)
    return list(found.values())


def _import(module: Path, folder: Path) -> None:
    """Vendor codecs register themselves when imported; those beside overlays are loaded from their file."""
    shipped = Path(__file__).parent
    if folder == shipped:
        importlib.import_module(f"mappings.{module.parent.name}.codecs")
        return
    spec = importlib.util.spec_from_file_location(f"overlay_{module.parent.name}_codecs", module)
    if spec and spec.loader:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def _lines(node: Any, place: Place = ()) -> Iterator[tuple[Place, int]]:
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*place, str(key.value)), key.start_mark.line + 1
            yield from ((p, line) for p, line in _lines(value, (*place, str(key.value))) if p != (*place, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*place, str(index)))


def _overlay(base: Declaration, data: dict[str, Json], lines: dict[Place, tuple[str, int]]) -> None:
    """Lay an overlay over a declaration: fields added, replaced, or removed with null; other keys replaced."""
    for key, value in data.items():
        if key != "fields":
            base.data[key] = value
            continue
        merged = dict(base.data.get("fields") or {})
        for name, declared in (value or {}).items():
            if declared is None:
                merged.pop(name, None)
            else:
                merged[name] = declared
        base.data["fields"] = merged
    base.lines |= {place: where for place, where in lines.items() if place}


# --- from a declaration to a mapping -------------------------------------------------------------------


def compile_declaration(declared: Declaration) -> Mapping | None:
    """The mapping, or None with ``declared.errors`` filled."""
    data = declared.data
    for key in data.keys() - KEYS:
        declared.complain((key,), f"unknown key {key!r}", f"Known keys: {', '.join(sorted(KEYS))}")
    fields = [made for name, spec in (data.get("fields") or {}).items() if (made := _field(declared, name, spec))]
    modified = data.get("modified") or {}
    adopt = tuple((item["remote"], item["system"]) for item in data.get("adopt") or ())
    mapping = Mapping(
        connector=data["system"],
        entity=data["entity"],
        resource=data["resource"],
        fields=tuple(fields),
        id_path=data.get("id", "id"),
        modified_path=modified.get("remote", ""),
        modified_codec=_codec(declared, ("modified",), modified.get("as", "utc_time")) if modified else None,
        key_path=data.get("external_key"),
        hub_key=_expression(declared, ("hub_key",), data.get("hub_key")),
        adopt=adopt,
        fulfils=data.get("fulfils", ""),
        when=_expression(declared, ("when",), data.get("when")),
        create=data.get("create") or {},
        give=data.get("give", True),
        requires=tuple(data.get("requires") or ()),
        stand_in=tuple(data.get("stand_in") or ()),
        examples=tuple(data.get("examples") or ()),
        file=declared.lines.get((), ("", 0))[0],
    )
    if declared.errors:
        return None
    for one in mapping.fields:
        mapping.by_path[one.path] = (*mapping.by_path.get(one.path, ()), one)
    mapping.getters, mapping.source = compile_read(mapping.fields)
    return mapping


def _field(declared: Declaration, name: str, spec: Json) -> FieldMap | None:
    place: Place = ("fields", name)
    if not isinstance(spec, dict):
        declared.complain(place, "a field is a mapping with `remote:`", "Write for example {remote: phone, as: phone}")
        return None
    for key in spec.keys() - FIELD_KEYS:
        declared.complain((*place, key), f"unknown option {key!r}", f"Known options: {', '.join(sorted(FIELD_KEYS))}")
    if "remote" not in spec and "read" not in spec:
        declared.complain(place, "no `remote:` path", "Name where the value stands")
        return None
    only = spec.get("only", "")
    if only not in ("", "read", "write"):
        declared.complain((*place, "only"), f"`only` is read or write, not {only!r}")
    read = _expression(declared, (*place, "read"), spec.get("read"))
    write = _expression(declared, (*place, "write"), spec.get("write"))
    path = spec.get("remote") or f"({spec['read']})"
    if "remote" in spec:
        try:
            paths.parse(path)
        except paths.PathError as error:
            declared.complain((*place, "remote"), str(error))
            return None
    codec = _list(declared, place, spec) if "each" in spec or "item" in spec else _codec(declared, place, spec.get("as"), spec.get("max"))
    if codec is None:
        return None
    if read is not None:
        only = "read"
    if write is not None:
        only = "write"
    return FieldMap(name, path, codec, only, bool(spec.get("clears")), read, write, spec.get("default"))


def _expression(declared: Declaration, place: Place, text: str | None) -> Any:
    if not text:
        return None
    try:
        return jmespath.compile(text)
    except jmespath.exceptions.ParseError as error:
        declared.complain(place, f"not JMESPath: {str(error).splitlines()[0]}")
        return None


def _codec(declared: Declaration, place: Place, spec: Json, max_length: int | None = None) -> Codec | None:
    """A codec from ``as:``: a name, {name: arguments}, or a table {remote: canonical}."""
    place = (*place, "as")
    if spec is None:
        return Text(max_length)
    if isinstance(spec, dict) and len(spec) == 1 and next(iter(spec)) in CODECS:
        ((name, arguments),) = spec.items()
        try:
            return CODECS[name](**arguments) if isinstance(arguments, dict) else CODECS[name](arguments)
        except TypeError as error:
            declared.complain(place, f"the codec {name} does not take these arguments: {error}")
            return None
    if isinstance(spec, dict):
        return Table(spec)
    if spec not in CODECS:
        declared.complain(place, f"no codec {spec!r}", f"There are: {', '.join(sorted(CODECS))}")
        return None
    try:
        return CODECS[spec]()
    except TypeError:
        declared.complain(place, f"the codec {spec} needs arguments", f"Write {{{spec}: ...}}")
        return None


def _list(declared: Declaration, place: Place, spec: dict[str, Json]) -> Codec | None:
    keys = [k if isinstance(k, list) else [k] for k in spec.get("key") or () if k != "id"]
    if "item" in spec:
        item = _codec(declared, (*place, "item"), spec["item"])
        return ListOf(item, keys, spec.get("keep") or (), spec.get("id", "id")) if item else None
    parts: dict[str, Part] = {}
    for name, part in spec["each"].items():
        codec = _codec(declared, (*place, "each", name), part.get("as"), part.get("max"))
        if codec is not None:
            parts[name] = Part(part["remote"], codec)
    return ListOf(EachItem(parts), keys, [part.path for part in parts.values()], spec.get("id", "id"))
