"""Transactions of one terminal: payments in one stage or two, refunds, and what the vendor says of each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

Json = Any
Row = dict[str, Any]
COMPLETED, AUTHORIZED, CANCELLED, DECLINED = "Completed", "Authorized", "Cancelled", "Declined"
CODES = {AUTHORIZED: 2, COMPLETED: 3, CANCELLED: 4, DECLINED: 5}
YEAR = timedelta(days=365)


class Refused(Exception):
    """An answer ``Success: false`` with these words."""


@dataclass
class Transaction:
    number: int
    amount: Decimal
    invoice: str
    created: datetime
    status: str = COMPLETED
    account: str = ""
    test: bool = False
    card: str = "220070"
    confirmed: datetime | None = None
    original: int = 0  # of a refund: the payment
    refunded: Decimal = Decimal(0)


@dataclass
class Terminal:
    """``now``: the vendor's clock. ``told``: called with kind and transaction of everything that is notified."""

    now: Callable[[], datetime]
    told: Callable[[str, Transaction], None] = lambda kind, one: None
    all: dict[int, Transaction] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def _add(self, **values: Json) -> Transaction:
        made = Transaction(70_000_000 + len(self.all) + 1, created=self.now(), **values)
        self.all[made.number] = made
        return made

    def pay(self, invoice: str, amount: Decimal, *, status: str = COMPLETED, **more: Json) -> Transaction:
        """A buyer pays, or tries to."""
        made = self._add(invoice=invoice, amount=amount, status=status, **more)
        self.told("fail" if status == DECLINED else "pay", made)
        return made

    def known(self, number: Json) -> Transaction:
        """Raises Refused."""
        if number not in self.all:
            raise Refused("Not found")
        return self.all[number]

    def confirm(self, number: Json, amount: Decimal) -> Transaction:
        one = self.known(number)
        if one.status != AUTHORIZED or amount > one.amount:
            raise Refused("Transaction can not be confirmed")
        one.status, one.amount, one.confirmed = COMPLETED, amount, self.now()
        self.told("confirm", one)
        return one

    def void(self, number: Json) -> Transaction:
        one = self.known(number)
        if one.status != AUTHORIZED:
            raise Refused("Transaction can not be voided")
        one.status = CANCELLED
        self.told("cancel", one)
        return one

    def refund(self, number: Json, amount: Decimal) -> Transaction:
        """Money back, in whole or in part: a transaction of its own."""
        one = self.known(number)
        if one.status != COMPLETED or one.original or one.refunded + amount > one.amount or self.now() - one.created > YEAR:
            raise Refused("Transaction can not be refunded")
        one.refunded += amount
        made = self._add(invoice=one.invoice, amount=amount, account=one.account, test=one.test, card=one.card, original=number)
        self.told("refund", made)
        return made


PLACE = ("IpCountry", "IpCity", "IpRegion", "IpDistrict", "IpLatitude", "IpLongitude")  # of a buyer whose address says nothing


def shown(one: Transaction) -> Row:
    """The ``Model`` of an answer: one-sided times in UTC, roubles as JSON numbers."""
    stamp = int(one.created.timestamp() * 1000)
    row: Row = {
        "TransactionId": one.number, "Amount": one.amount, "Currency": "RUB", "PaymentAmount": one.amount, "PaymentCurrency": "RUB",
        "InvoiceId": one.invoice or None, "AccountId": one.account or None, "Status": one.status, "StatusCode": CODES[one.status],
        "Reason": "Approved" if one.status != DECLINED else "InsufficientFunds", "ReasonCode": 0 if one.status != DECLINED else 5051,
        "CreatedDate": f"/Date({stamp})/", "CreatedDateIso": iso(one.created), "TestMode": one.test, "CardFirstSix": one.card,
        "CardLastFour": "4417" if one.card else "", "CardType": "MIR" if one.card else "", "Token": "tk_sandbox", "Name": "ANNA ORLOVA",
        "CardExpDate": "08/29" if one.card else "", "CardTypeCode": 4 if one.card else None, "CardHolderMessage": None, "AuthCode": "A1B2C3",
        "AuthDateIso": iso(one.created), "ConfirmDateIso": iso(one.confirmed) if one.confirmed else None, "CurrencyCode": 0, "Description": None,
        "Issuer": None, "IssuerBankCountry": "RU", **dict.fromkeys(PLACE), "Email": None, "IpAddress": "203.0.113.7", "Refunded": one.refunded > 0, "OriginalTransactionId": one.original or None, "JsonData": None,
    }  # fmt: skip
    return row


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00")
