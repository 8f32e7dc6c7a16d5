"""Rules that lint holds one mapping to: the entity's schema, the vendor's field catalogue, what two-way means, its own examples."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from mappings import paths
from mappings.answers import Table
from mappings.codec import ANY, Codec, types_of
from mappings.declaration import Place, near
from mappings.examples import run_examples
from mappings.lists import EachItem, ListOf
from mappings.named import NAMES
from mappings.subject import Subject
from mappings.world import FieldType

Json = Any


def connector(it: Subject) -> None:
    """A connector's name typed wrong. One that resembles none may be of a connector to come."""
    name = it.mapping.connector
    if it.world.connectors and name not in it.world.connectors and (hint := near(name, it.world.connectors)):
        it.complain(("system",), f"no connector {name!r}", f"{hint}There are: {', '.join(sorted(it.world.connectors))}")


def canonical_fields(it: Subject) -> None:
    """Fields that the entity does not have. One that is written from an expression needs no canonical name."""
    if not it.world.entities:
        return
    if it.mapping.entity not in it.world.entities:
        it.complain(
            ("entity",),
            f"no entity {it.mapping.entity!r}",
            f"{near(it.mapping.entity, it.world.entities)}There are: {', '.join(it.world.entities)}",
        )
        return
    for one in it.fields:
        if one.field not in it.schema and one.write is None:
            fix = (
                "Declare it under `custom_fields` in the configuration"
                if one.field.startswith("custom.")
                else "Name a field of the entity, or a custom.* one"
            )
            last = [k for k in it.schema if k.split(".")[-1] == one.field.split(".")[-1]]
            hint = f"Did you mean {last[0]}? " if last else near(one.field, it.schema)
            it.complain(("fields", one.field), f"{it.mapping.entity} has no field {one.field!r}", f"{hint}{fix}")


def canonical_types(it: Subject) -> None:
    """Codecs whose values are of another type than the field."""
    for one in it.fields:
        wanted = it.schema.get(one.field)
        if wanted is None:
            continue
        place: Place = ("fields", one.field)
        if isinstance(one.codec, ListOf) and isinstance(one.codec.item, EachItem):
            _item_types(it, place, one.codec.item, wanted)
        else:
            _fits(
                it,
                (*place, "item" if isinstance(one.codec, ListOf) else "as"),
                one.codec,
                wanted,
                one.read is not None or one.write is not None,
            )


def _item_types(it: Subject, place: Place, item: EachItem, wanted: FieldType) -> None:
    if not wanted.type.startswith("list["):
        it.complain(place, f"a list cannot be a field of type {wanted.type}", "Use `remote:` and `as:`")
        return
    for name, part in item.parts.items():
        if wanted.items and name not in wanted.items:
            it.complain(
                (*place, "each", name),
                f"an item of this list has no field {name!r}",
                f"{near(name, wanted.items)}There are: {', '.join(wanted.items)}",
            )
        elif name in wanted.items:
            _fits(it, (*place, "each", name), part.codec, wanted.items[name], part.read is not None)


def _fits(it: Subject, place: Place, codec: Codec, wanted: FieldType, free: bool) -> None:
    """Complain of a codec whose values the field cannot hold. ``free``: an expression makes the value."""
    types = types_of(codec)
    if any(kind == "ref" and name not in it.world.entities for kind, name in types.asks):
        return  # told by `asked`
    name = place[3] if len(place) > 3 else place[1]
    if types.canonical not in (ANY, wanted.type) and not (free and types.canonical == "text"):
        fix = f"Use a codec of type {wanted.type}, or another field"
        it.complain(place, f"gives {types.canonical}, but {name} is of type {wanted.type}", fix)
    elif wanted.choices and types.canonical == "text" and not free:
        wrong = [value for value in types.values if value not in wanted.choices]
        if wrong:
            it.complain(place, f"{name} cannot be {', '.join(map(str, wrong))}", f"It is one of {', '.join(wanted.choices)}")
        elif not types.values and not types.asks and not types.closed:
            it.complain(
                place, f"any text would be taken, but {name} is one of {', '.join(wanted.choices)}", "Use a table {remote: canonical}"
            )


