"""Call tasks: planned calls in the timeline of a contact, which stand in the seller's own list of things to do.

A planned call (``TYPE_ID`` 2, not completed) and not a universal to-do, since it bears the phone to be dialled, the hub's key
(``ORIGINATOR_ID``, ``ORIGIN_ID``), by which one whose answer was lost is found, and may be taken up again after it was completed (bitrix24 docs:
crm.activity.add, crm.activity.todo.update). The text ends with a line for the seller's own word: it is shown apart, as ``REMARK``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from connectors.bitrix24.activity import CONTACT_TYPE, sweep
from connectors.bitrix24.api import Answer, Api, Command, Result, chunks
from connectors.bitrix24.calls import forbidden
from connectors.bitrix24.manifest import MANIFEST, ORIGINATOR
from connectors.bitrix24.nobodys import Nobodys
from connectors.contract import Outcome, Page, Remote, Write
from connectors.errors import ConnectorError, Rejected, Unknown

Json = Any
SELECT = [
    "ID", "TYPE_ID", "OWNER_TYPE_ID", "OWNER_ID", "SUBJECT", "DESCRIPTION", "START_TIME", "END_TIME", "COMPLETED", "RESPONSIBLE_ID",
    "COMMUNICATIONS", "LAST_UPDATED", "ORIGINATOR_ID", "ORIGIN_ID",
]  # fmt: skip
MINE = {"ORIGINATOR_ID": ORIGINATOR, "TYPE_ID": 2}
MARK = "Итог:"  # begins the last line of the text; what the seller writes after it is the remark
PLAIN = ("SUBJECT", "START_TIME", "END_TIME", "COMPLETED", "RESPONSIBLE_ID")  # are written as they are shown


class Tasks:
    """Reads and writes the call tasks of one portal. ``own``: the id of the user that the hub writes as, whose are those that are nobody's
    (bitrix24 docs: crm.activity fields, a responsible is required)."""

    def __init__(self, api: Api, own: Callable[[], Any]) -> None:
        self.api, self.own, self.nobodys = api, own, Nobodys(own, "RESPONSIBLE_ID")

    def changes(self, cursor: Mapping[str, Json]) -> Iterator[Page]:
        try:
            for rows, mark in sweep(self.api, MINE, SELECT, cursor):
                yield Page([self._remote(row, "list") for row in rows], mark, not mark.get("id"))
        except ConnectorError as error:
            if not forbidden(error):
                raise
            yield Page([], dict(cursor), True)

    def fetch(self, ids: Sequence[str]) -> list[Remote]:
        """By id; an activity that is no task of the hub's is not there."""
        return self._listed([{"ID": ident} | MINE for ident in ids if ident.isdigit()])

    def find(self, keys: Sequence[str]) -> list[Remote]:
        """By hub key."""
        return self._listed([{"ORIGIN_ID": key} | MINE for key in keys])

    def _listed(self, filters: Sequence[Mapping[str, Json]]) -> list[Remote]:
        asked = {str(i): Command("crm.activity.list", {"filter": one, "select": SELECT, "start": -1}) for i, one in enumerate(filters)}
        found = []
        for answer in self.api.many(asked).values():
            if isinstance(answer, ConnectorError):
                raise answer
            found += [self._remote(row, "fetch") for row in answer.result or ()]
        return found

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        """Each task in one batch with its reading back."""
        try:
            self.own()  # what is stored must be shown without another request
        except ConnectorError as error:
            return [Outcome(error=error) for _ in writes]
        outcomes: list[Outcome] = []
        for group in chunks([self.nobodys.sent(write) for write in writes], MANIFEST.resources["call_task"].batch):
            steps = {name: step for i, write in enumerate(group) for name, step in self._steps(write, f"t{i}").items()}
            try:
                answers = self.api.batch(steps, safe=False)
            except ConnectorError as error:
                outcomes += [Outcome(error=error) for _ in group]
            else:
                outcomes += [self._outcome(answers[f"t{i}_write"], answers[f"t{i}_shown"]) for i in range(len(group))]
        return outcomes

    def _steps(self, write: Write, name: str) -> dict[str, Command]:
        if write.id is None:
            step, ident = Command("crm.activity.add", {"fields": created(write)}), Result(f"$result[{name}_write]")
        else:
            step, ident = Command("crm.activity.update", {"id": int(write.id), "fields": fields(write)}), Result(write.id)
        return {f"{name}_write": step, f"{name}_shown": Command("crm.activity.list", {"filter": {"ID": ident}, "select": SELECT})}

    def _outcome(self, written: Answer | ConnectorError, read: Answer | ConnectorError) -> Outcome:
        if isinstance(written, ConnectorError):
            return Outcome(error=explained(written))
        if isinstance(read, Answer) and read.result:
            return Outcome(self._remote(read.result[0], "answer"))
        return Outcome(error=Unknown("the answer does not show what was stored", ru="в ответе не видно, что сохранено"))

    def _remote(self, row: Mapping[str, Json], view: str) -> Remote:
        return Remote(str(row["ID"]), self.nobodys.shown(shown(row)), view)


