"""Polls: what changed since the cursor goes into the inbox; page and cursor commit together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.contract import Page
from connectors.errors import ConnectorError
from hub.app import Hub
from hub.storage import inbox, states
from hub.storage import links as link_rows
from hub.sync import runs
from hub.sync.faults import note, told
from hub.sync.late_refusals import refuse
from hub.sync.news import Pass, hints, news
from hub.sync.vanished import Vanished

Json = Any
GIVEN_UP = 45 * 86_400.0  # seconds after which an object that never came to an end is not looked at again
AT_ONCE = 500  # objects that are looked at again in one poll
WHOLE = 300.0  # seconds that a sweep goes on in one turn where what it does not show counts: less than a job may take


def poll(hub: Hub, system: str, resource: str, more: Callable[[], bool] = lambda: True) -> int:
    """One poll of a resource, from its cursor to the end, or until ``more`` says after a page that it shall go on another time.
    Returns objects that went into the inbox. Trouble is remembered, not raised. Where the vendor is still preparing a list, the next poll asks
    for it. What a first load has collected is not asked for again before it is identified."""
    with hub.store.read_intake() as at:
        row = inbox.get_cursor(at, system, resource)
    if row["loaded_at"] and not row["identified_at"]:
        return 0
    return _Sweep(hub, system, resource, row).turn(more)


class _Sweep:
    """What one poll goes through, page by page. ``row``: its cursor, as it was committed last."""

    def __init__(self, hub: Hub, system: str, resource: str, row: Mapping[str, Json]) -> None:
        self.hub, self.system, self.resource, self.cursor = hub, system, resource, dict(row["cursor"])
        self.connector, self.manifest = hub.connectors[system], hub.resource(system, resource)
        self.first, self.collects = row["loaded_at"] is None, row["loaded_at"] is None and not row["identified_at"]
        self.since = max(0.0, (row["swept_at"] or 0.0) - (self.manifest.overlap if self.manifest.incremental else 0.0))
        self.began = row["began_at"] or hub.clock()
        whole = self.manifest.vanishes and not self.first and row["began_at"] is None
        self.vanished = Vanished(self.manifest.vanishes) if whole else None
        self.run = self._run() if self.first else ""
        self.put, self.seen, self.total, self.before = 0, int(row["objects"]), row["total"], set[str]()

    def turn(self, more: Callable[[], bool]) -> int:
        """Returns objects that went into the inbox."""
        pages = self.connector.changes(self.resource, self.cursor)
        while True:
            started = self.hub.clock()
            try:
                with told(self.connector, self.system, self.resource, "poll.escaped"):
                    page = next(pages, None)
            except ConnectorError as error:
                note("poll", self.system, self.resource, error)
                self._failed(error)
                return self.put
            if page is None:
                return self.put
            self._commit(page, self._rows(page, started))
            go_on = more()  # asked in any case: it keeps the right to poll
            if page.last or page.waits or not (go_on or self._must_end()):
                return self.put

    def _must_end(self) -> bool:
        """What a sweep does not show counts only where it goes through in one turn."""
        return self.vanished is not None and self.hub.clock() - self.began < WHOLE

    def _rows(self, page: Page, started: float) -> list[dict[str, Json]]:
        """What the inbox is told of a page; of the last one, also what the whole sweep did not show."""
        rows = news(self.hub, self.system, self.resource, page, Pass(page.as_of or started, self.since, self.first, self.run))
        if self.vanished is not None:
            self.vanished.saw(page.objects)
            if page.last:
                with self.hub.store.read() as at:
                    gone = list(self.vanished.gone(at, self.system, self.resource))
                rows += hints(self.system, self.resource, gone, started=started)
        if self.manifest.revisit and page.last:
            rows += hints(self.system, self.resource, self._unfinished(started), started=started)
        return rows

    def _unfinished(self, started: float) -> list[str]:
        """Objects that no list shows, that may still change, and that nobody has looked at for long; those of the longest first."""
        of = self.manifest
        with self.hub.store.read() as at:
            known = link_rows.unseen(at, self.system, self.resource, after=started - GIVEN_UP, before=started - of.revisit)
        restless = [one.external_id or "" for one in known if not any(one.base.get(path) in ends for path, ends in of.rests.items())]
        return restless[:AT_ONCE]

    def _commit(self, page: Page, rows: list[dict[str, Json]]) -> None:
        """Rows and cursor together. A first load keeps looks until it identifies; hints go on, since their objects are fetched first."""
        kept = [row for row in rows if row["kind"] == "look"] if self.collects else []
        rows = [row for row in rows if row["kind"] != "look"] if self.collects else rows
        self._count(page, len(rows) + len(kept))
        now = self.hub.clock()
        values: dict[str, Json] = {"cursor": dict(page.cursor), "objects": self.seen, "total": self.total, "error": None, "moved_at": now}
        values |= {"began_at": None, "swept_at": self.began} if page.last else {"began_at": self.began}
        values |= {"polled_at": now} if page.last or page.waits else {}
        values |= {"loaded_at": now} if page.last and self.first else {}
        refuse(self.hub, self.system, self.resource, page.refused)  # before the cursor moves on: once too often changes nothing
        with self.hub.store.intake() as at:
            inbox.put(at, rows)
            inbox.keep(at, self.system, self.resource, kept)
            inbox.set_cursor(at, self.system, self.resource, **values)
        self.cursor = dict(page.cursor)
        if page.last:
            self._went_well()

    def _count(self, page: Page, put: int) -> None:
        """Objects that a first load has seen, each once: pages overlap. Some vendors tell how many there are on the first page alone."""
        ids = {one.id for one in page.objects}
        self.put, self.seen, self.before = self.put + put, self.seen + (len(ids - self.before) if self.first else 0), ids
        self.total = self.total if page.total is None else page.total

    def _went_well(self) -> None:
        with self.hub.store.write() as at:
            if self._asks():
                states.call_succeeded(at, self.system, now=self.hub.clock(), by="read")
            states.saw_clock(at, self.system, getattr(self.connector, "clock_skew", None))

    def _asks(self) -> bool:
        """Whether a poll that went well shows that the system answers: a resource without a list asks nobody, and would end an outage that
        goes on. Of a system without any list its polls are all there is to go by."""
        listed = [one for one in self.hub.resources(self.system) if self.hub.resource(self.system, one).listed]
        return self.resource in listed or not listed

    def _failed(self, error: ConnectorError) -> None:
        with self.hub.store.write() as at:
            states.trouble(at, self.system, error, now=self.hub.clock())
        with self.hub.store.intake() as at:
            told = {"error": error.kept[:600], "polled_at": self.hub.clock(), "cursor": self.cursor}
            inbox.set_cursor(at, self.system, self.resource, **told)

    def _run(self) -> str:
        """The run of the first load that this pass belongs to."""
        with self.hub.store.write() as at:
            return runs.reading(at, now=self.hub.clock())
