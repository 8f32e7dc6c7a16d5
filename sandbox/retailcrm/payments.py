"""Payments of orders: made with an order or alone, changed and removed; told in the history of the order."""

from __future__ import annotations

from typing import Any

from .keys import Caller
from .state import Account
from .wire import ApiError, invalid

Json = Any
Row = dict[str, Any]
HISTORY = {"status": "status", "amount": "amount", "paidAt": "paid_at", "type": "type", "externalId": "external_id", "comment": "comment"}


def payment(account: Account, given: Row, order: Row, held: Row | None) -> Row:
    """A payment after a write. Raises ApiError for kinds that the account does not have."""
    row = dict(held or {"id": account.next("payments"), "status": "not-paid", "amount": round(float(order.get("totalSumm") or 0), 2)})
    for name in HISTORY:
        if given.get(name) is not None:
            row[name] = given[name]
    if not row.get("type"):
        raise invalid("payment.type", "This value should not be blank.")
    for name, reference in (("type", "payment-types"), ("status", "payment-statuses")):
        if row[name] not in account.references[reference]:
            raise invalid(f"payment.{name}", f"Payment {name} with code {row[name]} does not exist.")
    if complete(account, row):
        row.setdefault("paidAt", account.stamp())
    return row


def complete(account: Account, row: Row) -> bool:
    return bool(account.references["payment-statuses"][row["status"]]["paymentComplete"])


def paid(account: Account, order: Row) -> None:
    """What is paid already, and when all of it was."""
    done = [one for one in order["payments"].values() if complete(account, one)]
    order["prepaySum"] = round(sum(float(one.get("amount") or 0) for one in done), 2)
    if done and order["prepaySum"] >= order["totalSumm"] > 0:
        order.setdefault("fullPaidAt", max(str(one["paidAt"]) for one in done))
    else:
        order.pop("fullPaidAt", None)


def order_of(account: Account, named: Row, site: str) -> Row:
    """The order that a payment names by id, externalId or number. Raises ApiError."""
    ident = named.get("id") or account.numbers.get(str(named.get("number")))
    if named.get("externalId"):
        ident = account.by_external.get(("orders", site, str(named["externalId"])))
    if ident not in account.tables["orders"]:
        raise invalid("payment.order", "Order not found.")
    return account.tables["orders"][ident]


def change(account: Account, order: Row, ident: int | None, given: Row | None, caller: Caller) -> Row:
    """Make (``ident`` None), change, or remove (``given`` None) one payment of an order, and tell it. Returns the order as it is then."""
    old = dict(order)
    row = dict(order)
    held = row["payments"].get(ident) if ident is not None else None
    row["payments"] = {key: one for key, one in row["payments"].items() if key != ident}
    made = payment(account, given, row, held) if given is not None else None
    if made is not None:
        row["payments"] |= {made["id"]: made}
    paid(account, row)
    account.keep("orders", row)
    history, about = account.history["orders"], made or held or {}
    shown = {key: about[key] for key in ("id", "type", "externalId") if key in about}
    if held is None or made is None:
        history.add(row, caller, "payments", held and {"code": held["type"]}, made and {"code": made["type"]}, payment=shown)
    else:
        for name, field in HISTORY.items():
            if held.get(name) != made.get(name):
                before, after = ({"code": v} if name in ("status", "type") and v else v for v in (held.get(name), made.get(name)))
                history.add(row, caller, f"payments.{field}", before, after, payment=shown)
    if old.get("fullPaidAt") != row.get("fullPaidAt"):
        history.add(row, caller, "full_paid_at", old.get("fullPaidAt"), row.get("fullPaidAt"))
    return row


def known(account: Account, ident: int) -> Row:
    """The order of a payment. Raises ApiError."""
    if ident not in account.payments:
        raise ApiError(404, "Not found")
    return account.tables["orders"][account.payments[ident]]
