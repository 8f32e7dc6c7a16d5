"""The record's further objects in one system: aliases, which are only read, but for what a mapping marks ``aliases: true``. A no to calls must
stand on every card that a seller may open. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hub.language import both
from hub.storage.links import Link
from mappings import Mapping as CompiledMapping
from retry_queue.contract import Again, Failure

ALIAS = "alias"
NEXT = Again(Failure(""), after=0.0, counts=False)  # a delivery has the primary written first, then each alias: one write at a time


def told(links: Iterable[Link], mapping: CompiledMapping) -> list[Link]:
    """Of a record's ``links`` in one system, the aliases to which the mapping has something to say."""
    if not mapping.everywhere:
        return []
    return [x for x in links if x.role == ALIAS and x.state == "live" and x.external_id and x.resource == mapping.resource]


def named(failure: Failure, link: Link) -> Failure:
    """A failure that says which of the record's objects it is of."""
    ru, en = f"второй объект {link.external_id}: {failure.text}", f"the second object {link.external_id}: {failure.text}"
    return replace(failure, text=both(ru, en))
