"""Keyed lists: a list of remote items <-> a list of canonical ones, merged as one value, with equal items kept apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mappings import paths
from mappings.codec import BadValue, Codec, Context, Types, types_of

Json = Any
Line = Mapping[str, Json]
POSITION = "position"


def unreadable_line() -> BadValue:
    return BadValue("line_unreadable", "Непонятная строка списка", "Unreadable item of the list")


class Item:
    """A codec of one item of a list, written as ``read`` and ``write`` over an object that is one; whatever trips them is a BadValue."""

    def read(self, value: Line, ctx: Context) -> dict[str, Json]:
        raise NotImplementedError

    def write(self, value: Line, held: Line, ctx: Context) -> dict[str, Json]:
        """``held``: the remote item that this one replaces, {} for a new one."""
        raise NotImplementedError

    def decode(self, value: Json, ctx: Context) -> dict[str, Json]:
        if not isinstance(value, dict):
            raise unreadable_line()
        try:
            return self.read(value, ctx)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            raise unreadable_line() from None

    def encode(self, value: Json, held: Json, ctx: Context) -> Json:
        try:
            if held is not None and self.decode(held, ctx) == value:
                return held
        except BadValue:
            held = None
        try:
            return self.write(value, held or {}, ctx)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            raise unreadable_line() from None


@dataclass(frozen=True, slots=True)
class Part:
    """One canonical field of an item. ``path``: where it stands inside the remote item; ``read``: JMESPath over it instead."""

    path: str
    codec: Codec
    only: str = ""
    default: Json = None
    read: Any = None


class EachItem(Item):
    """An item whose canonical fields each come from one sub-path."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self.parts = parts

    def read(self, value: Line, ctx: Context) -> dict[str, Json]:
        found = {}
        for name, part in self.parts.items():
            if part.only == "write":
                continue
            remote = part.read.search(value) if part.read else paths.get(value, part.path)
            found[name] = part.codec.decode(None if remote is paths.MISSING else remote, ctx)
        return found

    def write(self, value: Line, held: Line, ctx: Context) -> dict[str, Json]:
        made: dict[str, Json] = {}
        for name, part in self.parts.items():
            if part.only == "read":
                continue
            before = paths.get(held, part.path) if held else paths.MISSING
            wanted = part.default if value.get(name) is None else value[name]
            said = part.codec.encode(wanted, None if before is paths.MISSING else before, ctx)
            if said is not None or before is not paths.MISSING:
                paths.put(made, part.path, said)
        return made


class ListOf:
    """A codec for the whole list. ``key``: how a wanted item finds the remote one that it is: names of canonical fields that must
    agree, the strictest combination first; ``position`` alone: the place in the list. ``id``: the vendor's key of a line, kept in the
    remote form only. A list with an item that cannot be read is never written."""

    def __init__(self, item: Codec, key: Sequence[Sequence[str]], keep: Sequence[str], id: str = "id") -> None:
        self.item, self.id = item, id
        self.key = [tuple(k) for k in key if tuple(k) != (id,)]
        self.keep = tuple(dict.fromkeys([id, *keep]))
        self._reduced = reducer(self.keep)
        of_item = types_of(item)
        self.types = Types(f"list[{of_item.canonical}]", frozenset({"list"}), of_item.asks)

    def reduce(self, value: Json) -> Json:
        """The remote items with their mapped sub-paths only: what the base remembers. What is no list of objects stays as it is."""
        if value.__class__ is not list:
            return value
        try:
            return [self._reduced(item) for item in value]
        except (AttributeError, TypeError):  # an item that is no object
            return value

    def decode(self, value: Json, ctx: Context) -> list[dict[str, Json]] | None:
        if value is not None and not isinstance(value, list):
            raise BadValue("list_unreadable", "Ожидался список", "Expected a list")
        return [self.item.decode(item, ctx) for item in value or ()] or None

    def encode(self, value: Sequence[Line] | None, held: Json, ctx: Context) -> Json:
        """The wanted list in remote form: held items under their ids where they are the same line, others new."""
        wanted = list(value or ())
        were = self.decode(held, ctx) or []
        if not wanted and not were:
            return held
        chosen = self._matched(wanted, were)
        result = []
        for i, line in enumerate(wanted):
            if i not in chosen:
                result.append(self.item.encode(line, None, ctx))
                continue
            item = held[chosen[i]]
            if equal(line, were[chosen[i]]):
                result.append(item)
                continue
            result.append(({self.id: item[self.id]} if self.id in item else {}) | self.item.encode(line, item, ctx))
        return result

    def _matched(self, wanted: Sequence[Line], were: Sequence[Line]) -> dict[int, int]:
        """Index in ``wanted`` -> index of the held line that it is, each held line at most once."""
        chosen: dict[int, int] = {}
        free = list(range(len(were)))
        for same in (equal, *(by(key) for key in self.key)):
            for i, line in enumerate(wanted):
                if i in chosen:
                    continue
                hit = next((j for j in free if (i == j if same is None else same(line, were[j]))), None)
                if hit is not None:
                    chosen[i] = hit
                    free.remove(hit)
        return chosen


def reducer(keep: Sequence[str]) -> Callable[[Json], dict[str, Json]]:
    """A function that copies only these paths of an object: plain keys by generated code, others step by step."""
    plain = [path for path in keep if len(paths.parse(path)) == 1]
    deep = [path for path in keep if path not in plain]
    picked = "".join(f"    if {key!r} in item: made[{key!r}] = item[{key!r}]\n" for key in plain)
    scope: dict[str, Any] = {
        "chain": _chain,
        "deep": [(path, [step[1] for step in paths.parse(path)]) for path in deep if _keys_only(path)],
    }
    scope |= {"others": [path for path in deep if not _keys_only(path)], "get": paths.get, "put": paths.put, "MISSING": paths.MISSING}
    code = f"def reduced(item):\n    made = {{}}\n    item.keys()\n{picked}"
    if scope["deep"]:
        code += "    for path, keys in deep: chain(item, made, keys)\n"
    if scope["others"]:
        code += "    for path in others:\n        v = get(item, path)\n        if v is not MISSING: put(made, path, v)\n"
    exec(compile(f"{code}    return made\n", "<mapping>", "exec"), scope)  # noqa: S102 - the source is made here, from parsed paths
    found: Callable[[Json], dict[str, Json]] = scope["reduced"]
    return found


def _keys_only(path: str) -> bool:
    return all(step[0] == "key" for step in paths.parse(path))


def _chain(item: Json, made: dict[str, Json], keys: Sequence[str]) -> None:
    """Copy the value at a chain of keys, if all of them are there."""
    *parents, last = keys
    for key in parents:
        item = item.get(key)
        if item is None:
            return
    if last in item:
        for key in parents:
            made = made.setdefault(key, {})
        made[last] = item[last]


def equal(a: Line, b: Line) -> bool:
    """The same line, where a field that one side cannot say (None) does not count."""
    return all(v is None or a.get(k) is None or a[k] == v for k, v in b.items())


def by(key: tuple[str, ...]) -> Callable[[Line, Line], bool] | None:
    """How two lines are compared by a key; None for the place in the list."""
    return None if key == (POSITION,) else lambda a, b: all(a.get(k) == b.get(k) for k in key)
