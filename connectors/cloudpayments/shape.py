"""Transactions as mappings see them: without what is secret or of the card's owner, times in UTC. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.contract import Remote

Json = Any
Row = Mapping[str, Json]
KEPT = ("InvoiceId", "AccountId", "Amount", "Currency", "Status", "TestMode")
MOMENT = re.compile(r"/Date\((\d+)")
UNFINISHED = frozenset({"AwaitingAuthentication", "Authorized"})  # may still become a payment, or be cancelled


def moment(value: Json) -> str:
    """``/Date(1772615702000)/``, or an ISO time that is meant as UTC, as ISO without a zone; empty where there is none."""
    if found := MOMENT.match(str(value or "")):
        return datetime.fromtimestamp(int(found[1]) / 1000, UTC).isoformat(timespec="seconds").removesuffix("+00:00")
    return str(value or "").removesuffix("Z")


def is_refund(row: Row) -> bool:
    """Whether a transaction gives back the money of another."""
    return bool(row.get("OriginalTransactionId") or row.get("PaymentTransactionId"))


def kind(row: Row) -> str:
    """``card``, or ``sbp`` for a transaction without a card."""
    return "card" if row.get("CardFirstSix") else "sbp"


def shown(row: Row) -> dict[str, Json]:
    """A transaction. A payment shows itself as one payment of its order; a refund, the payment that it is of."""
    ident = str(row["TransactionId"])
    made: dict[str, Json] = {"id": ident, **{name: row.get(name) for name in KEPT}, "Amount": str(row.get("Amount") or "0")}
    made |= {"InvoiceId": str(row.get("InvoiceId") or ""), "created": moment(row.get("CreatedDate") or row.get("CreatedDateIso"))}
    made["TestMode"] = bool(row.get("TestMode"))
    if is_refund(row):
        return made | {"PaymentTransactionId": str(row.get("OriginalTransactionId") or row.get("PaymentTransactionId"))}
    paid = moment(row.get("ConfirmDateIso")) or made["created"]
    return made | {"paid": paid, "payments": [{"kind": kind(row), "amount": made["Amount"], "time": paid, "id": ident}]}


def remote(row: Row, view: str) -> Remote:
    """A transaction as a look saw it."""
    return Remote(str(row["TransactionId"]), shown(row), view)
