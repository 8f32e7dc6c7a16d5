"""Lines of a deal: ``crm.item.productrow.*`` and the Legacy ``crm.deal.productrows.get/set``; both ``set`` replace the whole list."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.bitrix24 import crm
from sandbox.bitrix24.collection import Row
from sandbox.bitrix24.errors import RestError, item_not_found, legacy_not_found
from sandbox.bitrix24.fields import DEAL
from sandbox.bitrix24.filters import Column, Page, compile_filter, page_of, sort_rows
from sandbox.bitrix24.params import as_mapping, to_int
from sandbox.bitrix24.registry import Call, method
from sandbox.bitrix24.state import Portal
from sandbox.bitrix24.values import parse_decimal, show_item, show_legacy

_CENT, _FINE = Decimal("0.01"), Decimal("0.0001")
_NUMBERS = ("price", "quantity", "discountRate", "discountSum", "taxRate")
_UPPER = {
    "id": "ID", "ownerId": "OWNER_ID", "ownerType": "OWNER_TYPE", "productId": "PRODUCT_ID", "productName": "PRODUCT_NAME",
    "price": "PRICE", "priceExclusive": "PRICE_EXCLUSIVE", "priceNetto": "PRICE_NETTO", "priceBrutto": "PRICE_BRUTTO",
    "quantity": "QUANTITY", "discountTypeId": "DISCOUNT_TYPE_ID", "discountRate": "DISCOUNT_RATE", "discountSum": "DISCOUNT_SUM",
    "taxRate": "TAX_RATE", "taxIncluded": "TAX_INCLUDED", "measureCode": "MEASURE_CODE", "measureName": "MEASURE_NAME",
    "sort": "SORT", "type": "TYPE", "storeId": "STORE_ID", "customized": "CUSTOMIZED",
}  # fmt: skip
_CAMEL = {upper: name for name, upper in _UPPER.items()}
_READ_ONLY = {"id", "ownerId", "ownerType", "priceExclusive", "priceNetto", "priceBrutto", "measureName", "type", "priceAccount", "xmlId"}


def make_row(portal: Portal, owner: int, number: int, sent: dict[str, Any], before: Row | None = None) -> Row:
    """A stored row: what was sent over what was there, the rest by default, the derived prices counted anew."""
    row: Row = before or {
        "productId": 0, "productName": "", "price": Decimal(0), "quantity": Decimal(1), "discountTypeId": 2, "discountRate": Decimal(0),
        "discountSum": Decimal(0), "taxRate": None, "taxIncluded": "N", "measureCode": 796, "measureName": "шт", "sort": 10,
        "storeId": None, "type": 4, "xmlId": "", "customized": "Y",
    }  # fmt: skip
    row = dict(row) | {"id": number, "ID": number, "ownerId": owner, "ownerType": "D"}
    for name, value in sent.items():
        if name in row and name not in _READ_ONLY and name != "ID":
            row[name] = _stored(name, value)
    product = portal.products.rows.get(row["productId"])
    if product and not row["productName"]:
        row["productName"] = product["name"]
    return _derive(row, sent)


def _stored(name: str, value: Any) -> Any:
    if name in _NUMBERS:
        number = parse_decimal(value)
        if name == "taxRate":
            return None if number is None else max(number, Decimal(0))
        return (number or Decimal(0)).quantize(_FINE if name == "quantity" else _CENT, ROUND_HALF_UP)
    return to_int(value) if name in ("productId", "discountTypeId", "measureCode", "sort", "storeId") else str(value)


def _derive(row: Row, sent: dict[str, Any]) -> Row:
    """Each field rounded by itself to two digits, what was sent included; ``discountSum`` stands on the price without tax (bitrix24 docs: product rows)."""
    tax = 1 + (row["taxRate"] or Decimal(0)) / 100
    exclusive = _round(row["price"] / tax)
    if row["discountTypeId"] == 1:
        netto = exclusive + row["discountSum"]
        row["discountRate"] = _round(row["discountSum"] / netto * 100) if netto else Decimal(0)
    else:
        if "discountRate" not in sent and "discountSum" in sent:
            netto = exclusive + row["discountSum"]
            row["discountRate"] = _round(row["discountSum"] / netto * 100) if netto else Decimal(0)
        netto = _round(exclusive / (1 - row["discountRate"] / 100)) if row["discountRate"] < 100 else exclusive
        row["discountSum"] = netto - exclusive
    row |= {"priceExclusive": exclusive, "priceNetto": netto, "priceBrutto": _round(netto * tax), "priceAccount": row["price"]}
    return row


def _round(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)


def show(row: Row) -> dict[str, Any]:
    return {name: show_item("money", value) for name, value in row.items() if name != "ID"}


def _show_legacy(row: Row) -> dict[str, Any]:
    return {upper: show_legacy("double", row.get(name)) for name, upper in _UPPER.items()}


def _deal(call: Call, owner_type: Any, owner: Any) -> Row:
    if str(owner_type).upper() not in ("D", "2"):
        raise RestError("ENTITY_TYPE_NOT_SUPPORTED", f"Тип владельца {owner_type} не поддерживается")
    deal = call.portal.crm[DEAL].rows.get(to_int(owner))
    if deal is None:
        raise RestError("OWNER_NOT_FOUND", "Owner was not found")
    return deal


def _rows(portal: Portal, deal: Row) -> list[Row]:
    return [portal.product_rows.rows[number] for number in portal.rows_of.get(("D", deal["ID"]), [])]


def _replace(call: Call, deal: Row, sent: list[dict[str, Any]]) -> None:
    """Rows named by id stay, others are new, those not passed go. Nobody else's row can be named."""
    portal = call.portal
    before = _rows(portal, deal)
    old = {row["id"]: row for row in before}
    rows: list[Row] = []
    for place, one in enumerate(sent, start=1):
        known = old.pop(to_int(one.get("id")), None)
        number = known["id"] if known else portal.product_rows.next_id()
        rows.append(make_row(portal, deal["ID"], number, {"sort": place * 10, **one}))
    for row in before:
        portal.product_rows.drop(row["id"])
    for row in rows:
        portal.product_rows.put(row)
    kept = [row["id"] for row in rows]
    portal.rows_of[("D", deal["ID"])] = kept
    _save(call, deal, changed=[_content(row) for row in before] != [_content(row) for row in _rows(portal, deal)])


