"""Fields of MoySklad's objects: the published ones, and the account's own additional fields."""

from __future__ import annotations

from connectors.contract import RemoteField
from connectors.moysklad.lists import Lists

# path: type; "-" before the type: read only (moysklad docs: counterparty, customer order, retail demand)
COMMON = {
    "id": "-uuid", "externalCode": "string", "code": "string", "name": "string", "created": "-time", "updated": "-time", "description": "text",
    "owner.name": "employee", "shared": "boolean", "state.name": "state",
}  # fmt: skip
COUNTERPARTY = {
    "companyType": "enum", "phone": "string", "email": "string", "fax": "string", "discountCardNumber": "string", "bonusPoints": "-integer",
    "salesAmount": "-kopecks", "tags": "list", "archived": "boolean", "birthDate": "time", "sex": "enum", "legalLastName": "string",
    "legalFirstName": "string", "legalMiddleName": "string", "legalTitle": "string", "inn": "string", "kpp": "string", "ogrn": "string",
    "ogrnip": "string", "okpo": "string", "actualAddress": "string", "legalAddress": "string",
    **{f"{kind}AddressFull.{part}": "string" for kind in ("actual", "legal")
       for part in ("postalCode", "city", "street", "house", "apartment", "addInfo", "comment")},
}  # fmt: skip
DOCUMENT = {
    "moment": "minute", "applicable": "boolean", "deleted": "-time", "agent.meta.href": "reference", "organization.name": "organisation",
    "store.name": "store", "sum": "-kopecks", "payedSum": "-kopecks", "vatEnabled": "boolean", "vatIncluded": "boolean", "vatSum": "-kopecks",
    "positions.rows": "list",
}  # fmt: skip
ORDER = {
    **DOCUMENT, "salesChannel.name": "channel", "deliveryPlannedMoment": "minute", "shipmentAddress": "string", "taxSystem": "enum",
    "shippedSum": "-kopecks", "invoicedSum": "-kopecks", "reservedSum": "-kopecks",
    **{f"shipmentAddressFull.{part}": "string" for part in ("postalCode", "city", "street", "house", "apartment", "addInfo", "comment")},
}  # fmt: skip
RECEIPT = {
    **DOCUMENT, "retailShift.meta.href": "reference", "retailStore.meta.href": "reference", "customerOrder.meta.href": "reference",
    "checkNumber": "integer", "documentNumber": "integer", "sessionNumber": "integer", "checkSum": "kopecks", "cheque.fnNumber": "-string",
    "cheque.fiscalDocSign": "-string", "cheque.fiscalDocNumber": "-string", "cheque.kktRegNumber": "-string", "cheque.time": "-time",
    "payments": "-list", "cashSum": "kopecks", "noCashSum": "kopecks", "qrSum": "kopecks", "advancePaymentSum": "kopecks",
    "prepaymentCashSum": "kopecks", "prepaymentNoCashSum": "kopecks", "prepaymentQrSum": "kopecks",
}  # fmt: skip
RETURN = {
    **DOCUMENT, "sold.meta.href": "-reference", "demand.meta.href": "reference", "retailShift.meta.href": "reference",
    "cashSum": "kopecks", "noCashSum": "kopecks", "qrSum": "kopecks", "cheque.fnNumber": "-string", "cheque.fiscalDocSign": "-string",
    "cheque.fiscalDocNumber": "-string", "cheque.time": "-time",
}  # fmt: skip
NOTE = {"id": "-string", "agent.meta.href": "reference", "description": "text", "created": "-time", "key": "-string"}
ASSORTMENT = {
    "id": "-uuid", "externalCode": "-string", "guid": "string", "hub_key": "-string", "code": "-string", "title": "string", "article": "string",
    "description": "text", "archived": "boolean", "updated": "-time", "barcodes": "list", "prices": "list", "size": "string", "colour": "string",
    "pathName": "-string", "variantsCount": "-integer", "meta.type": "-string",
}  # fmt: skip
STOCK = {"id": "-string", "assortment": "-string", "store.name": "-store", "stock": "-number", "reserve": "-number"}
OWN = {"attributes[name='*'].value": "any", "attributes[name='*'].value.name": "any"}  # an account's additional fields
STATIC = {
    "counterparty": COMMON | COUNTERPARTY | OWN,
    "customerorder": COMMON | ORDER | OWN,
    "retaildemand": {k: f"-{v.lstrip('-')}" for k, v in (COMMON | RECEIPT | OWN).items()},
    **{kind: {k: f"-{v.lstrip('-')}" for k, v in (COMMON | RETURN | OWN).items()} for kind in ("retailsalesreturn", "salesreturn")},
    "note": NOTE,
    "assortment": ASSORTMENT,
    "stock": STOCK,
}
WRITTEN = frozenset({"counterparty", "customerorder"})
WITHOUT_OWN = frozenset({"note", "assortment", "stock"})  # kinds whose additional fields are not asked for
REFERENCES = frozenset({"store", "employee", "project", "contract", "customentity"})


def fields(lists: Lists, resource: str) -> list[RemoteField]:
    """The catalogue of a resource; additional fields are named ``attributes[name='...'].value``."""
    found = [RemoteField(path, kind.lstrip("-"), not kind.startswith("-")) for path, kind in STATIC[resource].items() if "*" not in path]
    if resource in WITHOUT_OWN:
        return found
    for row in lists.rows(f"entity/{resource}/metadata/attributes", 0.0):
        kind, name = str(row.get("type", "string")), str(row.get("name", ""))
        path = f"attributes[name='{name}'].value" + (".name" if kind in REFERENCES else "")
        found.append(RemoteField(path, kind, resource in WRITTEN, name))
    return found
