"""Fields of Mindbox's objects as operations answer with them, and what the connector shows beside them."""

from __future__ import annotations

from connectors import segments
from connectors.contract import RemoteField

# path: type; "-" before the type: read only (mindbox docs: get-customer-data-json, get-order-info)
CUSTOMER = {
    "id": "-string", "ids.*": "-string", "hub_key": "string", "lastName": "string", "firstName": "string", "middleName": "string",
    "birthDate": "date", "sex": "enum", "phone": "object", "mail": "object", "card": "string", "subscriptions": "list",
    "area.name": "-string", "changeDateTimeUtc": "-time", "balance.available": "-money", "balance.blocked": "-money", "balance.total": "-money",
    "balance.next_burn": "-string", "customFields.*": "any",
}  # fmt: skip
ORDER = {
    "id": "-string", "ids.*": "-string", "hub_key": "string", "customer.ids.mindboxId": "integer", "status": "string", "lines": "list",
    "totalPrice": "money", "email": "string", "mobilePhone": "string", "payments": "list", "createdDateTimeUtc": "time",
    "firstPointOfContact": "-string", "customFields.*": "any",
}  # fmt: skip
CALL = {"id": "-string", "customer.ids.mindboxId": "integer", "at": "time", "customFields.*": "any"}
REQUEST = {
    "id": "-string",
    "customer.ids.mindboxId": "-integer",
    "at": "-time",
    **dict.fromkeys(("campaign", "reason", "store", "comment"), "-string"),
}
STATIC = {
    "customer": CUSTOMER,
    "order": ORDER,
    "call": CALL,
    "message": CALL,
    "call_task": CALL,
    "call_request": REQUEST,
    "segment": segments.CATALOGUE,
}


def fields(resource: str) -> list[RemoteField]:
    """The published fields. Which of its own a project has is told by no operation."""
    return [RemoteField(path, kind.lstrip("-"), not kind.startswith("-")) for path, kind in STATIC[resource].items() if "*" not in path]
