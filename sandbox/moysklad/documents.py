"""What a document derives: number, date, lines, sums, the payments of a receipt (moysklad docs: documents)."""

from __future__ import annotations

from typing import Any

from .kinds import AT_TILL, LINE, PAYMENTS
from .state import Store
from .values import checked, known, missing
from .wire import BASE, ApiError, target


def document(store: Store, kind: str, item: dict[str, Any], body: dict[str, Any], old: dict[str, Any] | None) -> None:
    """Fill what a document derives: number, date, lines, sum; a receipt also checks its shift and payments."""
    item.setdefault("moment", store.stamp()[:16] + ":00.000")
    item.setdefault("applicable", True)
    lines = body.get("positions")
    if lines is None and old is None:
        lines = []
    if isinstance(lines, dict) and "rows" in lines:  # as the vendor's own client sends them; without rows they are refused
        lines = lines["rows"]
    if lines is not None:
        if not isinstance(lines, list):
            raise ApiError(400, 2002, "Ошибка формата: positions должно быть массивом", "positions")
        item["positions"] = [line(store, kind, item, given) for given in lines]
    if old is None:
        item.update(shared=False, printed=False, published=False, vatSum=0.0, payedSum=0.0)
        item.setdefault("vatEnabled", False)
        item.setdefault("vatIncluded", False)
        item.setdefault("rate", {"currency": store.currency})
        item.update({"shippedSum": 0.0, "invoicedSum": 0.0, "reservedSum": 0.0} if kind == "customerorder" else {})
    total(item)
    if kind == "customerorder":
        if old is None:
            item.setdefault("state", {"meta": store.states[kind][0]["meta"]})
        return
    if kind not in AT_TILL:
        if kind == "salesreturn" and item.get("demand") and (sale := known(store, *target(item["demand"])))["agent"] != item["agent"]:
            raise ApiError(412, 17010, f"Контрагент возврата не тот, что в отгрузке {sale['name']}", "agent")
        return
    at_till(store, kind, item)
    if old is None:
        cheque(store, item)


def at_till(store: Store, kind: str, item: dict[str, Any]) -> None:
    """What a till's document takes from its shift, and how it was paid."""
    shift = known(store, "retailshift", target(item["retailShift"])[1])
    if shift.get("closeDate"):
        raise ApiError(412, 18001 if kind == "retaildemand" else 19000, "Смена закрыта", "retailShift")
    for name in ("organization", "store", "retailStore"):
        item.setdefault(name, shift[name])
    if kind == "retailsalesreturn":
        money_back(store, item)
        return
    if not any(item.get(name) for name in PAYMENTS):
        item["cashSum"] = item["sum"]
    if abs(sum(item.get(name) or 0 for name in PAYMENTS) - item["sum"]) > 0.5:
        raise ApiError(412, 18000, "Сумма оплат не совпадает с суммой документа", "sum")
    if item.get("qrSum") and any(item.get(name) for name in ("cashSum", "noCashSum")):
        raise ApiError(412, 18005, "Оплата по QR-коду не сочетается с другими", "qrSum")
    if item.get("advancePaymentSum") and any(item.get(name) for name in PAYMENTS[4:]):
        raise ApiError(412, 18007, "Аванс не сочетается с предоплатой", "advancePaymentSum")


def money_back(store: Store, item: dict[str, Any]) -> None:
    """The sums of a return at a till (moysklad docs: retail sales return). With a sale, goods and money are those of the sale."""
    sale = known(store, *target(item["demand"])) if item.get("demand") else None
    if sale is not None:
        item.setdefault("agent", sale.get("agent"))
        if item["agent"] != sale.get("agent"):
            raise ApiError(412, 17010, "Контрагент возврата не тот, что в продаже", "agent")
        if bool(sale.get("qrSum")) != bool(item.get("qrSum")) and item["sum"]:
            raise ApiError(412, 19003, "Продажу по QR-коду возвращают по QR-коду", "qrSum")
    elif item.get("cashSum") is None or item.get("noCashSum") is None:
        raise ApiError(412, 19001, "Без основания нужны суммы наличными и безналично", "cashSum")
    if not any(item.get(name) for name in PAYMENTS):
        item["cashSum"] = item["sum"]
    if abs(sum(item.get(name) or 0 for name in PAYMENTS) - item["sum"]) > 1:
        raise ApiError(412, 19002, "Сумма оплат не совпадает с суммой возврата", "sum")


def cheque(store: Store, item: dict[str, Any]) -> None:
    """What the cash register printed."""
    number = store.numbers + 1
    item["documentNumber"] = item["checkNumber"] = number
    item["cheque"] = {
        "fnNumber": "9960440300000001",
        "fiscalDocSign": f"{3_800_000_000 + number * 7919 % 99_999_999}",
        "fiscalDocNumber": str(number),
        "kktRegNumber": "0000000001012345",
        "time": store.stamp(),
    }


def total(item: dict[str, Any]) -> None:
    lines = item.get("positions", [])
    item["sum"] = float(round(sum(p["quantity"] * p["price"] * (1 - p["discount"] / 100) for p in lines)))
    if "reservedSum" in item:
        item["reservedSum"] = float(round(sum((p.get("reserve") or 0) * p["price"] * (1 - p["discount"] / 100) for p in lines)))


def figure(value: Any, name: str) -> float:
    """A number of a line. Raises ApiError 2005."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ApiError(400, 2005, f"Ошибка формата: поле '{name}' должно быть числом", name)
    return float(value)


def line(store: Store, kind: str, parent: dict[str, Any], given: Any) -> dict[str, Any]:
    """One line; a known ``id`` keeps the fields not sent."""
    if not isinstance(given, dict):
        raise ApiError(400, 2001, "Ошибка формата: позиция должна быть объектом", "positions")
    earlier = next((p for p in parent.get("positions", []) if p["id"] == given.get("id")), None)
    row = {
        "quantity": 0.0,
        "price": 0.0,
        "discount": 0.0,
        "vat": 0,
        "vatEnabled": False,
        **({"reserve": 0.0, "shipped": 0.0} if kind == "customerorder" else {}),
        **(earlier or {}),
        **{k: v for k, v in given.items() if k in LINE},
    }
    if not row.get("assortment"):
        raise missing("assortment")
    checked(store, "assortment", row["assortment"])
    for name in ("quantity", "price", "discount"):
        row[name] = figure(row[name], name)
    if row["quantity"] <= 0:
        raise ApiError(412, 3005, "Количество должно быть больше нуля", "quantity")
    if row["discount"] > 100:
        raise ApiError(412, 17008, "Скидка не может быть больше 100%", "discount")
    if figure(row.get("reserve") or 0, "reserve") > row["quantity"]:
        raise ApiError(412, 17003, "Резерв не может быть больше количества", "reserve")
    row["id"] = earlier["id"] if earlier else store.new_id()
    row["accountId"] = store.account
    parent["id"] = parent.get("id") or store.new_id()
    href = f"{BASE}/entity/{kind}/{parent['id']}/positions/{row['id']}"
    row["meta"] = {"href": href, "type": f"{kind}position", "mediaType": "application/json"}
    return row
