"""Fields of WooCommerce's objects, and meta keys met in the newest ones."""

from __future__ import annotations

from typing import Any

from connectors.contract import RemoteField
from connectors.woocommerce.api import Api

Json = Any
SAMPLE = 50  # newest objects whose meta keys are shown
PERSON = ("first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country", "phone")
# path: type; "-" before the type: read only (woocommerce docs: customers, orders)
CUSTOMERS = {
    "id": "-integer", "date_created_gmt": "-time", "date_modified_gmt": "-time", "email": "string", "first_name": "string", "last_name": "string",
    "role": "-string", "username": "-string", "is_paying_customer": "-boolean", "avatar_url": "-string",
}  # fmt: skip
ORDERS = {
    "id": "-integer", "number": "-string", "parent_id": "integer", "order_key": "-string", "created_via": "-string", "status": "string",
    "currency": "string", "date_created_gmt": "-time", "date_modified_gmt": "-time", "date_paid_gmt": "-time", "date_completed_gmt": "-time",
    "discount_total": "-money", "shipping_total": "-money", "total_tax": "-money", "total": "-money", "customer_id": "integer",
    "customer_note": "string", "customer_ip_address": "-string", "customer_user_agent": "-string", "payment_method": "string",
    "payment_method_title": "string", "transaction_id": "string", "items": "list", "coupon_lines": "-list", "refunds": "-list", "payments": "-list", "paid_total": "string",
    "contact_name": "string", "bonus_fee": "money", "rounding_fee": "money", "shipping_lines[].method_id": "-string",
    "shipping_lines[].method_title": "-string",
}  # fmt: skip


ADDRESSES = {f"{part}.{name}": "string" for part in ("billing", "shipping") for name in PERSON} | {"billing.email": "string"}
MANY = {"meta_data[key='*'].value": "any"}
PRODUCTS = {
    "ref": "-string", "id": "-integer", "parent_id": "-integer", "type": "-string", "status": "-string", "sku": "-string",
    "global_unique_id": "-string", "name": "-string", "description": "-string", "permalink": "-string", "regular_price": "money",
    "sale_price": "money", "manage_stock": "boolean", "stock_quantity": "integer", "attributes": "-list", "images": "-list",
    "attributes[name='*'].option": "-string", "images[].src": "-string", "date_modified_gmt": "-time",
}  # fmt: skip
REFUNDS = {
    "ref": "-string", "order": "-integer", "id": "-integer", "amount": "-money", "reason": "-string", "date_created_gmt": "-time",
    "refunded_by": "-integer", "refunded_payment": "-boolean", "items": "-list",
}  # fmt: skip
STATIC = {
    "products": PRODUCTS | MANY,
    "refunds": REFUNDS | MANY,
    "customers": CUSTOMERS | ADDRESSES | MANY,
    "orders": ORDERS | ADDRESSES | MANY,
}


def fields(api: Api, resource: str) -> list[RemoteField]:
    """The published fields and ``meta_data[key='...'].value`` of keys that the newest objects have."""
    static = {path: kind for path, kind in STATIC[resource].items() if "*" not in path}
    found = [RemoteField(path, kind.lstrip("-"), not kind.startswith("-")) for path, kind in static.items()]
    if resource == "refunds":  # older shops have no list of all
        return found
    order = {"orderby": "registered_date", "role": "all"} if resource == "customers" else {"orderby": "date"}
    rows = api.get(resource, order | {"order": "desc", "per_page": SAMPLE})[0]
    met: dict[str, list[Json]] = {}
    for meta in (meta for row in rows for meta in row.get("meta_data") or ()):
        met.setdefault(str(meta.get("key")), []).append(meta.get("value"))
    for key, values in sorted(met.items()):
        # keys that begin with _ are hidden for customers and not writable there
        found.append(RemoteField(f"meta_data[key='{key}'].value", kind_of(values), resource == "orders" or not key.startswith("_"), key))
    return found


def kind_of(values: list[Json]) -> str:
    """``string`` for a key whose values are all text or numbers; ``any`` for lists, objects, and where nothing was met."""
    filled = [value for value in values if value not in (None, "")]
    return "string" if filled and all(isinstance(value, (str, int, float)) for value in filled) else "any"
