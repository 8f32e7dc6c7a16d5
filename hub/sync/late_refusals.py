"""Facts that a vendor accepted into a queue and refused there, as its log tells later: not done after all, and laid before a person.

The vendor counts the fact's key as used. A replay therefore tells it under a new one: as a create of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from connectors.contract import Refusal
from hub import audit
from hub.app import Hub
from hub.entities import FACTS
from hub.storage import links as link_rows
from hub.storage import views
from hub.storage.links import new_id
from retry_queue.contract import Failure

log = structlog.get_logger()


def refuse(hub: Hub, system: str, resource: str, refusals: Sequence[Refusal]) -> int:
    """Take back that these facts were told. Returns how many of them were ours: others write through the same queue."""
    if not refusals or (hub.resource(system, resource).entity not in FACTS and hub.resource(system, resource).fetched):
        return 0
    said = {one.id: one.error for one in refusals}
    with hub.store.state() as at:
        found = {ident: link for ident, link in link_rows.by_external(at, system, resource, said).items() if link.state == "live"}
        for ident, link in found.items():
            link.external_id, link.state, link.create_key, link.intent = None, "creating", new_id(), None
            error = said[ident]
            mine = {"system": system, "entity": link.entity, "records": [link.record_id]}
            failure = Failure(type(error).__name__, error.code, error.field, error.kept)
            hub.outbox.disown(at, views.open_ids(at, mine, ("done",), limit=None), failure, now=hub.clock())
            row = audit.Entry(
                "write.outcome", "hub", system, link.entity, link.record_id, "refused after it was accepted", error.message, None, None
            )
            audit.write(at, [row], now=hub.clock())
        link_rows.save(at, list(found.values()))
    if found:
        log.warning("write.refused_later", system=system, resource=resource, count=len(found))
    return len(found)
