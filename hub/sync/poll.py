"""Polls: what changed since the cursor goes into the inbox; page and cursor commit together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from connectors.contract import Page
from connectors.errors import ConnectorError, Unauthorized
from hub.app import Hub, timezone_of
from hub.storage import inbox, states
from hub.storage import links as link_rows
from hub.sync.context import BatchContext

log = structlog.get_logger()
Json = Any


def poll(hub: Hub, system: str, resource: str, more: Callable[[], bool] = lambda: True) -> int:
    """One poll of a resource, from its cursor to the end, or until ``more`` says after a page that it shall go on another time.
    Returns objects that went into the inbox. Trouble is remembered, not raised."""
    with hub.store.read_intake() as at:
        row = inbox.get_cursor(at, system, resource)
    first, put, seen = row["loaded_at"] is None, 0, int(row["objects"])
    connector = hub.connectors[system]
    pages = connector.changes(resource, row["cursor"])
    while True:
        started = hub.clock()
        try:
            page = next(pages, None)
        except ConnectorError as error:
            log.warning("poll.failed", system=system, resource=resource, error=type(error).__name__)
            with hub.store.write() as at:
                if isinstance(error, Unauthorized):
                    states.set_values(at, system, paused=f"unauthorized: {error.message}"[:300])
                else:
                    states.call_failed(at, system, error.message, now=hub.clock())
            with hub.store.intake() as at:
                inbox.set_cursor(at, system, resource, error=error.message[:300], polled_at=hub.clock(), cursor=row["cursor"])
            return put
        if page is None:
            return put
        rows = _news(hub, system, resource, page, started, first)
        put, seen = put + len(rows), seen + len(page.objects)
        values: dict[str, Json] = {"cursor": dict(page.cursor), "objects": seen, "total": page.total, "error": None}
        if page.last:
            values["polled_at"] = hub.clock()
            values |= {"loaded_at": hub.clock()} if first else {}
        with hub.store.intake() as at:
            inbox.put(at, rows)
            inbox.set_cursor(at, system, resource, **values)
        row = {**row, "cursor": dict(page.cursor)}
        if page.last:
            with hub.store.write() as at:
                states.call_succeeded(at, system, now=hub.clock())
                states.saw_clock(at, system, getattr(connector, "clock_skew", None))
        if page.last or not more():
            return put


def _news(hub: Hub, system: str, resource: str, page: Page, started: float, first: bool) -> list[dict[str, Json]]:
    """The objects of a page that may say something new: unknown ones, and those that differ from the base."""
    mapping = hub.mapping(system, resource)
    if mapping is None:
        return []
    with hub.store.read() as at:
        context = BatchContext(at, system, timezone_of(hub.settings.systems[system]))
        known = link_rows.by_external(at, system, resource, [o.id for o in page.objects])
        view = hub.resource(system, resource).representations
        rows = []
        for remote in page.objects:
            link, shown = known.get(remote.id), view[remote.representation]
            if link is not None and link.intent is None:
                try:
                    values = mapping.read(dict(remote.data), shown.carries, shown.lacks, shown.absent_is_empty, context).values
                    if all(p in link.base and link.base[p] == v for p, v in values.items()) and link.state == "live":
                        continue
                except Exception:  # a broken object is parked by the engine, which says why
                    pass
            rows.append(
                {
                    "system": system,
                    "resource": resource,
                    "external_id": remote.id,
                    "kind": "look",
                    "representation": remote.representation,
                    "data": dict(remote.data),
                    "looked_at": started,
                    "received_at": started,
                    "due_at": started,
                    "priority": int(first),
                }  # fmt: skip
            )
    return rows
