"""Between an object of a described service and what mappings see of it: names that are the same for every service. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.onec.shape import NEVER, joined, split
from connectors.onec.soap import catalogue, paths
from connectors.onec.soap.description import Described

Json = Any
Row = Mapping[str, Json]


class Shown:
    """The objects of one resource."""

    def __init__(self, resource: str, described: Described) -> None:
        self.resource, self.described = resource, described

    def of(self, row: Row) -> dict[str, Json]:
        """What is told of an object. Every field that the configuration names is there: one that the service leaves out is empty."""
        found: dict[str, Json] = {"id": str(paths.at(row, self.described.id) or "")}
        for name, where in self.described.fields.items():
            if isinstance(where, Mapping):
                found[name] = [self._line(where, one) for one in paths.several(row, where["each"])]
            elif name == catalogue.NAME:
                found["names"] = split(str(paths.at(row, where) or ""))
            else:
                value = paths.at(row, where)
                paths.put(found, name, None if isinstance(value, Mapping) else value)
        if self.described.modified:
            found["changed"] = paths.at(row, self.described.modified)
        return found

    @staticmethod
    def _line(where: Mapping[str, str], row: Json) -> dict[str, Json]:
        return {name: paths.at(row, path) for name, path in where.items() if name != "each"}


def sent(data: Row) -> dict[str, Json]:
    """What arguments may take of an object that is written: its fields, and the name in one word beside its parts."""
    names = data.get("names")
    return {**data, catalogue.NAME: joined(names)} if isinstance(names, Mapping) else dict(data)


__all__ = ["NEVER", "Shown", "sent"]
