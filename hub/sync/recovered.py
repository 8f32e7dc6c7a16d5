"""After a restore: objects that the hub made since the backup, and the objects that they were made from, find each other again.

The hub key inside an object names a record that the restored base does not know: the record comes back under that very id. What it was made
from bears no key: it is recognised by what it holds, among the records that came back and miss an object in that system. What may be one
and may be another stays apart, and is created nowhere until a person decides. Pure but for one question to the database.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from hub.entities import FACTS
from hub.storage import restoration
from hub.storage.links import Link
from hub.storage.restoration import Restoration
from hub.sync.observe import Look, empty

Json = Any
Likeness = Literal["same", "perhaps", "other"]
REASON = "restored backup: may be the same, or two"
SCAN = 15.0  # seconds until an object without a key is looked at again, while keys are still being collected
DAY = 86_400.0
CREATED = 600.0  # seconds within which two systems date the making of one order


@dataclass(slots=True)
class Recovery:
    """What identification needs of the restore under way, within one transaction. ``links``: those of recognised objects."""

    restored: Restoration
    links: set[str] = field(default_factory=set)
    doubt: set[str] = field(default_factory=set)

    def waits(self, entity: str) -> bool:
        """Whether an object whose key says nothing has to wait until all keys are collected."""
        return self.restored.stage == "collecting" and entity not in FACTS

    def of_the_gap(self, key: str, *, wall: float) -> bool:
        """Whether the hub may have made a record of this id since the backup: a UUIDv7 carries its time."""
        try:
            found = uuid.UUID(key)
        except ValueError:
            return False
        made = (found.int >> 80) / 1000.0
        return found.version == 7 and str(found) == key and self.restored.made_after - DAY <= made <= wall + 300.0

    def save(self, at: Connection) -> None:
        """Keep what came to be in doubt."""
        if self.doubt - set(self.restored.doubt):
            self.restored.doubt = sorted(self.doubt | set(self.restored.doubt))
            restoration.save(at, self.restored)


def under_way(at: Connection) -> Recovery | None:
    """The restore whose links are being rebuilt."""
    found = restoration.current(at)
    return Recovery(found) if found is not None and found.scanning else None


def came_back(at: Connection, restored: Restoration, entity: str) -> list[str]:
    """Ids of records that the base had forgotten and that came back by their keys: made here since the restore, with ids from before it."""
    return restoration.came_back(at, restored, entity, before=first_id(restored.made_before))


def first_id(wall: float) -> str:
    """The least id of records that were made at a moment of the clock on the wall."""
    digits = f"{int(wall * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}-"


@dataclass(frozen=True, slots=True)
class Twin:
    """``record_id``: the one record that the object belongs to; ``perhaps``: records that it may belong to."""

    record_id: str | None = None
    perhaps: tuple[str, ...] = ()


def twin(entity: str, data: Mapping[str, Json], candidates: Mapping[str, Mapping[str, Json]]) -> Twin:
    """Which of the records (id -> data) an object without a key belongs to."""
    found: dict[Likeness, list[str]] = {"same": [], "perhaps": [], "other": []}
    for record_id in sorted(candidates):
        found[likeness(entity, data, candidates[record_id])].append(record_id)
    if len(found["same"]) == 1:
        return Twin(found["same"][0])
    return Twin(None, tuple(found["same"] or found["perhaps"]))


def likeness(entity: str, a: Mapping[str, Json], b: Mapping[str, Json]) -> Likeness:
    """Whether two views of what was made since the backup are of one thing."""
    rules = RULES.get(entity)
    if rules is None:
        return "other"
    said = [rule(a, b) for rule in rules]
    agree, differ = sum(s is True for s in said), sum(s is False for s in said)
    if said[0] is False or (said[0] is None and False in said[1:3]):
        return "other"
    if said[0] is True:
        return "same" if agree > 1 and differ < agree else "perhaps"
    if agree >= 3 and not differ:
        return "same"
    return "perhaps" if agree >= 2 and differ <= 1 else "other"


Rule = Callable[[Mapping[str, Json], Mapping[str, Json]], bool | None]


def _equal(*names: str) -> Rule:
    def rule(a: Mapping[str, Json], b: Mapping[str, Json]) -> bool | None:
        left, right = [[_flat(x.get(name)) for name in names] for x in (a, b)]
        return None if not all(left) or not all(right) else left == right

    return rule


def _near(name: str, seconds: float) -> Rule:
    def rule(a: Mapping[str, Json], b: Mapping[str, Json]) -> bool | None:
        left, right = _moment(a.get(name)), _moment(b.get(name))
        return None if left is None or right is None else abs(left - right) <= seconds

    return rule


def _lines(a: Mapping[str, Json], b: Mapping[str, Json]) -> bool | None:
    left, right = [sorted((str(x.get("sku") or x.get("name")), str(x.get("quantity"))) for x in of.get("lines") or ()) for of in (a, b)]
    return None if not left or not right else left == right


def _keys(name: str, inside: str) -> Rule:
    def rule(a: Mapping[str, Json], b: Mapping[str, Json]) -> bool | None:
        left, right = [{str(x.get(inside)).casefold() for x in of.get(name) or () if x.get(inside)} for of in (a, b)]
        return None if not left or not right else bool(left & right)

    return rule


# the first rules tell things apart: a differing number is another order, and without a number a differing buyer or phone; a differing name
# is another person
RULES: dict[str, Sequence[Rule]] = {
    "order": (_equal("number"), _equal("customer"), _equal("contact.phone"), _equal("total"), _lines, _near("created", CREATED)),
    "customer": (
        _equal("first_name", "last_name"), _equal("birthday"), _keys("cards", "number"), _keys("phones", "number"),
        _keys("emails", "address"), _equal("address.street"),
    ),
    "call": (_equal("phone"), _near("start", 60.0), _equal("duration")),
    "call_request": (_equal("customer"), _near("start", 60.0), _equal("campaign")),
    "call_task": (_equal("customer"), _equal("campaign"), _near("asked", 60.0)),
    "message": (_equal("customer"), _near("start", 60.0), _equal("channel"), _equal("campaign")),
    "return": (_equal("number"), _equal("order"), _equal("total"), _lines, _near("created", CREATED)),
    "segment_membership": (_equal("segment"), _equal("source"), _equal("customer")),
    "loyalty_operation": (),  # made by the hub alone
}  # fmt: skip


def _flat(value: Json) -> str:
    return "" if empty(value) else " ".join(str(value).casefold().replace("ё", "е").split())


def _moment(value: Json) -> float | None:
    try:
        return datetime.fromisoformat(str(value)).timestamp() if value else None
    except ValueError:
        return None


def date_baselines(link: Link, look: Look) -> None:
    """The first look at an object that the hub had known: what it holds is as old as its last change, not a baseline without a time."""
    if look.modified is None:
        return
    moment = min(look.modified, look.at)
    for path, entry in link.contribution.items():
        if entry["t"] is None:
            entry["t"] = link.times[path] = moment
            for edit in entry.get("ops", ()):
                edit[2] = moment if edit[2] is None else edit[2]
