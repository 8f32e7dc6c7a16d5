"""Fields of UDS's customers (uds docs: customers), and of an operation as the connector takes it."""

from __future__ import annotations

from connectors.contract import RemoteField
from connectors.uds.manifest import CREATED_FOR

# path: type; "-" before the type: read only
CUSTOMERS = {
    "uid": "-uuid", "displayName": "-string", "first_name": "-string", "last_name": "-string", "phone": "-string", "email": "-string", "gender": "-string",
    "birthDate": "-date", "channelName": "-string", "participant.id": "-integer", "participant.points": "-money", "participant.discountRate": "-number",
    "participant.cashbackRate": "-number", "participant.membershipTier.name": "-string", "participant.cashSpent": "-money",
    "participant.savedFunds": "-money", "participant.operationsCount": "-integer", "participant.note": "-string",
    "participant.dateCreated": "-datetime", "participant.lastTransactionTime": "-datetime",
}  # fmt: skip
# a purchase or a return: its sums are those of `items`; `customer`: a participant's number, where a write names one
OPERATIONS = {"id": "-string", "kind": "string", "customer": "string", "sale": "string", "after": "string", "number": "string", "points": "money",
              "date": "time", "items": "list", CREATED_FOR: "-string"}  # fmt: skip
STATIC = {"customers": CUSTOMERS, "operations": OPERATIONS}


def fields(resource: str) -> list[RemoteField]:
    """The published fields: the vendor has no custom ones."""
    return [RemoteField(path, kind.lstrip("-"), not kind.startswith("-")) for path, kind in STATIC[resource].items()]
