"""Webhooks of UDS: a signature over request id, time, company and key, which does not cover the body; so what they bring is only a hint. Pure."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from connectors.contract import Hint, WebhookRefused, WebhookRequest
from connectors.purchases import aware

Json = Any
FRESH = timedelta(minutes=10)


def signature(request_id: str, timestamp: str, company: str, key: str) -> str:
    """As the vendor counts it."""
    return hashlib.md5(f"{request_id}{timestamp}{company}{key}".encode()).hexdigest()  # noqa: S324 - the vendor's choice


def receive(request: WebhookRequest, company: str, key: str, now: datetime) -> list[Hint]:
    """The customer who is new, or whose points an operation moved. ``now``: aware. Raises WebhookRefused for a signature that is not ours or older
    than ten minutes; a repeat within them reads the customer once more and does no harm."""
    ident, moment = request.header("X-RequestId"), request.header("X-Timestamp")
    wanted = signature(ident, moment, company, key)
    if not key or not hmac.compare_digest(wanted.encode(), request.header("X-Signature").lower().encode()):
        raise WebhookRefused("the signature does not match")
    try:
        stale = abs(now - datetime.fromisoformat(aware(moment))) > FRESH
    except (TypeError, ValueError):
        stale = True
    if stale:
        raise WebhookRefused("the signature is older than ten minutes")
    body = request.json()
    number = _customer(body) if isinstance(body, dict) else None
    return [Hint("customers", str(number))] if number else []


def _customer(body: dict[str, Json]) -> Json:
    """The participant's number in a customer, an operation or an order of goods."""
    inside = body.get("participant") if isinstance(body.get("participant"), dict) else body.get("customer")
    number = inside.get("id") if isinstance(inside, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None
