"""Verify as a habit: each resource of each system compared with the records, a page at a time, in the time that the day's work leaves.

What differs without a reason is explained from the audit log, kept as drift, and put right the way everything is: an object that holds what
the hub has not seen is a hint, and the policies decide; what the hub owes is a delivery; an object that a whole sweep did not show and that
the system does not know by its id is a hint too, so that losing many at once is a question to a person.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import structlog

from connectors.contract import Fetches, Page, Remote
from connectors.errors import ConnectorError
from hub.app import Hub
from hub.storage import inbox, restoration, states, verifications
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.sync import runs
from hub.verify.comparison import Comparison
from hub.verify.reconcile import BY_ID, lacking, missing
from hub.verify.report import ABSENT, CHANGED, LOST, OWED, STRANGER, Report
from mappings import Mapping as CompiledMapping
from retry_queue.contract import BULK

log = structlog.get_logger()
Json = Any
KEPT = 1000  # differences of one comparison that are kept one by one; the rest is counted
AGAIN = 300.0  # seconds until a comparison that was cut off by trouble goes on
FIGURES = ("objects", "changed", "owed", "absent", "stranger", "lost", "explained", "not_shown")


def due(hub: Hub, *, now: float) -> list[tuple[str, str]]:
    """(system, resource) whose comparison is to begin or to go on now."""
    with hub.store.read() as at:
        rows, known, restored = verifications.every(at), states.all_states(at), restoration.current(at)
    if restored is not None and restored.scanning:
        return []
    with hub.store.read_intake() as at:
        cursors = inbox.cursors(at)
    found = []
    for system in hub.settings.systems:
        state = known.get(system)
        if state is None or state["paused"] or states.breaker(state, now=now) == "open":
            continue
        for resource in hub.resources(system):
            loaded = cursors.get((system, resource), {})
            if (
                hub.resource(system, resource).seen
                and loaded.get("loaded_at")
                and loaded.get("identified_at")
                and _due(hub, rows.get((system, resource), {}), loaded, system, resource, now)
            ):
                found.append((system, resource))
    return found


def _due(hub: Hub, row: Mapping[str, Json], loaded: Mapping[str, Json], system: str, resource: str, now: float) -> bool:
    interval, last = hub.settings.verify.interval(system, resource), row.get("ended_at")
    if row.get("cursor") is None and last is not None or not row:
        begins = max(float(last or 0.0), float(loaded["identified_at"])) + (interval or 0.0)
        return interval is not None and now >= begins
    return now >= float(row["next_at"])  # under way, or asked for by hand or since a restore


def ask(hub: Hub, system: str, resource: str) -> None:
    """Let a comparison begin as soon as it can. One that is under way goes on."""
    mapping = hub.mapping(system, resource)
    with hub.store.state() as at:
        if mapping is not None and verifications.get(at, system, resource)["cursor"] is None:
            verifications.put(at, system, resource, mapping.entity, ended_at=None, next_at=0.0)


def whole(hub: Hub, system: str, resource: str) -> None:
    """One comparison from its beginning to its end, at once. Trouble is remembered, not raised."""
    ask(hub, system, resource)
    step(hub, system, resource, lambda: True, gentle=False)


def step(hub: Hub, system: str, resource: str, more: Callable[[], bool], *, gentle: bool = True) -> None:
    """Go on with the comparison of a resource until its end, or until ``more`` says after a page that it shall go on another time; a gentle
    one leaves the vendor alone after each page. A killed process goes on from the last page."""
    mapping = hub.mapping(system, resource)
    if mapping is None:
        return
    sweep = Sweep(hub, system, mapping)
    try:
        sweep.run(more, gentle=gentle)
    except ConnectorError as error:
        log.warning("verify.failed", system=system, resource=resource, error=type(error).__name__)
        with hub.store.state() as at:
            states.trouble(at, system, error, now=hub.clock())
            verifications.put(at, system, resource, mapping.entity, error=error.kept[:600], next_at=hub.clock() + AGAIN)


class Sweep:
    """One comparison of one resource."""

    def __init__(self, hub: Hub, system: str, mapping: CompiledMapping) -> None:
        self.hub, self.system, self.mapping, self.resource = hub, system, mapping, mapping.resource
        with hub.store.read() as at:
            self.row = verifications.get(at, system, self.resource)
        self.found: dict[str, Json] = dict(self.row["found"]) if self.row["cursor"] is not None else {}
        self.cursor: Mapping[str, Json] = self.row["cursor"] if self.row["cursor"] is not None else {}
        self.began = float(self.row["began_at"] or 0.0) if self.row["cursor"] is not None else hub.clock()

    def run(self, more: Callable[[], bool], *, gentle: bool) -> None:
        """Raises ConnectorError."""
        if self.row["cursor"] is None:
            self._begin()
        if not self.cursor.get("shown"):
            pages = self._pages()
            while True:
                started, clock = self.hub.clock(), time.monotonic()
                page = next(pages, None)
                if page is None:
                    break
                self._page(page, page.as_of or started)
                rest = self.hub.settings.verify.rest(time.monotonic() - clock) if gentle else 0.0
                if not page.last and (rest > 0.05 or not more()):
                    self._keep(next_at=self.hub.clock() + rest)
                    return
                if page.last:
                    break
            self.cursor = {"shown": True}
            self._keep()
        self._not_shown()
        self._lacking()
        self._end()

    def _begin(self) -> None:
        while True:
            with self.hub.store.state() as at:
                if not verifications.forget(at, self.system, self.resource):
                    verifications.put(
                        at, self.system, self.resource, self.mapping.entity, cursor={}, began_at=self.began, found={}, error=None
                    )
                    return

    def _pages(self) -> Any:
        """Pages of all objects; where the vendor has no list of them, those that links know, by id."""
        connector, place = self.hub.connectors[self.system], self.cursor.get("at", {})
        if self.hub.resource(self.system, self.resource).listed or not isinstance(connector, Fetches):
            yield from connector.changes(self.resource, place)
            return
        after = str(place.get("after", ""))
        while True:
            with self.hub.store.read() as at:
                ids = link_rows.live_ids(at, self.system, self.resource, after=after, limit=BY_ID)
            after = ids[-1] if ids else after
            last = len(ids) < BY_ID
            yield Page(connector.fetch(self.resource, ids) if ids else [], {"after": after}, last)
            if last:
                return

    def _page(self, page: Page, started: float) -> None:
        mine = [o for o in page.objects if self.mapping.applies(dict(o.data))]
        report = Report()
        Comparison(self.hub, self.system, self.mapping, report, started, at_work=True).page(mine)
        self._count("objects", len(mine))
        self._count("explained", sum(n for reasons in report.explained.values() for n in reasons.values()))
        self.cursor = {"at": dict(page.cursor)}
        self._take(report.drift + report.strangers, {o.id: o for o in mine}, started)

    def _not_shown(self) -> None:
        """Objects that the whole sweep did not show are asked for by id: what the system does not know is lost, the rest was only not listed."""
        after = ""
        while True:
            with self.hub.store.read() as at:
                rows = verifications.not_seen(at, self.system, self.resource, after=after)
            if not rows:
                return
            after = rows[-1][0]
            ids = {external_id for external_id, _ in rows}
            gone = missing(self.hub, self.system, self.resource, ids)
            gone = missing(self.hub, self.system, self.resource, gone)  # a missing that is confirmed
            self._count("not_shown", len(ids) - len(gone))
            records = dict(rows)
            base = {"system": self.system, "entity": self.mapping.entity, "kind": LOST, "path": "", "version": 0}
            self._take([base | {"id": i, "record": records[i]} for i in sorted(gone)])

    def _lacking(self) -> None:
        if self.mapping.give:
            for rows in lacking(self.hub, self.system, self.mapping.entity):
                self._take([row | {"path": ""} for row in rows])

    def _end(self) -> None:
        now = self.hub.clock()
        last = {name: int(self.found.get(name, 0)) for name in FIGURES} | {"began_at": self.began, "seconds": round(now - self.began, 1)}
        with self.hub.store.state() as at:
            verifications.put(
                at, self.system, self.resource, self.mapping.entity, cursor=None, ended_at=now, found={}, last=last, error=None, next_at=0.0
            )
            rows = verifications.every(at)
            others = [
                r for r in self.hub.resources(self.system) if (m := self.hub.mapping(self.system, r)) and m.entity == self.mapping.entity
            ]
            began = [rows.get((self.system, r), {}).get("last", {}).get("began_at") for r in others]
            verifications.verified(at, self.system, self.mapping.entity, min(began) if all(began) else None)
            states.call_succeeded(at, self.system, now=now, by="read")
        log.info("verify.ended", system=self.system, resource=self.resource, **last)

    def _take(self, rows: Sequence[Mapping[str, Json]], shown: Mapping[str, Remote] = MappingProxyType({}), started: float = 0.0) -> None:
        """Keep differences with their reasons, and put them right; with what was shown (since ``started``) and how far the sweep is, in one
        transaction. Hints go first: said twice, they are said once."""
        for row in rows:
            self._count(row["kind"], 1)
        repairs = self.hub.settings.verify.repair
        hints = {row["id"] for row in rows if row["kind"] in (CHANGED, STRANGER, LOST)} if repairs else set()
        if hints:
            with self.hub.store.intake() as at:
                inbox.put(at, [self._news(external_id, shown.get(external_id), started) for external_id in sorted(hints)])
        now = self.hub.clock()
        with self.hub.store.state() as at:
            verifications.saw(at, self.system, self.resource, list(shown))
            kept = rows[: max(0, KEPT - int(self.found.get("kept", 0)))]
            self._count("kept", len(kept))
            told = verifications.last_told(at, self.system, [row["record"] for row in kept if row["record"]])
            said = record_rows.load(at, [row["record"] for row in kept if row["record"]])
            verifications.note(at, [self._drift(row, told.get(row["record"]), said.get(row["record"]), repairs, now) for row in kept])
            owed = (
                {row["record"]: row["version"] for row in rows if row["kind"] in (OWED, ABSENT) and row.get("state") != "dead"}
                if repairs
                else {}
            )
            if owed:
                wanted = [(self.system, self.mapping.entity, record_id, version) for record_id, version in owed.items()]
                self.hub.outbox.open(at, wanted, now=now, lane=BULK, run=self._run(at, now))
            verifications.put(at, self.system, self.resource, self.mapping.entity, cursor=dict(self.cursor), found=self.found, error=None)

    def _run(self, at: Any, now: float) -> str:
        """The run of what this sweep writes: repairs are quiet, and many at once are a question to a person."""
        if "run" not in self.found:
            self.found["run"] = runs.begin(at, "sweep", system=self.system, entity=self.mapping.entity, now=now)
        return str(self.found["run"])

    def _news(self, external_id: str, shown: Remote | None, started: float) -> dict[str, Json]:
        """What the intake is told of an object: that it is to be fetched, or what the sweep showed where no method returns it."""
        now = self.hub.clock()
        row: dict[str, Json] = {
            "system": self.system,
            "resource": self.resource,
            "external_id": external_id,
            "kind": "hint",
            "looked_at": now,
        }
        if shown is not None and not self.hub.resource(self.system, self.resource).fetched:
            row |= {"kind": "look", "representation": shown.representation, "data": dict(shown.data), "looked_at": started}
        return row | {"received_at": now, "due_at": now, "priority": inbox.LOAD}

    def _drift(self, row: Mapping[str, Json], told: Mapping[str, Json] | None, record: Any, repairs: bool, now: float) -> dict[str, Json]:
        kind = row["kind"]
        fields = [f.field for f in self.mapping.by_path.get(row.get("path", ""), ())]
        said = record.provenance.get(fields[0]) if record is not None and fields and kind == OWED else None
        dead = row.get("state") == "dead"
        why = {
            CHANGED: "missed" if row.get("path") else "returned",
            OWED: "no_delivery",
            ABSENT: "no_delivery",
            STRANGER: "unheard",
            LOST: "deleted",
        }
        done = {CHANGED: "look", OWED: "delivery", ABSENT: "delivery", STRANGER: "look", LOST: "gone"}
        return {
            "system": self.system,
            "entity": self.mapping.entity,
            "resource": self.resource,
            "external_id": row["id"],
            "record_id": row["record"],
            "field": fields[0] if fields else row.get("path", ""),
            "kind": kind,
            "why": "dead" if dead else why[kind],
            "audit_id": told["id"] if told else None,
            "said": [said[0], said[2]] if said else None,
            "done": done[kind] if repairs and not dead else "none",
            "found_at": now,
        }

    def _count(self, name: str, more: int) -> None:
        self.found[name] = int(self.found.get(name, 0)) + more

    def _keep(self, *, next_at: float = 0.0) -> None:
        with self.hub.store.state() as at:
            verifications.put(
                at, self.system, self.resource, self.mapping.entity, cursor=dict(self.cursor), found=self.found, next_at=next_at
            )
