"""identify: which record is an object that no link knows? Pure: what the database holds is handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync.goods import PRODUCT, STOCK, goods_keys
from hub.sync.one_call import CALL, call_keys
from hub.sync.verdict import Verdict
from mappings.cards import folded_card
from mappings.phones import is_dummy

Json = Any
PHONE_ALONE = "same phone alone"  # a reason for review where a phone is not a person
SEVERAL = "keys of several people"
TOLD_LATER = "same phone, e-mail or card, told later"
SHARED_LIMIT = 20  # a key of more records than this identifies nobody


def match_keys(entity: str, data: Mapping[str, Json], kinds: Sequence[str]) -> set[tuple[str, str]]:
    """The match keys of canonical data: (kind, value). Invalid and dummy phones are never keys."""
    if entity in (PRODUCT, STOCK):
        return goods_keys(entity, data, kinds)
    if entity == CALL:
        return call_keys(data)
    if entity != "customer":
        return set()
    keys: set[tuple[str, str]] = set()
    if "phone" in kinds:
        keys |= {
            ("phone", p["number"])
            for p in data.get("phones") or []
            if p.get("number") and not p.get("invalid") and not is_dummy(p["number"])
        }
    if "email" in kinds:
        keys |= {("email", e["address"].casefold()) for e in data.get("emails") or [] if e.get("address") and not e.get("invalid")}
    if "card" in kinds:
        keys |= {("card", folded_card(c["number"])) for c in data.get("cards") or [] if folded_card(c.get("number"))}
    return keys


def same_name(a: Mapping[str, Json], b: Mapping[str, Json]) -> bool | None:
    """Whether the first names agree; None where one is not known."""
    x, y = str(a.get("first_name") or "").strip().casefold(), str(b.get("first_name") or "").strip().casefold()
    if not x or not y:
        return None
    return x.replace("ё", "е") == y.replace("ё", "е")


def _disagreeing(strong: Mapping[str, set[str]]) -> tuple[tuple[str, str], ...]:
    """Rows for review where the card is one person's and the other keys are another's; none where somebody has the card and another key."""
    others = sorted({kind for kinds in strong.values() for kind in kinds} - {"card"})
    by_card = [r for r, kinds in strong.items() if "card" in kinds]
    if not by_card or len(by_card) == len(strong) or any(len(strong[r]) > 1 for r in by_card):
        return ()
    return tuple((r, f"card of one, {' and '.join(others)} of another") for r in sorted(strong))


def identify(
    data: Mapping[str, Json],
    hits: Mapping[tuple[str, str], Sequence[str]],
    records: Mapping[str, Record],
    system_links: Mapping[str, Sequence[Link]],
    phone_is_person: bool = True,
) -> Verdict:
    """By match keys alone (links, hub keys and adopted references were asked before). ``hits``: key -> records that hold it.
    ``system_links``: record id -> its links in the object's own system. ``phone_is_person`` False: who has only a phone alike goes to review."""
    strong: dict[str, set[str]] = {}
    for (kind, _), ids in hits.items():
        if len(ids) <= SHARED_LIMIT:
            for record_id in ids:
                strong.setdefault(record_id, set()).add(kind)
    by_phone = set() if phone_is_person else {r for r in strong if strong[r] == {"phone"}}
    agreeing = {r for r in strong.keys() - by_phone if same_name(data, records[r].data) is not False or "card" in strong[r]}
    apart = tuple(
        (r, PHONE_ALONE if r in by_phone else f"same {' and '.join(sorted(strong[r]))}, another first name")
        for r in sorted(strong.keys() - agreeing)
    )
    if reasons := _disagreeing({r: strong[r] for r in agreeing}):
        return Verdict(None, review=apart + reasons)
    if not agreeing:
        return Verdict(None, review=apart)
    named = {r for r in agreeing if same_name(data, records[r].data)}
    chosen = sorted(named or agreeing)
    if len(chosen) > 1:
        free = [r for r in chosen if not system_links.get(r)]
        if len(free) != 1:
            return Verdict(None, review=apart + tuple((r, SEVERAL) for r in chosen))
        chosen = free
    record_id = chosen[0]
    held = system_links.get(record_id, ())
    if any(link.state == "creating" for link in held):
        return Verdict(None, wait=True)
    if any(link.role == "primary" and link.state in ("live", "archived") for link in held):
        if named or "card" in strong[record_id]:
            return Verdict(record_id, role="alias", review=apart)
        return Verdict(None, review=(*apart, (record_id, f"same {' and '.join(sorted(strong[record_id]))}, name not known")))
    return Verdict(record_id, review=apart)
