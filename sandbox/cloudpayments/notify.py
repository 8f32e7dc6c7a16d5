"""Notifications: each kind to the address that a person typed for it, signed, repeated until it is answered ``{"code":0}``."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import urllib.request
from functools import partial
from urllib.parse import unquote_plus, urlencode, urlsplit

from sandbox.frame.weather import Post, Weather

from .state import Transaction, iso

PAUSES = (60.0, 120.0, 300.0, 600.0, 1800.0)  # seconds between tries; the last one again and again
MOST = 100
PATIENCE = 30.0


def fields(kind: str, one: Transaction) -> dict[str, str]:
    """What the body says. The kind is not in it."""
    sent = {"TransactionId": str(one.number), "Amount": f"{one.amount:.2f}", "Currency": "RUB", "DateTime": iso(one.created).replace("T", " "),
            "OperationType": "Refund" if one.original else "Payment", "InvoiceId": one.invoice, "AccountId": one.account, "Email": "", "Data": '{"channel":"site"}'}  # fmt: skip
    if one.original:
        return sent | {"PaymentTransactionId": str(one.original)}
    sent |= {"PaymentAmount": sent["Amount"], "PaymentCurrency": "RUB", "CardFirstSix": one.card, "CardLastFour": "4417", "CardType": "MIR",
             "CardExpDate": "08/29", "TestMode": str(int(one.test)), "IpAddress": "203.0.113.7"}  # fmt: skip
    return sent | ({"Reason": "InsufficientFunds", "ReasonCode": "5051"} if kind == "fail" else {"Status": one.status})


class Notifier:
    """``urls``: kind -> address. ``as_json``: the format that the cabinet says. Only loopback addresses, and those only when allowed.
    ``hurry``: by how much the pauses between tries are shorter here."""

    def __init__(self, secret: str, allow_loopback: bool) -> None:
        self.secret, self.allow, self.urls, self.as_json, self.hurry = secret, allow_loopback, dict[str, str](), False, 1.0
        self.weather, self.post = Weather(), Post()
        self.sent = self.failed = self.dropped = 0

    def tell(self, kind: str, one: Transaction) -> None:
        """Queue a notification of a transaction as it is now."""
        if kind not in self.urls:
            return
        said = fields(kind, one)
        body = (json.dumps(said, ensure_ascii=False) if self.as_json else urlencode(said)).encode()
        arrivals = self.weather.arrivals(0.0)
        self.dropped += not arrivals
        for seconds in arrivals:
            self.post.put(seconds, partial(self._call, self.urls[kind], body, 1))

    def signed(self, body: bytes) -> dict[str, str]:
        """The two headers of authenticity."""
        opened = unquote_plus(body.decode()).encode()
        return {"Content-HMAC": self._hmac(body), "X-Content-HMAC": self._hmac(opened)}

    def _hmac(self, message: bytes) -> str:
        return base64.b64encode(hmac.new(self.secret.encode(), message, hashlib.sha256).digest()).decode()

    def _call(self, url: str, body: bytes, attempt: int) -> None:
        if not self.allow or urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
            self.dropped += 1
            return
        kind = "application/json" if self.as_json else "application/x-www-form-urlencoded"
        wanted = urllib.request.Request(url, body, {"Content-Type": kind, **self.signed(body)}, method="POST")
        try:
            with urllib.request.urlopen(wanted, timeout=PATIENCE) as answer:
                good = json.loads(answer.read()).get("code") == 0
        except (OSError, ValueError, AttributeError):
            good = False
        self.sent, self.failed = self.sent + good, self.failed + (not good)
        if not good and attempt < MOST:
            self.post.put(PAUSES[min(attempt, len(PAUSES)) - 1] / self.hurry, partial(self._call, url, body, attempt + 1))
