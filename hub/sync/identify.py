"""identify: which record is an object that no link knows? Pure: what the database holds is handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.storage.links import Link
from hub.storage.records import Record
from mappings.phones import is_dummy

Json = Any
SHARED_LIMIT = 20  # a key of more records than this identifies nobody


def match_keys(entity: str, data: Mapping[str, Json], kinds: Sequence[str]) -> set[tuple[str, str]]:
    """The match keys of canonical data: (kind, value). Invalid and dummy phones are never keys."""
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
        keys |= {("card", c["number"].casefold()) for c in data.get("cards") or [] if c.get("number")}
    return keys


@dataclass(frozen=True, slots=True)
class Verdict:
    """``record_id`` None: a new record. ``role``: of the link. ``review``: (other record, reason) rows for a person. ``wait``: an open create may be this one.
    ``order``: it waits for the order that it names, whose coming wakes it."""

    record_id: str | None
    role: str = "primary"
    adopt_link: str | None = None  # a creating link that this object completes
    review: tuple[tuple[str, str], ...] = ()
    wait: bool = False
    order: bool = False


def same_name(a: Mapping[str, Json], b: Mapping[str, Json]) -> bool | None:
    """Whether the first names agree; None where one is not known."""
    x, y = str(a.get("first_name") or "").strip().casefold(), str(b.get("first_name") or "").strip().casefold()
    if not x or not y:
        return None
    return x.replace("ё", "е") == y.replace("ё", "е")


def identify(
    data: Mapping[str, Json],
    hits: Mapping[tuple[str, str], Sequence[str]],
    records: Mapping[str, Record],
    system_links: Mapping[str, Sequence[Link]],
    different: frozenset[tuple[str, str]] = frozenset(),
) -> Verdict:
    """By match keys alone (links, hub keys and adopted references were asked before). ``hits``: key -> records that hold it.
    ``system_links``: record id -> its links in the object's own system."""
    strong: dict[str, set[str]] = {}
    for (kind, _), ids in hits.items():
        if len(ids) <= SHARED_LIMIT:
            for record_id in ids:
                strong.setdefault(record_id, set()).add(kind)
    agreeing = {r for r in strong if same_name(data, records[r].data) is not False or "card" in strong[r]}
    apart = tuple(sorted((r, f"same {' and '.join(sorted(strong[r]))}, another first name") for r in strong.keys() - agreeing))
    if not agreeing:
        return Verdict(None, review=apart)
    named = {r for r in agreeing if same_name(data, records[r].data)}
    chosen = sorted(named or agreeing)
    if len(chosen) > 1:
        free = [r for r in chosen if not system_links.get(r)]
        if len(free) != 1:
            return Verdict(None, review=apart + tuple((r, "keys of several people") for r in chosen))
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
