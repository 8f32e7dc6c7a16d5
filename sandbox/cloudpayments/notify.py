"""Notifications: each kind to the address that a person typed for it, signed, repeated until it is answered ``{"code":0}``."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from functools import partial
from urllib.parse import unquote_plus, urlencode

from sandbox.frame.outgoing import Outgoing

from .state import Transaction, iso

PAUSES = (60.0, 120.0, 300.0, 600.0, 1800.0)  # seconds between tries; the last one again and again
MOST = 100


def fields(kind: str, one: Transaction) -> dict[str, str]:
    """What the body says. The kind is not in it."""
    sent = {"TransactionId": str(one.number), "Amount": f"{one.amount:.2f}", "Currency": "RUB", "DateTime": iso(one.created).replace("T", " "),
            "OperationType": "Refund" if one.original else "Payment", "InvoiceId": one.invoice, "AccountId": one.account, "Email": "", "Data": '{"channel":"site"}'}  # fmt: skip
    if one.original:
        return sent | {"PaymentTransactionId": str(one.original)}
    sent |= {"PaymentAmount": sent["Amount"], "PaymentCurrency": "RUB", "CardFirstSix": one.card, "CardLastFour": "4417", "CardType": "MIR",
             "CardExpDate": "08/29", "TestMode": str(int(one.test)), "IpAddress": "203.0.113.7"}  # fmt: skip
    return sent | ({"Reason": "InsufficientFunds", "ReasonCode": "5051"} if kind == "fail" else {"Status": one.status})


class Notifier(Outgoing):
    """``urls``: kind -> address. ``as_json``: the format that the cabinet says. Only loopback addresses, and those only when allowed.
    ``hurry``: by how much the pauses between tries are shorter here."""

    patience = 30.0

    def __init__(self, secret: str, allow_loopback: bool) -> None:
        super().__init__(allow_loopback)
        self.secret, self.urls, self.as_json, self.hurry = secret, dict[str, str](), False, 1.0

    def tell(self, kind: str, one: Transaction) -> None:
        """Queue a notification of a transaction as it is now."""
        if kind not in self.urls:
            return
        said = fields(kind, one)
        body = (json.dumps(said, ensure_ascii=False) if self.as_json else urlencode(said)).encode()
        self.queue(partial(self._notify, self.urls[kind], body, 1))

    def signed(self, body: bytes) -> dict[str, str]:
        """The two headers of authenticity."""
        opened = unquote_plus(body.decode()).encode()
        return {"Content-HMAC": self._hmac(body), "X-Content-HMAC": self._hmac(opened)}

    def _hmac(self, message: bytes) -> str:
        return base64.b64encode(hmac.new(self.secret.encode(), message, hashlib.sha256).digest()).decode()

    def _notify(self, url: str, body: bytes, attempt: int) -> None:
        kind = "application/json" if self.as_json else "application/x-www-form-urlencoded"
        good = self.call(url, body, {"Content-Type": kind, **self.signed(body)}, taken=_acknowledged)
        if good is False and attempt < MOST:
            self.post.put(PAUSES[min(attempt, len(PAUSES)) - 1] / self.hurry, partial(self._notify, url, body, attempt + 1))


def _acknowledged(status: int, body: bytes) -> bool:
    try:
        return bool(json.loads(body).get("code") == 0)
    except (ValueError, AttributeError):
        return False
