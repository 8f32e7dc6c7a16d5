"""Short lists of a shop: statuses, ways of paying and delivering, people."""

from __future__ import annotations

from typing import Any

from connectors.contract import DirectoryValue
from connectors.errors import ConnectorError
from connectors.woocommerce.api import Api

Json = Any
STAFF = ("administrator", "shop_manager")  # roles of those who work in the shop
STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed")


def directory(api: Api, name: str) -> list[DirectoryValue]:
    """Statuses (plugins' own ones too), payment gateways, shipping methods, the shop's staff by user name; other lists it does not have."""
    if name == "order_status":
        try:
            rows = api.get("reports/orders/totals", {})[0]
        except ConnectorError:
            rows = []
        known = {str(row["slug"]): str(row.get("name") or row["slug"]) for row in rows} or {slug: slug for slug in STATUSES}
        return [DirectoryValue(slug, title) for slug, title in known.items()]
    if name == "payment_kind":
        rows = api.get("payment_gateways", {})[0]
        return [DirectoryValue(str(r["id"]), str(r.get("method_title") or r.get("title") or r["id"]), bool(r.get("enabled"))) for r in rows]
    if name == "employee":
        return [_employee(row) for role in STAFF for row in api.get("customers", {"role": role, "per_page": 100})[0]]
    if name == "delivery_kind":
        return [DirectoryValue(str(r["id"]), str(r.get("title") or r["id"])) for r in api.get("shipping_methods", {})[0]]
    return []


def _employee(row: dict[str, Json]) -> DirectoryValue:
    name = " ".join(filter(None, (str(row.get(part) or "").strip() for part in ("last_name", "first_name"))))
    phone = str((row.get("billing") or {}).get("phone") or "")
    user = str(row.get("username") or row["id"])
    return DirectoryValue(user, name or user, True, (str(row.get("email") or ""),), (phone,) if phone else ())
