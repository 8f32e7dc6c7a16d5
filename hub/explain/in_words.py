"""Values of systems in people's words: what a system's mapping makes of them where that says more, else the system's own form.

One voice for the time line of a record, the plan of a system, and the preview of a replay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.config.settings import zone
from hub.entities import FIELDS
from hub.explain.planning import Planned
from hub.language.shown import Shown
from hub.storage import records as record_rows
from hub.sync.context import STAND_IN, BatchContext
from mappings import Mapping as CompiledMapping

Json = Any


class Words:
    """Decodes values of any system, and shows them to one reader. Names of records are looked up once."""

    def __init__(self, hub: Hub, at: Connection, shown: Shown) -> None:
        self.hub, self.at, self.shown = hub, at, shown
        self._contexts: dict[str, BatchContext] = {}
        self._names: dict[str, str] = {}  # record -> what it is called

    def said(self, entity: str, system: str, mapping: CompiledMapping | None, path: str, value: Json) -> str:
        names = self.names(mapping, path)
        if mapping is None or len(names) != 1 or value in (None, "", [], {}):
            return self.shown.remote(entity, names, value)
        if system not in self._contexts:
            self._contexts[system] = BatchContext(self.at, system, zone(self.hub.settings.systems[system].timezone))
        data, wrong = mapping.decode(path, value, self._contexts[system])
        text = "" if wrong else self._meaning(entity, names[0], data.get(names[0]))
        return text or self.shown.remote(entity, names, value)

    def _meaning(self, entity: str, name: str, value: Json) -> str:
        """What a canonical value says to people; of a reference, who or what it leads to."""
        info = FIELDS[entity].get(name)
        if not info or not info.ref or not isinstance(value, str):
            return self.shown.meaning(entity, name, value)
        return self.shown.say("nobody") if value == STAND_IN else self._name_of(info.ref, value)

    def _name_of(self, entity: str, ident: str) -> str:
        if ident not in self._names:
            found = record_rows.load(self.at, [ident]).get(ident)
            self._names[ident] = self.shown.name(entity, found.data) if found else ""
        return self._names[ident]

    def name(self, entity: str, data: Mapping[str, Json]) -> str:
        """What to call a record where it stands alone: a stock by its store and its goods."""
        goods = self._name_of("product", str(data["product"])) if entity == "stock" and data.get("product") else ""
        return ", ".join(part for part in (self.shown.name(entity, data), goods) if part)

    def title(self, entity: str, mapping: CompiledMapping | None, path: str) -> str:
        return self.shown.labels(entity, self.names(mapping, path)) or path

    @staticmethod
    def names(mapping: CompiledMapping | None, path: str) -> list[str]:
        return [f.field for f in mapping.by_path.get(path, ())] if mapping else []

    def changes(self, entity: str, system: str, writes: Mapping[str, Json], before: Mapping[str, Json]) -> list[tuple[str, str, str]]:
        """What a write changes: (title, before, after) of each path. Two forms of one meaning are shown as they stand there."""
        mapping = self.hub.giving(system, entity) if system in self.hub.settings.systems else None
        found = []
        for path, value in writes.items():
            old, new = (self.said(entity, system, mapping, path, one) for one in (before.get(path), value))
            if old == new:
                old, new = (self.shown.remote(entity, self.names(mapping, path), one) for one in (before.get(path), value))
            found.append((self.title(entity, mapping, path), old, new))
        return found

    def planned(self, one: Planned) -> Sequence[tuple[str, str, str]]:
        """The changes of a planned write, as above."""
        return self.changes(one.entity, one.system, {c.path: c.new for c in one.changes}, {c.path: c.old for c in one.changes})
