"""What the services of the stand-in tell of: customers, orders and receipts of a small shop, each with the time of its last change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
EMPTY = "0001-01-01T00:00:00"
STATES = ("Новый", "В работе", "Выполнен", "Отменен")


class Shop:
    """``now``: the base's clock; ``new_id``: a guid."""

    def __init__(self, now: Callable[[], str], new_id: Callable[[], str]) -> None:
        self.now, self.new_id = now, new_id
        self.tables: dict[str, dict[str, Row]] = {"customers": {}, "orders": {}, "receipts": {}}
        self.watchers: list[Callable[[str, Row, str], None]] = []  # told of every change: (table, row, who made it)

    def keep(self, table: str, row: Row, *, by: str = "") -> Row:
        """A row put in, or in the place of the one of its id. ``by``: the exchange that brought it; empty: a person or a service."""
        ident = str(row.get("Id") or self.new_id())
        held = self.tables[table].get(ident, {})
        made = {**held, **row, "Id": ident, "ModifiedAt": self.now()}
        made.setdefault("Deleted", False)
        if table != "customers":
            made.setdefault("Date", self.now())
            made.setdefault("Number", f"ЛВ00-{len(self.tables[table]) + 1:06d}")
        self.tables[table][ident] = made
        for watcher in self.watchers:
            watcher(table, made, by)
        return made

    def changed(self, table: str, since: str) -> list[Row]:
        rows = [row for row in self.tables[table].values() if row["ModifiedAt"] >= since]
        return sorted(rows, key=lambda row: (row["ModifiedAt"], row["Id"]))
