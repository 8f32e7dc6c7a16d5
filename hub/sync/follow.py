"""What a batch of looks turned out to lack: objects to be fetched become hints, lookups are asked, and what waited is merged again."""

from __future__ import annotations

from typing import Any

import orjson
import structlog

from connectors.contract import LooksUp
from connectors.errors import ConnectorError
from hub.app import Hub
from hub.storage import inbox, reviews
from hub.sync import lists
from hub.sync.absorb import Absorber
from hub.sync.batch import Absorbed

log = structlog.get_logger()
Json = Any
Missing = tuple[str, str, str]  # name, direction, value


def follow(hub: Hub, absorbed: Absorbed, *, run: str = "") -> None:
    """Ask for what a merge missed, as part of the run that missed it. Vendors are called for lookups only; objects are fetched by the
    intake, when it comes to their hints. A list is read up to the first line that cannot be, so each merge may name new lookups: all of
    them are asked, each once."""
    asked: set[tuple[str, Missing]] = set()
    _keep(hub, absorbed)
    while True:
        _hint(hub, absorbed, run)
        named = lists.learn(hub, absorbed.unknown) if absorbed.unknown else []
        new = {(system, one) for system, missing in absorbed.lookups.items() for one in missing} - asked
        asked |= new
        woken = set(named)
        for system in {system for system, _ in new}:
            woken |= _lookups(hub, system, {one for name, one in new if name == system})
        if not woken:
            return
        absorbed = Absorber(hub).remerge(woken, run=run)


def _keep(hub: Hub, absorbed: Absorbed) -> None:
    """What a first load will identify goes back into the inbox."""
    places: dict[tuple[str, str], list[dict[str, Json]]] = {}
    for external_id, look in absorbed.kept:
        row: dict[str, Json] = {
            "system": look.system,
            "resource": look.resource,
            "external_id": external_id,
            "kind": "look",
            "data": dict(look.data),
        }
        row |= {"representation": look.representation, "looked_at": look.at, "since": look.since}
        places.setdefault((look.system, look.resource), []).append(row | {"received_at": look.at, "due_at": look.at})
    if places:
        with hub.store.intake() as at:
            for (system, resource), rows in places.items():
                inbox.keep(at, system, resource, rows)


def _hint(hub: Hub, absorbed: Absorbed, run: str) -> None:
    now = hub.clock()
    hints = [
        {"system": s, "resource": r, "external_id": i, "kind": "hint", "looked_at": now, "received_at": now, "due_at": due, "run": run}
        for s, r, i, due in absorbed.again
    ]
    if hints:
        with hub.store.intake() as at:
            inbox.put(at, hints)


def _lookups(hub: Hub, system: str, missing: set[Missing]) -> set[str]:
    """Ask a system what its values mean; the records that waited for an answer that came."""
    connector = hub.connectors.get(system)
    back: dict[str, list[Json]] = {}
    for name, direction, value in missing:
        if direction == "back":
            back.setdefault(name, []).append(orjson.loads(value))
    woken: set[str] = set()
    if not isinstance(connector, LooksUp):
        return woken
    for name, values in back.items():
        try:
            found = connector.lookup_back(name, values)
        except ConnectorError as error:
            log.warning("lookup.failed", system=system, name=name, error=type(error).__name__)
            continue
        with hub.store.write() as at:
            rows = [(name, found[str(value)], value) for value in values if str(value) in found]
            woken |= set(reviews.learn_lookups(at, system, rows, now=hub.clock()))
    return woken
