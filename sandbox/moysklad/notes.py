"""The event feed of a counterparty (moysklad docs: notes): no list of all notes, no webhooks."""

from __future__ import annotations

from typing import Any

from flask import Response, g, request

from .listing import envelope, number
from .state import Store
from .values import known
from .wire import BASE, ApiError, meta, read_body, reply

Row = dict[str, Any]
LONGEST = 4096


class Notes:
    """Routes of one account's notes. ``g.caller`` is who asks."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def table(self, entity: str) -> list[tuple[str, str, Any]]:
        rows = entity + "/<ident>/notes"
        return [("GET", rows, self.all), ("POST", rows, self.add), ("GET", rows + "/<row>", self.one)]

    def _of(self, kind: str, ident: str) -> list[Row]:
        if kind != "counterparty":
            raise ApiError(404, 1002, "Неизвестный путь")
        known(self.store, kind, ident)
        return self.store.notes[ident]

    def all(self, kind: str, ident: str) -> Response:
        limit, offset = number(request.args, "limit", 1000, 1, 1000), number(request.args, "offset", 0, 0, 10**9)
        with self.store.lock:
            rows = list(self._of(kind, ident))
        if request.args.get("order") == "created,desc":
            rows.reverse()
        return reply({"meta": envelope(request, "note", len(rows), limit, offset), "rows": rows[offset : offset + limit]})

    def add(self, kind: str, ident: str) -> Response:
        """One note or an array of them; the answer is an array."""
        body = read_body()
        made = []
        with self.store.lock:
            rows = self._of(kind, ident)
            for given in body if isinstance(body, list) else [body]:
                text = given.get("description") if isinstance(given, dict) else None
                if not text or len(text) > LONGEST:
                    raise ApiError(412, 3000, "Ошибка сохранения объекта: поле 'description' не может быть пустым", "description")
                made.append(self._note(ident, text))
            rows += made
        return reply(made)

    def _note(self, ident: str, text: str) -> Row:
        number = self.store.new_id()
        about = {"href": f"{BASE}/entity/counterparty/{ident}/notes/{number}", "type": "note", "mediaType": "application/json"}
        return {
            "meta": about, "id": number, "accountId": self.store.account, "created": self.store.stamp(), "description": text,
            "author": {"meta": meta("employee", self.store.employee(g.caller)["id"])}, "agent": {"meta": meta("counterparty", ident)},
        }  # fmt: skip

    def one(self, kind: str, ident: str, row: str) -> Response:
        with self.store.lock:
            found = next((n for n in self._of(kind, ident) if n["id"] == row), None)
        if found is None:
            raise ApiError(404, 1021, "Заметка не найдена")
        return reply(found)
