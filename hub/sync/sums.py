"""The totals of merged orders: small differences become the derived rounding, large ones a problem. What is derived is told to no system."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from hub.entities.totals import added_up, difference_told
from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync.merge import Merged
from mappings import FieldProblem, Mapping

Json = Any
ORDER, TOTAL, ROUNDING = "order", "total", "rounding"
DERIVED = 3  # place in the provenance of a derived rounding: what was told of it, None where nothing was


def settle(
    entity: str, merged: Merged, links: Sequence[Link], mapping_of: Callable[[Link], Mapping | None], largest: Decimal
) -> list[tuple[Link, FieldProblem]]:
    """Make a merged order add up, and tell what cannot. Only totals of systems whose lines the hub writes are a problem: of a receipt
    that is only read the system itself knows best."""
    if entity != ORDER or TOTAL not in merged.provenance:
        return []
    link = next((x for x in links if x.id == merged.provenance[TOTAL][1]), None)
    mapping = mapping_of(link) if link is not None else None
    told = next((f for f in mapping.fields if f.field == TOTAL and f.only != "write"), None) if mapping is not None else None
    sums = added_up(merged.data, counts_lines=told is not None and told.counts == "lines", largest=largest)
    if sums is None:
        return []
    merged.data[TOTAL] = f"{sums.total:.2f}"
    if sums.rounding != sums.said:
        merged.provenance[ROUNDING] = [*merged.provenance.get(ROUNDING, ["", "", None])[:DERIVED], merged.data.get(ROUNDING)]
        merged.data[ROUNDING] = f"{sums.rounding:.2f}"
    if not sums.difference or link is None or mapping is None or told is None or not _writes_sums(mapping):
        return []
    return [(link, FieldProblem(TOTAL, told.path, "total_differs", *difference_told(sums, merged.data)))]


def _writes_sums(mapping: Mapping) -> bool:
    return mapping.give and any(f.field in ("lines", TOTAL) and f.only != "read" for f in mapping.fields)


def told_data(record: Record) -> dict[str, Json]:
    """The record's data as systems are told them: a rounding that was derived stays here, or each kopeck of it would travel as a fee,
    change the total that it came from, and come back."""
    data = dict(record.data)
    origin = record.provenance.get(ROUNDING, ())
    if len(origin) > DERIVED:
        if origin[DERIVED] is None:
            del data[ROUNDING]
        else:
            data[ROUNDING] = origin[DERIVED]
    return data
