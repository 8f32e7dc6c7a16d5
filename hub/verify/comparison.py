"""Objects of a page against their records: what differs, and whether there is a reason for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.contract import Remote
from hub.app import Hub
from hub.storage import brakes, conflicts, inbox, views
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link
from hub.sync.erased import ERASED
from hub.sync.scale import IN
from hub.verify.differences import Differences, Differs
from hub.verify.report import ALONE, CHANGED, OWED, SECOND, STRANGER, Report
from mappings import Mapping as CompiledMapping
from retry_queue.contract import OPEN

Json = Any
Strange = tuple[str, float | None]  # id and vendor's time of an object that no link knows
BRAKED = "held at a brake"
IN_FLIGHT = UNDER_WAY, NEWER = "under way", "newer than the last poll"


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What the inbox has of the objects of a page. ``hinted``: ids of which a word waits; ``held``: ids of which a brake holds one;
    ``polled``: what changed after it may not have been heard of."""

    hinted: set[str]
    held: set[str]
    polled: float

    def reason(self, external_id: str, modified: float | None, *, busy: bool) -> str:
        """Why the hub may not have taken what is there; empty where nothing explains it."""
        if external_id in self.held:
            return BRAKED
        if busy:
            return UNDER_WAY
        return NEWER if modified is not None and modified > self.polled else ""


