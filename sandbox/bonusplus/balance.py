"""Points by hand, and reserves: held for an order that is not paid yet, under an id of the caller's."""

from __future__ import annotations

from typing import Any

from .purse import KINDS, LIFETIME
from .state import Account, Customer
from .wire import ApiError, money_of, wrong

Json = Any
Row = dict[str, Any]
NUMBERED = {number: name for name, number in KINDS.items()}


def change(account: Account, one: Customer, body: Row) -> Row:
    """Credit or debit. A repeat takes effect again: nothing tells it from a second wish. Raises ApiError."""
    amount = money_of(body, "amount")
    if not amount:
        raise wrong("amount")
    default = "Credit_Manual" if amount > 0 else "Debit_Manual"
    kind = body.get("transactionType", default)
    kind = NUMBERED.get(kind, str(kind)) if isinstance(kind, int) else str(kind)
    if kind not in KINDS or kind.startswith("Credit") != (amount > 0):
        raise wrong("transactionType")
    wait, burns = _days(body, "activatedInDays", 0), _days(body, "burnsInDays", LIFETIME)
    if amount > 0:
        one.purse.credit(amount, kind, account.now(), wait=wait, burns=burns)
    else:
        if one.purse.available(account.now()) < -amount:
            raise not_enough()
        one.purse.debit(-amount, kind, account.now())
    told = {"phoneNumber": one.phone, "cardNumber": one.card, "amount": amount, "transactionType": kind}
    return told | {"activatedInDays": wait, "burnsInDays": burns}


def _days(body: Row, name: str, default: int) -> int:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise wrong(name)
    return value


def reserve(account: Account, one: Customer, body: Row) -> None:
    """Hold points, or let go of held ones. A repeat under the same id adds up unless the account refuses it. Raises ApiError."""
    ident, amount = str(body.get("id") or ""), money_of(body, "amount")
    if not ident or not amount:
        raise wrong("id" if not ident else "amount")
    held = one.purse.reserves.get(ident)
    if held is None and (amount < 0 or any(ident in other.purse.reserves for other in account.customers.values())):
        raise no_reserve(ident)
    if amount > 0 and held is not None and account.habits.reserve == "refuse":
        raise ApiError("RESERVE_ALREADY_EXISTS", "Резерв с таким идентификатором уже есть")
    if amount > 0 and one.purse.available(account.now()) < amount:
        raise not_enough()
    left = (held or 0) + amount
    if left < 0:
        raise ApiError("RESERVE_NOT_ENOUGH", "В резерве меньше бонусов, чем освобождается")
    one.purse.reserves[ident] = left
    if not left:
        del one.purse.reserves[ident]


def reserved(one: Customer, ident: str) -> Row:
    """One reserve. Raises ApiError."""
    if ident not in one.purse.reserves:
        raise no_reserve(ident)
    return {"phone": one.phone, "id": ident, "amount": one.purse.reserves[ident]}


def release(account: Account, ident: str) -> None:
    """Drop a reserve, whoever's it is. Raises ApiError."""
    for one in account.customers.values():
        if one.purse.reserves.pop(ident, None) is not None:
            return
    raise no_reserve(ident)


def not_enough() -> ApiError:
    return ApiError("BONUSES_NOT_ENOUGH", "Недостаточно бонусов")


def no_reserve(ident: str) -> ApiError:
    return ApiError("RESERVE_NOT_FOUND", f"Резерв не найден: {ident}")
