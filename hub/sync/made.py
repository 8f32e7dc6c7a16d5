"""Objects that creates may have made, or that stand in their way: asked for by what the manifest says a create is found by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.contract import Connector, Finds, FindsCreated, Remote, Write
from hub.app import Hub
from hub.sync.draft import Draft
from hub.sync.identify import match_keys

Json = Any
LOST = "create_lost"  # code of a create of which nobody but a person can tell whether it was done
HUB = "hub"  # the kind of key that is the hub's own, inside the object


def made_by(hub: Hub, system: str, resource: str, opened: Sequence[Draft]) -> list[Remote]:
    """What creates without an answer may have made. Raises ConnectorError."""
    connector: Connector = hub.connectors[system]
    if opened and isinstance(connector, FindsCreated):
        return connector.find_created(resource, [intended(d) for d in opened])
    kinds = _kinds(hub, system, resource)
    if not opened or kinds is None or not isinstance(connector, Finds):
        return []
    if kinds == [HUB]:
        keys = [(d.link.create_key if d.link else None) or d.delivery.record_id for d in opened]
        return list(connector.find(resource, HUB, keys))
    return bearing_keys(connector, resource, kinds, opened)


def in_the_way(hub: Hub, system: str, resource: str, refused: Draft) -> list[Remote]:
    """What the vendor has already instead of what was to be created, by phone, e-mail or card. Raises ConnectorError."""
    connector: Connector = hub.connectors[system]
    kinds = [kind for kind in _kinds(hub, system, resource) or () if kind != HUB]
    return bearing_keys(connector, resource, kinds, [refused])


def _kinds(hub: Hub, system: str, resource: str) -> list[str] | None:
    operation = hub.resource(system, resource).operations.get("create")
    return (operation.find_by.split() or [HUB]) if operation else None


def bearing_keys(connector: Connector, resource: str, kinds: Sequence[str], drafts: Sequence[Draft]) -> list[Remote]:
    """What the vendor has by the match keys of these records, each object once. Raises ConnectorError."""
    found: dict[str, Remote] = {}
    if not isinstance(connector, Finds):
        return []
    for kind in kinds:
        keys = {value for d in drafts if d.record for _, value in match_keys(d.record.entity, d.record.data, [kind])}
        if keys:
            found |= {remote.id: remote for remote in connector.find(resource, kind, sorted(keys))}
    return list(found.values())


def intended(draft: Draft) -> Write:
    """The create whose answer was lost, as it was sent."""
    values = draft.link.intent["values"] if draft.link and draft.link.intent else {}
    return Write(draft.delivery.record_id, None, draft.mapping.nest(values) if draft.mapping else {})
