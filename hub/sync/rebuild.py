"""After a restore: from the scan of all systems to the moment when a person may agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import Connection

from connectors.contract import Finds, FindsCreated, Write
from connectors.errors import ConnectorError
from hub import audit
from hub.app import Hub
from hub.entities import FACTS
from hub.language import N_
from hub.language.refused import Refused
from hub.storage import inbox, restoration, views
from hub.storage import links as link_rows
from hub.storage.restoration import Restoration
from hub.sync.batch import RawLook
from hub.sync.draft import Draft, Drafter
from hub.sync.forms import Settler
from hub.sync.target import Target
from retry_queue.contract import CLAIMABLE, Failure
from retry_queue.outbox import as_delivery

log = structlog.get_logger()
Json = Any
GROUP = 50
GAP = Failure("Gap", "", "", "it may have been passed on between the backup and the restore, and nothing in the system tells")


def advance(hub: Hub) -> Restoration | None:
    """One step of the restore under way, if it can be made now; the restore as it stands, or None where there is none."""
    with hub.store.read() as at:
        restored = restoration.current(at)
    if restored is None:
        return None
    if restored.stage == "collecting" and _collected(hub):
        _to_identifying(hub, restored)
    elif restored.stage == "identifying" and _identified(hub, restored):
        _to_waiting(hub, restored)
    elif restored.stage == "waiting" and not restored.held:
        _close(hub, restored)
    return restored


def _collected(hub: Hub) -> bool:
    """Whether every object of every system was shown, and what links know of them is merged."""
    with hub.store.read_intake() as at:
        cursors, loading = inbox.cursors(at), inbox.loading(at)
    return not loading and all(cursors.get((s, r), {}).get("loaded_at") for s in hub.settings.systems for r in hub.resources(s))


def _to_identifying(hub: Hub, restored: Restoration) -> None:
    with hub.store.read_intake() as at:
        _, through = inbox.span(at)
    _step(hub, restored, "identifying", through=through)


def _identified(hub: Hub, restored: Restoration) -> bool:
    """Whether what waited in the inbox when all keys were collected has been identified."""
    with hub.store.read_intake() as at:
        first, _ = inbox.span(at)
    return not first or first > restored.summary["through"]


def _to_waiting(hub: Hub, restored: Restoration) -> None:
    """What each system made of the hub's writes is settled, facts that may be out already lie before a person."""
    forms = Settler(hub, restored).run()
    try:
        found, waiting = _facts(hub, restored)
    except ConnectorError as error:  # asked again with the next step
        log.warning("restore.facts", error=type(error).__name__)
        return
    _step(hub, restored, "waiting", forms=forms, facts_found=found, facts_waiting=waiting)


def _step(hub: Hub, restored: Restoration, stage: restoration.Stage, **figures: int) -> None:
    with hub.store.state() as at:
        now = restoration.current(at)
        if now is None or now.id != restored.id or now.stage != restored.stage:
            return
        now.stage = stage
        now.summary |= figures
        restoration.save(at, now)
        restored.stage, restored.summary = now.stage, now.summary
        audit.write(at, [audit.Entry("restore", outcome=stage, after=dict(figures))], now=hub.clock())


def _close(hub: Hub, restored: Restoration) -> None:
    """It is over once nothing is held and nothing is in doubt."""
    with hub.store.state() as at:
        if not restored.doubt or not views.in_doubt(at, restored.doubt):
            restored.stage, restored.doubt = "over", []
            restoration.save(at, restored)


def approve(hub: Hub, systems: Sequence[str], *, actor: str) -> list[str]:
    """A person has looked at what would be written (``sverka plan``) and lets these systems be written again. Returns those that were held.
    Raises Refused while the scan goes on."""
    with hub.store.state() as at:
        now = restoration.current(at)
        if now is None:
            return []
        if now.scanning:
            raise Refused(N_("the systems are still being read: links are not rebuilt yet, and what looks new may be there already. sverka restore --status shows how far it is"))  # fmt: skip
        freed = [system for system in now.held if system in systems]
        now.held = [system for system in now.held if system not in systems]
        restoration.save(at, now)
        rows = [audit.Entry("operator.restore_approve", actor, system, outcome="written again") for system in freed]
        audit.write(at, rows, now=hub.clock())
    advance(hub)
    return freed


def _facts(hub: Hub, restored: Restoration) -> tuple[int, int]:
    """Facts that are not passed on, as far as the base knows: those that are there get their links, the others wait for a person."""
    found = waiting = 0
    for system in restored.held:
        if system not in hub.settings.systems:
            continue
        target, last = Target(hub, system), ""
        while rows := _open_facts(hub, system, last):
            last = rows[-1]["id"]
            made = _search(hub, target, rows)
            left = [row["id"] for row in rows if row["record_id"] not in made]
            with hub.store.state() as at:
                waiting += hub.outbox.bury(at, left, GAP, now=hub.clock())
            found += len(made)
    return found, waiting


def _open_facts(hub: Hub, system: str, after: str) -> list[dict[str, Json]]:
    states = (*(s for s in CLAIMABLE if s != "unknown"), "waiting")
    with hub.store.read() as at:
        ids = views.open_ids(at, {"system": system, "entity": sorted(FACTS)}, states, after=after, limit=GROUP)
        rows = {row["id"]: row for row in views.queue(at, id=ids, limit=None)} if ids else {}
    return [rows[ident] for ident in ids]


def _search(hub: Hub, target: Target, rows: Sequence[dict[str, Json]]) -> set[str]:
    """Ids of the records whose facts the system has already: by their hub keys. Raises ConnectorError."""
    with hub.store.read() as at:
        drafts = Drafter(hub, at, target.system, hub.clock()).drafts([as_delivery(row) for row in rows])
    creates = [d for d in drafts if d.creates and d.mapping is not None and d.writes]
    by_resource: dict[str, list[Draft]] = {}
    for draft in creates:
        by_resource.setdefault(draft.mapping.resource if draft.mapping else "", []).append(draft)
    for resource, group in by_resource.items():
        started = hub.clock()
        writes = [Write(d.delivery.record_id, None, d.mapping.nest(d.writes) if d.mapping else {}) for d in group]
        if isinstance(target.connector, FindsCreated):
            seen = target.connector.find_created(resource, writes)
        else:
            seen = target.connector.find(resource, "hub", [w.key for w in writes]) if isinstance(target.connector, Finds) else []
        target.absorb([RawLook(target.system, resource, remote.data, remote.representation, started) for remote in seen])
    with hub.store.read() as at:
        linked = _linked(at, target.system, [row["record_id"] for row in rows])
    return linked | {d.delivery.record_id for d in drafts if d.ending is not None}  # nothing to write: it ends by itself


def _linked(at: Connection, system: str, record_ids: Sequence[str]) -> set[str]:
    return {r for r, x in link_rows.primaries(at, system, record_ids).items() if x.external_id}
