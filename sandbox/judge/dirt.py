"""What became of the dirt, kind by kind; and which dead letters it explains. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sandbox.judge.people import Person
from sandbox.judge.purchases import Purchase
from sandbox.judge.verdict import Verdict, is_unknown
from sandbox.judge.views import View

Json = Any
# A kind of dirt -> fields of which a delivery may fail for good because of it.
EXPLAINS = {
    "phone_impossible": ("phones", "phone"),
    "two_phones": ("phones", "phone"),
    "family": ("phone",),  # a programme knows one person a phone
    "unknown_status": ("status",),
    "unknown_store": ("store",),
    "unknown_payment": ("payments", "payment"),
    "rounded": ("total", "rounding", "lines"),
}


UNKNOWN_FIELDS = {"unknown_status": "status", "unknown_store": "store", "unknown_payment": "payments"}


def account(verdict: Verdict) -> dict[str, Json]:
    """Kind -> {"met": how many, "became": {outcome: how many}}."""
    found: dict[str, Counter[str]] = {}
    drifting = {(row["entity"], row["who"], row["field"]) for row in verdict.drift}
    for one in verdict.journal.people:
        for kind in one.dirt:
            found.setdefault(kind, Counter())[of_person(kind, one, verdict)] += 1
    for bought in verdict.journal.purchases:
        for kind in dict.fromkeys(bought.dirt):
            found.setdefault(kind, Counter())[of_purchase(kind, bought, verdict, drifting)] += 1
    return {kind: {"met": sum(became.values()), "became": dict(became)} for kind, became in sorted(found.items())}


def of_person(kind: str, one: Person, verdict: Verdict) -> str:
    """What became of one person's dirt, in words."""
    who, views = str(one.number), verdict.chosen.get(("customer", str(one.number)), {})
    if kind == "no_email":
        return "created on the site once it came" if "site" in views else "not on the site"
    if kind in UNKNOWN_FIELDS:
        return waited(UNKNOWN_FIELDS[kind], views)
    if kind == "twin":
        return "one person" if all(len(made) < 2 for made in verdict.people.made.get(who, {}).values()) else "apart"
    if kind == "phone_impossible":
        return "kept as typed" if "sklad" in views and not views["sklad"].fields["phones"].values else "a number put in"
    if kind == "two_phones":
        both = {one.phone, one.second} <= views["crm"].fields["phones"].values if "crm" in views else True
        return "both kept" if both else "changed by users"
    return "kept apart" if len(views) and who not in {row["who"] for row in verdict.drift if row["entity"] == "customer"} else "mixed up"


def waited(name: str, views: Mapping[str, View]) -> str:
    """What became of a value that the configuration does not know."""
    return "held back" if any(is_unknown(view.fields.get(name)) for view in views.values()) else "overtaken by another"


def of_purchase(kind: str, one: Purchase, verdict: Verdict, drifting: set[tuple[str, str, str]]) -> str:
    views = verdict.chosen.get(("order", one.number), {})
    if len(views) < 2:
        return "only where it was made"
    if kind in ("no_customer", "guest"):
        nobody = all(view.fields.get("buyer", "nobody") == "nobody" for view in views.values())
        return "without customer everywhere" if nobody else "a customer found"
    if kind in UNKNOWN_FIELDS:
        return waited(UNKNOWN_FIELDS[kind], views)
    if kind == "rounded" and one.typed_total():
        return "total as typed there, lines everywhere"
    fields = {"repeated_sku": ("lines", "line_sku"), "rounded": ("total", "line_sum")}.get(kind, ())
    return "differs" if any(("order", one.number, name) in drifting for name in fields) else "same everywhere"


def dead_letters(verdict: Verdict, letters: Sequence[Mapping[str, Json]]) -> tuple[dict[str, int], list[Json]]:
    """``letters``: {system, entity, error_field, ..., objects: {system: [ids]}}. Returns how many each kind of planted dirt explains,
    and the letters that none does."""
    explained: Counter[str] = Counter()
    unexplained: list[Json] = []
    for letter in letters:
        kind = _explanation(verdict, letter)
        if kind:
            explained[kind] += 1
        else:
            unexplained.append(dict(letter))
    return dict(explained), unexplained


def _explanation(verdict: Verdict, letter: Mapping[str, Json]) -> str:
    owners = (verdict.people if letter["entity"] == "customer" else verdict.orders).owners
    ids = [(system, str(i)) for system, found in letter.get("objects", {}).items() for i in found]
    who = next((owners[key] for key in ids if key in owners), "")
    kinds: Iterable[str] = ()
    if letter["entity"] == "customer" and who:
        mine = verdict.journal.person(int(who))
        relatives = [one for one in verdict.journal.people if "family" in one.dirt and one.phone == mine.phone]
        kinds = [*mine.dirt, *(["family"] if relatives else [])]  # whoever of them a programme was told of first, it refuses the other
    elif who:
        kinds = next((p.dirt for p in verdict.journal.purchases if p.number == who), ())
    return next((kind for kind in kinds if letter.get("error_field") in EXPLAINS.get(kind, ())), "")