def _content(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in ("id", "ID")}


def _save(call: Call, deal: Row, changed: bool) -> None:
    """Rows that changed save their deal, whether or not its total moves: time of change, event, robots."""
    if crm.recount(call.portal, deal, emptied=changed) or changed:
        crm.touch(crm.writer(call), DEAL, deal)


def _camel_keys(sent: Any) -> dict[str, Any]:
    return {_CAMEL.get(key.upper(), key): value for key, value in as_mapping(sent).items()}


@method("crm.item.productrow.list", "crm", cost=0.08)
def list_rows(call: Call) -> Page:
    wanted = call.params.mapping("filter")
    owner_type, owner = wanted.get("=ownerType"), wanted.get("=ownerId")
    if owner_type is None or owner is None:
        raise RestError("INVALID_ARG_VALUE", "Обязательны ключи фильтра =ownerType и =ownerId")
    owners = [to_int(one) for one in owner] if isinstance(owner, list) else [to_int(owner)]
    rows = [call.portal.product_rows.rows[n] for one in owners for n in call.portal.rows_of.get((str(owner_type), one), [])]

    def find(name: str) -> Column | None:
        kind = "double" if name in _NUMBERS else "integer" if name in ("id", "ownerId", "productId", "sort") else "string"
        return Column(lambda row: row.get(name), kind) if name in _UPPER else None

    test = compile_filter(wanted, find, strict=True)
    rows = sort_rows([row for row in rows if test(row)], call.params.mapping("order"), find, strict=True)
    return page_of(call.params, rows, show, lambda piece: {"productRows": piece})


@method("crm.item.productrow.set", "crm", cost=0.2)
def set_rows(call: Call) -> Any:
    deal = _deal(call, call.params.get("ownerType"), call.params.get("ownerId"))
    _replace(call, deal, [as_mapping(one) for one in call.params.items_of("productRows")])
    return {"productRows": [show(row) for row in _rows(call.portal, deal)]}


@method("crm.item.productrow.add", "crm", cost=0.15)
def add_row(call: Call) -> Any:
    sent = call.params.mapping("fields")
    deal = _deal(call, sent.get("ownerType"), sent.get("ownerId"))
    row = make_row(call.portal, deal["ID"], call.portal.product_rows.next_id(), sent)
    call.portal.product_rows.put(row)
    call.portal.rows_of.setdefault(("D", deal["ID"]), []).append(row["id"])
    _save(call, deal, changed=True)
    return {"productRow": show(row)}


def _find(call: Call) -> Row:
    row = call.portal.product_rows.rows.get(call.params.integer("id"))
    if row is None:
        raise item_not_found()
    return row


@method("crm.item.productrow.get", "crm")
def get_row(call: Call) -> Any:
    return {"productRow": show(_find(call))}


@method("crm.item.productrow.fields", "crm")
def fields(call: Call) -> Any:
    kinds = dict.fromkeys((*_NUMBERS, "priceExclusive", "priceNetto", "priceBrutto"), "double")
    kinds |= dict.fromkeys(("id", "ownerId", "productId", "discountTypeId", "measureCode", "sort", "storeId", "type"), "integer")
    return {"fields": {name: {"type": kinds.get(name, "string"), "isReadOnly": name in _READ_ONLY, "title": name} for name in _UPPER}}


@method("crm.item.productrow.update", "crm", cost=0.15)
def update_row(call: Call) -> Any:
    """Fields that may not be changed are refused here, though a new row ignores them (bitrix24 docs: crm.item.productrow.update)."""
    before, sent = _find(call), call.params.mapping("fields")
    locked = next((name for name in sent if name not in _UPPER or name in _READ_ONLY), None)
    if locked:
        raise RestError("INVALID_ARG_VALUE", f"Поле {locked} недоступно для обновления")
    row = make_row(call.portal, before["ownerId"], before["id"], sent, before)
    call.portal.product_rows.put(row)
    _save(call, call.portal.crm[DEAL].rows[row["ownerId"]], changed=row != before)
    return {"productRow": show(row)}


@method("crm.item.productrow.delete", "crm", cost=0.1)
def delete_row(call: Call) -> Any:
    row = _find(call)
    call.portal.product_rows.drop(row["id"])
    call.portal.rows_of[("D", row["ownerId"])].remove(row["id"])
    _save(call, call.portal.crm[DEAL].rows[row["ownerId"]], changed=True)
    return []


@method("crm.deal.productrows.get", "crm", cost=0.08)
def legacy_get(call: Call) -> Any:
    deal = call.portal.crm[DEAL].rows.get(call.params.integer("id"))
    if deal is None:
        raise legacy_not_found()
    return [_show_legacy(row) for row in _rows(call.portal, deal)]


@method("crm.deal.productrows.set", "crm", cost=0.2)
def legacy_set(call: Call) -> Any:
    deal = call.portal.crm[DEAL].rows.get(call.params.integer("id"))
    if deal is None:
        raise legacy_not_found()
    _replace(call, deal, [_camel_keys(one) for one in call.params.items_of("rows")])
    return True
