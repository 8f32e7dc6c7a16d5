"""What an object of a described service may tell, by names that are the same for every service; "-" before the type: read only. The
configuration says where each stands in the service's own answer; what it does not name is not observed."""

from __future__ import annotations

BESIDE = {"id": "-string", "hub_key": "-string", "archived": "-boolean", "changed": "-datetime"}
CUSTOMERS = {
    **BESIDE, "names": "names", "phone": "string", "email": "string", "sex": "string",
    "birthday": "datetime", "card": "string", "address.postcode": "string", "address.city": "string", "address.street": "string",
    "address.text": "string", "store": "string", "responsible": "string", "comment": "text", "own.*": "any",
}  # fmt: skip
DOCUMENT = {
    "number": "string", "customer": "string", "contact.name": "string", "contact.phone": "string", "contact.email": "string",
    "store": "string", "responsible": "string", "organisation": "string", "status": "string", "lines": "list", "total": "string",
    "payments": "list", "card": "string", "created": "datetime", "paid": "datetime", "comment": "text",
}  # fmt: skip
ORDERS = {
    **BESIDE, **DOCUMENT, "bonus_spent": "string", "delivery.kind": "string", "delivery.address": "string", "delivery.track": "string",
    "own.*": "any",
}  # fmt: skip
RECEIPTS = {
    name: f"-{kind.lstrip('-')}" for name, kind in {**BESIDE, **DOCUMENT, "order": "string", "receipt": "string", "own.*": "any"}.items()
}
STATIC = {"soap_customers": CUSTOMERS, "soap_orders": ORDERS, "soap_receipts": RECEIPTS}

# what the configuration may name in place of `names`: a name in one text, which is taken apart here, or each of its parts
NAME, PARTS = "name", ("names.last", "names.first", "names.middle")
LISTS = {"lines": ("id", "sku", "name", "quantity", "price", "discount", "sum", "kind"), "payments": ("id", "kind", "sum", "time")}
OWN = "own."


def names(resource: str) -> frozenset[str]:
    """What ``fields`` of a resource may name, beside ``own.<anything>``."""
    known = frozenset(STATIC[resource]) - {"id", "changed", "names", "own.*"}
    return known | {NAME, *PARTS} if resource == "soap_customers" else known
