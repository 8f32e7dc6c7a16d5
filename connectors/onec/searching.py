"""Objects found by what stands in them: customers by contacts, orders by their number at the site, goods by barcode, article and code."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from connectors.contract import Write
from connectors.onec.api import Api, guid, text
from connectors.onec.ordering import GOODS
from connectors.onec.profiles import Profile
from connectors.onec.shape import CLIENTS, NEVER, ZERO, joined

Json = Any
BARCODES = "InformationRegister_ШтрихкодыНоменклатуры"
CONTACTS = {"phone": ("Телефон", "НомерТелефона"), "email": ("АдресЭлектроннойПочты", "АдресЭП")}


def is_guid(value: str) -> bool:
    try:
        return bool(uuid.UUID(value))
    except ValueError:
        return False


def holders(api: Api, name: str, key: str, values: Sequence[str]) -> list[str]:
    """Guids of customers whose contact information has one of these phones or e-mails in its search field."""
    sort, field = CONTACTS[key]
    plain = [value.lstrip("+") if key == "phone" else value.lower() for value in values]
    rows = api.matching(f"{name}_КонтактнаяИнформация", field, [text(one) for one in plain], f"Тип eq {text(sort)}", select="Ref_Key")
    return list(dict.fromkeys(str(row["Ref_Key"]) for row in rows))


def made(api: Api, profile: Profile, resource: str, write: Write) -> list[Json]:
    """Objects that say what a create said, whatever guid the base gave them: an order of this customer with this number, or of this second
    where it has none; a customer of this name with one of these contacts."""
    place = profile.places[resource]
    if resource == "orders":
        number, customer = write.data.get("number"), write.data.get("Партнер_Key")
        field, buyer = (place.names.get(name, name) for name in (CLIENTS, "Партнер_Key"))
        same = f"{field} eq {text(str(number))}" if number else f"Date eq datetime{text(str(write.data.get('Date') or NEVER))}"
        rows = api.rows(place.set, filter=f"{same} and DeletionMark eq false")
        return [row for row in rows if str(row.get(buyer)) == str(customer)]
    rows_of = write.data.get("КонтактнаяИнформация") or ()
    found: dict[str, Json] = {}
    for key, (sort, field) in CONTACTS.items():
        values = [str(row.get(field)) for row in rows_of if row.get("Тип") == sort and row.get(field)]
        idents = holders(api, place.set, key, values) if values else []
        found |= {str(row["Ref_Key"]): row for row in api.matching(place.set, "Ref_Key", [guid(one) for one in idents])}
    return [row for row in found.values() if str(row.get("Description")) == joined(write.data.get("names") or {})[:100]]


def goods(api: Api, keys: Sequence[str]) -> dict[str, Json]:
    """SKU -> ``guid`` or ``guid/guid of the characteristic``: by code, then by article, and before both by barcode, which alone tells a
    size from another."""
    found: dict[str, Json] = {}
    wanted = [text(key) for key in keys]
    for field in ("Code", "Артикул"):
        for row in api.matching(GOODS, field, wanted, "DeletionMark eq false", select="Ref_Key,Code,Артикул"):
            found[str(row[field]).strip()] = row["Ref_Key"]
    for row in api.matching(BARCODES, "Штрихкод", wanted):
        found[str(row["Штрихкод"])] = pair(str(row["Номенклатура_Key"]), str(row.get("Характеристика_Key") or ZERO))
    return {key: found[key] for key in keys if key in found}


def skus(api: Api, values: Sequence[str]) -> dict[str, str]:
    """What a line carries -> its SKU: the article, or the code; with a characteristic, its barcode and nothing else, since sizes share
    the article."""
    found: dict[str, str] = {}
    items = [guid(value) for value in values if "/" not in value]
    for row in api.matching(GOODS, "Ref_Key", items, select="Ref_Key,Code,Артикул"):
        found[str(row["Ref_Key"])] = str(row["Артикул"]).strip() or str(row["Code"]).strip()
    variants = [guid(value.partition("/")[2]) for value in values if "/" in value]
    for row in sorted(api.matching(BARCODES, "Характеристика_Key", variants), key=lambda row: str(row["Штрихкод"]), reverse=True):
        found[pair(str(row["Номенклатура_Key"]), str(row["Характеристика_Key"]))] = str(row["Штрихкод"])
    return {value: found[value] for value in values if found.get(value)}


def pair(item: str, variant: str) -> str:
    return item if variant == ZERO else f"{item}/{variant}"
