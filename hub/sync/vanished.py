"""What a sweep does not show any more, of resources whose lists leave out what is empty: a balance of nothing is no row (manifest: ``vanishes``).

Such an object is not gone: asked for by its id it is there, with zeros, and that is the news. A sweep that was broken off tells nothing; the
next one does.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection

from connectors.contract import Remote
from hub.storage import links as link_rows

Json = Any
CHUNK = 1000
EMPTY = (None, "", 0, "0")


class Vanished:
    """One whole sweep of a resource. Memory: 8 bytes an object."""

    def __init__(self, paths: frozenset[str]) -> None:
        self.paths, self._seen = paths, array("Q")

    def saw(self, objects: Iterable[Remote]) -> None:
        self._seen.extend(_mark(one.id) for one in objects)

    def gone(self, at: Connection, system: str, resource: str) -> Iterator[str]:
        """Ids of the objects that held something and were not shown."""
        shown, last = array("Q", sorted(self._seen)), ""
        while rows := link_rows.live_bases(at, system, resource, after=last, limit=CHUNK):
            yield from (ident for ident, base in rows if self._holds(base) and not _among(shown, _mark(ident)))
            last = rows[-1][0]

    def _holds(self, base: Mapping[str, Json]) -> bool:
        return any(base.get(path) not in EMPTY for path in self.paths)


def _mark(ident: str) -> int:
    return int.from_bytes(blake2b(ident.encode(), digest_size=8).digest(), "big")


def _among(marks: array[int], mark: int) -> bool:
    place = bisect_left(marks, mark)
    return place < len(marks) and marks[place] == mark
