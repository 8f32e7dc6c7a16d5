"""Webhooks of BonusPlus: the subscriber's own ``Authorization``, then hints. A delivery tells a difference of points, never a balance. Pure."""

from __future__ import annotations

import hmac

from connectors.bonusplus.shape import digits
from connectors.contract import Hint, WebhookRefused, WebhookRequest, WebhookUnreadable

BALANCE = "ChangeCustomerBonusBalanceEvent"


def authorization(secret: str) -> str:
    """What the vendor is told to send with each delivery (bonusplus docs: POST webhook/subscription)."""
    return f"Bearer {secret}"


def receive(request: WebhookRequest, secret: str) -> list[Hint]:
    """A hint that the customer of a phone has changed: the difference bears neither id nor time, so that it is never added to anything."""
    if not secret or not hmac.compare_digest(authorization(secret).encode(), request.header("Authorization").encode()):
        raise WebhookRefused("the Authorization header is not ours")
    body = request.json()
    if not isinstance(body, dict):
        raise WebhookUnreadable("the body is not an event")
    phone = digits(body.get("phoneNumber"))
    return [Hint("customer", phone)] if phone else []