def remote_fields(it: Subject) -> None:
    """Paths that the vendor does not have, writes to what is read only, codecs for another remote type."""
    resources = it.world.catalogues.get(it.mapping.connector)
    if resources is not None and it.catalogue is None:
        it.complain(
            ("resource",),
            f"{it.mapping.connector} has no resource {it.mapping.resource!r}",
            f"{near(it.mapping.resource, resources)}There are: {', '.join(resources)}",
        )
    if it.catalogue is None:
        return
    of, data = it.mapping, it.declared.data
    for place, path in (
        (("id",), of.id_path if "id" in data else ""),
        (("modified", "remote"), of.modified_path),
        (("external_key",), of.key_path),
        (("adopted_key",), of.adopted_path),
        (("called",), of.called_path),
        (("fulfils",), of.fulfils),
        *((("also", str(index)), path) for index, path in enumerate(of.also)),
        *((("adopt", str(index), "remote"), one.path) for index, one in enumerate(of.adopt)),
    ):
        if path:
            known_type(it, place, path)
    if of.adds and (of.give or not (of.adopt or of.fulfils)):
        it.complain(
            ("adds",),
            "an object that only adds to another names that one and is never written",
            "Write adopt: or fulfils:, and give: false",
        )
    for one in it.fields:
        if one.read is None:
            _remote_field(it, ("fields", one.field), one.path, one.codec, one.only != "read" and it.mapping.give)


def _remote_field(it: Subject, place: Place, path: str, codec: Codec, written: bool) -> None:
    kind = known_type(it, (*place, "remote"), path)
    if kind is None:
        return
    if kind.startswith("-") and written:
        it.complain((*place, "remote"), f"{path} is read only", "Add only: read")
    kind = kind.lstrip("-")
    takes = types_of(codec).remote
    if takes and kind != ANY and BASES.get(kind, kind) not in takes and kind not in takes:
        it.complain(
            (*place, "as"),
            f"{path} is of type {kind}, which this codec does not read",
            f"Use a codec for {kind}; this one is for {', '.join(sorted(takes))}",
        )
    if isinstance(codec, ListOf) and isinstance(codec.item, EachItem) and any(p.startswith(f"{path}[].") for p in it.catalogue or ()):
        for name, part in codec.item.parts.items():
            if part.path:
                _remote_field(it, (*place, "each", name), f"{path}[].{part.path}", part.codec, written and part.only != "read")


def known_type(it: Subject, place: Place, path: str) -> str | None:
    """The catalogue's type of a path, or None after a complaint."""
    catalogue = it.catalogue or {}
    wanted = plain_path(path)
    found = catalogue.get(wanted) or next(
        (kind for known, kind in catalogue.items() if "*" in known and _pattern(known).fullmatch(wanted)), None
    )
    if found is None:
        fix = f"{near(path, catalogue)}Mind the vendor's spelling; a published field that is missing belongs in the catalogue.py of the connector"
        it.complain(place, f"{it.mapping.connector} {it.mapping.resource} has no field {path}", fix)
    return found


def plain_path(path: str) -> str:
    """A path as catalogues name it: single quotes around picked values, ``[]`` for any item of a list."""
    return "[].".join(_plain_part(part) for part in path.split("[]."))


def _plain_part(path: str) -> str:
    text = ""
    for step in paths.parse(path):
        text += f".{step[1]}" if step[0] == "key" else f"[{step[1]}='{step[2]}']" if step[0] == "pick" else "[]"
    return text.removeprefix(".")


def _pattern(known: str) -> re.Pattern[str]:
    return re.compile(re.escape(known).replace(r"\*", ".*"))


