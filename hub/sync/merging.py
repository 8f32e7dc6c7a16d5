"""Merge with its rows around it: contributions of all links of the touched records decoded, merged, compared, saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub, timezone_of
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage import reviews
from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync.context import STAND_IN, BatchContext, canonical_text, last_part
from hub.sync.identify import match_keys
from hub.sync.merge import Said, merge
from hub.sync.search_keys import search_keys
from mappings import FieldProblem
from mappings import Mapping as CompiledMapping

Json = Any
FULFILMENT_FIELDS = frozenset(
    {
        "paid",
        "closed",
        "payments",
        "receipt.number",
        "receipt.sign",
        "receipt.drive",
        "receipt.time",
        "seller",
        "bonus_spent",
        "bonus_accrued",
    }
)


@dataclass(slots=True)
class MergedBatch:
    """(record, whether its data moved, system that changed it), and references to objects that no link knows."""

    records: list[tuple[Record, bool, str]] = field(default_factory=list)
    missing_refs: set[tuple[str, str, str]] = field(default_factory=set)


class Merger:
    """Merges records within one transaction."""

    def __init__(self, hub: Hub, at: Connection, now: float) -> None:
        self.hub, self.at, self.now = hub, at, now
        self.contexts: dict[str, BatchContext] = {}
        names = hub.settings.trust
        self.trust = {name: len(names) - i for i, name in enumerate(names)}

    def context(self, system: str) -> BatchContext:
        if system not in self.contexts:
            self.contexts[system] = BatchContext(self.at, system, timezone_of(self.hub.settings.systems[system]))
        return self.contexts[system]

    def merge(self, touched: Mapping[str, str]) -> MergedBatch:
        """Merge records again from their contributions. ``touched``: record id -> system that changed it."""
        result = MergedBatch()
        ids = [r for r in touched if r and r != STAND_IN]
        records = record_rows.load(self.at, ids)
        links = link_rows.by_records(self.at, ids)
        waits: list[tuple[str, str, str, str, str, str]] = []
        problems: list[dict[str, Json]] = []
        keys: dict[str, dict[str, set[tuple[str, str]]]] = {}
        moved: list[Record] = []
        for record_id in sorted(records):
            record = records[record_id]
            said, found = self._said(record, links[record_id])
            for link, problem in found:
                waits += self._waits(link, problem, record, result)
                problems += self._problem(link, problem, record)
            merged = merge(said, partial(self.hub.settings.policy, record.entity), self.trust)
            changed = merged.data != record.data or record.version == 0
            if changed:
                record.data, record.version, record.updated_at = merged.data, record.version + 1, self.now
                kinds = self.hub.settings.identity.get(record.entity, ())
                found_by = match_keys(record.entity, merged.data, kinds) | search_keys(record.entity, merged.data)
                keys.setdefault(record.entity, {})[record.id] = found_by
            if changed or merged.provenance != record.provenance:
                record.provenance = merged.provenance
                moved.append(record)
            result.records.append((record, changed, touched[record_id]))
        record_rows.save(self.at, moved)
        for entity, of_records in keys.items():
            record_rows.set_keys(self.at, entity, of_records)
        reviews.set_waiting(self.at, ids, waits, now=self.now)
        reviews.set_problems(self.at, ids, problems)
        return result

    def _said(self, record: Record, links: list[Link]) -> tuple[dict[str, list[Said]], list[tuple[Link, FieldProblem]]]:
        said: dict[str, list[Said]] = {}
        problems: list[tuple[Link, FieldProblem]] = []
        for link in links:
            if link.system not in self.hub.settings.systems or not self.hub.gives(link.system, record.entity):
                continue
            mapping = self.hub.mapping(link.system, link.resource)
            if mapping is None:
                continue
            context = self.context(link.system)
            clears = {f.path: f.clears for f in mapping.fields if f.path}
            for path, entry in link.contribution.items():
                if path not in clears:
                    continue
                data, wrong = mapping.decode(path, entry["v"], context)
                problems += [(link, p) for p in wrong]
                for name, value in data.items():
                    if link.role == "fulfilment" and name not in FULFILMENT_FIELDS:
                        continue
                    if value == STAND_IN:
                        continue
                    ops = self._ops(mapping, path, name, entry, context)
                    said.setdefault(name, []).append(Said(link.id, link.system, value, entry["t"], clears[path] or bool(ops), ops))
        return said, problems

    def _ops(self, mapping: CompiledMapping, path: str, name: str, entry: Mapping[str, Json], context: BatchContext) -> tuple[Any, ...]:
        if "ops" not in entry:
            return ()
        return tuple(
            (
                mapping.decode(path, before, context)[0].get(name) if before is not None else None,
                mapping.decode(path, after, context)[0].get(name),
                at,
            )
            for before, after, at in entry["ops"]
        )

    def _waits(self, link: Link, problem: FieldProblem, record: Record, result: MergedBatch) -> list[tuple[str, str, str, str, str, str]]:
        if not problem.needs:
            return []
        kind, name, value = problem.needs
        text = last_part(value) if kind == "ref" else canonical_text(value)
        if kind == "ref":
            result.missing_refs.add((link.system, name, text))
        return [(kind, name, text, link.system, record.id, problem.field)]

    def _problem(self, link: Link, problem: FieldProblem, record: Record) -> list[dict[str, Json]]:
        if problem.kind == "waits":
            return []
        return [
            {
                "system": link.system,
                "entity": record.entity,
                "link_id": link.id,
                "record_id": record.id,
                "path": problem.path,
                "field": problem.field,
                "code": problem.code,
                "ru": problem.message_ru,
                "en": problem.message_en,
                "opened_at": self.now,
            }
        ]
