"""Export tasks: started, asked for, fetched as gzip files; and the feed of merges. What is younger than five minutes is not in them."""

from __future__ import annotations

import gzip
import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from . import customers, orders
from .state import Project
from .wire import Invalid, ProtocolError, moment, stamp

Json = Any
Row = dict[str, Any]
LAG = timedelta(minutes=5)
MOST_MERGES = 10_000
PARALLEL = 2  # tasks that run at once; a third waits (mindbox docs: exports-overview; that it waits is a guess)
MERGES = "/customerMergesPage"


@dataclass(slots=True)
class Task:
    """``worked``: how often anybody asked for a task while this one ran: how the stand-in counts time."""

    id: str
    kind: str
    key: tuple[str, ...]
    since: datetime
    till: datetime
    segment: str = ""
    worked: int = 0
    cancelled: str = ""
    files: list[bytes] = field(default_factory=list)
    done: bool = False


class Exports:
    """Tasks of a project. ``polls``: how often a task is answered NotReady. ``rows``: of one file. ``longest``: days of a period; tasks of longer
    ones are cancelled. ``hashed``: contacts are left out."""

    def __init__(self, project: Project) -> None:
        self.project, self.tasks = project, dict[str, Task]()
        self.polls, self.rows, self.longest, self.hashed = 1, 1_000_000, 40_000.0, False
        self.started = self.most = 0

    def operation(self, kind: str, body: Row, base: str) -> Row:
        """One operation starts a task and asks for it. Raises ProtocolError, Invalid."""
        return self._ask(str(body["exportId"]), base) if body.get("exportId") else self._start(kind, body)

    def _start(self, kind: str, body: Row) -> Row:
        since = moment(body.get("sinceDateTimeUtc") or "2000-01-01", "/sinceDateTimeUtc")
        till = moment(body["tillDateTimeUtc"], "/tillDateTimeUtc") if body.get("tillDateTimeUtc") else self.project.now()
        name = str((((body.get("segment") or {}).get("ids")) or {}).get("externalId") or "")
        key = (kind, str(body.get("sinceDateTimeUtc")), str(body.get("tillDateTimeUtc")), name)
        twin = next((task for task in self.tasks.values() if task.key == key), None)
        if twin is not None:
            return {"exportId": twin.id, "isDuplicate": True}
        made = Task(str(uuid.uuid4()), kind, key, since, till, name)
        if (till - since) / timedelta(days=1) > self.longest:
            made.cancelled = "Превышены ограничения по ресурсам"
        self.tasks[made.id] = made
        self.started += 1
        return {"exportId": made.id}

    def _ask(self, ident: str, base: str) -> Row:
        task = self.tasks.get(ident)
        if task is None:
            raise ProtocolError("/exportId: export was not found")
        running = [one for one in self.tasks.values() if not one.done and not one.cancelled][:PARALLEL]
        self.most = max(self.most, len(running))
        for one in running:
            one.worked += 1
            if one.worked > self.polls:
                one.files, one.done = self._files(one), True
        if task.cancelled:
            return {"exportResult": {"processingStatus": "Cancelled", "cancellationReason": task.cancelled}}
        if not task.done:
            return {"exportResult": {"processingStatus": "NotReady"}}
        urls = [f"{base}/files/{task.id}-{n}.json.gz" for n in range(len(task.files))]
        return {"exportResult": {"processingStatus": "Ready", "urls": urls}}

    def _files(self, task: Task) -> list[bytes]:
        root, rows = self._content(task)
        parts = [rows[start : start + self.rows] for start in range(0, len(rows), self.rows)] or [[]]
        return [gzip.compress(json.dumps({root: part}, ensure_ascii=False, default=float).encode()) for part in parts]

    def _content(self, task: Task) -> tuple[str, list[Row]]:
        project, till = self.project, min(task.till, self.project.now() - LAG)

        def within(at: datetime) -> bool:
            return task.since <= at < till

        if task.kind == "customers":
            members = project.segments.get(task.segment, set()) if task.segment else None
            chosen = [one for one in project.customers.values() if (within(one.changed) if members is None else one.id in members)]
            return "customers", [self._customer(one) for one in chosen]
        if task.kind == "orders":
            return "orders", [orders.exported(project, one) for one in project.orders.values() if within(one.changed)]
        if task.kind == "segment":
            rows = [
                (name, ident, inside) for at, name, ident, inside in project.segment_changes if within(at) and task.segment in ("", name)
            ]
            return "customerSegments", [
                {"customer": {"ids": customers.ids(one)}, "inSegmentation": inside, "segment": {"ids": {"externalId": name}}}
                for name, ident, inside in rows
                if (one := project.alive(ident)) is not None
            ]
        if task.kind == "log":
            return "operations", [row for row in project.log if within(moment(row["dateTimeUtc"], ""))]
        return "customerActions", [row for row in (*project.actions, *project.mailings) if within(moment(row["creationDateTimeUtc"], ""))]

    def _customer(self, one: Any) -> Row:
        row = customers.picture(self.project, one) | customers.cards(one) | {"balances": customers.balances(one)}
        row["segmentations"] = customers.segments(self.project, one).get("customerSegmentations", [])
        return {k: v for k, v in row.items() if k not in ("mobilePhone", "email")} if self.hashed else row

    def file(self, name: str) -> bytes | None:
        ident, _, number = name.removesuffix(".json.gz").rpartition("-")
        task = self.tasks.get(ident)
        return task.files[int(number)] if task and number.isdigit() and int(number) < len(task.files) else None


def merges(project: Project, body: Row) -> Row:
    """Who became whom in a period that ended five minutes ago or before. Raises Invalid, ProtocolError."""
    page = body.get("customerMergesPage") or {}
    since, till = (moment(page.get(f"{name}DateTimeUtc"), f"{MERGES}/{name}DateTimeUtc") for name in ("since", "till"))
    most, number = int(page.get("itemsPerPage") or 0), int(page.get("pageNumber") or 0)
    if not 1 <= most <= MOST_MERGES or number < 1:
        raise ProtocolError(f"{MERGES}/itemsPerPage: value is out of range")
    if till > project.now() - LAG:
        raise Invalid("Дата окончания должна быть не позже, чем 5 минут назад", f"{MERGES}/tillDateTimeUtc")
    rows = [row for row in project.merges if since <= row[0] < till][(number - 1) * most :][:most]
    return {
        "customerMerges": [
            {"resultingCustomer": {"ids": {"mindboxId": into}, "changeDateTimeUtc": stamp(at)}, "mergedCustomers": [{"ids": {"mindboxId": gone, **ids}}]}
            for at, into, gone, ids in rows
        ]
    }  # fmt: skip
