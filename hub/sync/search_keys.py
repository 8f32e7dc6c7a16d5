"""By what else people look for a record. These stand among the match keys, so that the same index answers, but never identify anybody:
identification asks for the configured kinds of customers alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Any
FOUND_BY: dict[str, tuple[tuple[str, str], ...]] = {  # entity -> (kind, field)
    "order": (
        ("number", "number"),
        ("phone", "contact.phone"),
        ("email", "contact.email"),
        ("card", "card"),
        ("receipt", "receipt.number"),
        ("customer", "customer"),
    ),
    "call": (("phone", "phone"), ("customer", "customer")),
}
KINDS = ("phone", "email", "card", "number", "receipt")  # what a person may type; ``customer`` finds the orders and calls of a record


def search_keys(entity: str, data: Mapping[str, Json]) -> set[tuple[str, str]]:
    """(kind, value) for each thing that the record may be found by, besides its match keys."""
    return {(kind, str(data[name]).casefold()) for kind, name in FOUND_BY.get(entity, ()) if data.get(name)}
