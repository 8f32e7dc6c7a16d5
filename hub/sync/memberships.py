"""Who belongs to a segment: the index that lists its members, since when, and what counts as a list that shrank.

People enter and leave by the hundred on any day on which a marketer looks at a segment, and nobody types that. So neither is weighed as
edits are: a segment that loses a good part of its members within an hour is what a broken list looks like, and what an audience made of it
would lose with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from hub.storage import key_index
from hub.sync.merge import Merged

Json = Any
MEMBERSHIP, MEMBER, SINCE = "segment_membership", "member", "since"


def segment_of(source: Json, name: Json) -> str:
    """A segment as one word: names are unique in their system only."""
    return f"{source}:{name}"


def segment_keys(data: Mapping[str, Json]) -> set[tuple[str, str]]:
    """The key under which a member is listed; nothing for who is none."""
    if not data.get(MEMBER) or not data.get("segment") or not data.get("customer"):
        return set()
    return {("segment", segment_of(data.get("source"), data["segment"]))}


def members(at: Connection, segment: str, *, after: str = "", limit: int = 1000) -> list[str]:
    """Ids of the memberships of a segment, the next ``limit`` past one."""
    return key_index.holders(at, MEMBERSHIP, "segment", segment, after=after, limit=limit)


def count(at: Connection, segment: str) -> int:
    """How many belong to a segment."""
    return key_index.counts(at, MEMBERSHIP, "segment", [segment]).get(segment, 0)


def left(system: str, changes: Sequence[tuple[str, Json, Json]], shown: Mapping[str, Json]) -> str:
    """The segment that somebody has just left, as one word; empty where nobody has. ``changes``: field, before, after."""
    gone = any(name == MEMBER and before is True and after is False for name, before, after in changes)
    return segment_of(system, shown.get("segment")) if gone else ""


def put_since(merged: Merged) -> None:
    """Since when it is so, in the data: the time of the word that counts, where it has one."""
    said = merged.provenance.get(MEMBER)
    if said is None:
        return
    at = said[2]
    merged.data[SINCE] = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at is not None else None
    merged.provenance[SINCE] = list(said)
