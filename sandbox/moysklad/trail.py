"""The audit log of an account: who changed what, and by which way (moysklad docs: audit). The newest ten thousand entries are kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from .state import Store
from .wire import BASE

EVENTS = {"CREATE": "create", "UPDATE": "update", "DELETE": "delete"}


class Trail:
    """Entries, newest first. Callers of ``add`` hold the store's lock."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.entries: deque[dict[str, Any]] = deque(maxlen=10_000)

    def add(self, kind: str, ident: str, action: str, uid: str, source: str) -> None:
        """``source``: app (people at a screen), remap-1.2 (programs) ..."""
        number = self.store.new_id()
        about = {"href": f"{BASE}/audit/{number}", "type": "audit", "mediaType": "application/json"}
        self.entries.appendleft(
            {"meta": about, "id": number, "uid": uid, "moment": self.store.stamp()[:19], "source": source, "eventType": EVENTS.get(action, "update"), "entityType": kind}
        )  # fmt: skip

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
