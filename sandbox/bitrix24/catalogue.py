"""The goods: ``catalog.catalog.list``, ``catalog.product.*`` and ``catalog.price.list``; a SKU lives in ``xmlId``."""

from __future__ import annotations

from typing import Any

from sandbox.bitrix24.collection import Row
from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.filters import Column, Page, page_of
from sandbox.bitrix24.listing import select
from sandbox.bitrix24.registry import Call, method
from sandbox.bitrix24.seed import IBLOCK_ID, make_product
from sandbox.bitrix24.values import show_time

_NUMBERS = frozenset({"id", "iblockId", "iblockSectionId", "quantity", "quantityReserved", "measure", "vatId", "type"})
_WRITABLE = ("name", "code", "xmlId", "active", "quantity", "measure", "iblockSectionId")


@method("catalog.catalog.list", "catalog")
def catalogues(call: Call) -> Page:
    row = {"iblockId": IBLOCK_ID, "id": IBLOCK_ID, "iblockTypeId": "CRM_PRODUCT_CATALOG", "lid": "s1", "name": "Товарный каталог CRM",
           "productIblockId": None, "skuPropertyId": None, "subscription": "N", "vatId": None, "yandexExport": "N"}  # fmt: skip
    return Page({"catalogs": [row]}, total=1)


@method("catalog.product.list", "catalog", cost=0.1)
def products(call: Call) -> Page:
    """``select`` must name id and iblockId, ``filter`` iblockId (bitrix24 docs: catalog.product.list)."""
    names = [str(name) for name in call.params.items_of("select")]
    if not {"id", "iblockId"} <= set(names):
        raise RestError(0, "Required select fields: id, iblockId")
    if not any(key.lstrip("=@") == "iblockId" for key in call.params.mapping("filter")):
        raise RestError(0, "Required filter fields: iblockId")
    rows = select(call.portal.products, call.params, _find, strict=True, default={"id": "ASC"})
    return page_of(call.params, rows, lambda row: {name: row.get(name) for name in names}, lambda piece: {"products": piece})


def _find(name: str) -> Column | None:
    if name.upper() == "ID":
        return Column(lambda row: row["id"], "integer", "ID")
    return Column(lambda row: row.get(name), "integer" if name in _NUMBERS else "string", name)


@method("catalog.product.get", "catalog")
def product(call: Call) -> Any:
    return {"product": _shown(_known(call))}


@method("catalog.product.add", "catalog")
def add(call: Call) -> Any:
    sent = call.params.mapping("fields")
    if not sent.get("name") or not sent.get("iblockId"):
        raise RestError(0, "Required fields: iblockId, name")
    portal = call.portal
    row = make_product(portal.products.next_id(), str(sent.get("xmlId") or ""), str(sent["name"]), 0)
    return {"element": _saved(call, row, sent)}


@method("catalog.product.update", "catalog")
def update(call: Call) -> Any:
    return {"element": _saved(call, _known(call), call.params.mapping("fields"))}


@method("catalog.product.delete", "catalog")
def delete(call: Call) -> Any:
    call.portal.products.drop(_known(call)["id"])
    return True


@method("catalog.price.list", "catalog")
def prices(call: Call) -> Page:
    rows = [
        {"id": row["id"] + 1000, "productId": row["id"], "catalogGroupId": 1, "price": row["price"], "currency": "RUB"}
        for row in call.portal.products.rows.values()
    ]
    wanted = {key.lstrip("=@"): value for key, value in call.params.mapping("filter").items()}
    chosen = wanted.get("productId")
    if chosen is not None:
        several = {str(one) for one in (chosen if isinstance(chosen, list) else [chosen])}
        rows = [row for row in rows if str(row["productId"]) in several]
    return page_of(call.params, rows, dict, lambda piece: {"prices": piece})


def _known(call: Call) -> Row:
    row = call.portal.products.rows.get(call.params.integer("id"))
    if row is None:
        raise RestError(0, "product does not exist.")
    return row


def _saved(call: Call, row: Row, sent: dict[str, Any]) -> dict[str, Any]:
    row |= {name: sent[name] for name in _WRITABLE if name in sent}
    row["timestampX"] = show_time(call.portal.moment())
    call.portal.products.put(row)
    return _shown(row)


def _shown(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("ID", "price")}
