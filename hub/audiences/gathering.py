"""The list of an audience as it is to be now: read in batches, kept on disk as digests alone, gone when it was sent."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import IO, Any

from connectors.audiences import People, Rules
from hub.app import Hub
from hub.audiences.consent import NO_CONTACT, kept_out, rows_of
from hub.sections.audiences import Audience
from hub.storage import records
from hub.sync import memberships

Json = Any
BATCH = 1000
WORDS = 2**128


@dataclass(slots=True)
class Tally:
    """``mixed``: the sum of the rows' marks, which does not depend on their order."""

    members: int = 0
    told: int = 0
    rows: int = 0
    phones: int = 0
    emails: int = 0
    mixed: int = 0
    left: Counter[str] = field(default_factory=Counter)

    def take(self, row: tuple[str, str]) -> None:
        self.rows, self.phones, self.emails = self.rows + 1, self.phones + bool(row[0]), self.emails + bool(row[1])
        self.mixed = (self.mixed + int.from_bytes(blake2b(",".join(row).encode(), digest_size=16).digest(), "big")) % WORDS

    def figures(self) -> dict[str, Json]:
        """For people: how many belong to the segment, how many are told, and why the others are not."""
        return {"members": self.members, "told": self.told, "rows": self.rows, "left": dict(self.left)}


@contextmanager
def gathered(hub: Hub, audience: Audience, rules: Rules) -> Iterator[tuple[People, dict[str, Json]]]:
    """The people of an audience, and its figures. Memory does not grow with them."""
    tally = Tally()
    with tempfile.TemporaryFile("w+", encoding="ascii") as file:
        for rows in _batches(hub, audience, rules, tally):
            file.writelines(f"{phone},{email}\n" for phone, email in rows)
        version = f"{tally.mixed:032x}"
        yield People(version, tally.rows, tally.phones, tally.emails, lambda: _read(file)), tally.figures()


def _batches(hub: Hub, audience: Audience, rules: Rules, tally: Tally) -> Iterator[list[tuple[str, str]]]:
    segment, after = memberships.segment_of(audience.source, audience.segment), ""
    while True:
        with hub.store.read() as at:
            ids = memberships.members(at, segment, after=after, limit=BATCH)
            found = records.load(at, ids)
            people = records.load(at, {str(one.data["customer"]) for one in found.values() if one.data.get("customer")})
        if not ids:
            return
        after, batch = ids[-1], list[tuple[str, str]]()
        for ident in ids:
            person = people.get(str(found[ident].data.get("customer"))) if ident in found else None
            rows = _of(person.data if person else None, audience, rules, tally)
            batch += rows
        yield batch


def _of(customer: dict[str, Json] | None, audience: Audience, rules: Rules, tally: Tally) -> list[tuple[str, str]]:
    """The rows of one member, counted."""
    tally.members += 1
    why = kept_out(customer, audience.purpose, audience.channel)
    rows = rows_of(customer, rules) if customer and not why else []
    if why or not rows:
        tally.left[why or NO_CONTACT] += 1
        return []
    tally.told += 1
    for row in rows:
        tally.take(row)
    return rows


def _read(file: IO[str]) -> Iterator[tuple[str, str]]:
    file.seek(0)
    for line in file:
        phone, _, email = line.rstrip("\n").partition(",")
        yield phone, email
