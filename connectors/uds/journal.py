"""The company's operations, newest first: all that tells what changed, and what a lost request has made. No filter and no search exist."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from connectors.purchases import aware
from connectors.uds.api import Api

Json = Any
Row = dict[str, Json]
PAGE = 50  # the most of one page (uds docs)


def pages(api: Api, path: str, cursor: str | None = None) -> Iterator[tuple[list[Row], str | None]]:
    """Rows and the cursor that follows them, None after the last: by cursor alone, since offsets end at 10000."""
    while True:
        body = api.get(path, max=PAGE, cursor=cursor)
        rows, cursor = body.get("rows") or [], body.get("cursor")
        cursor = cursor if rows else None
        yield rows, cursor
        if cursor is None:
            return


def newest(api: Api, after: int = 0, since: str = "") -> Iterator[Row]:
    """Operations with a higher number than ``after``, made at ``since`` or later. That the newest come first is usual and nowhere said: where the
    first page does not go down, everything is read."""
    for rows, _ in pages(api, "operations"):
        numbers = [int(row["id"]) for row in rows]
        down = numbers == sorted(numbers, reverse=True)
        fresh = [row for row in rows if int(row["id"]) > after and not _older(row, since)]
        yield from fresh
        if down and len(fresh) < len(rows):
            return


def _older(row: Row, since: str) -> bool:
    made = row.get("dateCreated")
    return bool(since and made) and datetime.fromisoformat(aware(made)) < datetime.fromisoformat(aware(since))
