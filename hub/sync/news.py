"""Which objects of a page may say something new: only those are put into the inbox, as looks or as hints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from connectors.contract import Page, Remote, Representation, ResourceManifest
from hub.app import Hub, timezone_of
from hub.storage import inbox
from hub.storage import links as link_rows
from hub.storage.links import Link
from hub.sync.context import BatchContext
from hub.sync.erased import ERASED, Erased, readable, withholds
from hub.sync.fulfilment import named
from hub.sync.observe import completing
from mappings import Mapping

Json = Any


@dataclass(frozen=True, slots=True)
class Pass:
    """``started``: before this page was asked for. ``since``: when the pass before this one began. ``first``: there was none; it belongs
    to ``run``."""

    started: float
    since: float
    first: bool
    run: str = ""


def news(hub: Hub, system: str, resource: str, page: Page, this: Pass) -> list[dict[str, Json]]:
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


def _row(system: str, resource: str, remote: Remote, this: Pass, kind: str) -> dict[str, Json]:
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


def hints(system: str, resource: str, idents: Iterable[str], *, started: float) -> list[dict[str, Json]]:
    """Rows that have objects fetched of which no page says anything."""
    return [_row(system, resource, Remote(ident, {}), Pass(started, 0.0, False), "hint") for ident in idents]
