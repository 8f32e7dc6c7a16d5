"""Fields of InSales's objects (insales docs: clients, orders, products), and the shop's own ones as the newest objects show them."""

from __future__ import annotations

from typing import Any

from connectors.contract import RemoteField
from connectors.insales.api import Api

Json = Any
SAMPLE = 25  # objects whose own fields are shown
PERSON = ("name", "surname", "middlename", "phone")
OWN = {"fields_values[handle='*'].value": "any"}
# path: type; "-" before the type: read only
CLIENTS = {
    "id": "-integer", "type": "string", **dict.fromkeys(PERSON, "string"), "email": "string", "registered": "-boolean", "subscribe": "boolean",
    "consent_to_personal_data": "boolean", "client_group_id": "integer", "bonus_points": "-integer", "ip_addr": "-string",
    **dict.fromkeys(("inn", "kpp", "ogrn", "okpo", "bik", "bank_name", "correspondent_account", "settlement_account", "juridical_address"), "string"),
    "created_at": "-datetime", "updated_at": "-datetime",
}  # fmt: skip
ORDERS = {
    "id": "-integer", "number": "-integer", "key": "-string", "account_id": "-integer", "client.id": "integer", "fulfillment_status": "-string",
    "custom_status.permalink": "string", "custom_status.title": "-string", "financial_status": "string", "items": "list", "items_price": "-number",
    "delivery_price": "-number", "total_price": "-number", "currency_code": "-string", "discounts": "-list", "bonus_discount": "money",
    "payments": "-list", "payment_gateway_id": "integer", "payment_title": "-string", "delivery_variant_id": "integer", "delivery_title": "-string",
    "delivery_date": "string", "delivery_info.shipping_company": "-string", "contact_name": "string", "contact_phone": "string",
    "contact_email": "-string", "shipping_address.address": "string", "shipping_address.full_delivery_address": "-string",
    "shipping_address.city": "string", "shipping_address.zip": "string", "comment": "string", "manager_comment": "string",
    "responsible_user_id": "integer", "warehouse_id": "-integer", "archived": "-boolean", "locale": "-string", "paid_at": "-datetime",
    "accepted_at": "-datetime", "delivered_at": "-datetime", "created_at": "-datetime", "updated_at": "-datetime",
}  # fmt: skip
PRODUCTS = {
    "ref": "-string", "id": "-integer", "product_id": "-integer", "name": "-string", "title": "-string", "sku": "-string", "barcode": "-string",
    "price": "money", "old_price": "money", "cost_price": "money", "quantity": "integer", "weight": "-string", "dimensions": "-string",
    "options": "-list", "options[name='*'].value": "-string", "images": "-list", "images[].original_url": "-string", "updated_at": "-datetime",
    "variant_field_values[handle='*'].value": "-string",
}  # fmt: skip
STATIC = {"clients": CLIENTS | OWN, "orders": ORDERS | OWN, "products": PRODUCTS}


def fields(api: Api, resource: str) -> list[RemoteField]:
    """The published fields and ``fields_values[handle='...'].value`` of the shop's own ones. Which kind of object a field of the shop belongs
    to, its list tells in numbers that no paper explains: the objects themselves show it."""
    found = [RemoteField(path, kind.lstrip("-"), not kind.startswith("-")) for path, kind in STATIC[resource].items() if "*" not in path]
    if resource == "products":
        return found
    met: dict[str, Json] = {}
    for row in api.get(resource, per_page=SAMPLE):
        met |= {str(one["handle"]): one for one in row.get("fields_values") or () if one.get("handle")}
    return found + [
        RemoteField(f"fields_values[handle='{handle}'].value", str(one.get("type") or "any"), True, str(one.get("name") or handle))
        for handle, one in sorted(met.items())
    ]
