"""The contract's methods for VK Ads: a list of users is made anew, waited for until it is ready, put in the old one's place, which is deleted then.

A list cannot be emptied or replaced, and advertisements name a segment, not a list. So a segment under the audience's name stays for good, and
what it is made of changes. Names of lists bear the version of the people in them: no list is made twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors.audiences import UPLOAD, WAIT, NoObjects, People, Rules, Sight, form
from connectors.contract import Health, Limiter, SystemSettings, TokenStore
from connectors.errors import Missing
from connectors.vk_ads import health
from connectors.vk_ads.api import Api, Used
from connectors.vk_ads.manifest import MANIFEST, RULES

Json = Any
Row = dict[str, Json]
SWITCH, DROP = "switch", "drop"
KINDS = ("phones", "emails")
DEAD = ("pending_delete", "deleting", "deleted", "deleted_to_notify")
USERS_LIST = "remarketing_users_list"


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> VkAds:
    return VkAds(settings, limiter, tokens, clock)


class VkAds(NoObjects):
    """One cabinet. Options: ``hashing``, ``agency_client``."""

    manifest = MANIFEST

    def __init__(self, settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> None:
        self.api = Api(settings, limiter, tokens, clock)
        self._rules = replace(RULES, hashing=str(settings.options.get("hashing") or RULES.hashing))

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the vendor's clock is ahead of ours; None before any answer."""
        return self.api.http.clock.skew

    def rules(self) -> Rules:
        return self._rules

    def look(self, name: str, place: Mapping[str, Json]) -> Sight:
        if begun := place.get("begun"):
            return self._under_way(name, place, begun)
        if place.get("old"):
            return Sight(place, "waits", DROP, str(place.get("version") or ""))
        rows = {kind: row for kind, ident in (place.get("lists") or {}).items() if (row := self._list(ident)) is not None}
        if not rows or rows.keys() != place["lists"].keys():  # a person has deleted one
            return Sight({k: v for k, v in place.items() if k == "segment"}, "none", UPLOAD)
        return Sight(place, "ready", UPLOAD, str(place.get("version") or ""), *_sizes(rows.values()), "ready")

    def _under_way(self, name: str, place: Mapping[str, Json], begun: Mapping[str, Json]) -> Sight:
        """What an upload has made so far: known by its id, or by its name where the answer was lost."""
        version, found = str(begun["version"]), {}
        same = place.get("of") == version
        for kind in self._kinds(begun["phones"], begun["emails"]):
            row = self._list(place["new"][kind]) if same and kind in (place.get("new") or {}) else None
            row = row or next(iter(self.api.named("users_lists.json", _called(name, version, kind))), None)
            if row is not None and row.get("status") not in DEAD:
                found[kind] = row
        kept = _stale(place, version) | {"new": {kind: int(row["id"]) for kind, row in found.items()}, "of": version}
        if len(found) < len(self._kinds(begun["phones"], begun["emails"])):
            return Sight(kept, "none", UPLOAD)
        waits = [str(row.get("status")) for row in found.values() if row.get("status") != "ready"]
        size, matched = _sizes(found.values())
        return Sight(kept, "processing" if waits else "waits", WAIT if waits else SWITCH, "", size, matched, ", ".join(waits) or "ready")

    def _list(self, ident: Json) -> Row | None:
        try:
            row = self.api.get(f"users_lists/{ident}.json")
        except Missing:
            return None
        return None if row.get("status") in DEAD else row

    def _kinds(self, phones: int, emails: int) -> list[str]:
        """Each kind is a list, where there are enough for one."""
        return [kind for kind, number in zip(KINDS, (phones, emails), strict=True) if number >= self._rules.least]

    def upload(self, name: str, place: Mapping[str, Json], people: People) -> Row:
        """A list of each kind that is not there yet."""
        place = _stale(place, people.version)
        new = dict(place["new"])
        for kind in self._kinds(people.phones, people.emails):
            called = _called(name, people.version, kind)
            if kind not in new and (there := self.api.named("users_lists.json", called)):
                new[kind] = int(there[0]["id"])
            if kind in new:
                continue
            data = f'{{"name": "{_quoted(called)}", "type": "{kind}"}}'
            column = KINDS.index(kind)
            with form((row[column] for row in people.rows() if row[column]), "audience.txt", {"data": data}) as file:
                new[kind] = int(self.api.send(file)["id"])
        return {**place, "new": new, "of": people.version}

    def step(self, name: str, place: Mapping[str, Json], what: str) -> Row:
        return self._switch(name, place) if what == SWITCH else self._drop(place)

    def _switch(self, name: str, place: Mapping[str, Json]) -> Row:
        """The new lists into the segment, then the old ones out of it: it is never empty. Said again it finds what is done already."""
        new: Mapping[str, int] = place["new"]
        wanted = {int(ident) for ident in new.values()}
        segment = self._segment(name, place, wanted)
        held = self._relations(segment)
        if missing := sorted(wanted - {source for _, source in held}):
            self.api.post(f"segments/{segment}/relations.json", {"items": [_relation(ident) for ident in missing]})
        for relation, source in held:
            if source not in wanted:
                self.api.delete(f"segments/{segment}/relations/{relation}.json")
        old = {*(place.get("old") or ()), *(place.get("lists") or {}).values(), *(source for _, source in held)} - wanted
        return {"segment": segment, "lists": dict(new), "version": place["of"], "old": sorted(old)}

    def _segment(self, name: str, place: Mapping[str, Json], lists: set[int]) -> int:
        """The segment of the audience, made where there is none of its name."""
        if there := self.api.named("segments.json", name):
            known = next((row for row in there if row["id"] == place.get("segment")), there[0])
            return int(known["id"])
        body = {"name": name, "pass_condition": 1, "relations": [_relation(ident) for ident in sorted(lists)]}
        return int(self.api.post("segments.json", body)["id"])

    def _relations(self, segment: int) -> list[tuple[int, int]]:
        """(id, list) of the lists that a segment is made of."""
        rows = self.api.get(f"segments/{segment}/relations.json", fields="id,object_id,object_type,params").get("items") or ()
        mine = [row for row in rows if row.get("object_type") == USERS_LIST]
        return [(int(row["id"]), int((row.get("params") or {}).get("source_id") or row.get("object_id") or 0)) for row in mine]

    def _drop(self, place: Mapping[str, Json]) -> Row:
        """The old lists are deleted. One that a person uses elsewhere stays, and is named by the check."""
        for ident in place["old"]:
            try:
                self.api.delete(f"users_lists/{ident}.json")
            except Used:
                continue
        return {k: v for k, v in place.items() if k != "old"}

    def check(self) -> Health:
        return health.check(self.api)


def _called(name: str, version: str, kind: str) -> str:
    return f"{name} #{version[:12]} {kind}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _relation(ident: int) -> Row:
    return {"object_type": USERS_LIST, "params": {"source_id": ident, "type": "positive"}}


def _stale(place: Mapping[str, Json], version: str) -> Row:
    """The place for lists of this version: those of another that were never put to use are to be deleted."""
    same = place.get("of") == version
    old = [*(place.get("old") or ()), *(() if same else (place.get("new") or {}).values())]
    kept = {k: v for k, v in place.items() if k not in ("begun", "old", "new", "of")}
    return kept | {"new": dict(place.get("new") or {}) if same else {}, "of": version} | ({"old": old} if old else {}) | _begun(place)


def _begun(place: Mapping[str, Json]) -> Row:
    return {"begun": place["begun"]} if "begun" in place else {}


def _sizes(rows: Any) -> tuple[int, int]:
    """Rows and people found, of all lists."""
    found = list(rows)
    return sum(int(row.get("entries_count") or 0) for row in found), sum(int(row.get("matched_ids_count") or 0) for row in found)
