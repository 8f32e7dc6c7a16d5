"""The mode pilot: which records are written while only some stores and some customers are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.config.sections.pilot import Pilot
from hub.storage import naming, states
from hub.storage import records as record_rows
from hub.storage.records import Record
from mappings.phones import numbers

Json = Any
LEFT_OUT = "not in the pilot"  # put back when the pilot grows or ends
LEFT_OUT_FACT = "came while the system was in the pilot"  # for ever: the calls of last month are no news on the day a system goes live


@dataclass(frozen=True, slots=True)
class Piloted:
    """``stores``: canonical values; ``phones``: normalised numbers."""

    stores: frozenset[str]
    phones: frozenset[str]

    @classmethod
    def of(cls, hub: Hub, at: Connection, system: str, mode: str = "") -> Piloted | None:
        """What the pilot of a system is, or None where the system is not in the mode pilot. ``mode``: as if it were in this one."""
        row = states.get(at, system)
        if (mode or row["mode"]) != "pilot":
            return None
        chosen = chosen_of(hub, row)
        return cls(frozenset(chosen.stores), cls.numbers(chosen.phones))

    @staticmethod
    def numbers(phones: Iterable[str]) -> frozenset[str]:
        """Phones as people write them, normalised."""
        return frozenset(number for text in phones for number in numbers(text))

    def choose(self, at: Connection, records: Sequence[Record]) -> set[str]:
        """Ids of the records that are written: those of its stores and phones, what belongs to their customers, and the customers of its
        stores' orders, since an order cannot go without its buyer."""
        owners = record_rows.load(at, {str(r.data["customer"]) for r in records if r.data.get("customer")})
        found = {r.id for r in records if self.has(r.data)}
        found |= {r.id for r in records if (owner := owners.get(str(r.data.get("customer")))) and self.has(owner.data)}
        rest = [r.id for r in records if r.entity == "customer" and r.id not in found]
        return found | (self._buyers(at, rest) if self.stores else set())

    def has(self, data: Mapping[str, Json]) -> bool:
        """Whether a record itself names one of the stores or phones."""
        return data.get("store") in self.stores or not self.phones.isdisjoint(phones_of(data))

    def _buyers(self, at: Connection, customers: Sequence[str]) -> set[str]:
        """Those of the customers who have an order of one of the stores."""
        return {customer for customer, data in naming.orders_of(at, customers) if data.get("store") in self.stores}


def phones_of(data: Mapping[str, Json]) -> Iterable[str]:
    """Every phone number that a record names, normalised."""
    texts = [str(one.get("number") or "") for one in data.get("phones") or ()]
    texts += [str(data.get(name) or "") for name in ("contact.phone", "phone")]
    return {number for text in texts if text for number in (text, *numbers(text))}


def chosen_of(hub: Hub, row: Mapping[str, Json]) -> Pilot:
    """The stores and phones that a person chose for a system, else those of the configuration. ``row``: its state."""
    said = row.get("pilot")
    if said is not None:
        return Pilot(tuple(said.get("stores") or ()), tuple(said.get("phones") or ()))
    return hub.settings.systems[row["system"]].pilot
