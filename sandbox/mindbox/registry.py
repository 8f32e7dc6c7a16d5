"""The operations that this project has. Every project has its own: a marketer made them, and may change them without a word."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("get", "create", "edit", "sync", "merge", "merges", "points", "change_points", "order_get", "order_create", "order_save", "order_process",
         "order_status", "order_list", "action", "customers", "orders", "segment", "log", "actions")  # fmt: skip
ORDER_STEPS = frozenset({"order_create", "order_save", "order_process"})  # sync operations that honour a transaction
EXPORTS = frozenset({"customers", "orders", "segment", "log", "actions"})


@dataclass(frozen=True, slots=True)
class Operation:
    """``kind``: what it does. ``keyed``: whether it asks for the secret key (operations of a browser do not)."""

    kind: str
    keyed: bool = True


HUB = {
    "GetCustomer": "get", "CreateCustomer": "create", "EditCustomer": "edit", "MergeCustomers": "merge", "CustomerMerges": "merges",
    "GetBalance": "points", "GetOrder": "order_get", "SaveOrder": "order_save", "ChangeOrderStatus": "order_status", "Call": "action",
    "Message": "action", "CallTask": "action", "ExportCustomers": "customers", "ExportOrders": "orders", "ExportSegment": "segment", "ExportErrors": "log", "ExportActions": "actions",
}  # fmt: skip
WEBSITE = {
    "CheckCustomer": "get", "GetCustomerInfo": "get", "RegisterCustomer": "create", "EditCustomer": "edit", "SyncCustomer": "sync",
    "AuthorizeCustomer": "sync", "SubscribeCustomer": "sync", "GetCustomerPoints": "points", "ChangePoints": "change_points",
    "CreateAuthorizedOrder": "order_process", "CreateOrder": "order_create", "SaveOfflineOrder": "order_save", "UpdateOrder": "order_save",
    "ChangeStatus": "order_status", "GetCustomerOrders": "order_list", "GetOrder": "order_get", "ExportActions": "actions",
}  # fmt: skip


def operations() -> dict[str, Operation]:
    """Name -> operation: the hub's own, and those that the vendor's modules call by convention."""
    found = {f"Sverka.{name}": Operation(kind) for name, kind in HUB.items()}
    return found | {f"Website.{name}": Operation(kind, name != "CheckCustomer") for name, kind in WEBSITE.items()}
