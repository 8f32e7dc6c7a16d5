"""The pipeline on one core, without a vendor: from a row of the inbox to a delivery whose writes are planned."""

from __future__ import annotations

import random
import time
from typing import Any

from benchmarks.figures import Figure, repeat
from benchmarks.stand import hub_running
from hub.app import Hub
from hub.storage import inbox
from hub.sync.draft import Drafter
from hub.sync.intake import Intake

NOWHERE = {"sklad": "http://127.0.0.1:9", "site": "http://127.0.0.1:9"}
BATCH = 200
COUNT = 10_000
UNITS = {"new": "changes/s", "changed": "changes/s", "echoes": "looks/s", "planned": "deliveries/s", "whole": "changes/s"}


def run(runs: int, scale: float) -> list[Figure]:
    return repeat("pipeline", f"{int(COUNT * scale)} customers, SQLite", lambda: once(int(COUNT * scale)), runs=runs, units=UNITS)


def once(count: int) -> dict[str, float]:
    """New objects, one edit of each, the same again (echoes), and the planning of what they led to. ``whole``: edits from the inbox to the plan.
    Seconds of processor time, so that what else the machine does counts little."""
    with hub_running(NOWHERE, start=False) as (hub, _, __):
        loaded(hub)
        rng = random.Random(1)
        people = [counterparty(rng, n) for n in range(count)]
        new = absorb(hub, people)
        plan(hub, count)
        edited = [one | {"legalLastName": f"Новикова {n}", "updated": "2026-08-04 10:00:00.000"} for n, one in enumerate(people)]
        changed = absorb(hub, edited)
        planned = plan(hub, count)
        echoes = absorb(hub, edited)
    return {
        "new": count / new,
        "changed": count / changed,
        "echoes": count / echoes,
        "planned": count / planned,
        "whole": count / (changed + planned),
    }


def loaded(hub: Hub) -> None:
    """Every first load is over: what comes now is merged at once."""
    now = hub.clock()
    with hub.store.intake() as at:
        for system in hub.settings.systems:
            for resource in hub.resources(system):
                inbox.set_cursor(at, system, resource, loaded_at=now, identified_at=now)


def counterparty(rng: random.Random, number: int) -> dict[str, Any]:
    """A person as MoySklad shows one."""
    return {
        "id": f"5c1f0000-0000-4000-8000-{number:012d}",
        "companyType": "individual",
        "updated": "2026-08-03 12:40:11.507",
        "externalCode": f"own{number}",
        "name": f"Орлова Анна {number}",
        "legalLastName": "Орлова",
        "legalFirstName": f"Анна {number}",
        "phone": f"8 ({rng.randrange(900, 999)}) {number:07d}",
        "email": f"anna{number}@example.ru",
        "sex": "FEMALE",
        "birthDate": "1990-06-05 00:00:00.000",
        "actualAddressFull": {"postalCode": "450000", "city": "Уфа", "street": f"Ленина {number}"},
        "description": "Звонить после 18",
    }


def absorb(hub: Hub, objects: list[dict[str, Any]]) -> float:
    """Seconds to merge these looks from the inbox; what they ask of the vendor stays asked."""
    now = hub.clock()
    rows = [
        {
            "system": "sklad",
            "resource": "counterparty",
            "external_id": one["id"],
            "kind": "look",
            "representation": "list",
            "data": one,
            "looked_at": now,
            "received_at": now,
            "due_at": now,
        }
        for one in objects
    ]
    with hub.store.intake() as at:
        inbox.put(at, rows)
    intake, started, taken = Intake(hub), time.process_time(), 0
    while taken < len(objects):
        taken += intake.run(BATCH)
    return time.process_time() - started


def plan(hub: Hub, count: int) -> float:
    """Seconds to claim and plan every open delivery to the site, ``count`` of them; they end as they would be left by an outage: put off,
    unwritten."""
    started, found = time.process_time(), 0
    while True:
        now = hub.clock()
        with hub.store.write() as at:
            claimed = hub.outbox.claim(at, "site", limit=BATCH, lease=600.0, now=now)
        if not claimed:
            break
        with hub.store.read() as at:
            drafts = Drafter(hub, at, "site", now).drafts(claimed)
        if not all(draft.writes for draft in drafts):
            raise RuntimeError("a delivery came to nothing")
        found += len(claimed)
    spent = time.process_time() - started
    if found != count:
        raise RuntimeError(f"{found} deliveries of {count}")
    with hub.store.write() as at:
        hub.outbox.expire(at, now=hub.clock() + 601.0)
    return spent