# Kinds of fields that a vendor tells apart, and what their JSON is. A kind that is not here stands for itself: money in kopecks is no
# number that a codec of roubles may read.
BASES = {
    "uuid": "string", "enum": "string", "text": "string", "link": "string", "reference": "string", "employee": "string", "state": "string",
    "store": "string", "organisation": "string", "channel": "string", "customentity": "string", "project": "string", "contract": "string",
    "time": "datetime", "minute": "datetime", "long": "integer", "double": "number", "float": "number", "money": "number", "user": "integer",
    "crm_status": "string", "char": "string", "array": "list",
}  # fmt: skip


def invertible(it: Subject) -> None:
    """Tables of two-way fields: one canonical value, one written remote value."""
    for place, codec, written in _codecs(it):
        if written and isinstance(codec, Table):
            for remote, value in codec.twice:
                fix = f"Mark those that are not written: {remote}: {{read: {value}}}"
                it.complain(
                    (*place, "as", str(remote)), f"{value!r} is said by {codec.back[value]!r} and by {remote!r}: which is written?", fix
                )


def _codecs(it: Subject) -> Iterator[tuple[Place, Codec, bool]]:
    """Every codec of the fields and of list items, with its place and whether the hub writes by it."""
    for one in it.fields:
        written = one.only != "read" and it.mapping.give
        place: Place = ("fields", one.field)
        if isinstance(one.codec, ListOf) and isinstance(one.codec.item, EachItem):
            for name, part in one.codec.item.parts.items():
                yield (*place, "each", name), part.codec, written and part.only != "read"
        else:
            yield place, one.codec, written


def one_writer(it: Subject) -> None:
    """Two fields that write one remote path, or one inside the other."""
    written = [one for one in it.fields if one.only != "read"]
    for index, one in enumerate(written):
        for other in written[:index]:
            inside = one.path != other.path and (one.path in paths.roots(other.path) or other.path in paths.roots(one.path))
            if inside or (one.path == other.path and not (types_of(one.codec).shares and types_of(other.codec).shares)):
                where = one.path if one.path == other.path else f"{other.path} and {one.path}"
                it.complain(
                    ("fields", one.field), f"{where} is written by {other.field} and by {one.field}", "Let all but one be only: read"
                )


def asked(it: Subject) -> None:
    """Directories, lookups and entities that do not exist."""
    lookups = it.world.lookups.get(it.mapping.connector)
    for place, codec, _ in _codecs(it):
        for kind, name in types_of(codec).asks:
            if kind == "directory" and it.world.directories and name not in it.world.directories:
                it.complain(
                    place,
                    f"no directory {name!r}",
                    f"{near(name, it.world.directories)}There are: {', '.join(sorted(it.world.directories))}",
                )
            elif kind == "lookup" and lookups is not None and not any(_pattern(known).fullmatch(name) for known in lookups):
                it.complain(
                    place,
                    f"{it.mapping.connector} has no lookup {name!r}",
                    f"{near(name, lookups)}There are: {', '.join(sorted(lookups)) or 'none'}",
                )
            elif kind == "ref" and it.world.entities and name not in it.world.entities:
                it.complain(
                    place, f"no entity {name!r} to refer to", f"{near(name, it.world.entities)}There are: {', '.join(it.world.entities)}"
                )


def examples(it: Subject) -> None:
    """Examples that the mapping does not fulfil."""
    if not it.sound:  # a field that is missing for its own error would fail them all
        return
    failures = run_examples(it.mapping)
    for number, example in enumerate(it.mapping.examples):
        for failure in failures:
            if failure.number == number:
                it.complain(example.place, f"the example {example.name!r} fails: {failure.text}", "Mend the mapping, or the example")


RULES: tuple[Callable[[Subject], None], ...] = (
    connector,
    canonical_fields,
    canonical_types,
    remote_fields,
    invertible,
    one_writer,
    asked,
    *NAMES,
    examples,
)