class Comparison:
    """Compares objects of one resource, as shown since ``started``, with what the hub knows and wants. ``at_work``: while the hub works; what
    it is about to hear of, or has looked at meanwhile, is no drift then. By hand every difference counts that nothing is under way for."""

    def __init__(self, hub: Hub, system: str, mapping: CompiledMapping, report: Report, started: float, *, at_work: bool = False) -> None:
        self.hub, self.system, self.mapping, self.report, self.started, self.at_work = hub, system, mapping, report, started, at_work

    def page(self, objects: Sequence[Remote]) -> None:
        """Compare one page; what is found goes into the report."""
        with self.hub.store.read() as at:
            differences = Differences(self.hub, at, self.system, self.mapping)
            links = link_rows.by_external(at, self.system, self.mapping.resource, [o.id for o in objects])
            records = record_rows.load(at, [x.record_id for x in links.values()])
            found: list[Differs] = []
            strange: list[Strange] = []
            for remote in objects:
                link = links.get(remote.id)
                if link is None:
                    strange.append((remote.id, differences.modified(remote)))
                elif link.state not in ("stand_in", ERASED) and (differs := differences.of(remote, link, records.get(link.record_id))):
                    found.append(differs)
            ids = [one.link.record_id for one in found]
            rows = views.queue(at, system=self.system, records=ids, limit=len(ids)) if ids else []
            disputed = conflicts.fields(at, ids)
            open_ = brakes.undecided(at, self.system)
        if not found and not strange:
            return
        braked = [row["id"] for row in open_ if (row["way"], row["entity"]) == (IN, self.mapping.entity)]
        arrivals = self._arrivals([one.link.external_id or "" for one in found] + [external_id for external_id, _ in strange], braked)
        self._strangers(strange, arrivals)
        deliveries = {row["record_id"]: row for row in rows}
        for one in found:
            record_id = one.link.record_id
            self._judge(one, arrivals, deliveries.get(record_id, {}), disputed.get(record_id, set()))

    def _arrivals(self, ids: Sequence[str], braked: Sequence[str]) -> Arrivals:
        with self.hub.store.read_intake() as at:
            hinted = inbox.hinted(at, self.system, self.mapping.resource, ids) if self.at_work else set()
            held = inbox.kept_back(at, braked, self.system, ids)
            swept = inbox.get_cursor(at, self.system, self.mapping.resource)["swept_at"]
        return Arrivals(hinted, held, float(swept or 0.0) if self.at_work else float("inf"))

    def _strangers(self, strange: Sequence[Strange], arrivals: Arrivals) -> None:
        copied = "copy of a document that is not there" if self.hub.original_of(self.system, self.mapping.resource) else ""
        for external_id, modified in strange:
            if reason := arrivals.reason(external_id, modified, busy=external_id in arrivals.hinted) or copied:
                self.report.explain(self.system, self.mapping.entity, reason)
            else:
                self.report.strangers.append(self._where(external_id, "", STRANGER))

    def _judge(self, one: Differs, arrivals: Arrivals, delivery: Mapping[str, Json], disputed: set[str]) -> None:
        """Each path that differs is drift, or has a reason."""
        link, ident = one.link, one.link.external_id or ""
        moved = link.intent is not None or max(link.looked_at, link.wrote_at) > self.started
        busy = self.at_work and (moved or ident in arrivals.hinted)
        place = self._where(ident, link.record_id, "") | {"version": one.record.version if one.record else 0}
        unheard = arrivals.reason(ident, one.modified, busy=busy)
        for path, (there, known) in one.unseen.items():
            self._tell(unheard, place | {"kind": CHANGED, "path": path, "there": there, "wanted": known}, {})
        for path, (there, wanted) in one.apart.items():
            self.report.second.append(place | {"kind": SECOND, "path": path, "there": there, "wanted": wanted})
            self.report.explain(self.system, self.mapping.entity, SECOND)
        for path, there in one.alone.items():
            self.report.alone.append(place | {"kind": ALONE, "path": path, "there": there, "wanted": None})
            self.report.explain(self.system, self.mapping.entity, ALONE)
        for path, (there, wanted) in one.owed.items():
            reason = self._reason(one, path, delivery, disputed) or (UNDER_WAY if busy else "")
            self._tell(reason, place | {"kind": OWED, "path": path, "there": there, "wanted": wanted}, delivery)

    def _where(self, external_id: str, record_id: str, kind: str) -> dict[str, Json]:
        return {"system": self.system, "entity": self.mapping.entity, "id": external_id, "record": record_id, "kind": kind}

    def _tell(self, reason: str, differs: dict[str, Json], delivery: Mapping[str, Json]) -> None:
        """A difference is drift, or it has a reason."""
        if reason:
            self.report.explain(self.system, self.mapping.entity, reason)
        else:
            told = {"state": delivery["state"], "why": delivery["error_text"]} if delivery.get("error_text") else {}
            self.report.drift.append(differs | told)

    def _reason(self, one: Differs, path: str, delivery: Mapping[str, Json], disputed: set[str]) -> str:
        """Why an owed path may differ: nobody can say yet what is to stand there, it does in a form of its own, or it need not, or will soon."""
        link, fields = one.link, [f.field for f in self.mapping.by_path.get(path, ())]
        if path in one.waiting:
            return "not readable yet"
        if not disputed.isdisjoint(fields):
            return "in conflict"
        if link.base.get(path) == one.owed[path][0] and path in one.asked:
            return "stored in its own form"
        return _barred(link, path) or self._tolerated(one, path, fields) or _of_delivery(delivery.get("state", ""))

    def _tolerated(self, one: Differs, path: str, fields: Sequence[str]) -> str:
        """Whether the system may hold what it likes there: said once, or owned by others who let it be."""
        status = one.record.data.get("status") if one.record else None
        policies = [self.hub.settings.policy(self.mapping.entity, name) for name in fields]
        owners = [p.owners(status) for p in policies if p.elsewhere == "tolerate"]
        return "tolerated" if path in self.mapping.once or any(names and self.system not in names for names in owners) else ""


def _barred(link: Link, path: str) -> str:
    """Why a path of this link is not written any more."""
    if path in link.frozen:
        return ERASED if link.frozen[path] == ERASED else "frozen"
    return "set aside" if path in link.set_aside else ""


def _of_delivery(state: str) -> str:
    return "not passed on" if state == "skipped" else UNDER_WAY if state in OPEN else ""
