"""Short lists of an account: references by code, people, additional fields."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from connectors.contract import DirectoryValue
from connectors.retailcrm.api import Api

Json = Any
LASTS = 600.0  # seconds that a list is believed
PAGE = 100
ENTITIES = {"customers": "customer", "orders": "order"}
DIRECTORIES = {  # directory -> reference, and the member of its answer
    "order_status": ("statuses", "statuses"), "payment_kind": ("payment-types", "paymentTypes"),
    "delivery_kind": ("delivery-types", "deliveryTypes"), "channel": ("order-methods", "orderMethods"), "store": ("stores", "stores"),
    "organisation": ("legal-entities", "legalEntities"), "price_type": ("price-types", "priceTypes"),
}  # fmt: skip
PAID = "paid"  # the status of payments that every account has


class Lists:
    """Lists, read once and again when they are old."""

    def __init__(self, api: Api, clock: Callable[[], float] = time.monotonic) -> None:
        self.api, self.clock = api, clock
        self._kept: dict[str, tuple[float, Json]] = {}

    def _read(self, name: str, read: Callable[[], Json], older: float = LASTS) -> Json:
        kept = self._kept.get(name)
        if kept is None or self.clock() - kept[0] > older:
            kept = self._kept[name] = (self.clock(), read())
        return kept[1]

    def reference(self, path: str, member: str, older: float = LASTS) -> dict[str, Json]:
        """A reference by code. An empty one is printed as a list (PHP)."""
        found = self._read(path, lambda: self.api.get(f"reference/{path}").get(member), older)
        return found if isinstance(found, dict) else {}

    def fields(self, resource: str, older: float = LASTS) -> list[Json]:
        """The account's additional fields of customers or orders; calls have none."""
        return list(self._read(f"fields {resource}", lambda: self._pages("custom-fields", "customFields", ENTITIES[resource]), older))

    def _pages(self, path: str, member: str, entity: str = "") -> list[Json]:
        rows: list[Json] = []
        while True:
            body = self.api.get(path, {"limit": PAGE, "page": len(rows) // PAGE + 1, "filter": {"entity": entity}})
            rows += body.get(member) or ()
            if len(rows) >= int(body["pagination"]["totalCount"]) or not body.get(member):
                return rows

    def complete(self) -> list[str]:
        """Codes of payment statuses that mean that the money came; the one that all accounts have first."""
        rows = self.reference("payment-statuses", "paymentStatuses")
        return sorted((code for code, row in rows.items() if row.get("paymentComplete")), key=lambda code: code != PAID)

    def directory(self, name: str) -> list[DirectoryValue]:
        if name == "employee":
            return [_person(row) for row in self._pages("users", "users")]
        if name not in DIRECTORIES:
            return []
        rows = self.reference(*DIRECTORIES[name], older=0.0)
        return [DirectoryValue(code, str(row.get("name") or code), row.get("active") is not False) for code, row in rows.items()]


def _person(row: Json) -> DirectoryValue:
    name = " ".join(filter(None, (str(row.get(part) or "").strip() for part in ("lastName", "firstName"))))
    contacts = {key: (str(row[field]),) for key, field in (("emails", "email"), ("phones", "phone")) if row.get(field)}
    return DirectoryValue(row["id"], name or str(row["id"]), row.get("active") is not False, **contacts)
