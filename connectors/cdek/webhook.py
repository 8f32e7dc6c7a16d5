"""Webhooks: unsigned, so what proves them is the secret in the address; a hint at a parcel, which is read back. Pure."""

from __future__ import annotations

from connectors.cdek.manifest import ORDERS
from connectors.contract import Hint, WebhookRequest, WebhookUnreadable
from connectors.proof import at_our_address

STATUS, CHANGED = "ORDER_STATUS", "ORDER_MODIFIED"


def receive(request: WebhookRequest, secret: str) -> list[Hint]:
    """Which parcel to look at. ``uuid`` is the order's, not the event's: events of one parcel are one hint, in whatever order they come."""
    at_our_address(request, secret)
    body = request.json()
    if not isinstance(body, dict) or body.get("type") not in (STATUS, CHANGED):
        return []
    if not (ident := str(body.get("uuid") or "")):
        raise WebhookUnreadable("the body names no parcel")
    return [Hint(ORDERS, ident)]
