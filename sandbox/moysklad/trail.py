"""The audit log of an account: who changed what, and by which way (moysklad docs: audit). The newest ten thousand entries are kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from .state import Store
from .wire import BASE, ApiError, meta

KEPT = 10_000
EVENTS = {"CREATE": "create", "UPDATE": "update", "DELETE": "delete"}


class Trail:
    """Entries, newest first. Callers of ``add`` hold the store's lock."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.entries: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.what: deque[tuple[str, dict[str, Any]]] = deque(maxlen=KEPT)  # (id of the entry, its event)

    def add(self, kind: str, ident: str, action: str, uid: str, source: str) -> None:
        """``source``: app (people at a screen), remap-1.2 (programs) ..."""
        number = self.store.new_id()
        about = {"href": f"{BASE}/audit/{number}", "type": "audit", "mediaType": "application/json"}
        self.entries.appendleft(
            {"meta": about, "id": number, "uid": uid, "moment": self.store.stamp()[:19], "source": source, "eventType": EVENTS.get(action, "update"), "entityType": kind}
        )  # fmt: skip

        entity = {"meta": meta(kind, ident)}
        shared = {name: self.entries[0][name] for name in ("uid", "moment", "source", "eventType", "entityType")}
        self.what.appendleft((number, shared | {"entity": entity, "audit": {"meta": about}}))

    def events(self, number: str, url: str) -> dict[str, Any]:
        """What one entry consists of. Raises ApiError 1021."""
        with self.store.lock:
            rows = [event for entry, event in self.what if entry == number]
        if not rows:
            raise ApiError(404, 1021, f"Объект с идентификатором '{number}' не найден")
        return {"meta": _about(url, "auditevent", rows), "rows": rows}

    def of(self, kind: str, ident: str, url: str) -> dict[str, Any]:
        """The events of one object, newest first. The caller holds the store's lock."""
        href = meta(kind, ident)["href"]
        rows = [event for _, event in self.what if event["entity"]["meta"]["href"] == href]
        return {"meta": _about(url, "auditevent", rows), "rows": rows}

    def page(self, args: Mapping[str, str], url: str) -> dict[str, Any]:
        """A list by ``filter`` (moment>=, source=, uid=, entityType=; conditions of one field are alternatives), 25 rows or ``limit`` up to 100."""
        since, wanted = "", dict[str, set[str]]()
        for part in filter(None, args.get("filter", "").split(";")):
            if part.startswith("moment>="):
                since = part.removeprefix("moment>=")[:19]
                continue
            name, _, value = part.partition("=")
            wanted.setdefault(name, set()).add(value)
        with self.store.lock:
            rows = [e for e in self.entries if e["moment"] >= since and all(e.get(name) in values for name, values in wanted.items())]
        limit, offset = max(1, min(100, int(args.get("limit", 25)))), int(args.get("offset", 0))
        about = {"href": url, "type": "audit", "mediaType": "application/json", "size": len(rows), "limit": limit, "offset": offset}
        return {"meta": about, "rows": rows[offset : offset + limit]}


def _about(url: str, kind: str, rows: list[Any]) -> dict[str, Any]:
    return {"href": url, "type": kind, "mediaType": "application/json", "size": len(rows), "limit": 1000, "offset": 0}
