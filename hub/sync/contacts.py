"""How often a customer was called, talked to and written to: counted from the facts that name the customer, whoever told them. What is counted is
nobody's word: it is worked out anew when one of the facts moves, and kept as it is otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from hub.config.settings import Settings
from hub.entities.call import TALKED, is_wanted
from hub.entities.customer import CONTACT_COUNTS, CONTACT_FIGURES, LAST_CONTACT
from hub.entities.message import CHANNELS, UNDELIVERED
from hub.storage import records as record_rows
from hub.storage.records import Record
from hub.sync.merge import Merged

Json = Any
CUSTOMER, CALL, MESSAGE = "customer", "call", "message"
KINDS = (CALL, MESSAGE)
MOST = 10_000  # facts of one kind and customer that are counted
NOBODYS = ["", "", None]  # provenance of what is derived


class Contacts:
    """Counts within one transaction. ``stale``: customers of whose facts one has moved."""

    def __init__(self, settings: Settings, at: Connection) -> None:
        self.at, self.stale = at, set[str]()
        self.on = any(settings.routes.get(kind) for kind in KINDS)

    def moved(self, before: Mapping[str, Json], after: Mapping[str, Json], entity: str) -> None:
        """A fact has become another, or somebody else's."""
        if self.on and entity in KINDS:
            self.stale |= {str(data[CUSTOMER]) for data in (before, after) if data.get(CUSTOMER)}

    def count(self, records: Mapping[str, Record], settled: Mapping[str, Merged], *, anew: bool) -> None:
        """Write the figures into the merged customers among these: counted where a fact of theirs has moved, the customer is new, or all is worked
        out ``anew``; the rest as they stood."""
        people = [ident for ident in settled if self.on and records[ident].entity == CUSTOMER]
        asked = {ident for ident in people if anew or ident in self.stale or not records[ident].version}
        facts = self._facts(asked) if asked else {}
        for ident in people:
            held = records[ident].data
            found = figures(facts.get(ident, ())) if ident in asked else {name: held[name] for name in CONTACT_FIGURES if name in held}
            settled[ident].data.update(found)
            settled[ident].provenance.update(dict.fromkeys(found, NOBODYS))
        self.stale -= settled.keys()

    def forget(self, gone: set[str]) -> None:
        """Customers of whom there is no record any more, since they were erased: a call that moves may still bear such a name."""
        self.stale -= gone

    def following(self) -> set[str]:
        """Customers who are to be merged next, since a fact of theirs has moved."""
        heirs = record_rows.living(self.at, self.stale) if self.stale else {}
        self.stale = {heirs.get(one, one) for one in self.stale}
        return set(self.stale)

    def _facts(self, people: Iterable[str]) -> dict[str, list[tuple[str, Json]]]:
        """Customer -> the calls and messages that name the customer, as they are kept now."""
        found: dict[str, list[tuple[str, Json]]] = {}
        wanted = {(CUSTOMER, ident) for ident in people}
        for kind in KINDS:
            held = record_rows.holders(self.at, kind, wanted, most=MOST)
            known = record_rows.load(self.at, {one for ids in held.values() for one in ids})
            for (_, person), ids in held.items():
                found.setdefault(person, []).extend((kind, known[one].data) for one in ids)
        return found


def figures(facts: Sequence[tuple[str, Mapping[str, Json]]]) -> dict[str, Json]:
    """What a customer's calls and messages come to; empty where there are none. A message that did not arrive was none, nor was a
    call that is only ordered."""
    counts = Counter[str]()
    moments = []
    for kind, data in facts:
        if kind == MESSAGE and data.get("state") in UNDELIVERED:
            continue
        if kind == CALL and is_wanted(data):
            continue
        counts.update(_call(data) if kind == CALL else _message(data))
        moments += [str(data["start"])] if data.get("start") else []
    if not counts:
        return {}
    return {name: counts[name] for name in CONTACT_COUNTS} | ({LAST_CONTACT: max(moments)} if moments else {})


def _call(data: Mapping[str, Json]) -> list[str]:
    made = "calls_received" if data.get("direction") == "in" else "calls_made"
    return [made, "calls_talked"] if data.get("outcome") in TALKED else [made]


def _message(data: Mapping[str, Json]) -> list[str]:
    channel = data.get("channel")
    return ["messages_sent", f"messages_{channel if channel in CHANNELS else 'other'}"]
