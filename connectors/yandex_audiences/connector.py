"""The contract's methods for Yandex Audience: a segment is uploaded, confirmed under its name, and replaced as a whole from then on.

An upload without its confirmation is of no use to anybody and bears no key. So what is unconfirmed is looked at before an upload; where the
answer was lost, the one that was not there before, with as many rows, is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.audiences import UPLOAD, WAIT, NoObjects, People, Rules, Sight, form
from connectors.contract import Health, Limiter, SystemSettings, TokenStore
from connectors.yandex_audiences import health
from connectors.yandex_audiences.api import Api
from connectors.yandex_audiences.manifest import MANIFEST, RULES

Json = Any
Row = dict[str, Json]
CONFIRM, UNCONFIRMED = "confirm", "uploaded"
HEAD = "phone,email"
STATES = {  # yandex.ru/dev/audience: UploadingSegment, status
    "is_processed": "processing", "is_updated": "processing", "processed": "ready", "few_data": "few", "processing_failed": "failed",
}  # fmt: skip


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> YandexAudiences:
    return YandexAudiences(settings, limiter, clock)


class YandexAudiences(NoObjects):
    """One account."""

    manifest = MANIFEST

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        self.api = Api(settings, limiter, clock)

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the vendor's clock is ahead of ours; None before any answer."""
        return self.api.http.clock.skew

    def rules(self) -> Rules:
        return RULES

    def look(self, name: str, place: Mapping[str, Json]) -> Sight:
        """One list of all segments answers everything. One that a person has deleted is made anew."""
        rows = {int(row["id"]): row for row in self.api.segments()}
        begun = place.get("begun") or {}
        mine = rows.get(int(place.get("id") or 0)) or _named(rows.values(), name)
        if mine is None and begun and (lost := _lost(rows.values(), place, begun)):
            mine, place = lost, {**place, "version": begun["version"]}
        if mine is None:
            known = sorted(ident for ident, row in rows.items() if row.get("status") == UNCONFIRMED)
            return Sight({"unconfirmed": known}, "none", UPLOAD)
        known_by_id = mine["id"] == place.get("id", mine["id"])
        version = str(place.get("version") or "") if known_by_id else ""
        kept = {"id": int(mine["id"]), "version": version}
        if mine.get("status") == UNCONFIRMED:
            return Sight(kept, "waits", CONFIRM)
        state = STATES.get(str(mine.get("status")), "processing")
        size, matched = mine.get("item_quantity"), mine.get("matched_quantity")
        return Sight(kept, state, WAIT if state == "processing" else UPLOAD, version, size, matched, str(mine.get("status") or ""))

    def upload(self, name: str, place: Mapping[str, Json], people: People) -> Row:
        """A new segment, or the whole of one that is there. A small one is taken only in place of another: nobody who refused stays in it."""
        lines = (",".join(row) for row in people.rows())
        with form(_headed(lines), "audience.csv") as file:
            if not place.get("id"):
                made = self.api.send("segments/upload_csv_file", file, safe=False)
                return {"id": int(made["id"]), "version": people.version}
            small = {"check_size": "false"} if people.count < RULES.least else {}
            self.api.send(f"segment/{place['id']}/modify_data", file, safe=True, modification_type="replace", **small)
            return {"id": place["id"], "version": people.version}

    def step(self, name: str, place: Mapping[str, Json], what: str) -> Row:
        """The name of the audience is the only place for a key of ours."""
        segment = {"id": place["id"], "name": name, "hashed": True, "hashing_alg": "SHA256", "content_type": "crm"}
        self.api.confirm(int(place["id"]), segment)
        return dict(place)

    def check(self) -> Health:
        return health.check(self.api)


def _headed(lines: Any) -> Any:
    yield HEAD
    yield from lines


def _named(rows: Any, name: str) -> Row | None:
    """The segment of this name, confirmed before the hub lost what it knew of it; of several the newest."""
    found = [row for row in rows if row.get("name") == name and row.get("status") != UNCONFIRMED]
    return max(found, key=lambda row: int(row["id"]), default=None)


def _lost(rows: Any, place: Mapping[str, Json], begun: Mapping[str, Json]) -> Row | None:
    """What an upload without an answer has made: unconfirmed, not there before, with as many rows."""
    before: Sequence[int] = place.get("unconfirmed") or ()
    new = [row for row in rows if row.get("status") == UNCONFIRMED and int(row["id"]) not in before]
    found = [row for row in new if row.get("item_quantity") in (None, begun["count"])]
    return max(found, key=lambda row: int(row["id"]), default=None)
