"""Lists of users and segments in memory: a list is worked on for a while, cannot be changed, and is not deleted while a segment uses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .wire import ApiError

Json = Any
Row = dict[str, Any]
LEAST, MOST, LEAST_CHANGE = 2000, 5_000_000, 25
TYPES = (
    "phones",
    "emails",
    "human",
    "vk",
    "ok",
    "mm",
    "idfa",
    "advertising_id",
    "device_id",
    "android_id",
    "mac",
    "dmp_id",
    "dmp_top",
    "mparticle",
)
COURSE = ("receiving", "received", "mapping", "mapped", "writing")  # then: ready
DIGESTS = {"md5": 32, "sha256": 64}


@dataclass(slots=True)
class UsersList:
    id: int
    name: str
    type: str
    base: int
    rows: list[str]
    created: float


@dataclass(slots=True)
class Segment:
    """``relations``: id -> list."""

    id: int
    name: str
    pass_condition: int
    created: float
    relations: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Cabinet:
    """``pace``: seconds until a list is ready. ``hashing``: whose digests it finds people by; others find nobody. ``ever``: what any list held."""

    now: Callable[[], float]
    pace: float = 60.0
    share: float = 0.7
    hashing: str = "md5"
    lists: dict[int, UsersList] = field(default_factory=dict)
    segments: dict[int, Segment] = field(default_factory=dict)
    number: int = 2500000
    made: int = 0
    ever: set[str] = field(default_factory=set)

    def next(self) -> int:
        self.number += 1
        return self.number

    def create(self, data: Row, rows: Sequence[str]) -> UsersList:
        base = int(data.get("base") or 0)
        if not data.get("name"):
            raise ApiError(400, "required", "Field is required", field="name")
        if data.get("type") not in TYPES:
            raise ApiError(400, "unknown_value", "Unknown type", field="type")
        if not (LEAST if base == 0 else LEAST_CHANGE) <= len(rows) <= MOST:
            raise ApiError(400, "invalid_size", f"The list must have at least {LEAST} rows")
        if base and abs(base) not in self.lists:
            raise ApiError(403, "foreign_base", "The base list is not yours")
        one = UsersList(self.next(), str(data["name"]), str(data["type"]), base, list(rows), self.now())
        self.lists[one.id] = one
        self.made += 1
        self.ever |= set(rows)
        if base:
            held = self.lists[abs(base)]
            held.rows = [*held.rows, *rows] if base > 0 else [row for row in held.rows if row not in set(rows)]
        return one

    def known(self, ident: int) -> UsersList:
        if ident not in self.lists:
            raise ApiError(404, "not_found", "Not found")
        return self.lists[ident]

    def delete(self, ident: int) -> None:
        self.known(ident)
        if any(ident in one.relations.values() for one in self.segments.values()):
            raise ApiError(409, "used", "The list is used")
        del self.lists[ident]

    def shown(self, one: UsersList) -> Row:
        step = int((self.now() - one.created) / self.pace * len(COURSE)) if self.pace else len(COURSE)
        status = COURSE[step] if step < len(COURSE) else "ready"
        valid = {row for row in one.rows if len(row) == DIGESTS[self.hashing]}
        matched = int(len(valid) * self.share) if status == "ready" else 0
        return {"id": one.id, "name": one.name, "type": one.type, "base": one.base, "status": status, "entries_count": len(one.rows),
                "ids_count": len(set(one.rows)), "matched_ids_count": matched, "has_history": False, "created": stamp(one.created)}  # fmt: skip

    def segment(self, given: Row) -> Segment:
        if not given.get("name"):
            raise ApiError(400, "required", "Field is required", field="name")
        relations, condition = given.get("relations") or (), int(given.get("pass_condition") or 1)
        if condition > len(relations):
            raise ApiError(
                400,
                "invalid_condition",
                "Segment pass condition cannot be greater that number of segment relations",
                field="pass_condition",
            )
        one = Segment(self.next(), str(given["name"]), condition, self.now())
        self.relate(one, relations)
        self.segments[one.id] = one
        return one

    def known_segment(self, ident: int) -> Segment:
        if ident not in self.segments:
            raise ApiError(404, "not_found", "Not found")
        return self.segments[ident]

    def relate(self, one: Segment, items: Sequence[Row]) -> None:
        for item in items:
            source = int((item.get("params") or {}).get("source_id") or 0)
            if item.get("object_type") != "remarketing_users_list" or source not in self.lists:
                raise ApiError(400, "validation_failed", "Unknown source", field="source_id")
        for item in items:
            one.relations[self.next()] = int(item["params"]["source_id"])

    def unrelate(self, one: Segment, relation: int) -> None:
        if relation not in one.relations:
            raise ApiError(404, "not_found", "Not found")
        if len(one.relations) - 1 < one.pass_condition:
            raise ApiError(400, "invalid_condition", "Fewer sources than the pass condition")
        del one.relations[relation]

    def reached(self, one: Segment) -> list[str]:
        """Every value of every list that it is made of, as often as it stands there."""
        return [row for source in one.relations.values() for row in self.lists[source].rows]

    def told(self, one: Segment) -> Row:
        return {
            "id": one.id,
            "name": one.name,
            "pass_condition": one.pass_condition,
            "created": stamp(one.created),
            "updated": stamp(one.created),
        }

    def related(self, one: Segment) -> Row:
        rows = [
            {"id": ident, "object_type": "remarketing_users_list", "object_id": source, "params": {"source_id": source, "type": "positive"}}
            for ident, source in one.relations.items()
        ]
        return {"items": rows}


def stamp(at: float) -> str:
    """As it is shown; the zone is not stated: Moscow's."""
    return datetime.fromtimestamp(at + 3 * 3600, UTC).strftime("%Y-%m-%d %H:%M:%S")
