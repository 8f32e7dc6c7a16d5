"""What changed: export tasks by period, each chunk from its start to its last row, and the feed of merges before them.

No list exists: a task is started, prepared for minutes, and read as files. Its number is kept in the cursor before anybody asks for it, so
that a killed worker asks for the same one. Nothing younger than five minutes is in an export: the period ends before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from connectors import waiting
from connectors.contract import Page, Remote, SystemSettings
from connectors.errors import Missing, Rejected, Unavailable
from connectors.mindbox import exports
from connectors.mindbox.api import Api
from connectors.mindbox.exports import Cancelled, moment

Json = Any
Place = dict[str, Json]
Reads = Callable[[Mapping[str, Json]], Remote]
LAG = 310.0  # seconds: what is younger than five minutes is in no list (mindbox docs: exports-overview), and a margin
OVERLAP = 600.0  # seconds read again
PACE = 15.0  # seconds between two questions for a task (third-party exporters: 10 to 60)
PAGE = 1000
MERGES = 1000
SHORTEST = 3600.0  # seconds: a period this short that is still too much is told to a person
BEGINNING = "2010-01-01"


class Feed:
    """Options: ``history_since``, the day from which a first load reads; ``export_pace``, seconds between two questions for a task."""

    def __init__(
        self, api: Api, settings: SystemSettings, ask: Callable[[], object], sleep: Callable[[float], None] = waiting.sleep
    ) -> None:
        """``ask``: any question to the vendor, whose answer bears its time."""
        self.api, self.ask, self.sleep = api, ask, sleep
        self.pace = float(settings.options.get("export_pace") or PACE)
        since = str(settings.options.get("history_since") or BEGINNING)
        self.beginning = datetime.fromisoformat(f"{since}T00:00:00+00:00").timestamp()

    def now(self) -> float:
        """The vendor's time: periods are told by its clock."""
        if self.api.http.clock.skew is None:
            self.ask()
        return self.api.now() + (self.api.http.clock.skew or 0.0)

    def changes(
        self, what: str, cursor: Mapping[str, Json], read: Reads, *, merges: bool = False, more: Mapping[str, Json] | None = None
    ) -> Iterator[Page]:
        """Pages of what an export operation shows since the mark. ``read``: a row as an object; ``merges``: who was merged away is told first."""
        place = dict(cursor) if "goal" in cursor else self._begin(cursor)
        if merges and "goal" not in cursor and "mark" in cursor and self.api.has("customer_merges"):
            yield Page([], place, False, gone=self.merged(place["from"], place["goal"]))
        while True:
            if "task" not in place:
                place = self._started(what, place, more or {})
                yield Page([], place, False)
            urls = self._waited(what, place)
            if isinstance(urls, dict):  # what is to be done instead
                place = urls
                yield Page([], place, False, waits="task" in place)
                if "task" in place:
                    self.sleep(max(0.0, float(place["asked"]) + self.pace - self.api.now()))
                continue
            for page in self._pages(place, urls, read):
                yield page
                place = dict(page.cursor)
                if page.last:
                    return

    def _begin(self, cursor: Mapping[str, Json]) -> Place:
        since = float(cursor["mark"]) - OVERLAP if "mark" in cursor else self.beginning
        goal = self.now() - LAG
        before = {"was": cursor["was"]} if "was" in cursor else {}
        return before | {"from": min(since, goal - 1.0), "goal": goal, "span": goal - since + 1.0}

    def _started(self, what: str, place: Place, more: Mapping[str, Json]) -> Place:
        """A task of the period. The same period is the same task, which shows what was there when it was first asked for."""
        till, began = min(place["from"] + place["span"], place["goal"]), self.api.now()
        task, (known, before) = exports.start(self.api, what, place["from"], till, more), place.get("was") or ("", began)
        return place | {"task": task, "till": till, "file": 0, "row": 0, "began": before if task == known else began}

    def _waited(self, what: str, place: Place) -> list[str] | Place:
        """The files of the task; or the place as it is then: asked a moment ago, or not to be had."""
        if self.api.now() < float(place.get("asked", 0.0)) + self.pace:
            return place
        try:
            urls = exports.files(self.api, what, place["task"])
        except Cancelled as error:
            return self._shorter(place, str(error))
        return urls if urls is not None else place | {"asked": self.api.now()}

    def _pages(self, place: Place, urls: list[str], read: Reads) -> Iterator[Page]:
        """Pages of the files that are left; the last one leads on to the next period, or ends the sweep."""
        was = {"was": [place["task"], place["began"]]}
        begin, done = {k: place[k] for k in ("from", "goal", "span")} | was, place["till"] >= place["goal"]
        following: Place = {"mark": place["goal"], **was} if done else begin | {"from": place["till"]}
        for file in range(int(place["file"]), len(urls)):
            start = int(place["row"]) if file == int(place["file"]) else 0
            try:
                rows = islice(exports.rows(self.api.file(urls[file])), start, None)
            except Missing:  # kept for 180 days; a task of the same period would be the same one
                yield Page([], begin | {"from": place["from"] - 1.0}, False)
                return
            except Unavailable as error:
                if error.code != "too_large":
                    raise
                yield Page([], self._shorter(place, error.message), False)
                return
            while some := list(islice(rows, PAGE)):
                start += len(some)
                yield Page([read(row) for row in some], place | {"file": file, "row": start}, False, as_of=float(place["began"]))
        yield Page([], following, done)

    def _shorter(self, place: Place, why: str) -> Place:
        """Half of the period, in a task of its own. Raises Rejected where it is as short as can be."""
        span = (place["till"] - place["from"]) / 2
        if span < SHORTEST:
            raise Rejected(f"the export was given up: {why}", code="export")
        return {"from": place["from"], "goal": place["goal"], "span": span}

    def merged(self, since: float, till: float) -> list[str]:
        """Ids of customers who became part of another in a period: they lead to that one from then on."""
        gone: list[str] = []
        number = 1
        while True:
            page = {"pageNumber": number, "itemsPerPage": MERGES, "sinceDateTimeUtc": moment(since), "tillDateTimeUtc": moment(till)}
            found = self.api.read("customer_merges", {"customerMergesPage": page}).get("customerMerges") or ()
            gone += [
                str(one["ids"]["mindboxId"])
                for row in found
                for one in row.get("mergedCustomers") or ()
                if (one.get("ids") or {}).get("mindboxId")
            ]
            if len(found) < MERGES:
                return gone
            number += 1
