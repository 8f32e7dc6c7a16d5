"""Fields of a customer of BonusPlus as answers show them, and what the connector shows beside them."""

from __future__ import annotations

from connectors.bonusplus.manifest import CREATED_FOR
from connectors.contract import RemoteField

# path: type; "-" before the type: read only (bonusplus docs: GET customer; of `person` the names of POST customer)
CUSTOMER = {
    "id": "-uuid", "phone": "string", "discountCardTypeId": "-integer", "discountCardName": "string", "discountCardNumber": "string",
    "parentphone": "string", "availableBonuses": "-money", "notActiveBonuses": "-money", "baseDiscountPercent": "-number",
    "bonusDebitDenided": "-boolean", "multiplicityDebitBonus": "-number", "nearestBonusesExpirationAmount": "-money",
    "nearestBonusesExpirationDate": "-time", "firstPurchaseDate": "-time", "lastPurchaseDate": "-time", "totalBonusCredit": "-money",
    "totalBonusDebit": "-money", "purchasesTotalSum": "-money", "purchasesSumToNextCard": "-money", "nextCardName": "-string",
    "person.ln": "string", "person.fn": "string", "person.mn": "string", "person.sex": "any", "person.email": "string",
    "person.birthDay": "time", "person.address": "string", "person.desc": "text", "person.profileInstagram": "string",
    "person.profileVkontakte": "string", "person.profileOdnoklassniki": "string", "person.disablePromo": "boolean",
    "person.relatives": "list", "person.significantDates": "list", "next_burn": "-any", CREATED_FOR: "-string",
}  # fmt: skip
# a purchase or a return as the connector takes it: ``items`` and ``bonusDebit`` of POST retail, beside them what else it needs
RETAIL = {"id": "-string", "kind": "string", "customer": "uuid", "sale": "string", "after": "string", "items": "list", "bonusDebit": "money", "date": "time",
          "store": "string", "desc": "string", CREATED_FOR: "-string"}  # fmt: skip
STATIC = {"customer": CUSTOMER, "retail": RETAIL}


def fields(resource: str) -> list[RemoteField]:
    """The published fields: the vendor has no custom ones."""
    return [RemoteField(path, kind.lstrip("-"), not kind.startswith("-")) for path, kind in STATIC[resource].items()]
