"""The day a connected shop goes live: nothing made for what is known, no filled field lost to a less trusted one, nobody disturbed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.judge.connected import TRUST, said
from sandbox.judge.journal import Journal
from sandbox.judge.roster import Roster, roster_of_orders, roster_of_people
from sandbox.judge.verdict import Snapshot, Terms
from sandbox.judge.views import View

Json = Any
DERIVED = frozenset({"full_name", "total", "buyer"})  # made of other fields, or ids of their system


@dataclass(slots=True)
class GoLive:
    """``created_for_known``: objects made where the person or order stood already. ``overwritten``: filled fields that now say what no
    more trusted system said. ``filled``: gaps closed. ``corrected``: fields that follow a more trusted system. ``created``: "system entity"
    -> objects made where they were owed."""

    created_for_known: list[str] = field(default_factory=list)
    overwritten: list[str] = field(default_factory=list)
    filled: int = 0
    corrected: int = 0
    created: Counter[str] = field(default_factory=Counter)


def go_live(journal: Journal, seen: Snapshot) -> GoLive:
    """Compare what there is now with what the journal remembers of the time before."""
    found = GoLive()
    rosters = (("customer", roster_of_people(journal, seen.customers)), ("order", roster_of_orders(journal, seen.orders)))
    for entity, roster in rosters:
        _objects(entity, roster, found)
        for who, systems in roster.typed.items():
            for system, views in systems.items():
                for view in views:
                    _fields(journal, entity, who, system, view, {s: v[0].id for s, v in systems.items()}, found)
    return found


def _objects(entity: str, roster: Roster, found: GoLive) -> None:
    for who, systems in roster.made.items():
        for system, views in systems.items():
            if system in roster.typed.get(who, {}):
                found.created_for_known += [f"{entity} {who} again in {system} ({view.id})" for view in views]
            else:
                found.created[f"{system} {entity}"] += len(views)
    found.created_for_known += [f"{entity} of nobody in {system} ({view.id})" for system, view in roster.strangers]


def _fields(journal: Journal, entity: str, who: str, system: str, view: View, homes: Mapping[str, str], found: GoLive) -> None:
    before, now = journal.before.get(f"{entity} {system} {view.id}", {}), said(view)
    found.filled += len([name for name in now if name not in before])
    for name, old in before.items():
        new = now.get(name, "")
        if new == old or name in DERIVED or (isinstance(old, list) and set(old) <= set(new)):
            continue
        trusted = [journal.before.get(f"{entity} {s} {homes[s]}", {}).get(name) for s in TRUST[: TRUST.index(system)] if s in homes]
        if new in trusted:
            found.corrected += 1
        else:
            found.overwritten.append(f"{entity} {who}: {name} in {system} was {old!r}, is {new!r}")


def owed_creates(journal: Journal, terms: Terms, systems: Mapping[str, Any]) -> dict[str, int]:
    """ "system entity" -> objects that a system is owed and that are not there yet."""
    owed: Counter[str] = Counter()
    for one in journal.people:
        for system in systems:
            if system not in one.homes and (system != "site" or one.email):
                owed[f"{system} customer"] += 1
    for bought in journal.purchases:
        for system in terms.takers.get(bought.kind, ()):
            if system in systems and system not in bought.homes():
                owed[f"{system} order"] += 1
    return dict(owed)
