"""Calls: rows of the telephony's statistics, and call activities that people wrote down themselves, in the statistics' names.

bitrix24 docs, telephony: a row appears when a call ends and never changes; the hub writes one by ``register`` and ``finish`` without a
call card and without a chat message. Its customer is shown as ``CONTACT_ID``: a call may also hang on a lead or a company.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.bitrix24.activity import CONTACT_TYPE, PAGE, sweep
from connectors.bitrix24.api import Answer, Api, Command, Result
from connectors.bitrix24.faults import RIGHTS
from connectors.bitrix24.manifest import ORIGINATOR
from connectors.contract import Outcome, Page, Remote, Write
from connectors.errors import ConnectorError, Missing, Rejected

Json = Any
TRAIL = 20  # rows read again by each poll: ids are given before a row can be seen
ACTIVITY = "act:"
TELEPHONY = "VI_"  # begins the ORIGIN_ID of an activity that the telephony made of a call
ACTIVITY_FIELDS = [
    "ID", "TYPE_ID", "PROVIDER_ID", "COMPLETED", "DIRECTION", "START_TIME", "END_TIME", "RESPONSIBLE_ID", "SUBJECT", "DESCRIPTION",
    "OWNER_TYPE_ID", "OWNER_ID", "COMMUNICATIONS", "LAST_UPDATED", "ORIGINATOR_ID", "ORIGIN_ID",
]  # fmt: skip
BY_WEBHOOK = (
    "входящий вебхук не может писать звонки: подключите локальное приложение (client_id, client_secret)",
    "an incoming webhook may not write calls: connect a local application (client_id, client_secret)",
)
STEPS = 4  # commands that one written call may need


class Calls:
    """Reads and writes the calls of one portal."""

    def __init__(self, api: Api, user: Any, line: str) -> None:
        self.api, self.user, self.line = api, user, line

    def changes(self, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Statistics by id, then activities by time of change. Without the right to either, nothing: `check` says so."""
        held = dict(cursor)
        try:
            for rows, last_id in self._statistics(int(held.get("call", 0))):
                held["call"] = max(last_id, int(held.get("call", 0)))
                yield Page([Remote(r["CALL_ID"], r, "list") for r in rows], dict(held), False)
        except ConnectorError as error:
            if not forbidden(error):
                raise
        try:
            for rows, mark in self._activities(dict(held.get("activity") or {})):
                held["activity"] = mark
                yield Page([Remote(r["CALL_ID"], r, "list") for r in rows], dict(held), not mark.get("id"))
                if not mark.get("id"):
                    return
        except ConnectorError as error:
            if not forbidden(error):
                raise
        yield Page([], held, True)

    def _statistics(self, last: int) -> Iterator[tuple[list[dict[str, Json]], int]]:
        after = max(0, last - TRAIL)
        while True:
            answer = self.api.call("voximplant.statistic.get", {"FILTER": {">ID": after}, "SORT": "ID", "ORDER": "ASC"})
            rows = answer.result or []
            if not rows:
                return
            after = int(rows[-1]["ID"])
            yield [shown(row) for row in rows if row.get("CALL_ID")], after
            if len(rows) < PAGE:
                return

    def _activities(self, mark: dict[str, Json]) -> Iterator[tuple[list[dict[str, Json]], dict[str, Json]]]:
        for rows, following in sweep(self.api, {"TYPE_ID": 2, "COMPLETED": "Y"}, ACTIVITY_FIELDS, mark):
            yield [row for row in map(noted, rows) if row], following

    def fetch(self, ids: Sequence[str]) -> list[Remote]:
        """By CALL_ID, or by activity (``act:17``); an activity that is no finished call is not there."""
        asked = {str(i): _asked(ident) for i, ident in enumerate(ids)}
        found = []
        for key, answer in self.api.many(asked).items():
            if isinstance(answer, ConnectorError):
                if isinstance(answer, Missing) or forbidden(answer):
                    continue
                raise answer
            made = [noted(r) if ids[int(key)].startswith(ACTIVITY) else shown(r) for r in answer.result or ()]
            found += [Remote(row["CALL_ID"], row, "fetch") for row in made[:1] if row]
        return found

    def find(self, keys: Sequence[str]) -> list[Remote]:
        """Finished calls by hub key."""
        asked = {str(i): Command("voximplant.statistic.get", {"FILTER": {"EXTERNAL_CALL_ID": key}}) for i, key in enumerate(keys)}
        found = []
        for answer in self.api.many(asked).values():
            if isinstance(answer, ConnectorError):
                raise answer
            found += [Remote(row["CALL_ID"], shown(row), "fetch") for row in answer.result or () if row.get("EXTERNAL_CALL_ID") in keys]
        return found

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        """Each call registered and finished in one batch; the row of the statistics is read back in the same."""
        if not self.api.access.is_app:
            return [Outcome(error=Rejected(BY_WEBHOOK[1], code="WRONG_AUTH_TYPE", ru=BY_WEBHOOK[0])) for _ in writes]
        outcomes: list[Outcome] = []
        for start in range(0, len(writes), 50 // STEPS):
            outcomes += self._group(writes[start : start + 50 // STEPS])
        return outcomes

    def _group(self, writes: Sequence[Write]) -> list[Outcome]:
        try:
            steps: dict[str, Command] = {}
            for i, write in enumerate(writes):
                steps |= {f"c{i}_{name}": step for name, step in self._steps(write, f"c{i}").items()}
            answers = self.api.batch(steps, safe=False)
        except ConnectorError as error:
            return [Outcome(error=error) for _ in writes]
        return [self._outcome(write, answers, f"c{i}") for i, write in enumerate(writes)]

    def _steps(self, write: Write, name: str) -> dict[str, Command]:
        data, call = write.data, Result(f"$result[{name}_register][CALL_ID]")
        user = int(data.get("PORTAL_USER_ID") or 0) or self.user()
        register: dict[str, Json] = {
            "USER_ID": user, "PHONE_NUMBER": data.get("PHONE_NUMBER"), "TYPE": data.get("CALL_TYPE") or "2",
            "CALL_START_DATE": data.get("CALL_START_DATE"), "CRM_CREATE": 0, "SHOW": 0, "ADD_TO_CHAT": 0, "EXTERNAL_CALL_ID": write.key,
        }  # fmt: skip
        if data.get("CONTACT_ID"):
            register |= {"CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": data["CONTACT_ID"]}
        if self.line:
            register["LINE_NUMBER"] = self.line
        finish = {"CALL_ID": call, "USER_ID": user, "DURATION": data.get("CALL_DURATION") or 0, "ADD_TO_CHAT": 0}
        if data.get("CALL_FAILED_CODE"):
            finish["STATUS_CODE"] = data["CALL_FAILED_CODE"]
        steps = {
            "register": Command("telephony.externalCall.register", {k: v for k, v in register.items() if v is not None}),
            "finish": Command("telephony.externalCall.finish", finish),
        }
        if data.get("CALL_RECORD_URL"):
            record = {"CALL_ID": call, "FILENAME": f"{write.key}.mp3", "RECORD_URL": data["CALL_RECORD_URL"]}
            steps["record"] = Command("telephony.externalCall.attachRecord", record)
        return steps | {"shown": Command("voximplant.statistic.get", {"FILTER": {"CALL_ID": call}})}

    def _outcome(self, write: Write, answers: Mapping[str, Answer | ConnectorError], name: str) -> Outcome:
        """A call whose finish failed may have been finished by an earlier try: then its row is there."""
        registered, finished = answers[f"{name}_register"], answers[f"{name}_finish"]
        if isinstance(registered, ConnectorError):
            return Outcome(error=registered)
        row = answers.get(f"{name}_shown")
        if isinstance(row, Answer) and row.result:
            return Outcome(Remote(row.result[0]["CALL_ID"], shown(row.result[0]), "answer"))
        if isinstance(finished, ConnectorError):
            return Outcome(error=finished)
        ident = str(registered.result["CALL_ID"])
        told = {**write.data, "CALL_ID": ident, "EXTERNAL_CALL_ID": write.key}  # without the right to see statistics
        return Outcome(Remote(ident, told, "answer"))


def _asked(ident: str) -> Command:
    if ident.startswith(ACTIVITY):
        return Command("crm.activity.list", {"filter": {"ID": ident.removeprefix(ACTIVITY)}, "select": ACTIVITY_FIELDS})
    return Command("voximplant.statistic.get", {"FILTER": {"CALL_ID": ident}})


def forbidden(error: ConnectorError) -> bool:
    """Whether this portal does not let us see calls at all."""
    return isinstance(error, Rejected) and (error.code in RIGHTS or "access denied" in error.message.lower())


def shown(row: Mapping[str, Json]) -> dict[str, Json]:
    """A row of the statistics with its contact, and numbers as numbers."""
    contact = int(row.get("CRM_ENTITY_ID") or 0) if row.get("CRM_ENTITY_TYPE") == "CONTACT" else 0
    numbers = {key: int(row[key]) for key in ("PORTAL_USER_ID", "CALL_DURATION") if str(row.get(key) or "").isdigit()}
    return {**row, **numbers, "CONTACT_ID": contact}


def noted(row: Mapping[str, Json]) -> dict[str, Json] | None:
    """A finished call activity that no telephony made, in the names of the statistics; anything else is None, a task of the hub's too: that
    it is done does not say that anybody called."""
    if (
        row.get("ORIGINATOR_ID") == ORIGINATOR
        or str(row.get("TYPE_ID")) != "2"
        or row.get("COMPLETED") != "Y"
        or str(row.get("ORIGIN_ID") or "").startswith(TELEPHONY)
    ):
        return None
    other: Mapping[str, Json] = next(iter(row.get("COMMUNICATIONS") or ()), {})
    owner = (int(row.get("OWNER_TYPE_ID") or 0), int(row.get("OWNER_ID") or 0))
    spoken = (int(other.get("ENTITY_TYPE_ID") or 0), int(other.get("ENTITY_ID") or 0))
    contact = next((ident for kind, ident in (spoken, owner) if kind == CONTACT_TYPE), 0)
    return {
        "CALL_ID": f"{ACTIVITY}{row['ID']}",
        "EXTERNAL_CALL_ID": row.get("ORIGIN_ID") or "",
        "CALL_TYPE": "2" if str(row.get("DIRECTION")) == "1" else "1",
        "PHONE_NUMBER": other.get("VALUE") or "",
        "CALL_START_DATE": row.get("START_TIME"),
        "CALL_DURATION": seconds_between(row.get("START_TIME"), row.get("END_TIME")),
        "PORTAL_USER_ID": int(row.get("RESPONSIBLE_ID") or 0),
        "CONTACT_ID": contact,
        "COMMENT": row.get("DESCRIPTION") or row.get("SUBJECT") or "",
    }


def seconds_between(start: Json, end: Json) -> int | None:
    try:
        return max(0, int((datetime.fromisoformat(str(end)) - datetime.fromisoformat(str(start))).total_seconds()))
    except (ValueError, TypeError):
        return None
