"""The list of an audience as it is to be now: read in batches, kept on disk as digests alone, gone when it was sent."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import groupby
from typing import Any

from connectors.audiences import People, Rules
from hub.app import Hub
from hub.audiences.consent import NO_CONTACT, REFUSED, kept_out, rows_of
from hub.config.sections.audiences import Audience
from hub.storage import records
from hub.sync import memberships

Json = Any
BATCH = 1000
WORDS = 2**128
SHEETS = """
create table members (id text primary key) without rowid;
create table refused (part text primary key) without rowid;
create table parts (part text primary key) without rowid;
create table agreed (person integer, phone text, email text);
create table told (phone text, email text);
begin;
"""


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
    with closing(sqlite3.connect("", isolation_level=None)) as disk:  # a file of its own, which nobody else sees and which is gone with it
        disk.executescript(SHEETS)
        for people in _batches(hub, audience):
            for ident, customer in people:
                _note(disk, ident, customer, audience, rules, tally)
        for row in _told_once(disk, tally):
            disk.execute("insert into told values (?, ?)", row)
            tally.take(row)
        rows = "select phone, email from told"
        yield (
            People(f"{tally.mixed:032x}", tally.rows, tally.phones, tally.emails, lambda: disk.execute(rows)),
            tally.figures() | {"least": rules.least},
        )


def _batches(hub: Hub, audience: Audience) -> Iterator[list[tuple[str, dict[str, Json] | None]]]:
    """The members of the segment: (customer, what is known of them)."""
    segment, after = memberships.segment_of(audience.source, audience.segment), ""
    while True:
        with hub.store.read() as at:
            ids = memberships.members(at, segment, after=after, limit=BATCH)
            found = records.load(at, ids)
            named = {ident: str(one.data.get("customer") or ident) for ident, one in found.items()}
            people = records.load(at, set(named.values()))
        if not ids:
            return
        after = ids[-1]
        yield [(named[ident], people[named[ident]].data if named[ident] in people else None) for ident in ids if ident in named]


def _note(disk: sqlite3.Connection, ident: str, customer: dict[str, Json] | None, audience: Audience, rules: Rules, tally: Tally) -> None:
    """What is to be said of one member, noted once: one who became of two people belongs to the segment twice."""
    if not disk.execute("insert or ignore into members values (?)", (ident,)).rowcount:
        return
    tally.members += 1
    why = kept_out(customer, audience.purpose, audience.channel)
    rows = rows_of(customer, rules) if customer else []
    if why == REFUSED:
        disk.executemany("insert or ignore into refused values (?)", [(part,) for row in rows for part in row if part])
    if why or not rows:
        tally.left[why or NO_CONTACT] += 1
        return
    disk.executemany("insert into agreed values (?, ?, ?)", [(tally.members, *row) for row in rows])


def _told_once(disk: sqlite3.Connection, tally: Tally) -> Iterator[tuple[str, str]]:
    """Rows of who agreed. A phone that two people share stands there once, and not at all where one of them refused."""

    def new(part: str) -> str:
        no = disk.execute("select 1 from refused where part = ?", (part,)).fetchone()
        return part if part and not no and disk.execute("insert or ignore into parts values (?)", (part,)).rowcount else ""

    for _, rows in groupby(disk.execute("select person, phone, email from agreed order by rowid"), key=lambda row: row[0]):
        mine = [(phone, email) for _, phone, email in rows]
        kept = [row for phone, email in mine if any(row := (new(phone), new(email)))]
        if not kept and any(_is_refused(disk, row) for row in mine):
            tally.left[REFUSED] += 1
            continue
        tally.told += 1
        yield from kept


def _is_refused(disk: sqlite3.Connection, row: tuple[str, str]) -> bool:
    return disk.execute("select 1 from refused where part in (?, ?)", row).fetchone() is not None
