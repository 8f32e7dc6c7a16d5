"""What each user typed, where and when: the judge's only memory. A JSON file between its commands."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sandbox.judge.people import Person
from sandbox.judge.purchases import Item, Purchase, Talk

Json = Any
DELETED = "deleted"  # the field of an edit that deletes an object; its value is the object's id


@dataclass(slots=True)
class Edit:
    """One value typed by one user. ``who``: a person's number or an order's. ``round``: everything was quiet between two rounds;
    0 is what was typed before the hub came. ``value``: text, or lines as [[sku, quantity], ...]."""

    entity: str
    who: str
    system: str
    field: str
    value: Json
    round: int
    at: float = 0.0
    new: bool = False  # it came with a new object
    id: str = ""  # the object it was typed into, where the person has two in one system


@dataclass(slots=True)
class Journal:
    """People, purchases and calls with their ids, and all edits in the order of typing. ``nobody``: system -> its stand-in's id."""

    seed: int
    people: list[Person] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)
    talks: list[Talk] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    nobody: dict[str, str] = field(default_factory=dict)
    before: dict[str, dict[str, Json]] = field(default_factory=dict)  # "entity system id" -> filled fields, of a shop connected before
    gone: list[str] = field(default_factory=list)  # "system id" of what users deleted
    left: list[int] = field(default_factory=list)  # people of whom a card was deleted somewhere: they go on as they are, and buy no more
    exchange: str = "telephony-refresh-token"  # the telephone exchange's own token, renewed as it is used

    def person(self, number: int) -> Person:
        return self.people[number - 1]

    def deleted(self, system: str, ident: str) -> None:
        """A user deleted that object."""
        self.gone.append(f"{system} {ident}")

    def staying(self) -> list[Person]:
        """People of whom nobody deleted a card."""
        return [p for p in self.people if p.number not in self.left]

    def is_deleted(self, system: str, ident: str) -> bool:
        return f"{system} {ident}" in self.gone

    def typed(
        self, entity: str, who: object, system: str, name: str, value: Json, round_: int, *, new: bool = False, into: str = ""
    ) -> None:
        self.edits.append(Edit(entity, str(who), system, name, value, round_, time.time(), new, into))

    def typed_person(self, one: Person, system: str, round_: int, lacks: Collection[str] = ()) -> None:
        """All that a new card says, but for what that system has no place for. A phone that is none says nothing."""
        for name in (
            "last_name",
            "first_name",
            "middle_name",
            "email",
            "card",
            "sex",
            "birthday",
            "postcode",
            "city",
            "street",
            "comment",
            "store",
        ):
            if name not in lacks and (value := getattr(one, name)):
                self.typed("customer", one.number, system, name, value, round_, new=True)
        phones = [] if system == "sklad" and "phone_impossible" in one.dirt else [one.phone]
        for phone in phones + ([one.second] if one.second and system == "sklad" else []):
            self.typed("customer", one.number, system, "phone", phone, round_, new=True)

    def typed_purchase(self, one: Purchase, round_: int) -> None:
        for name in ("status", "comment", "address", "store"):
            if value := getattr(one, name):
                self.typed("order", one.number, one.system, name, value, round_, new=True)
        self.typed("order", one.number, one.system, "lines", as_lines(one.items), round_, new=True)

    def save(self, path: Path) -> None:
        """Whole or not at all: a reader never sees half a file."""
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self), ensure_ascii=False, default=str))
        fresh.replace(path)

    @classmethod
    def load(cls, path: Path) -> Journal:
        raw = json.loads(path.read_text())
        return cls(
            raw["seed"],
            [Person(**one) for one in raw["people"]],
            [Purchase(**{**one, "items": []}) for one in raw["purchases"]],
            [Talk(**one) for one in raw["talks"]],
            [Edit(**one) for one in raw["edits"]],
            raw["nobody"],
            raw["before"],
            raw["gone"],
            raw["left"],
            raw["exchange"],
        )


def as_lines(items: list[Item]) -> list[list[Json]]:
    """Lines as an edit keeps them."""
    return sorted([item.sku, item.quantity] for item in items)
