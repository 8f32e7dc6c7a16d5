"""Polls: what changed since the cursor goes into the inbox; page and cursor commit together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from connectors.contract import Connector, Page, Remote, Representation, ResourceManifest
from connectors.errors import ConnectorError, Unavailable
from connectors.escaped import escaped
from hub.app import Hub, timezone_of
from hub.storage import inbox, states
from hub.storage import links as link_rows
from hub.storage.links import Link
from hub.sync import runs
from hub.sync.context import BatchContext
from hub.sync.erased import ERASED, Erased, readable, withholds
from hub.sync.fulfilment import named
from hub.sync.late_refusals import refuse
from hub.sync.observe import completing
from hub.sync.vanished import Vanished
from mappings import Mapping

log = structlog.get_logger()
Json = Any
GIVEN_UP = 45 * 86_400.0  # seconds after which an object that never came to an end is not looked at again
AT_ONCE = 500  # objects that are looked at again in one poll
WHOLE = 300.0  # seconds that a sweep goes on in one turn where what it does not show counts: less than a job may take


def poll(hub: Hub, system: str, resource: str, more: Callable[[], bool] = lambda: True) -> int:
    """One poll of a resource, from its cursor to the end, or until ``more`` says after a page that it shall go on another time.
    Returns objects that went into the inbox. Trouble is remembered, not raised. Where the vendor is still preparing a list, the next poll asks
    for it. What a first load has collected is not asked for again
    before it is identified."""
    with hub.store.read_intake() as at:
        row = inbox.get_cursor(at, system, resource)
    if row["loaded_at"] and not row["identified_at"]:
        return 0
    first, put, seen = row["loaded_at"] is None, 0, int(row["objects"])
    manifest = hub.resource(system, resource)
    since = (row["swept_at"] or 0.0) - (manifest.overlap if manifest.incremental else 0.0)
    began = row["began_at"] or hub.clock()
    vanished = Vanished(manifest.vanishes) if manifest.vanishes and not first and row["began_at"] is None else None
    connector, run = hub.connectors[system], _run(hub) if first else ""
    pages, before, total = connector.changes(resource, row["cursor"]), set[str](), row["total"]
    while True:
        started = hub.clock()
        try:
            page = next(pages, None)
        except Exception as error:
            trouble = _told(connector, system, resource, error)
            with hub.store.write() as at:
                states.trouble(at, system, trouble, now=hub.clock())
            with hub.store.intake() as at:
                inbox.set_cursor(at, system, resource, error=trouble.message[:300], polled_at=hub.clock(), cursor=row["cursor"])
            return put
        if page is None:
            return put
        rows = _news(hub, system, resource, page, _Pass(page.as_of or started, max(0.0, since), first, run))
        if vanished is not None:
            vanished.saw(page.objects)
            rows += _not_shown(hub, system, resource, vanished, started) if page.last else []
        if manifest.revisit and page.last:
            rows += _unfinished(hub, system, resource, manifest, started)
        kept, rows = _apart(rows) if first and not row["identified_at"] else ([], rows)
        ids = {one.id for one in page.objects}
        put, seen, before = put + len(rows) + len(kept), seen + (len(ids - before) if first else 0), ids  # pages overlap
        total = total if page.total is None else page.total  # some vendors tell it on the first page alone
        values: dict[str, Json] = {"cursor": dict(page.cursor), "objects": seen, "total": total, "error": None, "began_at": began}
        values["moved_at"] = hub.clock()
        if page.waits:
            values |= {"polled_at": hub.clock()}
        if page.last:
            values |= {"polled_at": hub.clock(), "swept_at": began, "began_at": None}
            values |= {"loaded_at": hub.clock()} if first else {}
        refuse(hub, system, resource, page.refused)  # before the cursor moves on: once too often changes nothing
        with hub.store.intake() as at:
            inbox.put(at, rows)
            inbox.keep(at, system, resource, kept)
            inbox.set_cursor(at, system, resource, **values)
        row = {**row, "cursor": dict(page.cursor)}
        if page.last:
            with hub.store.write() as at:
                if _asked(hub, system, resource):
                    states.call_succeeded(at, system, now=hub.clock(), by="read")
                states.saw_clock(at, system, getattr(connector, "clock_skew", None))
        go_on = more()  # asked in any case: it keeps the right to poll
        if page.last or page.waits or not (go_on or (vanished is not None and hub.clock() - began < WHOLE)):
            return put


def _told(connector: Connector, system: str, resource: str, error: Exception) -> ConnectorError:
    """A failed page in the log, and as an error of the families; what else escapes is a fault of the connector's own code."""
    if isinstance(error, ConnectorError):
        log.warning("poll.failed", system=system, resource=resource, error=type(error).__name__)
        return error
    log.error("poll.escaped", system=system, resource=resource, exc_info=error)
    return escaped(connector, error, Unavailable)


def _not_shown(hub: Hub, system: str, resource: str, vanished: Vanished, started: float) -> list[dict[str, Json]]:
    """Hints for what held something and was not shown by a whole sweep."""
    with hub.store.read() as at:
        gone = list(vanished.gone(at, system, resource))
    return [_row(system, resource, Remote(ident, {}), _Pass(started, 0.0, False), "hint") for ident in gone]


