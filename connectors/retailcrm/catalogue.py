"""Fields of RetailCRM's objects: the published ones, and the account's additional fields."""

from __future__ import annotations

from connectors import segments
from connectors.contract import RemoteField
from connectors.retailcrm.lists import ENTITIES, Lists
from connectors.retailcrm.shape import BONUSES

ADDRESS = ("index", "countryIso", "region", "city", "street", "building", "flat", "house", "block", "floor", "metro", "notes", "text")
# path: type; "-" before the type: read only (models of the vendor's PHP client: customers, orders)
CUSTOMERS = {
    "id": "-integer", "externalId": "string", "site": "-string", "createdAt": "-time", "isContact": "boolean", "lastName": "string",
    "firstName": "string", "patronymic": "string", "sex": "enum", "birthday": "date", "email": "string", "phones": "list", "managerId": "integer",
    "vip": "boolean", "bad": "boolean", "tags": "list", "personalDiscount": "number", "cumulativeDiscount": "number",
    "discountCardNumber": "string", "segments": "-list", "ordersCount": "-integer", "totalSumm": "-money", "averageSumm": "-money",
    **{f"address.{part}": "string" for part in ADDRESS},
}  # fmt: skip
ORDERS = {
    "id": "-integer", "externalId": "string", "number": "string", "site": "-string", "orderType": "string", "orderMethod": "string",
    "status": "string", "statusComment": "text", "statusUpdatedAt": "-time", "createdAt": "time", "lastName": "string", "firstName": "string",
    "patronymic": "string", "contact_name": "string", "phone": "string", "additionalPhone": "string", "email": "string",
    "customer.id": "integer", "managerId": "integer", "customerComment": "text", "managerComment": "text", "lines": "list", "payments": "list", "returned": "list",
    "delivery.code": "string", "delivery.cost": "-money", "delivery.date": "date", "delivery.data.trackNumber": "string",
    "summ": "-money", "totalSumm": "-money", "prepaySum": "-money", "fullPaidAt": "-time", "bonusesCreditTotal": "-money",
    "bonusesChargeTotal": "-money", "bonus_spent": "money", "bonus_accrued": "money", "shipmentStore": "string", "shipmentDate": "date", "shipped": "boolean", "currency": "-string",
    **{f"source.{part}": "string" for part in ("source", "medium", "campaign", "keyword", "content")},
    **{f"delivery.address.{part}": "string" for part in ADDRESS},
}  # fmt: skip
CALL = {
    "externalId": "-string", "date": "time", "type": "enum", "phone": "string", "userId": "integer", "result": "enum", "duration": "integer",
    "recordUrl": "string", "externalPhone": "string",
}  # fmt: skip
OFFERS = {
    "id": "-integer", "externalId": "-string", "xmlId": "-string", "name": "-string", "article": "-string", "barcode": "-string",
    "quantity": "-number", "prices": "list", "properties.size": "-string", "properties.color": "-string",
}  # fmt: skip
RETURNS = {"ref": "-string", "order": "-integer", "number": "-string", "back": "-boolean", "lines": "-list", "total": "-money"}
INVENTORIES = {"id": "-string", "offer": "string", "store": "string", "available": "number"}
OWN = {"customFields.*": "any"}
STATIC = {
    "customers": CUSTOMERS | OWN,
    "orders": ORDERS | OWN,
    "call": CALL,
    "offers": OFFERS,
    "inventories": INVENTORIES,
    "returns": RETURNS,
    "segments": segments.CATALOGUE,
}


def fields(lists: Lists, resource: str) -> list[RemoteField]:
    """The catalogue of a resource; additional fields are named ``customFields.<code>``, but for those that are shown beside the vendor's own."""
    found = [RemoteField(path, kind.lstrip("-"), not kind.startswith("-")) for path, kind in STATIC[resource].items() if "*" not in path]
    if resource not in ENTITIES:
        return found
    own = [row for row in lists.fields(resource, 0.0) if row["code"] not in BONUSES]
    return found + [
        RemoteField(f"customFields.{row['code']}", str(row.get("type", "string")), True, str(row.get("name", ""))) for row in own
    ]
