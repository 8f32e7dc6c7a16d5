"""What becomes of links when a vendor makes one of two of its objects itself (Bitrix24: merge of contacts; MoySklad: combining counterparties).

No vendor says which object took the other in. The survivor shows it: a phone, e-mail or card of the one that vanished appears in it within a
day. Then the two records are one, as if a person had merged them, and a person can take it back. Where nothing was taken over (both had the
same phone before) it may as well have been a deletion: the pair stays with people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection

from hub.app import Hub
from hub.config.settings import zone
from hub.language.refused import Refused
from hub.storage import inbox, unions
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link
from hub.sync.batch import Absorbed
from hub.sync.context import BatchContext
from hub.sync.familiar import ANEW, CALLED
from hub.sync.follow import follow
from hub.sync.identify import SHARED_LIMIT, match_keys
from hub.sync.observe import empty
from hub.sync.uniting import MERGED_IN, merge_within
from mappings import Mapping as CompiledMapping

Json = Any
Keys = set[tuple[str, str]]
ENTITY = "customer"
BUSY = 10.0  # seconds after which records that were being written to are tried again
log = structlog.get_logger()


def reunite(hub: Hub, system: str, resource: str, ids: Iterable[str]) -> int:
    """Let the links of objects that vanished into another follow it. ``ids``: objects that were just looked at, those that were not found
    among them. Returns how many records or links moved. Costs a few statements a batch."""
    mapping = hub.mapping(system, resource)
    wanted = sorted(set(ids))
    if mapping is None or mapping.entity != ENTITY or not wanted:
        return 0
    with hub.store.read() as at:
        if not _Vanished(hub, at, mapping, system, wanted).any():
            return 0
    absorbed, busy = Absorbed(), list[str]()
    with hub.store.state() as at:
        found = _Vanished(hub, at, mapping, system, wanted)
        moved = _promote(hub, at, found)
        for gone, survivor in found.merged():
            try:
                link_rows.save(at, [found.speaking(survivor)])
                merge_within(hub, at, survivor.record_id, gone.record_id, absorbed, actor=f"{MERGED_IN}{system}")
                moved += 1
            except Refused:  # it is being written to at this moment
                busy.append(gone.external_id or "")
    follow(hub, absorbed)
    _again(hub, system, resource, busy)
    log.info("vendor.merged", system=system, resource=resource, moved=moved, busy=len(busy))
    return moved


class _Vanished:
    """The records of a batch of objects and of all that share a key with them, by what became of their objects in one system."""

    def __init__(self, hub: Hub, at: Connection, mapping: CompiledMapping, system: str, ids: Sequence[str]) -> None:
        self.hub, self.at, self.mapping = hub, at, mapping
        self.kinds = hub.settings.identity.get(ENTITY, ())
        self.context = BatchContext(at, system, zone(hub.settings.systems[system].timezone))
        seen = {x.record_id for x in link_rows.by_external(at, system, mapping.resource, ids).values() if x.record_id}
        self.links = link_rows.by_records(at, seen, system=system)
        keys = {key for some in self.links.values() for x in some for key in self.keys(x)}
        self.holders = record_rows.holders(at, ENTITY, keys, most=SHARED_LIMIT)
        others = {r for found in self.holders.values() if len(found) <= SHARED_LIMIT for r in found} - seen
        self.links |= link_rows.by_records(at, others, system=system)

    def any(self) -> bool:
        """Whether there is anything to move."""
        return bool(self.orphaned() or self.merged())

    def orphaned(self) -> list[tuple[Link, Link]]:
        """(primary that is gone, the record's other object that lives on)."""
        found = []
        for some in self.links.values():
            lost = link_rows.primary(some)
            living = next((x for x in some if x.role == "alias" and x.state == "live"), None)
            if lost is not None and lost.state == "gone" and living is not None:
                found.append((lost, living))
        return found

    def merged(self) -> list[tuple[Link, Link]]:
        """(object that is gone, the one object that took a key of it over)."""
        found = []
        for gone in self._lost():
            mine = self.keys(gone)
            sharing = {r for key in mine for r in self.holders.get(key, ()) if r != gone.record_id}
            heirs = [x for r in sorted(sharing) for x in self.links.get(r, ()) if x.state == "live" and mine & self._gained(x).keys()]
            if len(heirs) == 1 and not self._kept_apart(gone, heirs[0]):
                found.append((gone, heirs[0]))
        return found

    def keys(self, link: Link) -> Keys:
        """The match keys that the object itself had when it was last seen."""
        return self._keys(link.base)

    def _lost(self) -> list[Link]:
        """Objects that are gone, of records that have no other in this system."""
        lonely = [some for some in self.links.values() if not any(x.state in ("live", "creating", "archived") for x in some)]
        return [x for some in lonely for x in some if x.state == "gone" and x.role in ("primary", "alias")][:SHARED_LIMIT]

    def speaking(self, survivor: Link) -> Link:
        """The survivor as somebody has just chosen it: what it shows is its word of that moment, so that the other's values fill its gaps and
        no more. Sets are joined either way."""
        moment = max(self._gained(survivor).values())
        for path, value in survivor.base.items():
            names = [f.field for f in self.mapping.by_path.get(path, ())]
            sets = any(self.hub.settings.policy(ENTITY, name).keeps_edits for name in names)
            if names and not sets and not empty(value) and path not in self.mapping.write_only:
                survivor.contribution[path] = {"v": value, "t": moment}
        return survivor

    def _gained(self, link: Link) -> dict[tuple[str, str], float]:
        """The keys that users, or the vendor, added to an object lately, and when."""
        found: dict[tuple[str, str], float] = {}
        for path, entry in link.contribution.items():
            if not any(f.field in CALLED for f in self.mapping.by_path.get(path, ())):
                continue
            for before, after, at in entry.get("ops", ()):
                if at is not None and self.hub.clock() - at <= ANEW:
                    known = self._keys({path: before}) if before is not None else set()
                    found |= dict.fromkeys(self._keys({path: after}) - known, at)
        return found

    def _keys(self, values: Mapping[str, Json]) -> Keys:
        return match_keys(ENTITY, self.mapping.decode_all(dict(values), self.context)[0], self.kinds)

    def _kept_apart(self, gone: Link, heir: Link) -> bool:
        pair = unions.between(self.at, gone.record_id, heir.record_id)
        return pair is not None and pair["decision"] == unions.DIFFERENT


def _promote(hub: Hub, at: Connection, found: _Vanished) -> int:
    """The object that lives on becomes the record's own, so that it is written."""
    pairs = found.orphaned()
    for lost, living in pairs:
        lost.role, living.role = "alias", "primary"
    link_rows.save(at, [x for pair in pairs for x in pair])
    records = record_rows.load(at, [living.record_id for _, living in pairs])
    hub.outbox.open(at, [(x.system, ENTITY, x.record_id, records[x.record_id].version) for _, x in pairs], now=hub.clock())
    return len(pairs)


def _again(hub: Hub, system: str, resource: str, ids: Sequence[str]) -> None:
    now = hub.clock()
    row = {"system": system, "resource": resource, "kind": "hint", "looked_at": now, "received_at": now, "due_at": now + BUSY}
    if ids:
        with hub.store.intake() as at:
            inbox.put(at, [row | {"external_id": ident} for ident in ids])