def _unfinished(hub: Hub, system: str, resource: str, manifest: ResourceManifest, started: float) -> list[dict[str, Json]]:
    """Hints for objects that no list shows, that may still change, and that nobody has looked at for long; those of the longest first."""
    with hub.store.read() as at:
        known = link_rows.unseen(at, system, resource, after=started - GIVEN_UP, before=started - manifest.revisit)
    restless = [one.external_id or "" for one in known if not any(one.base.get(path) in ends for path, ends in manifest.rests.items())]
    return [_row(system, resource, Remote(ident, {}), _Pass(started, 0.0, False), "hint") for ident in restless[:AT_ONCE]]


def _apart(rows: list[dict[str, Json]]) -> tuple[list[dict[str, Json]], list[dict[str, Json]]]:
    """Looks, which a first load keeps until it identifies, and hints, whose objects are fetched first."""
    return [row for row in rows if row["kind"] == "look"], [row for row in rows if row["kind"] != "look"]


@dataclass(frozen=True, slots=True)
class _Pass:
    """``started``: before this page was asked for. ``since``: when the pass before this one began. ``first``: there was none; it belongs
    to ``run``."""

    started: float
    since: float
    first: bool
    run: str = ""


def _asked(hub: Hub, system: str, resource: str) -> bool:
    """Whether a poll that went well shows that the system answers: a resource without a list asks nobody, and would end an outage that goes on.
    Of a system without any list its polls are all there is to go by."""
    listed = [one for one in hub.resources(system) if hub.resource(system, one).listed]
    return resource in listed or not listed


def _run(hub: Hub) -> str:
    """The run of the first load that this pass belongs to."""
    with hub.store.write() as at:
        return runs.reading(at, now=hub.clock())


def _news(hub: Hub, system: str, resource: str, page: Page, this: _Pass) -> list[dict[str, Json]]:
    """Rows for the objects of a page that may say something new: unknown ones, those that differ from the base, and those of which something
    older waits to be merged, which would make another base. Where the list does not show every path, an object is worth a hint instead, so that
    it is fetched whole. What is said to be gone is a hint, too."""
    mapping = hub.mapping(system, resource)
    if mapping is None:
        return []
    manifest = hub.resource(system, resource)
    with hub.store.read_intake() as intake:  # before the links are read: what is merged meanwhile stands in their bases
        unmerged = inbox.waiting(intake, system, resource, [o.id for o in page.objects])
    with hub.store.read() as at:
        context = BatchContext(at, system, timezone_of(hub.settings.systems[system]))
        known = link_rows.by_external(at, system, resource, [*(o.id for o in page.objects), *page.gone])
        erased = Erased(hub, at)
        theirs = erased.objects(system, resource, [o.id for o in page.objects])
        rows = [_row(system, resource, Remote(ident, {}), this, "hint") for ident in page.gone if _lives(known.get(ident))]
        for remote in page.objects:
            link, shown = known.get(remote.id), manifest.representations[remote.representation]
            if link is not None and link.state == ERASED:
                continue
            hidden = mapping.hidden(shown.carries, shown.lacks, manifest.representations["fetch"])
            told_changed = bool(hidden) and manifest.incremental  # the vendor says that something changed, perhaps what it hides
            known_so = link is not None and not told_changed and remote.id not in unmerged
            if link is not None and known_so and _same(link, mapping, remote, shown, hidden, context, manifest):
                continue
            perhaps = erased.anybody and not this.first if link is None else withholds(link)
            apart = perhaps or remote.id in theirs  # nothing of an erased person waits in the inbox
            rows.append(_row(system, resource, remote, this, "hint" if manifest.fetched and (hidden or apart) else "look"))
    return rows


def _lives(link: Link | None) -> bool:
    """Whether there is something to lose: an object that is said to be gone is then asked for by id."""
    return link is not None and link.state not in ("gone", ERASED)


def _same(
    link: Link,
    mapping: Mapping,
    remote: Remote,
    shown: Representation,
    hidden: frozenset[str],
    context: BatchContext,
    manifest: ResourceManifest,
) -> bool:
    """Whether an object says what the link's base says; of a fact only what is told later is worth a look."""
    if manifest.fact and not manifest.moves_on and (not manifest.later or manifest.later <= link.base.keys()):
        return True
    if link.intent is not None or link.state != "live" or not readable(link, dict.fromkeys(hidden)).keys() <= link.base.keys():
        return False
    try:
        read = mapping.read(dict(remote.data), shown.carries, shown.lacks, shown.absent_is_empty, context)
        if not mapping.applies(remote.data) or (mapping.fulfils and link.base.get(mapping.fulfils) != named(mapping, read)):
            return False
    except Exception:  # a broken object is parked by the engine, which says why
        return False
    if manifest.fact and not manifest.moves_on:
        return not completing(link, readable(link, read.values), manifest.later)
    return all(p in link.base and link.base[p] == v for p, v in readable(link, read.values).items())


def _row(system: str, resource: str, remote: Remote, this: _Pass, kind: str) -> dict[str, Json]:
    return {
        "system": system,
        "resource": resource,
        "external_id": remote.id,
        "kind": kind,
        "representation": remote.representation if kind == "look" else "",
        "data": dict(remote.data) if kind == "look" else None,
        "looked_at": this.started,
        "since": this.since if kind == "look" else 0.0,
        "received_at": this.started,
        "due_at": this.started,
        "priority": int(this.first),
        "run": this.run,
    }
