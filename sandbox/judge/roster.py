"""Whose object is it? People and purchases of the journal among the objects of the systems, by what they say and never by a hub's table. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from sandbox.judge.journal import Journal
from sandbox.judge.views import View, words

Views = Mapping[str, Sequence[View]]  # system -> its objects of one kind


@dataclass(slots=True)
class Roster:
    """``typed``: who -> system -> objects that a user typed there; ``made``: those that the hub made; ``strangers``: nobody's objects.
    ``who`` is a person's number or an order's number, as text. ``owners``: (system, id) -> who."""

    typed: dict[str, dict[str, list[View]]] = field(default_factory=dict)
    made: dict[str, dict[str, list[View]]] = field(default_factory=dict)
    strangers: list[tuple[str, View]] = field(default_factory=list)
    owners: dict[tuple[str, str], str] = field(default_factory=dict)

    def put(self, where: dict[str, dict[str, list[View]]], who: str, system: str, view: View) -> None:
        where.setdefault(who, {}).setdefault(system, []).append(view)
        self.owners[system, view.id] = who

    def of(self, who: str, system: str) -> list[View]:
        """All objects of somebody in a system, typed ones first."""
        return self.typed.get(who, {}).get(system, []) + self.made.get(who, {}).get(system, [])


def roster_of_people(journal: Journal, customers: Views) -> Roster:
    """By id where a user typed it, else by card, e-mail, or phone with the same first name, of all that the person ever had; an object without
    any of these by the whole name, of people who have neither e-mail nor a phone that is one."""
    roster = Roster()
    planted = {(s, i): str(p.number) for p in journal.people for s, ids in p.homes.items() for i in ids}
    keys: dict[tuple[str, ...], str] = {}
    for p in journal.people:
        keys[("name", p.first_name, p.phone)] = str(p.number)
        keys |= {(kind, value): str(p.number) for kind, value in (("card", p.card), ("email", p.email), ("email", p.other_email)) if value}
    for edit in journal.edits:
        if edit.entity == "customer" and edit.field in ("card", "email"):
            keys[(edit.field, edit.value)] = edit.who
        elif edit.entity == "customer" and edit.field in ("phone", "first_name"):
            one = journal.person(int(edit.who))
            pair = (one.first_name, edit.value) if edit.field == "phone" else (edit.value, one.phone)
            keys.setdefault(("name", *pair), edit.who)
    for who, whole in _names_alone(journal):
        keys.setdefault(("whole", whole), who)
    for system, views in customers.items():
        for view in views:
            if (system, view.id) in planted:
                roster.put(roster.typed, planted[system, view.id], system, view)
            elif view.id != journal.nobody.get(system):
                who = _person(view, keys)
                roster.put(roster.made, who, system, view) if who else roster.strangers.append((system, view))
    return roster


def _names_alone(journal: Journal) -> Iterator[tuple[str, str]]:
    """Whom nothing but a name tells where no card is kept, and each whole name that they ever had."""
    for p in journal.people:
        if p.email or "phone_impossible" not in p.dirt:
            continue
        typed = [e for e in journal.edits if e.entity == "customer" and e.who == str(p.number)]
        parts = [{getattr(p, name), *(e.value for e in typed if e.field == name)} for name in ("last_name", "first_name", "middle_name")]
        for whole in product(*parts):
            yield str(p.number), words(" ".join(whole))


def _person(view: View, keys: Mapping[tuple[str, ...], str]) -> str:
    said = view.fields
    if not (said.get("card") or said["emails"].values or said["phones"].values):
        return keys.get(("whole", said.get("whole_name", "")), "")
    firsts = [said["first_name"]] if "first_name" in said else said["whole_name"].split()
    names = [("name", first, number) for first in firsts for number in sorted(said["phones"].values)]
    for key in [("card", said.get("card", "")), *(("email", x) for x in sorted(said["emails"].values)), *names]:
        if key in keys:
            return keys[key]
    return ""


def roster_of_orders(journal: Journal, orders: Views) -> Roster:
    """By id where it was placed or copied, else by number."""
    roster = Roster()
    planted = {home: p.number for p in journal.purchases for home in p.homes().items()}
    known = {p.number for p in journal.purchases}
    for system, views in orders.items():
        for view in views:
            if (system, view.id) in planted:
                roster.put(roster.typed, planted[system, view.id], system, view)
            elif view.fields["number"] in known:
                roster.put(roster.made, view.fields["number"], system, view)
            else:
                roster.strangers.append((system, view))
    return roster
