"""Sales: calculated, registered, returned position by position. Nothing here is told apart by a key of idempotency."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from . import customers
from .balance import no_reserve, not_enough
from .purse import ZERO
from .state import STORES, Account, Customer
from .wire import CENT, ApiError, moment_of, money_of, phone_of, stamp, wrong

Json = Any
Row = dict[str, Any]
SALE, RETURN = 0, 1  # SaleType: the vendor's sample has 0


def whole(value: Decimal) -> Decimal:
    """Points are credited whole, roubles below one are dropped."""
    return value.quantize(Decimal(1), ROUND_FLOOR)


def calculate(account: Account, body: Row, freed: Decimal = ZERO) -> tuple[Customer, Row]:
    """The customer, and what the service makes of a receipt. ``freed``: points of a reserve that the sale would use. Raises ApiError."""
    one = account.known(phone_of(body.get("phone")))
    store = body.get("store")
    if store is not None and store not in STORES:
        raise ApiError("STORE_NOT_FOUND", f"Магазин не найден: {store}")
    items = body.get("items")
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise wrong("items")
    lines = [_line(one, item) for item in items]
    payable = sum((line["due"] for line in lines), ZERO)
    most = max(ZERO, min(one.purse.available(account.now()) + freed, whole(payable * account.programme.most)))
    wanted = min(money_of(body, "bonusDebit"), most)
    if wanted < 0:
        raise wrong("bonusDebit")
    _spread(lines, wanted, payable)
    for line in lines:
        line["cb"] = whole((line["due"] - line["db"]) * one.card_type.credit / 100)
    return one, {"lines": lines, "most": most}


def _line(one: Customer, item: Row) -> Row:
    total, given = money_of(item, "sum"), money_of(item, "ds", 0)
    if total < 0 or not 0 <= given <= total:
        raise wrong("items[].sum")
    own = ((total - given) * one.card_type.discount / 100).quantize(CENT)
    return {"item": item, "sum": total, "given": given, "own": own, "due": total - given - own, "percent": one.card_type, "db": ZERO}


def _spread(lines: list[Row], wanted: Decimal, payable: Decimal) -> None:
    """Points over the positions by their sums; the last one takes what rounding left."""
    left = wanted
    for n, line in enumerate(lines, 1):
        line["db"] = left if n == len(lines) else (wanted * line["due"] / payable).quantize(CENT) if payable else ZERO
        left -= line["db"]


def told(found: Row) -> Row:
    """A calculation as ``PUT /retail/calc`` answers it."""
    return {
        "discount": [_discount(line) for line in found["lines"]],
        "maxDebitBonuses": found["most"],
        "multiplicityDebitBonus": Decimal(1),
    }


def _discount(line: Row) -> Row:
    discount, total, kind = line["given"] + line["own"], line["sum"], line["percent"]

    def share(part: Decimal) -> Decimal:
        return (part * 100 / total).quantize(CENT) if total else ZERO

    made = {"ext": line["item"].get("ext"), "messages": [], "cb": line["cb"], "db": line["db"], "ds": discount, "dp": share(discount)}
    return made | {"ids": line["own"], "idp": kind.discount, "dbp": share(line["db"]), "cbp": kind.credit}


def sell(account: Account, body: Row) -> Row:
    """Register a sale: points spent and credited, the reserve consumed. Raises ApiError, and changes nothing then."""
    items = body["items"] if isinstance(body.get("items"), list) else []
    exts = [str(item["ext"]) for item in items if isinstance(item, dict) and item.get("ext")]
    if account.habits.ext == "refuse" and (len(set(exts)) < len(exts) or any(ext in account.by_ext for ext in exts)):
        raise ApiError("RETAIL_EXT_NOT_UNIQUE", "Идентификатор позиции уже использован")
    external = str(body.get("externalId") or "")
    if external and external in account.external_ids and account.habits.external_id == "refuse":
        raise ApiError("RETAIL_ALREADY_EXISTS", "Продажа с таким externalId уже проведена")
    reserve = str(body.get("reserveId") or "")
    held = account.known(phone_of(body.get("phone"))).purse.reserves.get(reserve)
    if reserve and held is None:
        raise no_reserve(reserve)
    one, found = calculate(account, body, held or ZERO)
    spent = money_of(body, "bonusDebit")
    if spent > found["most"]:
        raise not_enough()
    at = moment_of(body["date"], "date") if body.get("date") else account.now()
    one.purse.reserves.pop(reserve, None)
    return _registered(account, one, body, found["lines"], at)


def _registered(account: Account, one: Customer, body: Row, lines: list[Row], at: datetime) -> Row:
    ident = account.next("sales")
    sale: Row = {"id": ident, "parentId": None, "type": SALE, "at": at, "customer": one, "store": body.get("store"), "desc": body.get("desc"),
            "externalId": body.get("externalId"), "positions": [_position(account, ident, line) for line in lines]}  # fmt: skip
    account.sales[ident] = sale
    if body.get("externalId"):
        account.external_ids.add(str(body["externalId"]))
    one.purse.debit(sum((p["bonusDebit"] for p in sale["positions"]), ZERO), "Debit_Purchase", account.now(), purchase=ident, receipt=at)
    credited = sum((p["bonusCredit"] for p in sale["positions"]), ZERO)
    one.purse.credit(credited, "Credit_Purchase", account.now(), wait=account.programme.wait, purchase=ident, receipt=at)
    customers.bought(account, one, sum((p["totalSum"] for p in sale["positions"]), ZERO), at)
    order = str(uuid.UUID(int=account.random.getrandbits(128), version=4))
    return {"id": ident, "orderUid": order, "orderUrl": f"https://bonusplus.pro/o/{order}", "customer": customers.shown(account, one)}


def _position(account: Account, sale: int, line: Row) -> Row:
    """``totalSum``: what the position costs after discounts, in money and points together."""
    item = line["item"]
    row = {"id": account.next("positions"), "sale": sale, "ext": item.get("ext"), "product": item.get("product"), "cat": item.get("cat"),
           "qnt": item.get("qnt", 1), "price": item.get("price"), "fc": item.get("firstCost"), "sum": line["sum"], "totalSum": line["due"],
           "discount": line["given"] + line["own"], "bonusDebit": line["db"], "bonusCredit": line["cb"],
           "returned": ZERO, "debit_back": ZERO, "credit_back": ZERO}  # fmt: skip
    account.positions[row["id"]] = row
    if item.get("ext"):
        account.by_ext.setdefault(str(item["ext"]), []).append(row["id"])
    return row


def back(account: Account, body: Row) -> Row:
    """Return a position, or ``sum`` roubles of its ``totalSum``. A repeat of a part returns another part. Raises ApiError."""
    row = _returned_position(account, body)
    left = row["totalSum"] - row["returned"]
    amount = money_of(body, "sum", left)
    if not left or not 0 < amount <= left:
        raise ApiError("RETAIL_BACK_IMPOSSIBLE", "Сумма возврата больше остатка позиции")
    sale = account.sales[row["sale"]]
    one: Customer = sale["customer"]
    row["returned"] += amount
    share = row["returned"] / row["totalSum"]
    given, taken = (
        (row[name] * share).quantize(CENT) - row[before] for name, before in (("bonusDebit", "debit_back"), ("bonusCredit", "credit_back"))
    )
    row["debit_back"] += given
    row["credit_back"] += taken
    ident, now = account.next("sales"), account.now()
    part = row | {
        "id": account.next("positions"),
        "sale": ident,
        "sum": amount,
        "totalSum": amount,
        "bonusDebit": given,
        "bonusCredit": taken,
    }
    account.sales[ident] = sale | {"id": ident, "parentId": sale["id"], "type": RETURN, "at": now, "externalId": None, "positions": [part]}
    one.purse.withdraw(taken, sale["id"], ident)
    one.purse.credit(given, "Credit_Return", now, purchase=ident)
    customers.bought(account, one, -amount, now)
    return {"returnedPurchaseId": ident}


def _returned_position(account: Account, body: Row) -> Row:
    """By ``ext``, which must be of one position alone, or by the service's own number."""
    found = account.by_ext.get(str(body.get("ext")), []) if body.get("ext") else [int(body.get("positionId") or 0)]
    found = [ident for ident in found if ident in account.positions]
    if not found:
        raise ApiError("POSITION_NOT_FOUND", "Позиция не найдена")
    if len(found) > 1:
        raise ApiError("POSITION_NOT_UNIQUE", "Найдено несколько позиций с таким идентификатором")
    return account.positions[found[0]]


def shown(sale: Row) -> Row:
    """A sale, or a return, as ``GET /retail/{id}`` answers it."""
    hidden = ("id", "sale", "returned", "debit_back", "credit_back")
    positions = [{k: v for k, v in row.items() if k not in hidden} | {"id": row["id"]} for row in sale["positions"]]
    return {"id": sale["id"], "parentId": sale["parentId"], "type": sale["type"], "date": stamp(sale["at"]), "customerPhone": sale["customer"].phone,
            "cashierName": None, "storeName": sale["store"], "storeId": STORES.index(sale["store"]) + 1 if sale["store"] else None,
            "totalSum": sum((row["totalSum"] for row in sale["positions"]), ZERO), "positions": positions}  # fmt: skip
