"""Webhooks of one moment committed together: a commit waits for the disk, so the requests that arrive meanwhile share the next one."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.storage import inbox
from hub.storage.engine import Store


@dataclass(slots=True, eq=False)
class _Entry:
    rows: Sequence[Mapping[str, Any]]
    done: bool = False
    error: Exception | None = None


class Acceptance:
    """Puts rows into the inbox. The first thread that waits commits for all that wait with it; no thread of its own is needed."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._guard, self._leader = threading.Lock(), threading.Lock()
        self._waiting: list[_Entry] = []

    def put(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Return when the rows are committed. Raises what the commit raised: then nothing of them is stored."""
        if not rows:
            return
        mine = _Entry(rows)
        with self._guard:
            self._waiting.append(mine)
        with self._leader:
            if not mine.done:
                self._commit()
        if mine.error is not None:
            raise mine.error

    def _commit(self) -> None:
        with self._guard:
            entries, self._waiting = self._waiting, []
        error: Exception | None = None
        try:
            with self.store.intake() as at:
                inbox.put(at, [row for entry in entries for row in entry.rows])
        except Exception as caught:  # each request answers for itself
            error = caught
        for entry in entries:
            entry.error, entry.done = error, True
