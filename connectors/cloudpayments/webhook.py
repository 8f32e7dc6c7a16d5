"""Notifications: verified over the raw body, then a hint at the transaction, which is read back. Pure.

A body does not say of which kind it is, so each kind has an address of its own, ending with ``?kind=pay``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from connectors.cloudpayments.manifest import PAYMENTS, REFUNDS
from connectors.contract import Hint, WebhookRefused, WebhookRequest, WebhookUnreadable

TELLING = {"pay": PAYMENTS, "confirm": PAYMENTS, "cancel": PAYMENTS, "refund": REFUNDS}
SILENT = frozenset({"fail", "recurrent", "receipt"})  # change no order: a declined payment is often made a minute later
CHECK = "the kind `check` asks whether a buyer may pay, which the shop itself must answer: take this address out of the cabinet"


def signature(message: bytes, secret: str) -> str:
    """base64(HMAC-SHA256) (cloudpayments docs: checking notifications)."""
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def receive(request: WebhookRequest, secret: str) -> list[Hint]:
    """Which transaction to look at. ``Content-HMAC`` is over the body as sent, ``X-Content-HMAC`` over the same opened."""
    told, opened = request.header("Content-HMAC"), request.header("X-Content-HMAC")
    message = request.body if told else unquote_plus(request.body.decode("utf-8", "replace")).encode()
    if not secret or not hmac.compare_digest(signature(message, secret).encode(), (told or opened).encode()):
        raise WebhookRefused("the signature is not that of the API Secret")
    kind = request.query.get("kind", "")
    if kind in SILENT:
        return []
    if kind not in TELLING:
        raise WebhookUnreadable(CHECK if kind == "check" else f"the address must end with ?kind= and one of {', '.join(TELLING)}")
    ident = str(_fields(request).get("TransactionId") or "")
    if not ident.isdigit():
        raise WebhookUnreadable("the body names no TransactionId")
    return [Hint(TELLING[kind], ident)]


def _fields(request: WebhookRequest) -> dict[str, Any]:
    """A form or JSON, as the cabinet says."""
    try:
        text = request.body.decode()
        found = json.loads(text) if text.lstrip().startswith("{") else dict(parse_qsl(text, keep_blank_values=True))
    except ValueError as error:
        raise WebhookUnreadable("the body is neither a form nor JSON") from error
    return found if isinstance(found, dict) else {}
