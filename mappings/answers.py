"""Codecs whose answers stand elsewhere: tables in the mapping, directories, the vendor's lookups, references to other records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings.codec import BadValue, Context, Lens, Types, codec
from mappings.scalars import empty_or_blank

Json = Any
SHOWN = 60  # characters of a value in a message


def nothing(value: Json) -> bool:
    """Whether a remote value names nobody: vendors write null, "", 0 or "0". Raises BadValue for what is no name at all."""
    if value in (None, "", 0, "0", [], {}):
        return True
    if isinstance(value, (dict, list)):
        raise BadValue("text_unreadable", "Ожидалось одно значение", "Expected a single value")
    return False


def unknown_value(value: Json) -> BadValue:
    shown = str(value)[:SHOWN]
    return BadValue("value_unknown", f"Неизвестное значение «{shown}»", f"Unknown value {shown!r}")


class Table(Lens):
    """A table ``{remote: canonical}``. Where two remote values are read as one, all but the written one are marked ``{read: canonical}``;
    ``{read: x, write: [x, y]}`` says that y is written like x."""

    def __init__(self, table: Mapping[Json, Json]) -> None:
        self.forward: dict[str, Json] = {}
        self.back: dict[Json, Json] = {}
        self.twice: list[tuple[Json, Json]] = []  # (remote, canonical) of a canonical value that an earlier remote one is written for
        for remote, said in table.items():
            marked = isinstance(said, Mapping)
            if not marked or "read" in said:
                self.forward[str(remote)] = said["read"] if marked else said
            written = said.get("write", ()) if marked else [said]
            for value in written if isinstance(written, (list, tuple)) else [written]:
                if value in self.back:
                    self.twice.append((remote, value))
                self.back.setdefault(value, remote)
        values = tuple(dict.fromkeys([*self.forward.values(), *self.back]))
        self.types = Types(_type_of(values), _remote_types(table), values=values)

    def decode(self, value: Json, ctx: Context) -> Json:
        if value is None or value == "":
            return None
        found = self.forward.get(str(value), _NOT)
        if found is _NOT:
            raise unknown_value(value)
        return found

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if value is None:
            return empty_or_blank(held)
        if isinstance(value, (dict, list)) or value not in self.back:
            shown = str(value)[:SHOWN]
            raise BadValue("value_unknown", f"Значение «{shown}» здесь не бывает", f"No remote value for {shown!r}")
        return self.back[value]


_NOT = object()


def _type_of(values: tuple[Json, ...]) -> str:
    kinds = {type(value) for value in values}
    return {str: "text", bool: "boolean", int: "integer"}.get(next(iter(kinds)), "any") if len(kinds) == 1 else "any"


def _remote_types(table: Mapping[Json, Json]) -> frozenset[str]:
    """What the remote keys are in the vendor's JSON; text may stand for numbers too."""
    if all(isinstance(remote, bool) for remote in table):
        return frozenset({"boolean"})
    return frozenset({"string", "integer", "number"})


@codec("directory")
class Directory(Lens):
    """A remote value <-> a value of a directory (store, status ...); the directory's rows say which."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.types = Types("text", asks=(("directory", name),))

    def decode(self, value: Json, ctx: Context) -> str | None:
        if nothing(value):
            return None
        found = ctx.directory(self.name, value)
        if found is None:
            raise BadValue(
                "directory_unknown",
                f"Никто не сказал, что значит «{value}»",
                f"Nobody has said what {str(value)!r} means",
                ("directory", self.name, value),
            )
        return found

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if value is None:
            return held if held in (None, "", 0, "0") else ""
        found = ctx.directory_back(self.name, str(value))
        if found is None:
            raise no_twin(self.name, value)
        return found


def no_twin(name: str, value: Json) -> BadValue:
    """A value that this system has no word for, or none that may be written anew."""
    return BadValue(
        "directory_no_twin",
        f"Для значения «{value}» справочника «{name}» нет пары в этой системе",
        f"The value {str(value)!r} of the directory {name!r} has no twin in this system",
        ("directory_back", name, value),
    )


@codec("lookup")
class Lookup(Lens):
    """A remote value <-> a key, by a read-only look-up at the vendor (goods by SKU)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.types = Types("text", asks=(("lookup", name),))

    def decode(self, value: Json, ctx: Context) -> str | None:
        if nothing(value):
            return None
        found = ctx.lookup(self.name, value)
        if found is None:
            raise BadValue(
                "lookup_unknown", "Значение не найдено у поставщика", "The vendor does not know this value", ("lookup", self.name, value)
            )
        return found

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if value is None:
            return None
        found = ctx.lookup_back(self.name, str(value))
        if found is None:
            needs = ("lookup_back", self.name, value)
            raise BadValue("lookup_unknown", f"«{value}» не найдено в этой системе", f"{value!r} is not known in this system", needs)
        return found


@codec("ref")
class Ref(Lens):
    """A remote id <-> the record it belongs to. ``prefix``: what stands before the id in the remote value; ``integer``: the vendor
    wants a number. An empty reference is never written: it keeps what is held."""

    def __init__(self, entity: str, prefix: str = "", integer: bool = False) -> None:
        self.entity, self.prefix, self.integer = entity, prefix, integer
        self.types = Types(f"ref[{entity}]", asks=(("ref", entity),))

    def decode(self, value: Json, ctx: Context) -> str | None:
        if nothing(value):
            return None
        found = ctx.ref(self.entity, value)
        if found is None:
            raise BadValue(
                "ref_unknown", "Связанный объект ещё не известен", "The object named is not known yet", ("ref", self.entity, value)
            )
        return found

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if value is None:
            return held
        found = ctx.ref_back(self.entity, str(value))
        if found is None:
            raise BadValue("ref_waits", "Ждёт связанного объекта", "Waits for the object it names", ("ref_back", self.entity, value))
        if not self.integer:
            return f"{self.prefix}{found}"
        try:
            return int(found)
        except (TypeError, ValueError):
            raise BadValue("ref_unreadable", "Номер связанного объекта не число", "The id of the object named is no number") from None
