"""From a declaration to a Mapping: every key and option looked at, codecs made, expressions and paths read. Complains, never guesses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mappings import paths
from mappings.adopt import Adopted, common
from mappings.choice import build_codec
from mappings.codec import Codec
from mappings.declaration import Declaration, Place, near
from mappings.expressions import Expression, ExpressionError, expression
from mappings.fields import FieldMap
from mappings.lists import POSITION, EachItem, ListOf, Part
from mappings.mapping import Example, Mapping

Json = Any

KEYS: dict[str, type | tuple[type, ...]] = {
    "system": str, "entity": str, "resource": str, "id": str, "modified": dict, "create": dict, "external_key": str, "adopted_key": str,
    "hub_key": str, "adopt": list, "when": str, "fields": dict, "examples": list, "give": bool, "requires": list, "stand_in": list,
    "fulfils": str, "adds": bool, "called": str, "also": list,
}  # fmt: skip
FIELD_KEYS: dict[str, type | tuple[type, ...]] = {
    "remote": str, "as": (str, dict), "only": str, "read": str, "write": str, "max": int, "clears": bool, "key": list, "each": dict,
    "item": (str, dict), "keep": list, "default": (str, int, float, bool, list), "id": str,
    "counts": str, "aliases": bool, "once": bool,
}  # fmt: skip
PART_KEYS: dict[str, type | tuple[type, ...]] = {k: FIELD_KEYS[k] for k in ("remote", "as", "only", "read", "max", "default")}
ADOPT_KEYS: dict[str, type | tuple[type, ...]] = {"remote": str, "system": str, "pattern": str, "when": str, "sure": bool}
EXAMPLE_KEYS: dict[str, type | tuple[type, ...]] = {"name": str, "remote": dict, "canonical": dict}
MODIFIED_KEYS: dict[str, type | tuple[type, ...]] = {"remote": str, "as": (str, dict)}
WORDS = {str: "text", dict: "keys and values", list: "a list", bool: "true or false", int: "a whole number", float: "a number"}


def build(declared: Declaration) -> Mapping | None:
    """The mapping as far as it is sound, for lint to look further; usable only where ``declared.errors`` stays empty.
    None where there is nothing to look at."""
    data = declared.data
    checked(declared, (), {key: value for key, value in data.items() if (key, value) != ("fields", None)}, KEYS, "key")
    if not isinstance(data.get("fields"), dict) or not data["fields"]:
        declared.complain(("fields",), "no fields", "Write `fields:` and under it one line for each canonical field")
        return None
    fields = [made for name, spec in data["fields"].items() if (made := build_field(declared, str(name), spec))]
    modified: dict[str, Json] = data["modified"] if isinstance(data.get("modified"), dict) else {}
    checked(declared, ("modified",), modified, MODIFIED_KEYS, "option")
    named = _named_fields(declared)
    return Mapping(
        connector=data["system"],
        entity=data["entity"],
        resource=data["resource"],
        fields=tuple(fields),
        id_path=_path(declared, ("id",), data.get("id")) or "id",
        modified_path=_path(declared, ("modified", "remote"), modified.get("remote")),
        modified_codec=build_codec(declared, ("modified",), modified.get("as", "utc_time")) if modified else None,
        key_path=_path(declared, ("external_key",), data.get("external_key")),
        adopted_path=_path(declared, ("adopted_key",), data.get("adopted_key")),
        called_path=_path(declared, ("called",), data.get("called")),
        hub_key=_expression(declared, ("hub_key",), data.get("hub_key")),
        adopt=_adopt(declared),
        fulfils=_path(declared, ("fulfils",), data.get("fulfils")),
        adds=data.get("adds", False) is True,
        also=tuple(path for at, one in enumerate(_listed(data, "also")) if (path := _path(declared, ("also", str(at)), one))),
        when=_expression(declared, ("when",), data.get("when")),
        create=data["create"] if isinstance(data.get("create"), dict) else {},
        give=data.get("give", True) is True,
        requires=tuple(named["requires"]),
        stand_in=tuple(named["stand_in"]),
        examples=_examples(declared),
        file=declared.where(())[0],
    )


def _listed(data: dict[str, Json], key: str) -> list[Json]:
    return data[key] if isinstance(data.get(key), list) else []


SWITCHES = "YAML reads yes, no, on and off as true and false unless they stand in quotes"


def checked(declared: Declaration, place: Place, spec: dict[str, Json], known: dict[str, Any], word: str) -> bool:
    """Whether all keys are known and their values of the right kind; complains of those that are not."""
    before = len(declared.errors)
    for key, value in spec.items():
        if key not in known:
            fix = f"{near(key, known)}Known {word}s: {', '.join(known)}"
            declared.complain((*place, str(key)), f"unknown {word} {key!r}", fix)
        elif not _is(value, known[key]):
            kinds = known[key] if isinstance(known[key], tuple) else (known[key],)
            fix = f"Write {' or '.join(WORDS[kind] for kind in kinds)}"
            if isinstance(value, bool) and str in kinds:
                fix += f"; {SWITCHES}"
            declared.complain((*place, key), f"`{key}` is of the wrong kind: {type(value).__name__}", fix)
    return len(declared.errors) == before


def _is(value: Json, kind: Any) -> bool:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds)


def _named_fields(declared: Declaration) -> dict[str, list[str]]:
    """``requires`` and ``stand_in``: names of fields that the mapping has."""
    found: dict[str, list[str]] = {}
    for key in ("requires", "stand_in"):
        names = declared.data.get(key)
        found[key] = names = names if isinstance(names, list) else []
        for index, name in enumerate(names):
            if name not in declared.data["fields"]:
                declared.complain(
                    (key, str(index)),
                    f"`{key}` names {name!r}, which is no field of this mapping",
                    near(name, declared.data["fields"]) or "Add the field",
                )
    return found


def build_field(declared: Declaration, name: str, spec: Json) -> FieldMap | None:
    """One line of ``fields:``."""
    place: Place = ("fields", name)
    if not isinstance(spec, dict):
        declared.complain(place, "a field is a mapping with `remote:`", "Write for example {remote: phone, as: phones_text}")
        return None
    if not checked(declared, place, spec, FIELD_KEYS, "option") or not _consistent(declared, place, spec):
        return None
    read = _expression(declared, (*place, "read"), spec.get("read"))
    write = _expression(declared, (*place, "write"), spec.get("write"))
    path = f"({spec['read']})" if "read" in spec else _path(declared, (*place, "remote"), spec["remote"])
    if "each" in spec or "item" in spec:
        codec = _list(declared, place, spec)
    else:
        codec = build_codec(declared, place, spec.get("as"), spec.get("max"))
    if codec is None or not path or ("read" in spec and read is None) or ("write" in spec and write is None):
        return None
    only = "read" if read is not None else "write" if write is not None else spec.get("only", "")
    clears, counts, aliases, once = (
        spec.get(key, default) for key, default in (("clears", False), ("counts", ""), ("aliases", False), ("once", False))
    )
    return FieldMap(name, path, codec, only, clears, read, write, spec.get("default"), counts, aliases, once)


def _consistent(declared: Declaration, place: Place, spec: dict[str, Json]) -> bool:
    """Whether the options of a field go together."""
    before = len(declared.errors)
    for found in (_one_way(spec), _of_a_list(spec)):
        for option, message, fix in found:
            declared.complain((*place, option) if option else place, message, fix)
    return len(declared.errors) == before


def _one_way(spec: dict[str, Json]) -> Iterator[tuple[str, str, str]]:
    """(option, what is wrong, fix) of what contradicts the ways that a field goes."""
    only = spec.get("only", "")
    read_only, write_only = only == "read" or "read" in spec, only == "write" or "write" in spec
    if "remote" not in spec and "read" not in spec:
        yield "", "no `remote:` path", "Name where the value stands, for example remote: billing.phone"
    if only not in ("", "read", "write"):
        yield "only", f"`only` is read or write, not {only!r}", "Leave it out for a field that goes both ways"
    if "read" in spec and ("remote" in spec or write_only):
        yield "read", "`read:` is the whole of a field that is only read", "Leave out remote, write and only"
    if "write" in spec and only == "read":
        yield "write", "`write:` is for a field that is only written", "Leave out only: read"
    if "clears" in spec and write_only:
        yield "clears", "`clears` says what reading means, and this field is only written", "Leave it out"
    for option, written in (("aliases", "says what is written"), ("once", "says what is written"), ("default", "is written")):
        if option in spec and read_only:
            yield option, f"`{option}` {written}, and this field is only read", "Leave it out"
    counts = spec.get("counts")
    if counts == "down" and only != "write":
        yield "counts", "`counts: down` is for a number that is only written", "Write only: write, or leave it out"
    if "counts" in spec and counts != "down" and not (counts == "lines" and read_only):
        yield "counts", "`counts: lines` is for a total that is only read", "Write only: read, or leave it out"


def _of_a_list(spec: dict[str, Json]) -> Iterator[tuple[str, str, str]]:
    """(option, what is wrong, fix) of options of a list on what is none, and of no list on one."""
    listed = "each" in spec or "item" in spec
    if listed and ("as" in spec or "max" in spec or ("each" in spec and "item" in spec)):
        yield "", "a list has one of `each:` and `item:`, and no `as:` or `max:`", "Keep the one that says how an item is read"
    for option in ("key", "keep", "id"):
        if option in spec and not listed:
            yield option, f"`{option}` belongs to a list", "Say with `each:` or `item:` what an item is"


def _list(declared: Declaration, place: Place, spec: dict[str, Json]) -> Codec | None:
    """A keyed list: ``each:`` with a codec for every field of an item, or ``item:`` with one for the whole of it."""
    ident = spec.get("id", "id")
    keys = [[str(part) for part in key] if isinstance(key, list) else [str(key)] for key in spec.get("key") or ()]
    keep = [kept for index, path in enumerate(spec.get("keep") or ()) if (kept := _path(declared, (*place, "keep", str(index)), path))]
    if "item" in spec:
        item = build_codec(declared, place, spec["item"], key="item")
        return ListOf(item, keys, keep, ident) if item else None
    parts = {str(name): part for name, said in spec["each"].items() if (part := _part(declared, (*place, "each", str(name)), said))}
    names = {*spec["each"], ident, POSITION}
    for index, key in enumerate(keys):
        for part_name in key:
            if part_name not in names:
                declared.complain(
                    (*place, "key", str(index)), f"the key names {part_name!r}, which no item has", f"There are: {', '.join(sorted(names))}"
                )
    seen = [name for part in parts.values() if part.read for name in sorted(part.read.roots)]
    return ListOf(EachItem(parts), keys, [*(part.path for part in parts.values() if part.path), *seen, *keep], ident)


def _part(declared: Declaration, place: Place, spec: Json) -> Part | None:
    """One field of an item."""
    if not isinstance(spec, dict):
        declared.complain(place, "a part of an item is a mapping with `remote:`", "Write for example {remote: price, as: kopecks}")
        return None
    if not checked(declared, place, spec, PART_KEYS, "option"):
        return None
    if ("remote" in spec) is ("read" in spec):
        declared.complain(
            place, "a part of an item has `remote:` or, when it is only read, `read:`", "Name where the value stands in the item"
        )
        return None
    if spec.get("only", "") not in ("", "read", "write"):
        declared.complain((*place, "only"), f"`only` is read or write, not {spec['only']!r}", "Leave it out for a part that goes both ways")
        return None
    read = _expression(declared, (*place, "read"), spec.get("read"))
    path = _path(declared, (*place, "remote"), spec.get("remote"))
    codec = build_codec(declared, place, spec.get("as"), spec.get("max"))
    if codec is None or not (path or read):
        return None
    return Part(path, codec, "read" if read else spec.get("only", ""), spec.get("default"), read)


def _path(declared: Declaration, place: Place, text: Json) -> str:
    if not isinstance(text, str) or not text:
        if text is not None:
            declared.complain(place, f"not a path: {text!r}", "Write keys with dots, for example billing.phone")
        return ""
    try:
        paths.parse(text)
    except paths.PathError as error:
        declared.complain(place, str(error), "Write keys with dots, list[key='x'].value or list[0]")
        return ""
    return text


def _expression(declared: Declaration, place: Place, text: Json) -> Expression | None:
    if not isinstance(text, str) or not text:
        return None
    try:
        return expression(text)
    except ExpressionError as error:
        declared.complain(place, f"not JMESPath: {error}", "See https://jmespath.org; texts stand in single quotes, numbers in backticks")
        return None


def _adopt(declared: Declaration) -> tuple[Adopted, ...]:
    items = declared.data.get("adopt")
    made = [_adopted(declared, ("adopt", str(index)), item) for index, item in enumerate(items if isinstance(items, list) else ())]
    return tuple(one for one in made if one)


def _adopted(declared: Declaration, place: Place, item: Json) -> Adopted | None:
    if not isinstance(item, dict) or not {"remote", "system"} <= item.keys():
        declared.complain(place, "a cross-reference names `remote:` and `system:`", "Write {remote: code, system: site}")
        return None
    if not checked(declared, place, item, ADOPT_KEYS, "option"):
        return None
    before = len(declared.errors)
    try:
        pattern = re.compile(item["pattern"]) if "pattern" in item else None
    except re.error as error:
        declared.complain((*place, "pattern"), f"not a regular expression: {error}", "Its first group is the other system's id")
        return None
    path, when = _path(declared, (*place, "remote"), item["remote"]), _expression(declared, (*place, "when"), item.get("when"))
    if path and pattern is None and common(path):
        fix = "Add a `pattern` whose first group is the other system's number"
        declared.complain((*place, "remote"), f"any text of {path} would be taken for a cross-reference", fix)
    return Adopted(path, item["system"], pattern, when, item.get("sure", False)) if path and len(declared.errors) == before else None


def _examples(declared: Declaration) -> tuple[Example, ...]:
    found = []
    items = declared.data.get("examples")
    for index, item in enumerate(items if isinstance(items, list) else ()):
        place: Place = ("examples", str(index))
        if not isinstance(item, dict) or not {"remote", "canonical"} <= item.keys():
            declared.complain(
                place, "an example has `remote:` and `canonical:`", "Give an object of the vendor and the fields it must give"
            )
            continue
        if switch := next(_switches(item["remote"]), None):
            declared.complain(place, f"a key of the object is {switch}", f"Where it is a word: {SWITCHES}")
        elif checked(declared, place, item, EXAMPLE_KEYS, "option"):
            ignore = frozenset(name for name, file in declared.overlaid.items() if file != declared.where(place)[0])
            found.append(Example(item.get("name", f"#{index + 1}"), item["remote"], item["canonical"], ignore, place))
    return tuple(found)


def _switches(value: Json) -> Iterator[str]:
    """Keys that YAML took for true or false."""
    if isinstance(value, dict):
        yield from (str(key).lower() for key in value if isinstance(key, bool))
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _switches(inner)
