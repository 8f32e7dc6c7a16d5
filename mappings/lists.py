"""Keyed lists: a list of remote items <-> a list of canonical ones, merged as one value, with equal items kept apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mappings import paths
from mappings.codec import BadValue, Codec, Context

Json = Any


class EachItem:
    """An item whose canonical fields each come from one sub-path."""

    def __init__(self, fields: Mapping[str, tuple[str, Codec]]) -> None:
        self.fields = fields

    def decode(self, value: Mapping[str, Json], ctx: Context) -> dict[str, Json]:
        found = {}
        for name, (path, codec) in self.fields.items():
            remote = paths.get(value, path)
            found[name] = codec.decode(None if remote is paths.MISSING else remote, ctx)
        return found

    def encode(self, value: Mapping[str, Json], held: Mapping[str, Json] | None, ctx: Context) -> dict[str, Json]:
        made: dict[str, Json] = {}
        for name, (path, codec) in self.fields.items():
            before = paths.get(held, path) if held else None
            paths.put(made, path, codec.encode(value.get(name), None if before is paths.MISSING else before, ctx))
        return made


class ListOf:
    """A codec for the whole list. ``key``: how canonical items are recognised after the vendor's id: combinations of field names,
    the strictest first. ``id``: the vendor's key of a line, kept in the remote form only."""

    def __init__(self, item: Any, key: Sequence[Sequence[str]], keep: Sequence[str], id: str = "id") -> None:
        self.item, self.key, self.id = item, [tuple(k) for k in key], id
        self.keep = (id, *(p for p in keep if p != id))

    def reduce(self, value: Json) -> list[dict[str, Json]]:
        """The remote items with their mapped sub-paths only: what the base remembers."""
        reduced = []
        for remote in value or ():
            made: dict[str, Json] = {}
            for path in self.keep:
                found = paths.get(remote, path)
                if found is not paths.MISSING:
                    paths.put(made, path, found)
            reduced.append(made)
        return reduced

    def decode(self, value: Json, ctx: Context) -> list[dict[str, Json]] | None:
        return [self.item.decode(item, ctx) for item in value or ()] or None

    def encode(self, value: Sequence[Mapping[str, Json]] | None, held: Json, ctx: Context) -> Json:
        """The wanted list in remote form: held items under their ids where they are the same line, others new."""
        wanted = list(value or ())
        before = [(item, self._or_none(item, ctx)) for item in held or ()]
        if not value and not before:
            return held
        used: set[int] = set()
        chosen: dict[int, int] = {}
        for same in (self._equal, *(self._by(key) for key in self.key)):
            for i, line in enumerate(wanted):
                if i not in chosen:
                    hit = next((j for j, (_, was) in enumerate(before) if j not in used and was is not None and same(line, was)), None)
                    if hit is not None:
                        chosen[i] = hit
                        used.add(hit)
        result = []
        for i, line in enumerate(wanted):
            item = before[chosen[i]][0] if i in chosen else None
            if item is not None and self._equal(line, before[chosen[i]][1] or {}):
                result.append(item)
                continue
            made = self.item.encode(line, item, ctx)
            result.append(({self.id: item[self.id]} if item and self.id in item else {}) | made)
        return result

    def _or_none(self, item: Json, ctx: Context) -> dict[str, Json] | None:
        try:
            found: dict[str, Json] = self.item.decode(item, ctx)
            return found
        except BadValue:
            return None

    @staticmethod
    def _equal(a: Mapping[str, Json], b: Mapping[str, Json]) -> bool:
        """The same line, where a field that one side cannot say (None) does not count."""
        return all(v is None or a.get(k) is None or a[k] == v for k, v in b.items())

    @staticmethod
    def _by(key: tuple[str, ...]) -> Any:
        return lambda a, b: all(a.get(k) == b.get(k) for k in key)
