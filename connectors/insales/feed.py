"""What changed: by ``updated_since`` and ``from_id``, never by pages, which lose what moves while they are read (insales docs: changed data)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.insales.api import Api

Json = Any
PAGE = 250  # the most that the vendor's PHP client asks for
SHORT = 25  # rows that a page has by default: one with fewer is the last, whatever the shop makes of ``per_page``
OVERLAP = timedelta(seconds=60)
BEGINNING = "1970-01-01T00:00:00+00:00"


@dataclass(frozen=True)
class Slice:
    """Rows in order of their change, and the cursor that follows them; of the last one with what went to the bin."""

    rows: list[Json]
    cursor: Mapping[str, Json]
    last: bool
    gone: Sequence[Json] = ()
    total: int | None = None


def slices(api: Api, resource: str, cursor: Mapping[str, Json], *, bin_too: bool = False) -> Iterator[Slice]:
    """From {}: everything. ``since`` and ``after`` are the last row's time and id inside a sweep; ``mark`` is the newest time of a whole one,
    from which the next begins a minute earlier. ``bin_too``: the vendor keeps a bin of these, whose newest rows are told as gone."""
    start = before(str(cursor["mark"])) if "mark" in cursor else str(cursor.get("start", BEGINNING))
    since, after = str(cursor.get("since", start)), cursor.get("after")
    total = _count(api, resource) if not cursor else None
    while True:
        rows = api.get(resource, updated_since=since, from_id=after, per_page=PAGE)
        if rows:
            since, after = str(rows[-1]["updated_at"]), rows[-1]["id"]
        if len(rows) < SHORT:
            mark = since if after is not None else str(cursor.get("mark", start))
            yield Slice(rows, {"mark": mark}, True, _binned(api, resource, start) if bin_too and start != BEGINNING else (), total)
            return
        yield Slice(rows, {"start": start, "since": since, "after": after}, False, (), total)


def before(mark: str) -> str:
    """A moment of the vendor, a minute earlier; its offset stays."""
    return (datetime.fromisoformat(mark) - OVERLAP).isoformat()


def _binned(api: Api, resource: str, since: str) -> list[Json]:
    """What went to the bin since: one page is asked for, since deletions are few."""
    return list(api.get(resource, deleted="true", updated_since=since, per_page=PAGE))


def _count(api: Api, resource: str) -> int | None:
    found = api.get(f"{resource}/count")
    return int(found["count"]) if isinstance(found, dict) and "count" in found else None
