"""What the hub asks for, by names that each project chose: an operation is made by a marketer, and nothing of it is fixed but what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = Any
SYNC, ASYNC = "sync", "async"
DEFAULTS = {
    "get_customer": "Sverka.GetCustomer", "create_customer": "Sverka.CreateCustomer", "edit_customer": "Sverka.EditCustomer",
    "merge_customers": "Sverka.MergeCustomers", "customer_merges": "Sverka.CustomerMerges", "get_balance": "", "get_order": "Sverka.GetOrder",
    "save_order": "Sverka.SaveOrder", "change_status": "Sverka.ChangeOrderStatus", "call": "Sverka.Call", "message": "Sverka.Message", "call_task": "Sverka.CallTask",
    "export_customers": "Sverka.ExportCustomers", "export_orders": "Sverka.ExportOrders", "export_segment": "Sverka.ExportSegment",
    "export_errors": "", "export_actions": "",
}  # fmt: skip
FACTS = frozenset({"call", "call_task", "message"})  # kept once by their transaction, which only the queue heeds
WRITES = frozenset({"create_customer", "edit_customer", "save_order", "change_status"})
READS = frozenset({"get_customer", "get_order", "get_balance", "customer_merges"})


@dataclass(frozen=True, slots=True)
class Operation:
    """``name``: as the project calls it; empty: the project has none, and what it is for is left out."""

    name: str
    mode: str = SYNC

    @property
    def queued(self) -> bool:
        return self.mode == ASYNC


def chosen(options: Mapping[str, Json]) -> dict[str, Operation]:
    """What for -> operation. ``options.operations``: ``call: Site.Call`` or ``call: {name: Site.Call, mode: async}``; ``""`` leaves it out."""
    given: Mapping[str, Json] = options.get("operations") or {}
    found = {}
    for what, name in DEFAULTS.items():
        said = given.get(what, name)
        told = said if isinstance(said, Mapping) else {"name": said}
        found[what] = Operation(str(told.get("name", name) or ""), str(told.get("mode") or (ASYNC if what in FACTS else SYNC)))
    return found


def mistakes(options: Mapping[str, Json]) -> list[str]:
    """What in ``options.operations`` means nothing, or cannot be."""
    given: Mapping[str, Json] = options.get("operations") or {}
    found = [f"{what}?" for what in given if what not in DEFAULTS]
    for what, one in chosen(options).items():
        wrong = one.mode not in (SYNC, ASYNC) or (what in FACTS and not one.queued) or (one.queued and what not in FACTS | WRITES)
        found += [f"{what}: mode {one.mode}"] if wrong else []
    return found
