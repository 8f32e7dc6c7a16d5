"""Contacts and deals: read in sweeps and by id, found by key, written in batches. A deal is shown with its ``productRows``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connectors.bitrix24.api import COMMANDS, Answer, Api, Command, chunks
from connectors.bitrix24.faults import named_field
from connectors.bitrix24.funnel import Funnel
from connectors.bitrix24.group import grouped, request_of, shown_by, to_be_shown
from connectors.bitrix24.manifest import HUB_KEY, ORIGINATOR
from connectors.bitrix24.nobodys import Nobodys
from connectors.bitrix24.shape import item, listing, row_list
from connectors.contract import Outcome, Page, Remote, Write
from connectors.errors import ConnectorError, Missing, Rejected, Unknown

Json = Any
PAGE = 50
DUPLICATES = 20  # values in one crm.duplicate.findbycomm
OVERLAP = timedelta(seconds=60)


class Items:
    """The items of one portal. ``own``: the id of the user that the hub writes as: it is nobody's responsible. ``funnel``: whose deals are call
    tasks and no orders."""

    def __init__(self, api: Api, own: Any, funnel: Funnel | None = None) -> None:
        self.api, self.own, self.funnel = api, own, funnel
        self.nobodys = Nobodys(own, "assignedById")
        self._titles: dict[str, dict[str, str]] = {}

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Items changed since the mark, by id (bitrix24 docs: start=-1). The mark that follows is the vendor's time at the first page."""
        mark, begun, after = str(cursor.get("mark", "")), str(cursor.get("begun", "")), int(cursor.get("id", 0))
        while True:
            wanted: dict[str, Json] = {">id": after}
            if mark:
                wanted[">=updatedTime"] = (datetime.fromisoformat(mark) - OVERLAP).isoformat()
            start = 0 if not mark and not after else -1  # the first page of a full sweep is counted, for the progress
            asked = listing(resource, wanted, start)
            answer = self.api.call(asked.method, asked.params)
            begun = begun or str(answer.time.get("date_start", ""))
            rows = answer.result["items"]
            last = len(rows) < PAGE
            after = rows[-1]["id"] if rows else after
            following = {"mark": begun} if last else {"mark": mark, "begun": begun, "id": after}
            yield Page(self._remotes(resource, rows, "list"), following, last, answer.total if start == 0 else None)
            if last:
                return

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        """By id, 50 to a command; deals with their rows, 49 to a request."""
        known = [int(i) for i in ids if i.isdigit()]
        if resource == "deal":
            return [remote for chunk in chunks(known, COMMANDS - 1) for remote in self._deals(chunk)]
        asked = {str(n): listing(resource, {"@id": list(chunk)}) for n, chunk in enumerate(chunks(known, PAGE))}
        return self._remotes(resource, self._rows_of(asked), "fetch")

    def _deals(self, ids: Sequence[int]) -> list[Remote]:
        """One request: the deals, and the rows of each. What is said of the rows of a deal that is not there, or not to be seen, is nothing."""
        answers = self.api.batch({"deals": listing("deal", {"@id": list(ids)}), **{str(owner): row_list(owner) for owner in ids}})
        listed = answers.pop("deals")
        if isinstance(listed, ConnectorError):
            raise listed
        rows = self._of_funnel("deal", listed.result["items"])
        lines = self._lines({str(row["id"]): answers[str(row["id"])] for row in rows})
        return self._with_lines([row for row in rows if row["id"] in lines], lines, "fetch")

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        """By hub key, phone, e-mail or card."""
        if key in ("phone", "email"):
            return self.fetch(resource, self._duplicates(key, values)) if resource == "contact" else []
        field = {"hub": f"@{HUB_KEY}", "card": "@UF_CRM_CARD"}[key]
        mine = {"=originatorId": ORIGINATOR} if key == "hub" else {}
        asked = {str(n): listing(resource, {**mine, field: list(chunk)}) for n, chunk in enumerate(chunks(list(values), PAGE // 2))}
        return self._remotes(resource, self._rows_of(asked), "fetch")

    def _duplicates(self, key: str, values: Sequence[str]) -> list[str]:
        asked = {
            str(n): Command("crm.duplicate.findbycomm", {"type": key.upper(), "values": list(chunk), "entity_type": "CONTACT"})
            for n, chunk in enumerate(chunks(list(values), DUPLICATES))
        }
        found: set[int] = set()
        for answer in self.api.many(asked).values():
            if isinstance(answer, ConnectorError):
                raise answer
            if isinstance(answer.result, dict):  # nothing found is ``[]``
                found |= {int(i) for i in answer.result.get("CONTACT") or ()}
        return [str(i) for i in sorted(found)]

    def _rows_of(self, asked: Mapping[str, Command]) -> list[dict[str, Json]]:
        rows = []
        for answer in self.api.many(asked).values():
            if isinstance(answer, ConnectorError):
                raise answer
            rows += answer.result["items"]
        return rows

    def _remotes(self, resource: str, rows: Sequence[dict[str, Json]], view: str) -> list[Remote]:
        rows = self._of_funnel(resource, rows)
        if resource == "deal" and rows:
            lines = self._lines(self.api.many({str(row["id"]): row_list(row["id"]) for row in rows}))
            return self._with_lines([row for row in rows if row["id"] in lines], lines, view)
        return [Remote(str(row["id"]), self.nobodys.shown(row), view) for row in rows]

    def _of_funnel(self, resource: str, rows: Sequence[dict[str, Json]]) -> Sequence[dict[str, Json]]:
        """Of deals the orders, or the call tasks."""
        funnel = self.funnel
        if resource == "call_deal":
            return [funnel.shown(row) for row in rows if funnel.made(row)] if funnel else []
        return [row for row in rows if not funnel.holds(row)] if resource == "deal" and funnel else rows

    def _with_lines(self, rows: Sequence[dict[str, Json]], lines: Mapping[int, list[dict[str, Json]]], view: str) -> list[Remote]:
        return [Remote(str(row["id"]), self.nobodys.shown({**row, "productRows": lines[row["id"]]}), view) for row in rows]

    def _lines(self, answers: Mapping[str, Answer | ConnectorError]) -> dict[int, list[dict[str, Json]]]:
        """The rows of deals from the first page of each; a deal that went meanwhile is not in the answer."""
        found: dict[int, list[dict[str, Json]]] = {int(owner): [] for owner in answers}
        while answers:
            following = {}
            for key, answer in answers.items():
                if isinstance(answer, Missing):
                    found.pop(int(key), None)
                elif isinstance(answer, ConnectorError):
                    raise answer
                else:
                    found[int(key)] += answer.result["productRows"]
                    if answer.next is not None:
                        following[key] = row_list(int(key), start=answer.next)
            answers = self.api.many(following)
        return found

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        try:
            self.own()  # what is stored must be shown without another request
        except ConnectorError as error:
            return [Outcome(error=error) for _ in writes]
        outcomes: list[Outcome] = []
        for group in grouped(resource, [self._sent(resource, write) for write in writes]):
            outcomes += self._group(resource, group)
        return outcomes

    def _sent(self, resource: str, write: Write) -> Write:
        if resource == "call_deal" and self.funnel:
            write = replace(write, data=self.funnel.sent(write.data, new=write.id is None))
        return self.nobodys.sent(write)

    def _group(self, resource: str, group: Sequence[tuple[Write, Mapping[str, Command]]]) -> list[Outcome]:
        """One batch; an object with more rows than a batch takes is alone in its group and goes in several."""
        request = request_of(resource, group)
        answers: dict[str, Answer | ConnectorError] = {}
        for chunk in chunks(list(request.commands), COMMANDS):
            try:
                answers |= self.api.batch({key: request.commands[key] for key in chunk}, safe=False)
            except ConnectorError as error:
                lost = Unknown(error.message, code=error.code, ru=error.ru) if answers else error
                answers |= {key: lost for key in request.commands if key not in answers}
                break
        shown = shown_by(answers)
        told = request.told(answers, lambda body: self.api.refusal(body, "crm.item.batchImport"))
        return [self._outcome(resource, write, [told[key] for key in own], list(own.values()), shown) for write, own in group]

    def _outcome(
        self,
        resource: str,
        write: Write,
        answers: Sequence[Answer | ConnectorError],
        steps: Sequence[Command],
        shown: Mapping[int, dict[str, Json]],
    ) -> Outcome:
        """What is stored, or the first refusal. Where a part had been done before it, only a look can tell what is there."""
        refused = next((a for a in answers if isinstance(a, ConnectorError)), None)
        if refused is not None:
            done = any(isinstance(a, Answer) and writes(s.method) for a, s in zip(answers, steps, strict=True))
            if done and not isinstance(refused, Unknown):
                return Outcome(
                    error=Unknown(f"written in part: {refused.message}", code=refused.code, ru=f"записано частью: {refused.russian}")
                )
            return Outcome(error=self._explained(resource, refused, steps[answers.index(refused)]))
        stored: dict[str, Json] = {}
        for answer in answers:
            if isinstance(answer, Answer) and isinstance(answer.result, dict):
                stored |= answer.result.get("item") or {}
                if "productRows" in answer.result:
                    stored["productRows"] = answer.result["productRows"]
        ident = int(stored.get("id") or 0)
        if not ident or (to_be_shown(write) and ident not in shown):
            return Outcome(error=Unknown("the answer does not show what was stored", ru="в ответе не видно, что сохранено"))
        if write.id is None:
            stored |= shown.get(ident) or {}
            if resource == "deal":
                stored.setdefault("productRows", [])
        whole = resource != "deal" or "productRows" in stored
        if resource == "call_deal" and self.funnel:
            stored = self.funnel.shown(stored)
        return Outcome(Remote(str(ident), self.nobodys.shown(stored), "answer" if whole else "answer_bare"))

    def _explained(self, resource: str, error: ConnectorError, step: Command) -> ConnectorError:
        """A refusal with the remote path that it speaks of: the vendor names fields by their titles."""
        if not isinstance(error, Rejected) or error.field:
            return error
        if "productrow" in step.method:
            error.field = "productRows"
        elif title := named_field(error.message):
            path = self.titles(resource).get(title.casefold(), "")
            error.field = "stage" if resource == "call_deal" and path == "stageId" else path
        return error

    def titles(self, resource: str) -> dict[str, str]:
        """Title of a field, in small letters -> its path; nothing where the portal does not tell."""
        if resource not in self._titles:
            try:
                fields = self.api.call("crm.item.fields", item(resource)).result["fields"]
            except (ConnectorError, TypeError, KeyError):
                return {}
            self._titles[resource] = {str(about.get("title", "")).casefold(): name for name, about in fields.items()}
        return self._titles[resource]


def writes(method: str) -> bool:
    return method.rsplit(".", 1)[-1] in ("add", "update", "delete", "set", "import")
