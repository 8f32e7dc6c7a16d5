"""What links say of a record: contributions decoded by the mapping of their system, in force or of the time before it was removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from connectors.contract import ResourceManifest
from hub.app import Hub
from hub.config.settings import zone
from hub.entities import FIELDS
from hub.storage import records as record_rows
from hub.storage import states
from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync.context import STAND_IN, BatchContext
from hub.sync.copies import COPY
from hub.sync.fulfilment import FULFILMENT, add, is_void, withdraws
from hub.sync.returned import RETURN
from hub.sync.statement import HUB, Said
from mappings import FieldProblem
from mappings import Mapping as CompiledMapping

Json = Any
Edit = tuple[dict[str, Json], dict[str, Json], float | None]
Found = tuple[dict[str, list[Said]], list[tuple[Link, FieldProblem]]]


class Statements:
    """Decodes contributions within one transaction. Contributions outlive their system: those of systems that the configuration no longer
    names count as before, with the trust they had."""

    def __init__(self, hub: Hub, at: Connection) -> None:
        self.hub, self.at = hub, at
        self.contexts: dict[str, BatchContext] = {}
        self.living: dict[str, str] = {}  # record that the hub's own word names -> itself, or what it was merged into
        self.setups = states.setups(at)
        names = hub.settings.trust
        self.trust = {name: float(s.get("trust", 0)) for name, s in self.setups.items() if name not in hub.settings.systems}
        self.trust |= {name: float(len(names) - i) for i, name in enumerate(names)}

    def context(self, system: str) -> BatchContext:
        if system not in self.contexts:
            chosen = self.hub.settings.systems.get(system)
            name = chosen.timezone if chosen else self.setups[system].get("timezone", "UTC")
            self.contexts[system] = BatchContext(self.at, system, zone(name))
        return self.contexts[system]

    def expect(self, links: Iterable[Link]) -> None:
        """Ask at once for all objects, and records, that these links' contributions name."""
        named: dict[tuple[str, str], list[Json]] = {}
        ours = set[str]()
        for link in links:
            if link.system == HUB:
                ours |= {entry["v"] for name, entry in link.contribution.items() if _names_record(link.entity, name) and entry["v"]}
            mapping = self.mapping(link, link.entity) if link.system != HUB else None
            for path, _, entity in mapping.refs if mapping else ():
                if entry := link.contribution.get(path):
                    named.setdefault((link.system, entity), []).append(entry["v"])
        for (system, entity), remotes in named.items():
            self.context(system).expect_refs(entity, remotes)
        self._resolve(ours)

    def of(self, record: Record, links: list[Link]) -> Found:
        """Field -> statements of all links, and what could not be decoded."""
        said: dict[str, list[Said]] = {}
        problems: list[tuple[Link, FieldProblem]] = []
        receipts: list[tuple[Link, dict[str, list[Said]]]] = []
        void: set[str] = set()
        for link in links:
            if link.state == "stand_in" or link.role == COPY:
                continue
            if link.system == HUB:
                self._by_hand(link, said)
            elif (mapping := self.mapping(link, record.entity)) is not None:
                own: dict[str, list[Said]] = {}
                void |= {link.id} if withdraws(link) and is_void(link, self._manifest(link)) else set()
                self._of_link(link, mapping, own if link.role == FULFILMENT else said, problems)
                receipts += [(link, own)] if link.role == FULFILMENT else []
        if receipts:
            add(said, receipts, void)
        if record.entity == RETURN and void:
            said["cancelled"] = [Said(link.id, link.system, True, None, False) for link in links if link.id in void]
        return said, problems

    def _manifest(self, link: Link) -> ResourceManifest | None:
        connector = self.hub.connectors.get(link.system)
        return connector.manifest.resources.get(link.resource) if connector is not None else None

    def _by_hand(self, link: Link, said: dict[str, list[Said]]) -> None:
        """What people, and the hub itself, said: canonical values by field name. A record that was merged is what it was merged into."""
        for name, entry in link.contribution.items():
            value = self._alive(entry["v"]) if entry["v"] and _names_record(link.entity, name) else entry["v"]
            ops = tuple((before, after, at) for before, after, at in entry.get("ops", ()))
            said.setdefault(name, []).append(Said(link.id, HUB, value, entry["t"], True, ops))

    def _alive(self, record_id: str) -> str:
        if record_id not in self.living:
            self._resolve({record_id})
        return self.living[record_id]

    def _resolve(self, record_ids: set[str]) -> None:
        """Ask at once what records were merged into."""
        self.living |= {one: one for one in record_ids} | record_rows.living(self.at, record_ids)

    def mapping(self, link: Link, entity: str) -> CompiledMapping | None:
        """The mapping by which a link's contributions are read; None where they do not count."""
        if link.system in self.hub.settings.systems:
            return self.hub.mapping(link.system, link.resource) if self.hub.gives(link.system, entity) else None
        setup = self.setups.get(link.system)
        return self.hub.mappings.by(setup["connector"], link.resource) if setup else None

    def _of_link(
        self, link: Link, mapping: CompiledMapping, said: dict[str, list[Said]], problems: list[tuple[Link, FieldProblem]]
    ) -> None:
        context = self.context(link.system)
        known = link.system in self.hub.settings.systems
        for path, entry in link.contribution.items():
            if path not in mapping.by_path:
                continue
            data, wrong = mapping.decode(path, entry["v"], context)
            if known:
                problems += [(link, p) for p in wrong]
            edits = _edits(mapping, path, entry, context) if "ops" in entry else []
            at, clears = entry["t"], path in mapping.clearing
            if wrong and edits:  # the last value that could be used counts until this one can
                data, at = edits[-1][1] | data, edits[-1][2]
            elif wrong and (was := entry.get("was")):
                data, at = mapping.decode(path, was["v"], context)[0] | data, was["t"]
            for name, value in data.items():
                if value == STAND_IN:
                    continue
                ops = tuple((before.get(name), after[name], moment) for before, after, moment in edits if name in after) if edits else ()
                one = Said(link.id, link.system, value, at, clears, ops, link.create_key is not None)
                if edits and "seen" in entry:
                    one.seen = entry["seen"]
                said.setdefault(name, []).append(one)


def _names_record(entity: str, name: str) -> bool:
    """Whether a field holds the id of a record."""
    return name in FIELDS[entity] and bool(FIELDS[entity][name].ref)


def _edits(mapping: CompiledMapping, path: str, entry: Mapping[str, Json], context: BatchContext) -> list[Edit]:
    """(fields before, fields after, time) of the edits that a contribution keeps, without those that say nothing usable."""
    found: list[Edit] = []
    for before, after, at in entry["ops"]:
        data = mapping.decode(path, after, context)[0]
        if data:
            found.append((mapping.decode(path, before, context)[0] if before is not None else {}, data, at))
    return found
