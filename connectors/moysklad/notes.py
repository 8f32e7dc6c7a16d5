"""Event notes of counterparties: the outcome of a call. Created only; found again by the hub key behind their text.

The API lists notes of one counterparty only and sends no webhooks for them (moysklad docs: event feed), so a note's id here is
``<counterparty>/<note>``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.contract import Outcome, Remote, Write
from connectors.errors import ConnectorError, Missing, Rejected, Unknown
from connectors.moysklad.api import BASE, Api

Json = Any
MARK = re.compile(r"\s*\[sverka:([0-9a-zA-Z-]+)\]\s*$")
PAGE = 1000


class Notes:
    """Notes of one account."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def write(self, write: Write) -> Outcome:
        """One note, unless it is there. Raises nothing."""
        agent = agent_of(write)
        if write.id is not None or not agent:
            return Outcome(
                error=Rejected(
                    "a note names its counterparty and never changes",
                    code="note",
                    field="agent.meta.href",
                    ru="заметка пишется контрагенту и не меняется",
                )
            )
        body = [{"description": f"{write.data.get('description', '')} [sverka:{write.key}]"}]
        try:
            answer = self.api.send("POST", f"entity/counterparty/{agent}/notes", body)
        except ConnectorError as error:
            return Outcome(error=error)
        row = answer[0] if isinstance(answer, list) and answer else answer
        if not isinstance(row, dict) or not row.get("id"):
            return Outcome(error=Unknown("the answer lacks the note", ru="в ответе нет заметки"))
        return Outcome(self.shown(agent, row, "answer"))

    def fetch(self, ids: Sequence[str]) -> list[Remote]:
        """By id, one request for each counterparty."""
        wanted: dict[str, set[str]] = {}
        for ident in ids:
            agent, _, note = ident.partition("/")
            wanted.setdefault(agent, set()).add(note)
        return [self.shown(agent, row, "fetch") for agent, notes in wanted.items() for row in self._of(agent) if row["id"] in notes]

    def _of(self, agent: str) -> list[Json]:
        """All notes of a counterparty, the newest first; none of one that is gone."""
        rows: list[Json] = []
        try:
            while True:
                params = {"limit": PAGE, "offset": len(rows), "order": "created,desc"}
                page = self.api.get(f"entity/counterparty/{agent}/notes", params)["rows"]
                rows += page
                if len(page) < PAGE:
                    return rows
        except Missing:
            return rows

    def created(self, writes: Sequence[Write]) -> list[Remote]:
        """Notes of these creates that are there: by the hub key in the notes of their counterparties."""
        keys = {write.key for write in writes}
        found: list[Remote] = []
        for agent in dict.fromkeys(filter(None, map(agent_of, writes))):
            found += [remote for row in self._of(agent) if (remote := self.shown(agent, row, "fetch")).data["key"] in keys]
        return found

    @staticmethod
    def shown(agent: str, row: Mapping[str, Json], view: str) -> Remote:
        """A note with its counterparty, its text without the mark, and the hub key as ``key``."""
        text = str(row.get("description", ""))
        mark = MARK.search(text)
        ident = f"{agent}/{row['id']}"
        data = dict(row) | {
            "id": ident,
            "agent": {"meta": {"href": f"{BASE}/entity/counterparty/{agent}", "type": "counterparty", "mediaType": "application/json"}},
            "description": MARK.sub("", text),
            "key": mark[1] if mark else None,
        }
        return Remote(ident, data, view)


def agent_of(write: Write) -> str:
    href = ((write.data.get("agent") or {}).get("meta") or {}).get("href") or ""
    return str(href).rstrip("/").rsplit("/", 1)[-1]
