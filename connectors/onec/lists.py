"""Short lists of a base, by name: organisations, stores, people, states, kinds of contact information; cards and goods by their guids."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from connectors.errors import Rejected
from connectors.onec.api import Api, guid

Json = Any
LASTS = 600.0  # seconds that a list is believed
AGAIN = 20.0  # seconds before a list is read again for what it lacks
PAGE = 500
KEPT = 5000  # rows remembered by guid


class Lists:
    """Rows of short lists, read once and again when they are old or lack what is asked for."""

    def __init__(self, api: Api, clock: Callable[[], float] = time.monotonic) -> None:
        self.api, self.clock = api, clock
        self._lists: dict[str, tuple[float, dict[str, Json]]] = {}
        self._rows: dict[tuple[str, str], Json] = {}

    def rows(self, name: str, older: float = LASTS) -> Mapping[str, Json]:
        """Guid -> row of a whole list, never older than asked."""
        kept = self._lists.get(name)
        if kept is None or self.clock() - kept[0] > older:
            kept = self._lists[name] = (self.clock(), self._read(name))
        return kept[1]

    def _read(self, name: str) -> dict[str, Json]:
        found: dict[str, Json] = {}
        while True:
            rows = self.api.rows(name, orderby="Ref_Key", top=PAGE, skip=len(found))
            found |= {str(row["Ref_Key"]): row for row in rows}
            if len(rows) < PAGE:
                return found

    def name_of(self, name: str, ident: str) -> str:
        """The name of a row; its guid where there is no such row: what cannot be named is not empty."""
        for older in (LASTS, AGAIN):
            if (row := self.rows(name, older).get(ident)) is not None:
                return str(row.get("Description", "")).strip()
        return ident

    def by_name(self, name: str, title: Json, field: str) -> str:
        """Guid of the row called ``title``. Raises Rejected where there is none."""
        for older in (LASTS, AGAIN):
            for ident, row in self.rows(name, older).items():
                if str(row.get("Description", "")).strip() == str(title).strip() and not row.get("DeletionMark"):
                    return ident
        raise Rejected(f"there is no {field} named {title!r}", code="name", field=field)

    def of(self, name: str, idents: Iterable[str]) -> dict[str, Json]:
        """Guid -> row of a long set (cards, goods), remembered; those that do not exist are absent."""
        wanted = [ident for ident in dict.fromkeys(idents) if ident]
        if len(self._rows) > KEPT:
            self._rows.clear()
        lacking = [guid(ident) for ident in wanted if (name, ident) not in self._rows]
        for row in self.api.matching(name, "Ref_Key", lacking):
            self._rows[name, str(row["Ref_Key"])] = row
        return {ident: self._rows[name, ident] for ident in wanted if (name, ident) in self._rows}
