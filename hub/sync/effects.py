"""What a write sets off besides itself, such as mails to customers or robots, and whether the vendor has a way to write without it."""

from __future__ import annotations

from connectors.contract import Operation
from hub.app import Hub
from hub.sync.draft import Draft


def operation_of(hub: Hub, system: str, draft: Draft) -> Operation | None:
    """The manifest's word on what a draft would do."""
    if draft.mapping is None or not draft.writes:
        return None
    return hub.resource(system, draft.mapping.resource).operations.get("create" if draft.creates else "update")


def loud(hub: Hub, system: str, draft: Draft) -> tuple[str, ...]:
    """The side effects that writing this would have even where it is written quietly; none for most."""
    operation = operation_of(hub, system, draft)
    if operation is None:
        return ()
    told = not operation.effect_paths.isdisjoint(draft.writes)
    if operation.quiet:
        return operation.side_effects if told else ()
    return operation.side_effects if told or draft.creates or not operation.effect_paths else ()


def noticed(hub: Hub, system: str) -> list[tuple[list[str], str, str]]:
    """(side effects by their short words, where a person switches them off in Russian, in English) of what has no quiet way in a system."""
    found: dict[tuple[str, str], set[str]] = {}
    for resource in hub.resources(system):
        for operation in hub.resource(system, resource).operations.values():
            if operation.side_effects and operation.switch and (operation.effect_paths or not operation.quiet):
                found.setdefault(operation.switch, set()).update(operation.side_effects)
    return [(sorted(kinds), *switch) for switch, kinds in found.items()]
