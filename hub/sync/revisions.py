"""Revisions: the mappings, policies, routes and directories that are in force. A worker with others claims nothing; activating them is a run over all
records: decode, merge, plan. It is thought through before: where records would become too different, a person is asked first."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection

from hub import audit
from hub.app import Hub
from hub.entities import FACTS
from hub.storage import brakes, inbox, walks
from hub.storage import revisions as rows
from hub.storage.revisions import latest
from hub.sync import runs
from hub.sync.absorb import Absorber
from hub.sync.batch import Absorbed
from hub.sync.follow import follow
from hub.sync.rethought import cleared
from retry_queue.contract import BULK

Json = Any
CHUNK = 200
KEYED = 4  # what records are found by, in its fourth form: a hub that knew an earlier one gives every record its keys anew


def parts(hub: Hub) -> dict[str, str]:
    """What a revision is made of: part -> digest. ``mapping <connector>/<resource>``, and ``settings`` for all that decides besides."""
    s = hub.settings
    rules = {
        "systems": {name: [x.connector, x.timezone] for name, x in s.systems.items()},
        "routes": {entity: [asdict(r) for r in routes] for entity, routes in s.routes.items()},
        "policies": {f"{entity} {name}": asdict(p) for (entity, name), p in s.policies.items()},
        "identity": s.identity,
        "phone_is_person": s.phone_is_person,
        "trust": s.trust,
        "custom_fields": s.custom_fields,
        "stand_ins": s.stand_ins,
        "directories": s.directories,
        "keys": [KEYED, s.timezone, {name: store.timezone for name, store in s.stores.items()}],
        "realms": [
            {name: [x.realm, x.replica_of] for name, x in s.systems.items() if x.realm or x.replica_of},
            {name: store.realm for name, store in s.stores.items() if store.realm},
        ],
        "rounding": str(s.rounding),
        "shelf": [str(s.catalogue.safety_stock), sorted(name for name, store in s.stores.items() if store.online)],
        "loyalty": [s.loyalty.start_date, s.loyalty.posts, s.loyalty.stores, sorted(s.loyalty.undone)],
    }
    found = {"settings": _digest(orjson.dumps(rules, option=orjson.OPT_SORT_KEYS, default=str))}
    for m in hub.mappings.all:
        text = Path(m.file).read_bytes() if m.file and Path(m.file).is_file() else b""
        found[f"mapping {m.connector}/{m.resource}"] = _digest(text + m.source.encode())
    return found


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def mine(hub: Hub) -> str:
    """The id of the revision that this process was built with."""
    if "revision" not in hub.cache:
        hub.cache["revision"] = _digest(orjson.dumps(parts(hub), option=orjson.OPT_SORT_KEYS))
    return str(hub.cache["revision"])


def in_force(hub: Hub) -> bool:
    """Whether this process may claim work: its revision is the one in force, or none was ever activated."""
    with hub.store.read() as at:
        found = latest(at)
    return found is None or found[0] == mine(hub)


def standstill(hub: Hub, at: Connection) -> dict[str, Json] | None:
    """The refusal for which nobody works: this process's revision is not in force, since a person has said no to it. None while all is well."""
    found = latest(at)
    return None if found is None or found[0] == mine(hub) else brakes.refused(at, mine(hub))


def activate(hub: Hub, *, actor: str = "hub", again: bool = True) -> int:
    """Put this process's revision in force and bring all records under it: merged again, and planned for every system. Goes on where a
    killed run stopped. Resources whose mapping changed are listed from the beginning, since new paths have never been read.
    Returns the records gone through; 0 where the revision is in force already, or a person is asked. ``again``: ask once more of a
    revision that was refused."""
    with hub.store.read() as at:
        before = latest(at)
    if before is not None and before[0] == mine(hub) and before[1]["through"] is None:
        return 0
    if before is not None and before[0] != mine(hub) and not cleared(hub, mine(hub), again=again):
        return 0
    with hub.store.state() as at:
        before = latest(at)
        if before is None or before[0] != mine(hub):
            _begin(hub, at, before, actor)
    if before is not None and before[0] != mine(hub):
        _list_again(hub, before[1]["parts"])
    return advance(hub)


def unfinished(hub: Hub) -> bool:
    """Whether the run of this process's revision has not come to its end."""
    with hub.store.read() as at:
        found = latest(at)
    return found is not None and found[0] == mine(hub) and found[1]["through"] is not None


def advance(hub: Hub, more: Callable[[], bool] = lambda: True) -> int:
    """Go on with an unfinished run while ``more``. Returns the records gone through."""
    count = 0
    while more() and (done := _step(hub)):
        count += done
    return count


def _begin(hub: Hub, at: Connection, before: Json, actor: str) -> None:
    now = hub.clock()
    run = "" if before is None else runs.begin(at, "activation", now=now, actor=actor, building=True)
    rows.activate(at, mine(hub), {"parts": parts(hub), "through": None if before is None else "", "run": run}, now=now)
    changed = sorted(name for name, value in parts(hub).items() if before and before[1]["parts"].get(name) != value)
    audit.write(at, [audit.Entry("operator.activate", actor, outcome=mine(hub), after={"changed": changed})], now=now)


def _list_again(hub: Hub, before: dict[str, str]) -> None:
    now = parts(hub)
    with hub.store.intake() as at:
        for system, chosen in hub.settings.systems.items():
            for resource in hub.resources(system):
                name = f"mapping {chosen.connector}/{resource}"
                if name in before and before[name] != now.get(name):
                    inbox.begin_again(at, system, resource)


def _step(hub: Hub) -> int:
    """One chunk of records, and how far the run has come, in one transaction."""
    absorbed = Absorbed()
    with hub.store.state() as at:
        found = latest(at)
        if found is None or found[0] != mine(hub) or found[1]["through"] is None:
            return 0
        run = str(found[1].get("run") or "")
        if not run and found[1].get("anew"):
            run = runs.begin(at, "activation", now=hub.clock(), building=True)
        records = dict(walks.everything(at, after=found[1]["through"], limit=CHUNK))
        Absorber(hub).remerge_within(at, list(records), absorbed, run=run)
        versions = walks.versions(at, records)
        wanted = [(s, entity, i, versions[i]) for i, entity in records.items() if entity not in FACTS for s in hub.takers(entity)]
        hub.outbox.open(at, wanted, now=hub.clock(), lane=BULK, run=run)
        summary = found[1] | {"through": list(records)[-1] if len(records) == CHUNK else None, "run": run, "anew": False}
        rows.go_on(at, mine(hub), summary)
        if summary["through"] is None and run:
            runs.built(at, run)
    follow(hub, absorbed, run=run)
    return len(records)
