"""Lines of a document as a collection of their own: ``/entity/<document>/<id>/positions`` (moysklad docs: documents, positions)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, request

from .documents import line, total
from .listing import envelope, expanded, number, shown
from .state import DOCUMENTS, Store
from .values import known
from .wire import ApiError, read_body, reply, target

Row = dict[str, Any]
Announce = Callable[[str, str, str, list[str]], None]  # kind, id, action, changed fields


class Positions:
    """Routes of one account's lines. A line that is made, changed or removed saves its document."""

    def __init__(self, store: Store, announce: Announce) -> None:
        self.store, self.announce = store, announce

    def table(self, entity: str) -> list[tuple[str, str, Any]]:
        rows = entity + "/<ident>/positions"
        return [
            ("GET", rows, self.all),
            ("POST", rows, self.add),
            ("POST", rows + "/batch", self.add),
            ("POST", rows + "/delete", self.remove_many),
            ("GET", rows + "/<row>", self.get),
            ("PUT", rows + "/<row>", self.put),
            ("DELETE", rows + "/<row>", self.remove),
        ]

    def document(self, kind: str, ident: str) -> Row:
        if kind not in DOCUMENTS:
            raise ApiError(404, 1002, "Неизвестный путь")
        return known(self.store, kind, ident)

    def held(self, kind: str, ident: str, row: str) -> tuple[Row, Row]:
        """(document, its line). Raises ApiError 1021."""
        item = self.document(kind, ident)
        found = next((p for p in item.get("positions", []) if p["id"] == row), None)
        if found is None:
            raise ApiError(404, 1021, "Позиция не найдена")
        return item, found

    def all(self, kind: str, ident: str) -> Response:
        limit, offset = number(request.args, "limit", 1000, 1, 1000), number(request.args, "offset", 0, 0, 10**9)
        with self.store.lock:
            held = self.document(kind, ident).get("positions", [])
            rows = [shown(self.store, p, expanded(request.args, limit)) for p in held[offset : offset + limit]]
        return reply({"meta": envelope(request, f"{kind}position", len(held), limit, offset), "rows": rows})

    def get(self, kind: str, ident: str, row: str) -> Response:
        with self.store.lock:
            return reply(shown(self.store, self.held(kind, ident, row)[1], expanded(request.args)))

    def _relined(self, kind: str, item: Row, rows: Any) -> None:
        fresh = {**item, "positions": rows}
        total(fresh)
        self.store.put(kind, fresh)
        self.announce(kind, item["id"], "UPDATE", ["positions", "sum"])

    def add(self, kind: str, ident: str) -> Response:
        """One line or an array of them; those that name a line of the document by ``id`` change it."""
        body = read_body()
        with self.store.lock:
            item = self.document(kind, ident)
            new = [line(self.store, kind, item, given) for given in (body if isinstance(body, list) else [body])]
            named = {row["id"]: row for row in new}
            kept = [named.pop(row["id"], row) for row in item.get("positions", [])]
            self._relined(kind, item, [*kept, *named.values()])
        return reply(new)

    def put(self, kind: str, ident: str, row: str) -> Response:
        body = read_body()
        with self.store.lock:
            item, _ = self.held(kind, ident, row)
            new = line(self.store, kind, item, {**body, "id": row})
            self._relined(kind, item, [new if p["id"] == row else p for p in item["positions"]])
        return reply(new)

    def remove(self, kind: str, ident: str, row: str) -> Response:
        with self.store.lock:
            item, gone = self.held(kind, ident, row)
            self._relined(kind, item, [p for p in item["positions"] if p is not gone])
        return reply(None)

    def remove_many(self, kind: str, ident: str) -> Response:
        """An array of ``{"meta": ...}`` of lines; one answer for each."""
        out = []
        with self.store.lock:
            for given in read_body():
                target(given)
                row = str(given["meta"]["href"]).rstrip("/").rsplit("/", 1)[-1]
                try:
                    item, gone = self.held(kind, ident, row)
                except ApiError as error:
                    out.append(error.body)
                    continue
                self._relined(kind, item, [p for p in item["positions"] if p is not gone])
                out.append({"info": "Позиция успешно удалена"})
        return reply(out)
