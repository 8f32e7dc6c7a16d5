"""Reads the collections of a base: everything at first, then what changed within a window of days. The interface has no change feed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.contract import Page, Remote
from connectors.onec.api import Api
from connectors.onec.profiles import Profile
from connectors.onec.scan import Scan, kept
from connectors.onec.states import States

Json = Any
PAGE, KEYS_PAGE, BACK = 200, 1000, 10  # objects, keys, and objects read again on the next page: one that goes moves the others up
WINDOW, NIGHTLY = 3, 35  # days of documents that every poll, and the first poll of a day, look over


def beside(api: Api, profile: Profile, resource: str, rows: Sequence[Json]) -> list[Json]:
    """Rows with what stands elsewhere in the base: of orders, their states."""
    return States(api, profile.register).beside(rows) if resource == "orders" else list(rows)


class Feed:
    """``rows``: (collection, ids) -> their rows, with what stands beside them; ``shown``: rows as objects of a list."""

    def __init__(
        self,
        api: Api,
        profile: Profile,
        options: Mapping[str, Json],
        shown: Callable[[str, Sequence[Json]], list[Remote]],
        rows: Callable[[str, Sequence[str]], list[Json]],
    ) -> None:
        self.api, self.profile, self.options, self.shown, self.rows = api, profile, options, shown, rows

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """At first everything; then the objects whose version, or whose neighbours' version, is not what it was: of documents in a window
        of days, of customers all."""
        if not cursor.get("done"):
            yield from self._sweep(resource, cursor)
            return
        now = self.api.local()
        nightly = cursor.get("night") != now.strftime("%Y-%m-%d")
        begin = self._begin(resource, now, NIGHTLY if nightly else WINDOW)
        scan, marks = self._scan(resource, begin), cursor.get("marks") or {}
        idents = scan.changed(marks)
        oldest = self._begin(resource, now, NIGHTLY)
        following = {"done": True, "night": now.strftime("%Y-%m-%d"), "marks": kept(marks, scan.marks, begin, oldest)}
        pieces = [idents[start : start + PAGE] for start in range(0, len(idents), PAGE)] or [[]]
        for piece in pieces:
            last = piece is pieces[-1]
            yield Page(self.shown(resource, self.rows(resource, piece)), following if last else cursor, last)

    def _begin(self, resource: str, now: datetime, days: int) -> str:
        """From which date on documents are looked at: the beginning of a day, so that what is dated three days ago is in. Empty: no dates."""
        if not self.profile.places[resource].document:
            return ""
        option = "nightly_days" if days == NIGHTLY else "window_days"
        chosen = int(self.options.get(option) or days)
        return (now - timedelta(days=chosen)).strftime("%Y-%m-%dT00:00:00")

    def _scan(self, resource: str, begin: str) -> Scan:
        """Versions of all objects, or of documents from ``begin`` on."""
        place = self.profile.places[resource]
        scan, skip = Scan(place.document), 0
        states = States(self.api, self.profile.register).open() if resource == "orders" else {}
        chosen = {"select": "Ref_Key,DataVersion,Date", "orderby": "Date,Ref_Key", "filter": f"Date ge datetime'{begin}'"}
        if not place.document:
            chosen = {"select": "Ref_Key,DataVersion", "orderby": "Ref_Key"}
        while True:
            rows = self.api.rows(place.set, **chosen, top=KEYS_PAGE, skip=skip)
            for row in rows:
                scan.add({**row, "DataVersion": f"{row['DataVersion']} {states.get(str(row['Ref_Key']), '')}"})
            if len(rows) < KEYS_PAGE:
                return scan
            skip += len(rows)

    def _sweep(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Everything, page by page. Versions are taken before: what changes meanwhile differs from them afterwards."""
        place, now = self.profile.places[resource], self.api.local()
        night, marks = cursor.get("night"), cursor.get("marks")
        if marks is None:
            night, marks = now.strftime("%Y-%m-%d"), self._scan(resource, self._begin(resource, now, NIGHTLY)).marks
        skip = int(cursor.get("skip", 0))
        while True:
            skip = max(0, skip - BACK)
            rows = self.api.rows(place.set, orderby="Date,Ref_Key" if place.document else "Ref_Key", top=PAGE, skip=skip)
            last = len(rows) < PAGE
            skip += len(rows)
            following: dict[str, Json] = {"night": night, "marks": marks} | ({"done": True} if last else {"skip": skip})
            yield Page(self.shown(resource, beside(self.api, self.profile, resource, rows)), following, last)
            if last:
                return
