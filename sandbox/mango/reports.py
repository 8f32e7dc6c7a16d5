"""Reports of the basic statistics: ordered, prepared for a while, told as CSV without a header; kept for some minutes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from .state import Conversation, Leg, Pbx
from .wire import DATES, FORMAT, LACKS, Refused, stamp

Row = dict[str, Any]
DEFAULT = "records,start,finish,answer,from_extension,from_number,to_extension,to_number,disconnect_reason,line_number,location"
EXTRA = ("entry_id", "create")
MONTH = 31 * 86_400
KEPT = 600.0  # seconds; the vendor says a minute at least
WORDS = {1121: "Busy"}  # a sample of the vendor's has a word for a code


@dataclass(slots=True)
class Report:
    since: int
    till: int
    fields: list[str]
    asked: float
    polls: int
    party: Row


class Reports:
    """``polls``: how often a report is not ready when it is asked for; ``lag``: seconds after its end until a call is in the history; ``words``:
    whether some reasons are told as words; ``brackets``: whether recordings stand in brackets, which the vendor's text and sample disagree on."""

    def __init__(self, pbx: Pbx) -> None:
        self.pbx, self.polls, self.lag, self.words, self.brackets = pbx, 1, 0.0, False, True
        self.ordered = 0
        self._kept: dict[str, Report] = {}

    def order(self, body: Row) -> Row:
        """Raises Refused."""
        for name in ("date_from", "date_to"):
            if name not in body:
                raise Refused(LACKS, name)
        since, till = stamp(body["date_from"], "date_from"), stamp(body["date_to"], "date_to")
        if not 0 <= till - since <= MONTH:
            raise Refused(DATES, "date_to")
        told = body.get("fields") or DEFAULT
        fields = told.split(",") if isinstance(told, str) else list(told)
        if unknown := set(fields) - {*DEFAULT.split(","), *EXTRA}:
            raise Refused(FORMAT, ",".join(sorted(map(str, unknown))))
        party = {name: body[name] for name in ("from", "to", "call_party") if isinstance(body.get(name), dict)}
        key = str(uuid.uuid4())
        self._kept[key] = Report(since, till, fields, self.pbx.now().timestamp(), self.polls, party)
        self.ordered += 1
        return {"key": key}

    def result(self, key: str) -> str | None:
        """The CSV; None while it is not ready. Raises KeyError for a key that is not known any more."""
        report = self._kept[key]
        if self.pbx.now().timestamp() - report.asked > KEPT:
            raise KeyError(key)
        if report.polls > 0:
            report.polls -= 1
            return None
        told = []
        for one in sorted(self.pbx.conversations.values(), key=lambda c: (c.created, c.entry_id)):
            told += [self._row(one, leg, report.fields) for leg in one.legs if self._shown(leg, report)]
        return "".join(f"{line}\n" for line in told)

    def _shown(self, leg: Leg, report: Report) -> bool:
        """A leg that has ended for long enough, began within the period, and is of the party that was asked for."""
        if leg.finish + self.lag > self.pbx.now().timestamp() or not report.since <= leg.start <= report.till:
            return False
        sides = {"from": [leg.source], "to": [leg.target], "call_party": [leg.source, leg.target]}
        return all(any(wanted.items() <= side.items() for side in sides[name]) for name, wanted in report.party.items())

    def _row(self, one: Conversation, leg: Leg, fields: list[str]) -> str:
        records = ",".join(leg.recordings)
        values: Row = {
            "records": f"[{records}]" if self.brackets else records, "start": leg.start, "finish": leg.finish, "answer": leg.answer,
            "from_extension": leg.source.get("extension", ""), "from_number": leg.source.get("number", ""),
            "to_extension": leg.target.get("extension", ""), "to_number": leg.target.get("number", ""),
            "disconnect_reason": WORDS.get(leg.reason, leg.reason) if self.words else leg.reason, "line_number": one.line,
            "location": leg.location, "entry_id": one.entry_id, "create": one.created,
        }  # fmt: skip
        return ";".join(str(values[name]) for name in fields)
