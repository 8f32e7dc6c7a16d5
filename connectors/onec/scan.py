"""What changed in a set that has no time of change: versions of its objects, read without the objects, against what was seen before.

The hub does not remember a version for each object. Objects fall into buckets (documents by the hour of their date, others by a hash of
their guid), and of each bucket one digest is kept; where a digest differs, the bucket's objects are read again and compared with what the
hub holds. A version that went, came or grew changes the digest, and so does an object that is there no longer. Pure.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any
BUCKETS = 1024  # of a set without dates: a hundred thousand objects leave about a hundred in each
BITS = 48
HOUR = len("2026-03-04T12")


@dataclass(slots=True)
class Scan:
    """Versions of a set. Memory: 16 bytes an object. ``by_date``: the objects are documents."""

    by_date: bool
    digests: dict[str, int] = field(default_factory=dict)
    idents: dict[str, bytearray] = field(default_factory=dict)

    def add(self, row: Mapping[str, Json]) -> None:
        """One row with Ref_Key, DataVersion and, of a document, Date. The order of rows does not matter."""
        ident = str(row["Ref_Key"])
        bucket = str(row["Date"])[:HOUR] if self.by_date else bucket_of(ident)
        said = hashlib.blake2b(f"{ident} {row['DataVersion']}".encode(), digest_size=BITS // 8).digest()
        self.digests[bucket] = (self.digests.get(bucket, 0) + int.from_bytes(said, "big")) % (1 << BITS)
        self.idents.setdefault(bucket, bytearray()).extend(uuid.UUID(ident).bytes)

    @property
    def marks(self) -> dict[str, str]:
        """Bucket -> digest, as a cursor keeps them."""
        return {bucket: f"{digest:x}" for bucket, digest in self.digests.items()}

    def changed(self, marks: Mapping[str, str]) -> list[str]:
        """Guids of the objects in buckets that are not as ``marks`` have them."""
        return [ident for _, idents in self.differing(marks) for ident in idents]

    def differing(self, marks: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
        """Buckets that are not as ``marks`` have them, each with the guids of its objects, every one once."""
        for bucket, mark in sorted(self.marks.items()):
            if marks.get(bucket) != mark:
                held = bytes(self.idents[bucket])
                found = dict.fromkeys(held[at : at + 16] for at in range(0, len(held), 16))
                yield bucket, [str(uuid.UUID(bytes=one)) for one in found]


def bucket_of(ident: str) -> str:
    """Guids of one base differ in few of their digits: a hash spreads them."""
    return str(int.from_bytes(hashlib.blake2b(ident.encode(), digest_size=4).digest(), "big") % BUCKETS)


def kept(before: Mapping[str, str], now: Mapping[str, str], begin: str, oldest: str) -> dict[str, str]:
    """The marks after a look at the buckets from ``begin`` on: older ones stay, down to ``oldest``. Of a set without dates: those of now."""
    if not begin:
        return dict(now)
    return {bucket: mark for bucket, mark in before.items() if oldest <= bucket < begin[:HOUR]} | dict(now)
