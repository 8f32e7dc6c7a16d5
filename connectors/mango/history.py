"""Finished calls by reports: one is ordered for a period, prepared for a while, and fetched by its key as CSV.

What a report of a period shows of a conversation that is still going on is a part of it: a call is taken once its last leg has ended for a while,
and periods overlap by more than a call lasts. Of one that began before the period it shows a part, too: a report is ordered from earlier on, and a
call is taken by where it began. A recording may come hours after its call: the overlap is as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors import waiting
from connectors.contract import Page, Remote, SystemSettings
from connectors.errors import Missing, Unavailable
from connectors.mango import shape
from connectors.mango.api import Api
from connectors.mango.sendable import COLUMNS, REPORT

Json = Any
Place = dict[str, Json]
OVERLAP = 6 * 3600.0  # seconds read again by each poll
SETTLES = 120.0  # seconds after its last leg until a conversation counts as over
RECORDED = 600.0  # seconds after which no further recording of a conversation is waited for
STRADDLES = 3 * 3600.0  # seconds at either edge of a report whose calls are left to the one before or after it, which shows them whole
PERIOD = 28 * 86_400.0  # seconds of one report: a month is the vendor's most
BACK = 28 * 86_400.0  # seconds that a first load reads, unless told otherwise
PACE = 5.0  # seconds between two questions for a report (vendor's reference: limits)
TURN = 8  # questions of one turn: reports are kept for a minute, so that the next poll may come too late for one
PAGE = 500


class History:
    """Option ``history_since``: the day from which a first load reads (four weeks back)."""

    def __init__(self, api: Api, settings: SystemSettings, sleep: Callable[[float], None] = waiting.sleep) -> None:
        self.api, self.sleep = api, sleep
        since = str(settings.options.get("history_since") or "")
        zone = ZoneInfo(settings.timezone)
        self.beginning = datetime.fromisoformat(since).replace(tzinfo=zone).timestamp() if since else None

    def changes(self, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """``mark``: up to when all was read. While reports are read: ``from``, ``goal``; and of the report under way ``till``, ``key``, ``asked``
        and whether it was ``empty`` once."""
        place, asked = dict(cursor) if "goal" in cursor else self._begin(cursor), 0
        while True:
            if "key" not in place:
                place = self._ordered(place)
                yield Page([], place, False)
            report, place = self._waited(place)
            if report is None:
                asked += 1
                yield Page([], place, False, waits=asked % TURN == 0)
                self.sleep(max(0.0, float(place.get("asked", 0.0)) + PACE - self.api.now()))
                continue
            found, done, there = self._calls(report, place), place["till"] >= place["goal"], place
            place = {"mark": place["goal"]} if done else {"from": place["till"] - OVERLAP, "goal": place["goal"]}
            groups = [found[start : start + PAGE] for start in range(0, len(found), PAGE)] or [[]]
            for group in groups[:-1]:
                yield Page(group, there, False)  # who stops here reads the same report again
            yield Page(groups[-1], place, done)
            if done:
                return

    def _begin(self, cursor: Mapping[str, Json]) -> Place:
        now = float(int(self.api.now()))
        first = self.beginning if self.beginning is not None else now - BACK
        return {"from": min(float(cursor["mark"]) - OVERLAP if "mark" in cursor else first, now - 1.0), "goal": now}

    def _ordered(self, place: Place) -> Place:
        since = place["from"] - STRADDLES
        till = min(since + PERIOD, place["goal"])
        fields = {"date_from": int(since), "date_to": int(till), "fields": ",".join(COLUMNS)}
        return {"from": place["from"], "goal": place["goal"], "till": till, "key": str(self.api.ask(REPORT, fields).get("key") or "")}

    def _waited(self, place: Place) -> tuple[list[shape.Row] | None, Place]:
        """The rows of a report, or None where it is not ready; and the place as it is then. A report with nothing in it is asked for twice: so
        looks an answer whose body was lost, too."""
        if self.api.now() < float(place.get("asked", 0.0)) + PACE:
            return None, place
        try:
            told = self.api.result(place["key"])
        except Missing:
            return None, {"from": place["from"], "goal": place["goal"], "asked": self.api.now()}
        if told is None or not (told.strip() or place.get("empty")):
            return None, place | {"asked": self.api.now()} | ({} if told is None else {"empty": True})
        try:
            return shape.legs(told), place
        except ValueError as error:
            raise Unavailable(f"the report is not what was asked for: {error}", code="report") from error

    def _calls(self, rows: list[shape.Row], place: Place) -> list[Remote]:
        live = place["till"] >= place["goal"]
        found = []
        for ident, mine in shape.conversations(rows).items():
            since = place["goal"] - max(shape.whole(leg["finish"]) for leg in mine)
            over = since >= SETTLES
            begun = shape.whole(mine[0]["start"])
            whole = begun >= place["from"] and (live or begun < place["till"] - STRADDLES)
            row = shape.of_legs(mine) if over and whole else None
            if row is None:
                continue
            if since < RECORDED and len(str(row.get("recording", "")).split()) < sum(bool(shape.whole(leg["answer"])) for leg in mine):
                row.pop("recording", None)  # each leg has its own, and they are told once
            found.append(Remote(ident, row, "list"))
        return found
