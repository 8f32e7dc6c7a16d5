"""Which call an object is: one call is known to several systems, to the exchange that carried it and to the CRM that shows it. Pure.

Two systems speak of one call where the phone and the direction are the same and the beginnings lie within a minute: one counts from the dialling, the
other from the connection, by clocks of their own. Within one system two rows are always two calls: a seller dials again at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.entities.call import is_wanted
from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync.verdict import Verdict

Json = Any
CALL, BEGUN = "call", "begun"  # entity, kind of key
WINDOW = 60.0  # seconds between the beginnings that two systems tell of one call


def call_keys(data: Mapping[str, Json]) -> set[tuple[str, str]]:
    """(kind, value) of the minute in which a call began and of the next: those of two beginnings within a minute always meet. Without phone,
    direction or beginning a call is like no other, and so is one that is only ordered."""
    begun = _begun(data)
    if begun is None or is_wanted(data) or not data.get("phone") or not data.get("direction"):
        return set()
    minute = int(begun // WINDOW)
    return {(BEGUN, f"{data['direction']}|{data['phone']}|{one}") for one in (minute, minute + 1)}


def identify_call(
    data: Mapping[str, Json],
    hits: Mapping[tuple[str, str], Sequence[str]],
    records: Mapping[str, Record],
    system_links: Mapping[str, Sequence[Link]],
) -> Verdict:
    """The call of other systems that began nearest, within the window, and that this system has not told of yet."""
    begun = _begun(data)
    apart = {one: abs(at - begun) for ids in hits.values() for one in ids if begun and (at := _begun(records[one].data)) is not None}
    near = sorted((seconds, one) for one, seconds in apart.items() if seconds <= WINDOW and not records[one].merged_into)
    for _, record_id in near:
        held = system_links.get(record_id, ())
        if any(link.state == "creating" for link in held):
            return Verdict(None, wait=True)
        if not held:
            return Verdict(record_id)
    return Verdict(None)


def _begun(data: Mapping[str, Json]) -> float | None:
    try:
        moment = datetime.fromisoformat(str(data["start"])) if data.get("start") else None
    except ValueError:
        return None
    return None if moment is None else (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
