"""The record's further objects in one system: aliases, which are only read, but for what a mapping marks ``aliases: true``. A no to calls must
stand on every card that a seller may open."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from hub.app import Hub
from hub.language import apart, both
from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync.context import BatchContext
from hub.sync.goods import HERE
from hub.sync.identify import match_keys
from hub.sync.observe import empty
from hub.sync.rules import rules_for
from hub.sync.sums import told_data
from mappings import Mapping as CompiledMapping
from retry_queue.contract import Again, Failure

Json = Any
ALIAS = "alias"
BEARING = frozenset({"phones", "emails", "cards"})  # fields by which a customer is looked for
NEXT = Again(Failure(""), after=0.0, counts=False)  # a delivery has the primary written first, then each alias: one write at a time


def told(links: Iterable[Link], mapping: CompiledMapping) -> list[Link]:
    """Of a record's ``links`` in one system, the aliases to which the mapping has something to say."""
    if not mapping.everywhere:
        return []
    return [x for x in links if x.role == ALIAS and x.state == "live" and x.external_id and x.resource == mapping.resource]


def named(failure: Failure, link: Link) -> Failure:
    """A failure that says which of the record's objects it is of."""
    ru, en = apart(failure.text)
    return replace(failure, text=both(f"дубль {link.external_id}: {ru}", f"the second object {link.external_id}: {en}"))


def otherwise(hub: Hub, link: Link, held: Mapping[str, Json], record: Record, mapping: CompiledMapping, context: BatchContext) -> dict[str, tuple[Json, Json]]:  # fmt: skip
    """What an alias says otherwise than the record, and nobody will mend but a person: path -> (there, what the record makes of it). It holds ``held``.
    One that says nothing, or a part of a list, says nothing else; unless that is what a person refused to take from it."""
    rules, found = rules_for(hub, mapping, link.system, context), dict[str, tuple[Json, Json]]()
    for path, wanted in mapping.project(told_data(record), dict(held), context)[0].items():
        if path not in held or path in mapping.write_only or path in mapping.everywhere or path in link.frozen:
            continue
        there, said = held[path], link.contribution.get(path)
        if rules.alike(path, there, wanted):
            continue
        refused = said is not None and said["v"] != there
        if refused or not _part(mapping.decode(path, there, context)[0], record.data):
            found[path] = (there, wanted)
    return found


def keys_there(link: Link, mapping: CompiledMapping, context: BatchContext, kinds: Collection[str]) -> set[tuple[str, str]]:
    """The match keys of these ``kinds`` that a customer's second object bears, whatever became of them in the record: who has such a card before
    them, or is called from such a phone, looks for its owner by it. Empty for any other object."""
    if link.role != ALIAS or link.state not in HERE or link.entity != "customer":
        return set()
    values = {path: value for path, value in link.base.items() if any(f.field in BEARING for f in mapping.by_path.get(path, ()))}
    return match_keys("customer", mapping.decode_all(values, context)[0], tuple(kinds))


def _part(data: Mapping[str, Json], record: Mapping[str, Json]) -> bool:
    """Whether decoded fields say no more than the record does."""
    for name, value in data.items():
        known = record.get(name)
        if isinstance(value, list) and isinstance(known, list):
            if not all(_among(item, known) for item in value):
                return False
        elif not empty(value) and value != known:
            return False
    return True


def _among(item: Json, known: list[Json]) -> bool:
    """Whether a list has an item, whatever else the list says of it (a phone that is marked as wrong is the phone)."""
    if isinstance(item, dict):
        return any(isinstance(one, dict) and all(one.get(k) == v for k, v in item.items() if isinstance(v, str)) for one in known)
    return item in known