def shown(row: Mapping[str, Json]) -> dict[str, Json]:
    """A task with its contact and phone, and its text apart from the seller's word."""
    other: Mapping[str, Json] = next(iter(row.get("COMMUNICATIONS") or ()), {})
    text, remark = parted(str(row.get("DESCRIPTION") or ""))
    contact = int(row.get("OWNER_ID") or 0) if int(row.get("OWNER_TYPE_ID") or 0) == CONTACT_TYPE else 0
    same = {name: row.get(name) for name in ("ID", "SUBJECT", "START_TIME", "END_TIME", "COMPLETED", "ORIGIN_ID", "LAST_UPDATED")}
    more = {"CONTACT_ID": contact, "PHONE": other.get("VALUE") or "", "TEXT": text, "REMARK": remark}
    return {**same, "RESPONSIBLE_ID": int(row.get("RESPONSIBLE_ID") or 0), **more}


def parted(description: str) -> tuple[str, str]:
    """What the hub wrote, and what the seller wrote after the mark; without the mark, which somebody took away, all is the hub's."""
    text, mark, remark = description.rpartition(f"\n{MARK}")
    return (text.rstrip(), remark.strip()) if mark else (description.strip(), "")


def joined(text: str, remark: str) -> str:
    return f"{text}\n\n{MARK} {remark}".rstrip()


def fields(write: Write) -> dict[str, Json]:
    """What of a task is to change; the text and the seller's word, which are one field there, each stay where the other changes."""
    held = write.held or {}
    found = {name: write.data[name] for name in PLAIN if name in write.data}
    if "TEXT" in write.data or "REMARK" in write.data:
        text, remark = (str(({**held, **write.data}).get(name) or "") for name in ("TEXT", "REMARK"))
        found["DESCRIPTION"] = joined(text, remark)
    if write.data.get("PHONE"):
        contact = write.data.get("CONTACT_ID") or held.get("CONTACT_ID")
        found["COMMUNICATIONS"] = [{"TYPE": "PHONE", "VALUE": write.data["PHONE"], "ENTITY_ID": contact, "ENTITY_TYPE_ID": CONTACT_TYPE}]
    if write.quiet and (write.id is None or "START_TIME" in found):
        found["NOTIFY_TYPE"] = (
            0  # no reminder at the new time; another edit leaves the seller's own (bitrix24 docs: crm.enum.activitynotifytype)
        )
    return found


def created(write: Write) -> dict[str, Json]:
    owner = {"OWNER_TYPE_ID": CONTACT_TYPE, "OWNER_ID": write.data.get("CONTACT_ID"), "TYPE_ID": 2, "DIRECTION": 2, "DESCRIPTION_TYPE": 1}
    return {**owner, "COMPLETED": "N", **fields(write), "ORIGINATOR_ID": ORIGINATOR, "ORIGIN_ID": write.key}


def explained(error: ConnectorError) -> ConnectorError:
    """A refusal with the path that it speaks of: the vendor names fields in its text."""
    if isinstance(error, Rejected) and not error.field:
        named = {"COMMUNICATIONS": "PHONE", "binding": "CONTACT_ID"} | {name: name for name in PLAIN}
        error.field = next((path for word, path in named.items() if word in error.message), "")
    return error
